"""Push rates and three-way scores by hand, and no season that is fitted on itself."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from nfl_signals.markets.definitions import ATS, MONEYLINE, TOTAL, Market
from nfl_signals.reports.ablation.pushes import (
    ALL_RATES,
    ANY_LINE,
    ENOUGH_GAMES,
    NO_PUSH,
    SAME_LINE,
    push_rates,
    push_verdict,
    settled_with_pushes,
    three_way,
)
from nfl_signals.reports.shared.forecasters import FINAL
from nfl_signals.stats.bootstrap import week_block_interval

Z = 1.959964


def games(market: Market, rows: list[tuple[int, float, str | None]]) -> pl.DataFrame:
    """Markets from season, line and outcome; one game a week."""
    return pl.DataFrame(
        [
            {
                "game_id": f"g{i:04d}",
                "market": market.name,
                "season": season,
                "week": i % 18 + 1,
                "line": line,
                "outcome": outcome,
            }
            for i, (season, line, outcome) in enumerate(rows)
        ]
    ).with_columns(pl.col("season", "week").cast(pl.Int32))


def forecast(markets: pl.DataFrame, *, p_push: float, p_hat: float = 0.6) -> pl.DataFrame:
    return markets.select("game_id", "market", p_hat=pl.lit(p_hat), p_push=pl.lit(p_push))


def many(season: int, line: float, n: int, n_push: int) -> list[tuple[int, float, str | None]]:
    decided = ["yes" if i % 2 else "no" for i in range(n - n_push)]
    return [(season, line, outcome) for outcome in ["push"] * n_push + decided]


def rates_of(market: Market, rows: list[tuple[int, float, str | None]], p_push: float) -> Any:  # noqa: ANN401
    markets = games(market, rows)
    settled = settled_with_pushes(market, forecast(markets, p_push=p_push), markets)
    return {row["lines"]: row for row in push_rates(market, settled)}


def test_the_observed_rate_has_its_wilson_interval() -> None:
    row = rates_of(ATS, many(2020, 3.0, 200, 18), p_push=0.09)["line of 3"]
    p, n = 18 / 200, 200
    middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    assert (row["n"], row["n_push"], row["stated"]) == (200, 18, pytest.approx(0.09))
    assert (row["low"], row["high"]) == pytest.approx((middle - half, middle + half), rel=1e-6)
    assert row["verdict"] == "PASS"


def test_key_numbers_count_on_either_side_and_half_points_nowhere() -> None:
    rows = many(2020, 3.0, 4, 1) + many(2020, -3.0, 6, 1) + many(2020, 3.5, 5, 0)
    found = rates_of(ATS, rows + many(2020, 6.0, 2, 0), p_push=0.05)
    assert (found["line of 3"]["n"], found["line of 3"]["n_push"]) == (10, 2)
    assert found["any whole line"]["n"] == 12
    assert list(found) == ["line of 3", "line of 7", "line of 10", "any whole line"]


def test_totals_have_no_key_numbers_and_the_moneyline_has_ties() -> None:
    assert list(rates_of(TOTAL, many(2020, 44.0, 5, 1), p_push=0.02)) == ["any whole line"]
    assert list(rates_of(MONEYLINE, many(2020, 0.0, 5, 1), p_push=0.02)) == ["every game (ties)"]


def test_without_games_on_a_line_nothing_is_claimed() -> None:
    row = rates_of(ATS, many(2020, 3.0, 5, 1), p_push=0.1)["line of 10"]
    assert (row["n"], row["stated"], row["verdict"]) == (0, None, "UNDERPOWERED")


@pytest.mark.parametrize(
    ("stated", "low", "high", "expected"),
    [
        (0.09, 0.07, 0.11, "PASS"),
        (0.118, 0.07, 0.11, "FAIL"),
        (0.03, 0.07, 0.11, "FAIL"),
        (0.05, 0.01, 0.09, "UNDERPOWERED"),  # holds half of it
        (0.05, 0.04, 0.11, "UNDERPOWERED"),  # holds twice it
        (0.0, 0.0, 0.02, "UNDERPOWERED"),
    ],
)
def test_a_rate_passes_only_in_an_interval_that_excludes_half_and_twice_it(
    stated: float, low: float, high: float, expected: str
) -> None:
    assert push_verdict(stated, low, high) == expected


def test_rates_of_a_season_come_from_earlier_seasons_only() -> None:
    rows = many(2019, 3.0, 120, 12) + many(2019, 7.0, 80, 4) + many(2020, 3.0, 40, 40)
    markets = games(ATS, rows + many(2020, 7.0, 10, 10) + many(2020, 2.5, 10, 0))
    settled = settled_with_pushes(ATS, forecast(markets, p_push=0.1), markets)
    current = settled.filter(season=2020)
    assert current["push_rate"].unique().to_list() == pytest.approx([16 / 200])
    by_line = dict(current.select("line", "line_rate").unique().iter_rows())
    assert by_line[3.0] == pytest.approx(12 / 120)
    assert by_line[7.0] == pytest.approx(16 / 200), f"below {ENOUGH_GAMES} games: all whole lines"
    assert by_line[2.5] is None
    assert settled.filter(season=2019)["line_rate"].null_count() == 200


def test_open_games_and_games_that_the_stack_did_not_forecast_are_left_out() -> None:
    markets = games(ATS, [(2020, 3.0, "yes"), (2020, 3.0, None), (2020, 3.0, "no")])
    forecasts = forecast(markets, p_push=0.1).filter(pl.col("game_id") != "g0002")
    assert settled_with_pushes(ATS, forecasts, markets)["game_id"].to_list() == ["g0000"]


@pytest.fixture(scope="module")
def scored() -> list[dict[str, Any]]:
    """After 200 games with 10 % pushes, 40 games with 4; the stack states 10 %."""
    markets = games(ATS, many(2019, 3.0, 200, 20) + many(2020, 3.0, 40, 4))
    current = markets.filter(season=2020)
    settled = settled_with_pushes(ATS, forecast(current, p_push=0.1), markets)
    return three_way(ATS, settled, seed=3)


def three_way_by_hand(p_hat: float, p_push: float) -> float:
    yes, no = p_hat * (1 - p_push), (1 - p_hat) * (1 - p_push)
    counts = {"push": 4, "yes": 18, "no": 18}
    stated = {"push": p_push, "yes": yes, "no": no}
    return (
        sum(
            counts[happened] * sum((stated[kind] - (kind == happened)) ** 2 for kind in stated)
            for happened in counts
        )
        / 40
    )


def test_three_way_scores_by_hand(scored: list[dict[str, Any]]) -> None:
    brier = {row["forecaster"]: row["brier"] for row in scored}
    expected = three_way_by_hand(0.6, 0.1)
    assert brier[FINAL] == pytest.approx(expected)
    assert brier[SAME_LINE] == brier[ANY_LINE] == pytest.approx(expected)
    assert brier[NO_PUSH] == pytest.approx(three_way_by_hand(0.6, 0.0))
    assert brier[ALL_RATES] == pytest.approx(three_way_by_hand(0.5, 0.1))
    assert {(row["n"], row["n_push"]) for row in scored} == {(40, 4)}


def test_differences_are_paired_to_the_stack(scored: list[dict[str, Any]]) -> None:
    by_name = {row["forecaster"]: row for row in scored}
    assert by_name[FINAL]["difference"] is None
    gap = by_name[NO_PUSH]["difference"]
    assert gap["estimate"] == pytest.approx(by_name[NO_PUSH]["brier"] - by_name[FINAL]["brier"])
    assert gap["low"] < gap["estimate"] < gap["high"]
    assert by_name[SAME_LINE]["difference"]["high"] == pytest.approx(0.0, abs=1e-12)


def test_intervals_of_differences_redraw_whole_weeks() -> None:
    """Two games of one week move together: the interval is that of two weeks, not of four games."""
    markets = games(
        ATS, many(2019, 3.0, 20, 2) + [(2020, 3.0, o) for o in ("push", "yes", "no", "yes")]
    )
    markets = markets.with_columns(
        week=pl.when(pl.col("season") == 2020)
        .then(pl.int_range(pl.len()) % 2 + 1)
        .otherwise("week")
    )
    current = markets.filter(season=2020)
    settled = settled_with_pushes(ATS, forecast(current, p_push=0.2), markets)
    found = {row["forecaster"]: row for row in three_way(ATS, settled, seed=3)}[NO_PUSH]

    def error(p_push: float, outcome: str) -> float:
        stated = {"yes": 0.6 * (1 - p_push), "no": 0.4 * (1 - p_push), "push": p_push}
        return sum((stated[kind] - (kind == outcome)) ** 2 for kind in stated)

    rows = settled.select("outcome", "week").rows()
    values = np.array([error(0.0, outcome) - error(0.2, outcome) for outcome, _ in rows])
    expected = week_block_interval(values, [week for _, week in rows], seed=3)
    difference = found["difference"]
    assert (difference["low"], difference["high"]) == pytest.approx((expected.low, expected.high))


def test_the_moneyline_has_one_line_and_so_one_share() -> None:
    markets = games(MONEYLINE, many(2019, 0.0, 50, 1) + many(2020, 0.0, 20, 1))
    settled = settled_with_pushes(MONEYLINE, forecast(markets, p_push=0.01), markets)
    names = [row["forecaster"] for row in three_way(MONEYLINE, settled, seed=3)]
    assert names == [FINAL, ANY_LINE, NO_PUSH, ALL_RATES]


def test_without_earlier_seasons_there_is_nothing_to_compare() -> None:
    markets = games(ATS, many(2020, 3.0, 10, 1))
    settled = settled_with_pushes(ATS, forecast(markets, p_push=0.1), markets)
    assert three_way(ATS, settled, seed=3) == []
