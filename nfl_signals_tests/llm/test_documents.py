"""What a reader is shown was known before kickoff, in order, and nothing else: `llm.documents`."""

from datetime import datetime, timedelta

import pytest

from nfl_signals.ingest.history import History
from nfl_signals.llm.documents import MAX_DOCUMENTS, MAX_TEXT, Dossier, dossiers
from nfl_signals.simulator.release.layout import NOTES
from nfl_signals_tests.support import builders
from nfl_signals_tests.support.builders import OPENER, Row, game, injury, starters, utc

BEFORE, SECOND = "2022_18_KC_CIN", "2023_01_CIN_CLE"
KICKOFF = utc("2023-09-08 00:20")  # Thursday night in the US
SUNDAY = utc("2023-09-10 17:00")
GAMES = [
    game(BEFORE, "2023-01-08", score=(3, 20), **starters("cin", "kc")),
    game(OPENER, "2023-09-07", gametime="20:20", score=(20, 21), **starters("backup", "det")),
    game(SECOND, "2023-09-10", score=(24, 3)),
]


def note(team: str, published_at: datetime, text: str = "limited", **columns: object) -> Row:
    row = builders.note(OPENER, team, published_at, note_id=f"{team}{published_at:%d%H%M%S}")
    return row | {"text": text} | columns


def history(*, injuries: list[Row] | None = None, notes: list[Row] | None = None) -> History:
    return builders.history(GAMES, injuries=injuries or [], notes=notes or [])


def team(of: History, name: str, *, game_id: str = OPENER) -> Dossier:
    (found,) = [
        item
        for item in dossiers(of, [2023], horizon="kickoff")
        if (item.game_id, item.team_id) == (game_id, name)
    ]
    return found


def test_there_is_a_dossier_for_both_teams_of_every_game_of_the_seasons_given() -> None:
    found = [
        (item.game_id, item.team_id) for item in dossiers(history(), [2023], horizon="kickoff")
    ]
    assert found == [(OPENER, "DET"), (OPENER, "KC"), (SECOND, "CIN"), (SECOND, "CLE")]
    assert dossiers(history(), [], horizon="kickoff") == []


def test_a_document_counts_only_if_it_was_known_before_kickoff() -> None:
    moments = [KICKOFF + timedelta(seconds=s) for s in (-1, 0, 1)]
    found = team(history(notes=[note("KC", moment) for moment in moments]), "KC")
    assert [item.known_at for item in found.documents] == moments[:1]
    assert found.known_at == moments[0]


@pytest.mark.parametrize(("seconds", "known"), [(-1, True), (0, False), (1, False)])
def test_an_injury_row_changed_at_kickoff_or_later_is_not_shown(seconds: int, known: bool) -> None:
    row = injury(OPENER, "KC", modified=KICKOFF + timedelta(seconds=seconds))
    assert bool(team(history(injuries=[row]), "KC").documents) is known


def test_a_row_without_a_stamp_is_known_a_day_before() -> None:
    found = team(history(injuries=[injury(OPENER, "KC")]), "KC")
    assert found.known_at == KICKOFF - timedelta(hours=24)


def test_documents_of_both_kinds_stand_in_order_of_time_whatever_order_they_came_in() -> None:
    notes = [note("KC", utc("2023-09-07 10:00"), "second"), note("KC", utc("2023-09-05 10:00"))]
    report = injury(OPENER, "KC", modified=utc("2023-09-06 10:00"))
    one = team(history(injuries=[report], notes=notes), "KC")
    other = team(history(injuries=[report], notes=notes[::-1]), "KC")
    assert [item.kind for item in one.documents] == ["note", "injury", "note"]
    assert one.documents_hash == other.documents_hash


def test_an_injury_row_reads_as_a_sentence_that_ends_with_the_name() -> None:
    rows = [
        injury(OPENER, "KC", "kc", position="QB", modified=utc("2023-09-06 10:00"))
        | {"practice_status": "Limited Participation in Practice"},
        injury(OPENER, "KC", "b", position="QB", modified=utc("2023-09-06 11:00")),
        injury(OPENER, "KC", "c", status=None, modified=utc("2023-09-06 12:00"))
        | {"practice_status": "\n    ", "full_name": None, "position": None},
    ]
    texts = [item.text for item in team(history(injuries=rows), "KC").documents]
    assert texts == [
        "QB, Out, started 1 of the last 1 games, Limited Participation in Practice: A Player",
        "QB, Out, no recent starter: A Player",
        "player, no status: unnamed",
    ]


def test_who_starts_this_game_is_not_shown() -> None:
    """'backup' starts the opener: that is public only 90 minutes before kickoff."""
    row = injury(OPENER, "KC", "backup", position="QB")
    assert team(history(injuries=[row]), "KC").documents[0].text.startswith("QB, Out, no recent")


def test_long_texts_and_many_documents_are_cut_to_the_newest() -> None:
    times = [KICKOFF - timedelta(minutes=i) for i in range(1, MAX_DOCUMENTS + 11)]
    found = team(history(notes=[note("KC", t, "x" * (MAX_TEXT + 9)) for t in times]), "KC")
    assert len(found.documents) == MAX_DOCUMENTS
    assert found.known_at == times[0]
    assert {len(item.text) for item in found.documents} == {MAX_TEXT}


def test_a_week_had_documents_only_if_one_was_there_by_this_kickoff() -> None:
    """Sunday's teams know of Saturday's note; Thursday's teams could not."""
    of = history(notes=[note("CLE", utc("2023-09-09 15:00"))])
    assert not team(of, "KC").week_had_documents
    assert team(of, "CIN", game_id=SECOND).week_had_documents
    assert not team(history(), "CIN", game_id=SECOND).week_had_documents


def test_a_document_of_another_week_is_not_this_weeks() -> None:
    of = history(injuries=[injury(BEFORE, "KC")])
    assert team(of, "KC").documents == ()
    assert not team(of, "KC").week_had_documents


@pytest.mark.slow
def test_the_hash_changes_with_anything_that_is_shown_and_is_empty_without_documents() -> None:
    moment = utc("2023-09-06 10:00")
    changes = [
        note("KC", moment, "a"),
        note("KC", moment, "b"),
        note("KC", moment, "a", note_id="other"),
        note("KC", moment + timedelta(seconds=1), "a"),
    ]
    hashes = {team(history(notes=[row]), "KC").documents_hash for row in changes}
    assert len(hashes) == 4
    assert team(history(), "KC").documents_hash == ""
    assert set(NOTES) >= set(changes[0])
