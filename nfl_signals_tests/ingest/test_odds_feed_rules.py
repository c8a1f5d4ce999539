"""What a feed shows becomes observations of scheduled games; what cannot be is set aside by name."""

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfl_signals.core.errors import InputError, SchemaError, SourceError
from nfl_signals.core.schema_columns import no_rows
from nfl_signals.ingest.odds_feed_rules import observed, parsed
from nfl_signals.ingest.prices import added
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.raw import read_games
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals_tests.support.builders import OPENER, SECOND, game, release
from nfl_signals_tests.support.odds_server import (
    AWAY,
    HOME,
    Json,
    book,
    event,
    market,
    moneyline,
    odds,
    snapshot,
    spread,
    total,
)

FINAL = "2023_22_SF_KC"  # on neutral ground
GAMES = read_games(
    release(
        [
            game(OPENER, "2023-09-07"),
            game(SECOND, "2023-09-10"),
            game(FINAL, "2024-02-11", location="Neutral"),
        ]
    ),
    2023,
)
SEEN = datetime(2023, 9, 5, 14, tzinfo=UTC)
LATE = "2023-09-07T18:00:00Z"
THREE = [
    (OPENER, "ats", "draftkings", "snapshot", SEEN, 3.5, -110.0, -105.0),
    (OPENER, "moneyline", "draftkings", "snapshot", SEEN, 0.0, -180.0, 155.0),
    (OPENER, "total", "draftkings", "snapshot", SEEN, 53.5, -112.0, -108.0),
]


def read(*events: Json, share: float = 1.0) -> tuple[pl.DataFrame, list[str]]:
    """Observations, and the rules under which rows were set aside."""
    quality = Quality("prices", 2023, max_share=share)
    answer = parsed(odds(*events).body, "the feed", historical=False)
    rows = observed(answer, GAMES, "the feed", quality)
    return rows, [each["rule"] for each in quality.records]


def test_the_three_markets_come_in_this_projects_signs_and_sides() -> None:
    rows, wrong = read(event())
    assert rows.rows() == THREE
    assert rows.schema == {name: column.dtype.type for name, column in RAW_PRICES.columns.items()}
    assert wrong == []


def test_an_away_favourite_has_a_negative_line_and_an_even_one_zero() -> None:
    shown = (book(spread(point), key=f"book{point}") for point in (2.5, 0.0))
    assert read(event(*shown))[0]["line"].to_list() == [-2.5, 0.0]


def test_sides_that_are_swapped_on_neutral_ground_are_put_right() -> None:
    sides = {"home_team": "San Francisco 49ers", "away_team": HOME}
    favoured = market(
        "spreads", None, ("San Francisco 49ers", -115, -2.5), ("Kansas City Chiefs", -105, 2.5)
    )
    rows, wrong = read(event(book(favoured), commence_time="2024-02-11T18:00:00Z", **sides))
    quote = rows.select("game_id", "line", "price_yes", "price_no").rows()
    assert (quote, wrong) == ([(FINAL, -2.5, -105.0, -115.0)], [])


def test_a_market_has_the_time_of_its_own_update_else_its_books_else_the_snapshots() -> None:
    own = spread(seen="2023-09-05T13:00:00-00:30")
    silent = {"key": "silent", "title": "x", "markets": [spread()]}
    answer = parsed(
        snapshot(event(book(own, moneyline()), silent)).body, "the feed", historical=True
    )
    rows = observed(answer, GAMES, "the feed", Quality("prices", 2023))
    assert [f"{at:%H:%M}" for at in rows["observed_at"]] == ["13:30", "14:00", "13:55"]


def test_other_markets_and_fields_that_nobody_asked_for_are_left_out() -> None:
    rows, wrong = read(event(book(market("h2h_lay", None, (HOME, -180)), spread()), rotation=101))
    assert (rows.height, wrong) == (1, [])


SWAPPED = {"home_team": AWAY, "away_team": HOME}


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (event(home_team="Real Madrid"), "market_sides"),
        (event(book(total()), home_team="Real Madrid"), "event_unknown"),
        (event(commence_time="2023-10-07T17:00:00Z"), "event_unknown"),
        (event(**SWAPPED), "event_unknown"),
        (event(book(total(), seen=LATE)), "after_kickoff"),
        (event(book(total(), seen=LATE), commence_time="2023-09-07T19:00:00Z"), "after_kickoff"),
        (event(commence_time="2023-09-05T13:00:00Z"), "event_unknown"),
        (event(book(market("spreads", None, (HOME, -110, -3.5)))), "market_sides"),
        (event(book(market("spreads", None, (HOME, -110, -3.5), (AWAY, -110, 4)))), "market_sides"),
        (event(book(market("spreads", None, (HOME, -110), (AWAY, -110)))), "market_sides"),
        (
            event(book(market("h2h", None, (HOME, -110), (AWAY, -110), ("Draw", 2000)))),
            "market_sides",
        ),
        (event(book(market("totals", None, ("Over", -110, 44.5)))), "market_sides"),
        (event(book(spread(-350))), "impossible_line"),
        (event(book(total(3.5))), "impossible_line"),
        (event(book(moneyline(-9000, -9000))), "impossible_price"),
        (event(book(spread(-3.5), spread(-4))), "conflicting_rows"),
        (event(book(spread(), spread(seen="2023-09-05T14:00:00Z"))), "duplicate_row"),
        (event({"key": "x", "markets": [spread()]}), "key_missing"),
    ],
)
def test_what_cannot_be_used_is_set_aside_by_name_and_the_rest_is_kept(
    wrong: Json, rule: str
) -> None:
    rows, found = read(event(book(key="good")), wrong)
    assert rule in found
    good = [(*row[:2], "good", *row[3:]) for row in THREE]
    assert [row for row in rows.rows() if row[2] == "good"] == good
    assert rows.height == (4 if rule == "duplicate_row" else 3)


def test_a_game_that_has_begun_by_the_feeds_clock_is_in_play() -> None:
    """The schedule still has it in the evening."""
    early = event(book(total(), seen="2023-09-07T16:30:00Z"), commence_time="2023-09-07T16:00:00Z")
    rows, found = read(early)
    assert (rows.height, found) == (0, ["after_kickoff"])


def test_decimal_odds_are_not_taken_for_american_ones() -> None:
    decimal = event(book(spread(price=1.91, away=1.95)), book(moneyline(1.55, 2.5), key="other"))
    with pytest.raises(SourceError, match=r"1\.91 and all other prices are no American odds"):
        read(decimal)


def test_an_event_is_listed_once_and_a_season_of_unknown_ones_refuses_nothing() -> None:
    preseason = [
        event(*(book(key=f"b{i}") for i in range(5)), commence_time=f"2023-08-{day:02d}T17:00:00Z")
        for day in range(1, 31)
    ]
    rows, found = read(event(), *preseason, share=0.05)
    assert (rows.height, found) == (3, ["event_unknown"] * 30)


def test_more_absurd_lines_than_the_limit_refuse_the_answer() -> None:
    absurd = (book(spread(-350), key=f"b{i}") for i in range(41))
    with pytest.raises(SchemaError, match="41 of 41 rows cannot be used"):
        read(event(*absurd), share=0.05)


POINTS = st.sampled_from([-7.0, -3.5, -3.0, 0.0, 2.5, 350.0])
TIMES = st.sampled_from(["2023-09-05T14:00:00Z", "2023-09-06T09:30:00-04:00", LATE])
BOOKS = st.builds(
    lambda name, point, seen, one_sided: book(
        market("spreads", None, (HOME, -110, point)) if one_sided else spread(point),
        total(),
        key=name,
        seen=seen,
    ),
    st.sampled_from(["draftkings", "pinnacle"]),
    POINTS,
    TIMES,
    st.booleans(),
)
EVENTS = st.builds(
    lambda books, day: event(*books, commence_time=f"2023-09-{day}T17:00:00Z"),
    st.lists(BOOKS, min_size=1, max_size=3),
    st.sampled_from(["07", "28"]),
)
ANSWERS = st.lists(st.lists(EVENTS, min_size=1, max_size=2), min_size=1, max_size=4)


def table_of(answers: list[list[Json]]) -> pl.DataFrame:
    stored = no_rows(RAW_PRICES)
    for events in answers:
        stored = added(stored, read(*events)[0])
    return stored.sort(pl.all())


@pytest.mark.slow
@settings(max_examples=25)
@given(answers=ANSWERS, draw=st.data())
def test_any_order_and_repetition_of_answers_gives_the_same_table(
    answers: list[list[Json]], draw: st.DataObject
) -> None:
    again = draw.draw(st.permutations([*answers, *draw.draw(st.lists(st.sampled_from(answers)))]))
    assert table_of(again).equals(table_of(answers))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
PLACES = [
    ("home_team",),
    ("commence_time",),
    ("bookmakers",),
    ("bookmakers", 0, "key"),
    ("bookmakers", 0, "last_update"),
    ("bookmakers", 0, "markets"),
    ("bookmakers", 0, "markets", 0, "key"),
    ("bookmakers", 0, "markets", 0, "outcomes"),
    ("bookmakers", 0, "markets", 0, "outcomes", 0, "name"),
    ("bookmakers", 0, "markets", 0, "outcomes", 0, "price"),
    ("bookmakers", 0, "markets", 0, "outcomes", 1, "point"),
]


@given(value=JSON, place=st.sampled_from(PLACES))
def test_any_value_in_any_place_is_read_set_aside_or_refused(
    value: Any,  # noqa: ANN401 - any JSON
    place: tuple[str | int, ...],
) -> None:
    altered = json.loads(json.dumps(event(book(), book(key="other"))))
    part = altered
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    try:
        rows, _ = read(altered)
    except InputError:
        return
    assert rows.filter(book="other").rows() in (
        [],
        [(*row[:2], "other", *row[3:]) for row in THREE],
    )
