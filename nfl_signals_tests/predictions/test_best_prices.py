"""Of each sportsbook's last quote the best line for the side leant to counts, then the best odds."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from nfl_signals.core.schema_columns import no_rows
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals.predictions.best_prices import BEST, CURRENT, best_in_words, with_best_prices
from nfl_signals_tests.support.builders import utc

AS_OF = utc("2025-11-04 14:00")
GAME = "2025_10_DAL_PHI"


def quote(
    book: str, line: float, yes: float | None, no: float | None, **changed: object
) -> dict[str, Any]:
    row = {"game_id": GAME, "market": "ats", "book": book, "moment": "snapshot", "line": line}
    return (
        row | {"observed_at": utc("2025-11-04 09:00"), "price_yes": yes, "price_no": no} | changed
    )


def best(*quotes: dict[str, Any], p_hat: float = 0.55, market: str = "ats") -> tuple[Any, ...]:
    rows = pl.DataFrame([{"game_id": GAME, "market": market, "p_hat": p_hat, "p_market": 0.5}])
    prices = pl.DataFrame(quotes, schema=no_rows(RAW_PRICES).schema)
    return with_best_prices(rows, prices, AS_OF).select(list(BEST)).row(0)


THREE = (
    quote("a", 3.0, -105.0, -115.0),
    quote("b", 2.5, -120.0, 100.0),
    quote("c", 2.5, -118.0, -102.0),
)


def test_the_favourite_is_best_where_it_gives_fewest_points_then_where_it_pays_most() -> None:
    assert best(*THREE, p_hat=0.55) == (2.5, -118.0, "c")


def test_the_underdog_is_best_where_it_gets_most_points() -> None:
    assert best(*THREE, p_hat=0.45) == (3.0, -115.0, "a")


def test_an_over_is_best_at_the_lowest_total_and_an_under_at_the_highest() -> None:
    totals = [
        quote(book, line, -110.0, -110.0, market="total")
        for book, line in (("a", 44.5), ("b", 45.0))
    ]
    assert best(*totals, market="total", p_hat=0.6) == (44.5, -110.0, "a")
    assert best(*totals, market="total", p_hat=0.4) == (45.0, -110.0, "b")


def test_plus_money_pays_more_than_a_favourites_odds_and_the_first_name_breaks_a_tie() -> None:
    lines = [
        quote(book, 0.0, odds, -120.0, market="moneyline")
        for book, odds in (("c", -101.0), ("b", 104.0), ("a", 104.0))
    ]
    assert best(*lines, market="moneyline") == (0.0, 104.0, "a")


def test_what_was_replaced_comes_later_or_is_no_sportsbooks_does_not_count() -> None:
    replaced = quote("a", 1.5, -105.0, -115.0, observed_at=utc("2025-11-03 09:00"))
    later = quote("b", 1.5, -105.0, -115.0, observed_at=utc("2025-11-04 15:00"))
    consensus = quote("consensus", 1.5, -105.0, -115.0)
    assert best(replaced, later, consensus, quote("a", 3.0, -105.0, -115.0)) == (3.0, -105.0, "a")


def test_a_book_that_closed_withdrew_its_odds_or_fell_silent_offers_nothing() -> None:
    old = quote("b", 1.5, -105.0, -115.0, observed_at=AS_OF - CURRENT - timedelta(seconds=1))
    closed = quote("c", 1.5, -105.0, -115.0, moment="close")
    stood, withdrawn = (
        quote("d", 1.5, -105.0, -115.0),
        quote("d", 1.0, None, None, observed_at=AS_OF),
    )
    offered = quote("a", 3.0, -105.0, -115.0, observed_at=AS_OF - CURRENT)
    assert best(old, closed, stood, withdrawn, offered) == (3.0, -105.0, "a")


@pytest.mark.parametrize(
    ("quotes", "p_hat"),
    [((), 0.55), (THREE, 0.5), ((quote("a", 3.0, None, -110.0),), 0.55)],
    ids=["no quote", "no lean", "no odds on the side"],
)
def test_without_a_quote_for_a_side_there_is_no_best_price(
    quotes: tuple[dict[str, Any], ...], p_hat: float
) -> None:
    assert best(*quotes, p_hat=p_hat) == (None, None, None)


@pytest.mark.parametrize(
    ("market", "line", "p_hat", "written"),
    [
        ("ats", 2.5, 0.55, "PHI -2.5 -118 c"),
        ("ats", 2.5, 0.45, "DAL +2.5 -118 c"),
        ("ats", -3.0, 0.55, "PHI +3 -118 c"),
        ("ats", -3.0, 0.45, "DAL -3 -118 c"),
        ("ats", 0.0, 0.45, "DAL pick'em -118 c"),
        ("moneyline", 0.0, 0.55, "PHI -118 c"),
        ("moneyline", 0.0, 0.45, "DAL -118 c"),
        ("total", 44.5, 0.55, "over 44.5 -118 c"),
        ("total", 44.5, 0.45, "under 44.5 -118 c"),
    ],
)
def test_it_names_the_side_leant_to_with_that_sides_line_and_odds(
    market: str, line: float, p_hat: float, written: str
) -> None:
    row = {"market": market, "best_line": line, "best_price": -118.0, "best_book": "c"}
    row |= {"p_hat": p_hat, "p_market": 0.5}
    assert best_in_words(row, "PHI", "DAL") == written
    assert best_in_words(row | {"best_book": None}, "PHI", "DAL") == ""
