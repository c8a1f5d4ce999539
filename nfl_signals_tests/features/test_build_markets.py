"""Lines, prices, no-vig probabilities and outcomes of all three markets."""

import polars as pl
import pytest

from nfl_signals.features.build import build_markets
from nfl_signals.ingest.history import History
from nfl_signals_tests.support.builders import Row, game, history, utc

GAME = "2022_01_BUF_KC"
PLAYED = game(GAME, "2022-09-11", score=(24, 20))
UNPLAYED = game("2023_01_KC_BUF", "2023-09-10")


def market_rows(row: Row) -> dict[str, dict[str, object]]:
    table = build_markets(history([row]))
    return {market["market"]: market for market in table.iter_rows(named=True)}


def test_markets_carry_line_prices_probability_and_outcome() -> None:
    rows = market_rows(game(GAME, "2022-09-11", score=(24, 20), over_odds=-120.0))
    assert {name: (row["line"], row["outcome"]) for name, row in rows.items()} == {
        "ats": (3.0, "yes"),
        "moneyline": (0.0, "yes"),
        "total": (44.5, "no"),
    }
    assert rows["ats"]["p_market"] == 0.5
    assert rows["moneyline"]["p_market"] == pytest.approx(0.6 / (0.6 + 100 / 230))
    assert (rows["moneyline"]["price_yes"], rows["moneyline"]["price_no"]) == (-150.0, 130.0)
    assert rows["total"]["p_market"] == pytest.approx((120 / 220) / (120 / 220 + 110 / 210))
    assert rows["total"]["kickoff_at"] == utc("2022-09-11 17:00")


def test_a_margin_on_the_spread_points_on_the_total_and_a_tie_are_pushes() -> None:
    on_the_number = market_rows(game(GAME, "2022-09-11", score=(24, 21), total_line=45.0))
    assert {name: row["outcome"] for name, row in on_the_number.items()} == {
        "ats": "push",
        "moneyline": "yes",
        "total": "push",
    }
    tie = market_rows(game(GAME, "2022-09-11", score=(20, 20)))
    assert (tie["moneyline"]["outcome"], tie["ats"]["outcome"]) == ("push", "no")


def test_unplayed_games_have_prices_and_no_outcome_and_missing_lines_stay_missing() -> None:
    upcoming = market_rows(UNPLAYED)
    assert {row["outcome"] for row in upcoming.values()} == {None}
    assert None not in {row["p_market"] for row in upcoming.values()}
    unpriced: Row = {"home_moneyline": None, "away_moneyline": None, "spread_line": None}
    rows = market_rows(PLAYED | unpriced)
    assert (rows["moneyline"]["p_market"], rows["moneyline"]["outcome"]) == (None, "yes")
    assert (rows["ats"]["line"], rows["ats"]["outcome"]) == (None, None)


@pytest.mark.slow
@pytest.mark.real_data
def test_the_real_moneyline_close_scores_as_in_the_literature(real_history: History) -> None:
    markets = build_markets(real_history).filter(
        pl.col("market") == "moneyline",
        pl.col("season").is_between(2009, 2022),
        pl.col("outcome").is_in(["yes", "no"]),
        pl.col("p_market").is_not_null(),
    )
    won = (pl.col("outcome") == "yes").cast(pl.Float64)
    brier = markets.select(((pl.col("p_market") - won) ** 2).mean()).item()
    assert 0.2104 <= brier <= 0.2106
