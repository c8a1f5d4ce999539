"""Heads noted beside the ledger: whatever is done to its rows, the next look finds it."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfl_signals.core.errors import RewrittenError
from nfl_signals.core.files import write_parquet
from nfl_signals.core.hash_chain import GENESIS, seals_after
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.heads import heads_beside, note_head, noted_heads
from nfl_signals_tests.monitoring.test_ledger import games

APPENDS = (2, 5, 6, 9)
"""Rows in the ledger after each append."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return grown(tmp_path / "ledger" / "predictions.parquet")


def grown(path: Path) -> Path:
    for n in APPENDS:
        ledger.append(path, games(n))
    return path


def sealed_anew(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows in a sound chain of their own."""
    seals = list(seals_after(GENESIS, ledger._contents(rows)))
    return rows.with_columns(pl.Series("seal", seals, dtype=pl.String))


def noted(path: Path) -> list[str]:
    return [each.head for each in noted_heads(heads_beside(path))]


def test_every_append_notes_the_head_that_it_leaves_one_line_each(path: Path) -> None:
    seals = ledger.read(path)["seal"]
    assert noted(path) == [seals[n - 1] for n in APPENDS]
    assert heads_beside(path).read_text().count("\n") == len(APPENDS)


def test_an_append_of_nothing_new_notes_nothing(path: Path) -> None:
    before = heads_beside(path).read_bytes()
    ledger.append(path, games(3))
    assert heads_beside(path).read_bytes() == before


def test_a_head_that_a_killed_append_did_not_note_is_noted_by_the_next(path: Path) -> None:
    heads = heads_beside(path)
    lines = heads.read_text().splitlines(keepends=True)
    heads.write_text("".join(lines[:-1]))
    ledger.append(path, games(1))
    assert heads.read_text() == "".join(lines)


def test_a_ledger_of_an_earlier_version_gets_its_first_head_from_the_next_append(
    path: Path,
) -> None:
    heads_beside(path).unlink()
    assert ledger.append(path, games(10)).head == noted(path)[0]


CUT, SWAPPED, EDITED = "cut", "swapped", "edited"


@pytest.mark.slow
@settings(max_examples=40)
@given(
    what=st.sampled_from([CUT, SWAPPED, EDITED]),
    start=st.integers(0, APPENDS[-1] - 1),
    length=st.integers(1, APPENDS[-1]),
    anew=st.booleans(),
)
def test_rows_deleted_reordered_or_rewritten_anywhere_are_found_and_nothing_is_added(
    what: str, start: int, length: int, *, anew: bool
) -> None:
    """Whether the chain is left broken or made sound again from the first row on."""
    with TemporaryDirectory() as folder:
        path = grown(Path(folder) / "predictions.parquet")
        rows = ledger.read(path)
        inside = pl.int_range(pl.len()).is_between(start, start + length - 1)
        changed = {
            CUT: rows.filter(~inside),
            SWAPPED: pl.concat([rows[start:], rows[:start]]) if start else rows.reverse(),
            EDITED: rows.with_columns(pl.when(inside).then(0.6).otherwise("p_hat").alias("p_hat")),
        }[what]
        forged = sealed_anew(changed) if anew else changed
        assert ledger.verify(forged, noted=noted_heads(heads_beside(path))) != []
        write_parquet(path, forged)
        before = path.read_bytes(), heads_beside(path).read_bytes()
        with pytest.raises(RewrittenError, match="restore that file from a backup"):
            ledger.append(path, games(12))
        assert (path.read_bytes(), heads_beside(path).read_bytes()) == before


def test_a_ledger_that_is_gone_is_not_made_anew(path: Path) -> None:
    path.unlink()
    with pytest.raises(RewrittenError) as caught:
        ledger.append(path, games(12))
    assert str(caught.value).startswith(f"{path}: is gone, though {heads_beside(path)}, line 4 ")
    assert "restore that file from a backup" in str(caught.value)
    assert caught.value.exit_code == 2
    assert not path.exists()


@pytest.mark.parametrize(
    "spoil",
    [lambda text: "nonsense\n" + text, lambda text: text.replace("\n", "0\n", 1), str.upper],
)
def test_a_line_that_is_no_head_of_the_ledger_is_named(
    path: Path, spoil: Callable[[str], str]
) -> None:
    heads = heads_beside(path)
    heads.write_text(spoil(heads.read_text()))
    with pytest.raises(RewrittenError, match=r"heads\.txt, line 1\) is missing"):
        ledger.append(path, games(12))


def test_a_head_is_noted_once(tmp_path: Path) -> None:
    for head in ("a", "a", "b", "a"):
        note_head(tmp_path / "heads.txt", head)
    assert (tmp_path / "heads.txt").read_text() == "a\nb\na\n"
