"""Who wins which bet: signs, pushes and unknowns, written out."""

import polars as pl
import pytest

from nfl_signals.ingest import history
from nfl_signals.ingest.history import History
from nfl_signals.markets.definitions import (
    ATS,
    LINES,
    MARKETS,
    MONEYLINE,
    PRICES,
    TOTAL,
    Market,
    can_tie,
)


def outcome(
    market: Market,
    *,
    result: float | None = None,
    total: float | None = None,
    spread_line: float | None = None,
    total_line: float | None = None,
) -> str | None:
    game = {"result": result, "total": total, "spread_line": spread_line, "total_line": total_line}
    frame = pl.DataFrame([game], schema=dict.fromkeys(game, pl.Float64))
    return frame.select(market.outcome()).item()


@pytest.mark.parametrize(
    ("result", "expected"), [(4, "yes"), (3, "push"), (2, "no"), (0, "no"), (-7, "no")]
)
def test_a_home_favourite_by_three_must_win_by_four_to_cover(result: float, expected: str) -> None:
    assert outcome(ATS, result=result, spread_line=3.0) == expected


@pytest.mark.parametrize(
    ("result", "expected"), [(1, "yes"), (-6, "yes"), (-7, "push"), (-8, "no")]
)
def test_a_home_underdog_by_seven_covers_while_it_loses_by_six(
    result: float, expected: str
) -> None:
    assert outcome(ATS, result=result, spread_line=-7.0) == expected


def ties(games: pl.DataFrame) -> list[bool]:
    return games.select(can_tie()).to_series().to_list()


def test_a_game_can_tie_in_the_regular_season_alone(simulated_history: History) -> None:
    games = simulated_history.games
    assert ties(games) == (games["game_type"] == "REG").to_list()
    weeks = pl.DataFrame({"season": [2020, 2020, 2021, 2021], "week": [17, 18, 18, 19]})
    assert ties(weeks) == [True, False, True, False]


@pytest.mark.real_data
def test_a_real_game_can_tie_in_the_regular_season_alone(real_history: History) -> None:
    games = real_history.games
    assert ties(games) == (games["game_type"] == "REG").to_list()
    assert games.filter(pl.col("result") == 0).select(can_tie()).to_series().all()


def test_a_half_point_line_cannot_push() -> None:
    assert outcome(ATS, result=3, spread_line=2.5) == "yes"
    assert outcome(ATS, result=3, spread_line=3.5) == "no"


@pytest.mark.parametrize(("result", "expected"), [(1, "yes"), (0, "push"), (-1, "no")])
def test_a_tie_is_a_push_on_the_moneyline(result: float, expected: str) -> None:
    assert outcome(MONEYLINE, result=result, spread_line=10.0) == expected


@pytest.mark.parametrize(("total", "expected"), [(45, "yes"), (44, "push"), (43, "no")])
def test_points_equal_to_the_total_line_are_a_push(total: float, expected: str) -> None:
    assert outcome(TOTAL, total=total, total_line=44.0) == expected


def test_an_unplayed_game_has_no_outcome_in_any_market() -> None:
    for market in MARKETS.values():
        assert outcome(market, spread_line=3.0, total_line=44.0) is None


def test_every_line_and_price_is_hidden_from_a_run_before_its_week() -> None:
    assert set(history.LINES) == {*LINES, *PRICES}


def test_without_a_line_only_the_moneyline_is_settled() -> None:
    settled = {name: outcome(m, result=7.0, total=41.0) for name, m in MARKETS.items()}
    assert settled == {"ats": None, "moneyline": "yes", "total": None}


def test_every_label_states_yes_no_and_push() -> None:
    assert ATS.label == "YES if result > spread_line; NO if <; push if equal"
    assert MONEYLINE.label == "YES if result > 0; NO if <; push if equal"
    assert TOTAL.label == "YES if total > total_line; NO if <; push if equal"


def test_the_yes_price_is_the_home_or_the_over_price() -> None:
    yes = {name: market.price_yes_column for name, market in MARKETS.items()}
    assert yes == {"ats": "home_spread_odds", "moneyline": "home_moneyline", "total": "over_odds"}
