"""A chain shows where a record was edited, removed or put elsewhere."""

from hashlib import sha256

import pytest

from nfl_signals.core.hash_chain import GENESIS, broken_links, seal_of, seals_after

RECORDS = ["one", "two", "three – €", "four"]
SEALS = list(seals_after(GENESIS, RECORDS))


def test_each_seal_is_the_hash_of_the_seal_before_and_of_the_content() -> None:
    first = sha256(b"0" * 64 + b"one").hexdigest()
    assert SEALS[:2] == [first, sha256(first.encode() + b"two").hexdigest()]
    assert SEALS[3] == seal_of("four", SEALS[2])


def test_records_sealed_at_once_or_one_after_the_other_give_the_same_chain() -> None:
    assert [*SEALS[:1], *seals_after(SEALS[0], RECORDS[1:])] == SEALS
    assert list(seals_after(GENESIS, [])) == []


def test_a_chain_that_was_left_alone_is_sound() -> None:
    assert broken_links(RECORDS, SEALS) == []
    assert broken_links([], []) == []


@pytest.mark.parametrize("place", range(4))
def test_an_edited_record_is_the_one_that_breaks(place: int) -> None:
    edited = [*RECORDS]
    edited[place] += "!"
    assert broken_links(edited, SEALS) == [place]


def test_a_removed_record_breaks_at_the_one_behind_it() -> None:
    assert broken_links([RECORDS[0], *RECORDS[2:]], [SEALS[0], *SEALS[2:]]) == [1]


def test_records_in_another_order_break_where_they_stand() -> None:
    order = [1, 0, 2, 3]
    assert broken_links([RECORDS[i] for i in order], [SEALS[i] for i in order]) == [0, 1, 2]


def test_records_cut_off_the_end_leave_a_sound_chain() -> None:
    assert broken_links(RECORDS[:2], SEALS[:2]) == []
