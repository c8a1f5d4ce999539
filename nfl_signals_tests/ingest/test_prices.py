"""Prices are observations with a time: cleaned when they come in, added to, never rewritten."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.core.errors import SchemaError
from nfl_signals.core.schema_columns import no_rows
from nfl_signals.ingest.prices import added, changed, on_schedule, read_prices
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.raw import read_games, seasons_in
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals.ingest.source import DirectoryRelease, MissingReleaseError
from nfl_signals_tests.support.builders import OPENER, MemoryRelease, game, release, utc

KICKOFF = utc("2023-09-07 17:00")  # 13:00 US Eastern
TUESDAY = utc("2023-09-05 14:00")
PRICES = "prices/prices_2023"
REAL = Path(os.environ.get("NFL_SIGNALS_NFLVERSE", ""))
ROW: dict[str, Any] = {
    "game_id": OPENER,
    "market": "ats",
    "book": "consensus",
    "moment": "snapshot",
    "observed_at": TUESDAY,
    "line": 3.5,
    "price_yes": -110.0,
    "price_no": -105.0,
}
TYPES = {name: column.dtype.type for name, column in RAW_PRICES.columns.items()}


def rows(*changes: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([ROW | change for change in changes], schema=TYPES)


def schedule() -> pl.DataFrame:
    return read_games(release([game(OPENER, "2023-09-07", score=(20, 21))]), 2023)


def published(prices: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """What is read of a release that holds these prices, and how many rows each rule noted."""
    quality = Quality("prices", 2023)
    found = read_prices(MemoryRelease({PRICES: prices}), 2023, schedule(), quality)
    noted: dict[str, int] = {}
    for each in quality.records:
        noted[each["rule"]] = noted.get(each["rule"], 0) + each["rows"]
    return found, noted


def test_an_observation_is_kept_as_it_was_published() -> None:
    three = rows({}, {"market": "total", "line": 44.5}, {"market": "moneyline", "line": 0.0})
    found, noted = published(three)
    assert found.equals(three)
    assert noted == {}


def test_a_moneyline_has_line_0_and_no_line_is_minus_0() -> None:
    found, _ = published(rows({"market": "moneyline", "line": None}, {"line": -0.0}))
    assert [str(line) for line in found["line"]] == ["0.0", "0.0"]


def test_an_opener_needs_neither_stamp_nor_odds_and_a_close_is_stamped_at_kickoff() -> None:
    bare = {"observed_at": None, "price_yes": None, "price_no": None}
    found, noted = published(rows({"moment": "open"} | bare, {"moment": "close"} | bare))
    assert found["observed_at"].to_list() == [None, KICKOFF]
    assert noted == {}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"game_id": "2023_01_BUF_NYJ"}, "no_game"),
        ({"observed_at": None}, "key_missing"),
        ({"observed_at": KICKOFF + timedelta(seconds=1)}, "after_kickoff"),
        ({"line": None}, "price_missing"),
        ({"line": 350.0}, "impossible_line"),
        ({"market": "total", "line": 4.5}, "impossible_line"),
        ({"market": "moneyline", "price_no": None}, "price_missing"),
        ({"market": "corners"}, "unusable_value"),
        ({"moment": "sometimes"}, "unusable_value"),
        ({"book": None}, "key_missing"),
    ],
)
def test_a_row_that_cannot_be_is_set_aside_and_named(change: dict[str, Any], rule: str) -> None:
    found, noted = published(rows(change, {"book": "other"}))
    assert found["book"].to_list() == ["other"]
    assert noted == {rule: 1}


@pytest.mark.parametrize("odds", [(1.91, -110.0), (50.0, -110.0), (200.0, 200.0)])
def test_odds_that_cannot_be_are_missing_and_the_line_stays(odds: tuple[float, float]) -> None:
    found, noted = published(rows({"price_yes": odds[0], "price_no": odds[1]}))
    assert found["line"].to_list() == [3.5]
    assert found["price_yes"].to_list() == [None]
    assert set(noted) == {"impossible_price"}


def test_of_rows_for_one_instant_that_contradict_each_other_none_is_believed() -> None:
    found, noted = published(rows({}, {"line": 4.0}, {"book": "other"}, {"book": "other"}))
    assert found["book"].to_list() == ["other"]
    assert noted == {"conflicting_rows": 2, "duplicate_row": 2}


def test_a_file_without_a_key_column_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"prices_2023\.parquet.*market"):
        published(rows({}).drop("market"))


def test_a_release_may_hold_csv_and_says_which_file_is_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "prices"
    folder.mkdir()
    rows({}).with_columns(pl.col("observed_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv(
        folder / "prices_2023.csv"
    )
    found = read_prices(DirectoryRelease(tmp_path), 2023, schedule(), Quality("prices", 2023))
    assert found.equals(rows({}))
    with pytest.raises(MissingReleaseError):
        read_prices(DirectoryRelease(tmp_path), 2022, schedule())


def seen(as_of: str, *, live: bool = True) -> pl.DataFrame:
    return on_schedule(schedule(), book="nflverse", as_of=utc(as_of), live=live)


def test_the_schedule_shows_a_snapshot_before_kickoff_and_the_close_after_it() -> None:
    before, after = seen("2023-09-05 14:00"), seen("2023-09-07 17:00")
    assert set(before["moment"]) == {"snapshot"}
    assert set(before["observed_at"]) == {TUESDAY}
    assert set(after["moment"]) == {"close"}
    assert set(after["observed_at"]) == {KICKOFF}
    quotes = sorted(before.select("market", "line", "price_yes", "price_no").rows())
    assert quotes == [
        ("ats", 3.0, -110.0, -110.0),
        ("moneyline", 0.0, -150.0, 130.0),
        ("total", 44.5, -110.0, -110.0),
    ]


def test_the_lines_of_games_to_come_are_not_those_of_a_day_that_is_past() -> None:
    assert seen("2023-09-05 14:00", live=False).is_empty()
    assert seen("2023-09-08 14:00", live=False).height == 3


def test_a_snapshot_is_added_where_the_line_or_the_odds_moved_and_not_where_they_did_not() -> None:
    first = seen("2023-09-05 14:00")
    assert changed(first, seen("2023-09-05 20:00")).is_empty()
    moved = seen("2023-09-05 20:00").with_columns(
        line=pl.when(market="ats").then(3.5).otherwise("line")
    )
    assert changed(first, moved)["market"].to_list() == ["ats"]
    both = added(first, changed(first, moved))
    back = seen("2023-09-06 14:00")
    assert changed(both, back)["line"].to_list() == [3.0]
    assert changed(both, seen("2023-09-07 17:00")).height == 3  # the close, whatever it is


observed = st.builds(
    dict,
    line=st.sampled_from([2.5, 3.0, 3.5]),
    book=st.sampled_from(["a", "b"]),
    observed_at=st.integers(0, 3).map(lambda hours: TUESDAY + timedelta(hours=hours)),
)


@given(st.lists(st.lists(observed, max_size=4), max_size=5))
def test_whatever_comes_in_every_row_is_there_once_and_none_is_ever_lost_or_moved(
    batches: list[list[dict[str, Any]]],
) -> None:
    stored = no_rows(RAW_PRICES)
    for batch in batches:
        new = rows(*batch).unique(maintain_order=True) if batch else no_rows(RAW_PRICES)
        after = added(stored, new)
        assert after.head(stored.height).equals(stored)
        assert not after.is_duplicated().any()
        assert new.join(after, on=after.columns, how="anti", nulls_equal=True).is_empty()
        assert added(after, new).equals(after)
        stored = after


@pytest.mark.real_data
def test_real_seasons_have_their_openers_and_nothing_is_set_aside() -> None:
    source = DirectoryRelease(REAL)
    openers, noted = 0, 0
    for season in (year for year in seasons_in(source) if year >= 2007):
        quality = Quality("prices", season)
        found = read_prices(source, season, read_games(source, season), quality)
        openers += found.filter(moment="open", market="ats").height
        noted += len(quality.records)
    assert (openers, noted) == (4594, 0)
