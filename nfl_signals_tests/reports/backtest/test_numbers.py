"""The parts of a backtest add up to the whole, agree with the ablation, and read as committed."""

import json
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.reports.ablation.numbers import ablation_numbers
from nfl_signals.reports.ablation.targets import EDGE
from nfl_signals.reports.backtest.numbers import backtest_numbers, edge_bins, too_good
from nfl_signals.reports.shared.forecasters import FINAL, PRICE
from nfl_signals.reports.shared.report import report_text, write_report
from nfl_signals_tests.support.ablation_games import ablation_inputs
from nfl_signals_tests.support.backtest_games import (
    TUESDAY,
    Json,
    games_of,
    kickoff_inputs,
    tables_of,
    tuesday_inputs,
)
from nfl_signals_tests.support.snapshots import check_snapshot
from nfl_signals_tests.support.synthetic_forecasts import MARKETS, ORIGIN, part_of, row_of

SNAPSHOTS = Path(__file__).parent / "snapshots"


@cache
def numbers_of(case: str) -> Json:
    if case == "backtest_kickoff":
        return ORIGIN | backtest_numbers(**kickoff_inputs())
    inputs = tuesday_inputs()
    if case == "backtest_empty":
        inputs["stacked"] = inputs["stacked"].clear()
    return TUESDAY | backtest_numbers(**inputs)


CASES = ("backtest", "backtest_kickoff", "backtest_empty")
each_market = pytest.mark.parametrize("market", MARKETS)
each_split = pytest.mark.parametrize("split", ["by_season", "by_edge"])


@pytest.mark.parametrize("case", CASES)
def test_the_report_reads_as_committed(case: str, tmp_path: Path) -> None:
    write_report(tmp_path, "backtest", numbers_of(case))
    check_snapshot(SNAPSHOTS / f"{case}.md", (tmp_path / "backtest.md").read_text())


@pytest.mark.parametrize("case", CASES)
def test_the_text_is_written_from_the_json_alone(case: str, tmp_path: Path) -> None:
    write_report(tmp_path, "backtest", numbers_of(case))
    stored = json.loads((tmp_path / "backtest.json").read_text())
    assert report_text("backtest", stored) == (tmp_path / "backtest.md").read_text()


@each_market
@each_split
def test_the_parts_add_up_to_the_whole(market: str, split: str) -> None:
    part = part_of(numbers_of("backtest"), market)
    whole, rows = part["overall"], part[split]
    for name in ("n", "n_push"):
        assert sum(row[name] for row in rows) == whole[name]
        assert sum(row["bets"][name] for row in rows) == whole["bets"][name]
    assert sum(row["bets"]["units"] for row in rows) == pytest.approx(whole["bets"]["units"])
    for name in ("brier", "brier_price", "accuracy", "accuracy_preferred"):
        mean = sum(row["n"] * (row[name]["estimate"] or 0.0) for row in rows) / whole["n"]
        assert mean == pytest.approx(whole[name]["estimate"])


@each_market
def test_the_prices_are_counted_over_all_games(market: str) -> None:
    part = part_of(numbers_of("backtest"), market)
    source = "derived" if market == "moneyline" else "standard"
    n = part["overall"]["n"] + part["overall"]["n_push"]
    assert part["prices"] == [{"price_moment": "open", "price_source": source, "n": n}]
    assert (part["overall"]["bets"]["n"] == 0) == (source == "derived")


@given(st.floats(0, 1))
def test_every_edge_lies_in_exactly_one_bin(edge: float) -> None:
    inside = [b for b in edge_bins() if b.low <= edge and (b.high is None or edge < b.high)]
    assert len(inside) == 1


def test_bins_begin_with_what_is_rounding_and_double() -> None:
    bins = edge_bins()
    assert [(each.low, each.high) for each in bins] == [
        (0.0, 0.01),
        (0.01, 0.02),
        (0.02, 0.04),
        (0.04, 0.08),
        (0.08, None),
    ]
    assert bins[0].high == EDGE.limit


def test_an_edge_that_is_a_bins_end_is_in_the_next_one() -> None:
    """0.58 - 0.50 is 0.07999999999999996 in floating point."""
    edges = (0.505, 0.51, 0.52, 0.46, 0.58)
    tables = tables_of(games_of(*({"p_hat": p_hat} for p_hat in edges)))
    rows = backtest_numbers(**tables, closing=None, seed=1)["markets"][0]["by_edge"]
    assert [row["n"] for row in rows] == [1, 1, 1, 1, 1]


@each_market
def test_scores_are_those_of_the_ablation(market: str) -> None:
    """The same games, the same numbers, the same intervals."""
    mine = part_of(numbers_of("backtest"), market)["overall"]
    ablation = part_of(ablation_numbers(**ablation_inputs()), market)
    for forecaster, brier in ((FINAL, "brier"), (PRICE, "brier_price")):
        card = row_of(ablation["forecasters"], forecaster)
        assert (mine["n"], mine[brier]) == (card["n"], card["brier"])
    assert mine["accuracy"] == row_of(ablation["forecasters"], FINAL)["accuracy"]
    if market == "ats":
        preferred = ablation["picks"][1]
        assert mine["accuracy_preferred"]["estimate"] == pytest.approx(preferred["estimate"])


def test_at_kickoff_there_is_nothing_to_wait_for_and_no_closing_line_value() -> None:
    text = report_text("backtest", numbers_of("backtest_kickoff") | {"charts": {}})
    assert "nothing is left to wait for" in text
    table_words = [line for line in text.splitlines() if line.startswith("|")]
    assert not any("closing-line value" in line or "close" in line for line in table_words)


def test_at_a_tuesday_the_close_is_the_second_line() -> None:
    text = report_text("backtest", numbers_of("backtest") | {"charts": {}})
    assert text.index("closing-line value |") < text.index("## What waiting is worth")
    assert "Derived odds" in text
    assert "Standard odds" in text
    assert "Not all of the closing-line value is movement." in text


def test_what_is_no_movement_is_of_games_without_odds_whose_line_stood_still() -> None:
    tables = tables_of(
        games_of(
            {"p_hat": 0.55, "price_source": "standard"},
            {"p_hat": 0.45, "price_source": "standard"},
            {"p_hat": 0.55, "price_source": "standard"},  # its line moves
            {"p_hat": 0.55, "price_source": "recorded"},
        )
    )
    moved = pl.when(game_id="g2").then(pl.col("line") + 1).otherwise("line")
    closing = tables["markets"].with_columns(moved.alias("line"), p_market=pl.lit(0.52))
    found = part_of(backtest_numbers(**tables, closing=closing, seed=1), "ats")["no_movement"]
    assert found["n"] == 2
    assert found["estimate"] == pytest.approx(0.0)  # +2 points towards one lean, -2 from the other


def doubted(**found: Json) -> list[str]:
    """Measures that are doubted of a market with these figures."""
    calm = {"estimate": 0.53, "low": 0.50, "high": 0.56}
    overall = {"n": 100, "accuracy": calm, "difference": {"high": 0.001}, **found}
    return [row["measure"] for row in too_good({"market": "ats", "title": "", "overall": overall})]


def test_accuracy_above_54_percent_and_a_brier_clearly_below_the_price_are_doubted() -> None:
    assert doubted() == []
    assert doubted(accuracy={"estimate": 0.541, "low": 0.50, "high": 0.56}) == ["accuracy"]
    assert doubted(difference={"estimate": -1, "low": -2, "high": -1e-9}) == ["difference"]
    assert doubted(difference={"estimate": -1, "low": None, "high": None}) == []


def test_moneylines_may_be_right_more_often() -> None:
    overall = {"n": 9, "accuracy": {"estimate": 0.7}, "difference": {"high": 0.1}}
    assert not list(too_good({"market": "moneyline", "title": "", "overall": overall}))


def test_what_is_too_good_is_said_before_the_figures() -> None:
    games = games_of(*({"p_hat": 0.55, "week": 1 + place % 12} for place in range(60)))
    numbers = TUESDAY | backtest_numbers(**tables_of(games), closing=None, seed=1)
    assert [row["measure"] for row in numbers["too_good"]] == ["accuracy", "difference"]
    for part in (numbers, *numbers["markets"]):
        part["charts"] = {}
    text = report_text("backtest", numbers)
    assert text.index("**Warning. Against the spread: 100.0 %") < text.index("| market |")


@pytest.mark.parametrize(("season", "warned"), [(2008, True), (2009, False)])
def test_seasons_on_which_constants_were_chosen_are_named(season: int, warned: bool) -> None:
    tables = tables_of(games_of({"season": season}))
    numbers = backtest_numbers(**tables, closing=None, seed=1)
    assert numbers["scores_those_seasons"] == warned
    text = report_text("backtest", TUESDAY | {"source": "nflverse"} | numbers)
    assert ("some of which are scored here" in text) == warned
