"""The quote at decision time: the last one observed by then, of the right book, and what it is made of."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfl_signals.core.schema_columns import no_rows
from nfl_signals.core.validation import validate
from nfl_signals.features.build import build_markets
from nfl_signals.features.decision_prices import at_decision, decided_markets
from nfl_signals.features.schemas import GOLD_MARKETS
from nfl_signals.ingest.history import History
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals_tests.support import builders
from nfl_signals_tests.support.builders import game, utc

GAME = "2023_01_DET_KC"  # closes at KC -4.5 and a total of 52.5; KC wins 21:20
KICKOFF, TUESDAY = utc("2023-09-10 17:00"), utc("2023-09-05 14:00")
SEASON_OVER = utc("2024-03-01 12:00")


def seen(
    line: float,
    at: datetime | None,
    *,
    market: str = "ats",
    book: str = "consensus",
    moment: str = "snapshot",
    odds: tuple[float | None, float | None] = (-105.0, -115.0),
) -> dict[str, Any]:
    quote = {"line": line, "price_yes": odds[0], "price_no": odds[1]}
    row = {"game_id": GAME, "market": market, "book": book, "moment": moment, "observed_at": at}
    return row | quote


def prices(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = {name: each.dtype.type for name, each in RAW_PRICES.columns.items()}
    return pl.DataFrame(list(rows), schema=schema) if rows else no_rows(RAW_PRICES)


def closing(*, as_of: datetime = SEASON_OVER) -> pl.DataFrame:
    row = game(GAME, "2023-09-10", score=(21, 20), spread_line=4.5, total_line=52.5)
    return build_markets(builders.history([row]), as_of=as_of)


def decided(
    *rows: dict[str, Any],
    market: str = "ats",
    as_of: datetime = SEASON_OVER,
    book: str | None = None,
) -> dict[str, Any]:
    table = decided_markets(closing(as_of=as_of), prices(*rows), "tuesday", as_of=as_of, book=book)
    return validate(table, GOLD_MARKETS, "test").filter(market=market).row(0, named=True)


def line_of(*rows: dict[str, Any], **options: Any) -> tuple[float, str]:  # noqa: ANN401
    found = decided(*rows, **options)
    return found["line"], found["price_moment"]


HOUR = timedelta(hours=1)


def test_the_last_quote_at_or_before_decision_time_counts() -> None:
    earlier, at_it, later = (seen(n, TUESDAY + n * HOUR) for n in (-1, 0, 1))
    assert line_of(earlier, at_it, later) == (0.0, "snapshot")
    assert line_of(later, earlier) == (-1.0, "snapshot")


def test_an_opener_without_a_time_was_known_and_any_quote_with_a_time_is_newer() -> None:
    opener = seen(3.0, None, moment="open")
    assert line_of(opener) == (3.0, "open")
    assert line_of(seen(2.5, TUESDAY - 20 * HOUR), opener) == (2.5, "snapshot")


def test_a_game_whose_price_nobody_saw_by_then_says_that_it_has_the_close() -> None:
    assert line_of(seen(2.5, TUESDAY + HOUR)) == (4.5, "close")
    assert line_of() == (4.5, "close")


def test_a_game_to_come_has_the_newest_quote_known() -> None:
    """On Friday the line of Thursday, though Tuesday's decided what the model knows."""
    thursday, friday = TUESDAY + timedelta(days=2), TUESDAY + timedelta(days=3)
    quotes = (seen(3.0, TUESDAY), seen(3.5, thursday), seen(4.0, friday + HOUR))
    assert line_of(*quotes, as_of=friday) == (3.5, "snapshot")
    assert line_of(*quotes, as_of=SEASON_OVER) == (3.0, "snapshot")


def test_a_chosen_book_goes_before_the_market_and_others_never_count() -> None:
    market, own, other = (
        seen(3.0, TUESDAY),
        seen(2.5, TUESDAY - 30 * HOUR, book="mine"),
        seen(9.0, TUESDAY, book="other"),
    )
    assert line_of(market, own, other, book="mine") == (2.5, "snapshot")
    assert line_of(market, own, other) == (3.0, "snapshot")
    assert line_of(market, other, book="mine") == (3.0, "snapshot")
    assert line_of(other) == (4.5, "close")


def test_the_outcome_is_settled_at_the_line_of_the_row() -> None:
    """KC wins by one at home: it covers -0.5, and not -4.5; on -1 it is a push."""
    assert [decided(seen(line, TUESDAY))["outcome"] for line in (0.5, 4.5, 1.0)] == [
        "yes",
        "no",
        "push",
    ]


def test_a_line_without_odds_has_standard_ones_and_says_so() -> None:
    found = decided(seen(3.0, None, moment="open", odds=(None, None)))
    assert (found["price_yes"], found["price_no"], found["p_market"]) == (-110.0, -110.0, 0.5)
    assert found["price_source"] == "standard"
    assert decided(seen(3.0, TUESDAY))["price_source"] == "recorded"


@pytest.mark.parametrize("odds", [(-105.0, -115.0), (100.0, -120.0), (-250.0, 205.0)])
def test_the_markets_probability_is_that_of_the_row(odds: tuple[float, float]) -> None:
    implied = [-o / (100 - o) if o < 0 else 100 / (100 + o) for o in odds]
    found = decided(seen(3.0, TUESDAY, odds=odds))
    assert found["p_market"] == pytest.approx(implied[0] / sum(implied))


def test_a_moneyline_that_was_seen_is_not_derived() -> None:
    moneyline = seen(0.0, TUESDAY, market="moneyline", odds=(-150.0, 130.0))
    found = decided(moneyline, seen(3.0, TUESDAY), market="moneyline")
    assert (found["price_yes"], found["price_source"]) == (-150.0, "recorded")


def test_without_enough_settled_games_before_a_moneyline_is_the_close() -> None:
    found = decided(seen(3.0, TUESDAY), market="moneyline")
    assert (found["price_moment"], found["price_source"]) == ("close", "recorded")


@settings(max_examples=15)
@given(st.permutations(range(6)))
def test_the_order_in_which_quotes_were_added_matters_only_at_one_instant(order: list[int]) -> None:
    rows = [seen(float(n), TUESDAY - n * HOUR) for n in range(6)]
    assert line_of(*(rows[n] for n in order)) == (0.0, "snapshot")


def test_of_two_quotes_of_one_instant_the_one_added_last_counts() -> None:
    assert line_of(seen(3.0, TUESDAY), seen(3.5, TUESDAY)) == (3.5, "snapshot")


def test_the_close_is_no_price_of_a_tuesday() -> None:
    table = decided_markets(closing(), prices(), "tuesday", as_of=SEASON_OVER)
    assert not table.select(at_decision("tuesday").any()).item()
    assert closing().select(at_decision("kickoff")).to_series().all()


# --- moneylines derived from the other two


@pytest.mark.slow
@pytest.mark.real_data
def test_derived_moneylines_are_as_likely_as_their_games_are_won(real_history: History) -> None:
    """Of 2015-2023, each season by the scores before it, at the closing spread and total."""
    at_close = build_markets(real_history)
    on_tuesday = at_close.filter(pl.col("market") != "moneyline", pl.col("season") >= 2015).select(
        "game_id",
        "market",
        pl.lit("consensus").alias("book"),
        pl.lit("open").alias("moment"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("observed_at"),
        *("line", "price_yes", "price_no"),
    )
    table = decided_markets(
        at_close, on_tuesday.drop_nulls("line"), "tuesday", as_of=SEASON_OVER
    ).filter(pl.col("market") == "moneyline", pl.col("season") >= 2015)
    assert table["price_source"].unique().to_list() == ["derived"]
    close = at_close.join(table.select("game_id"), on="game_id", how="semi").filter(
        market="moneyline"
    )
    apart = (table.sort("game_id")["p_market"] - close.sort("game_id")["p_market"]).abs()
    assert apart.mean() < 0.015
    yes = implied(table, "price_yes")
    assert (yes - table["p_market"]).abs().max() < 1e-9


def implied(table: pl.DataFrame, name: str) -> pl.Series:
    odds = pl.col(name)
    p = pl.when(odds < 0).then(-odds / (100 - odds)).otherwise(100 / (100 + odds))
    return table.select(p).to_series()
