"""Closing-line value is the move of the market towards the side leant to, at the line taken."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from nfl_signals.features.build import build_markets
from nfl_signals.features.settled_games import fit_scores, settled_games
from nfl_signals.ingest.history import History
from nfl_signals.markets.coherence import CoherenceInputs, make_coherent
from nfl_signals.markets.score_distribution import MARGINS, TOTALS, ScoreDistribution
from nfl_signals.monitoring.closing_line_value import at_line_taken, with_closing_line_value
from nfl_signals.stats.arrays import Floats
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.score_games import drawn_games, football, joint_of

EVEN = {"price_yes": -110.0, "price_no": -110.0, "p_market": 0.5}
KICKOFF = utc("2020-09-13 17:00")
TAKEN = {
    "season": 2020,
    "week": 1,
    "game_id": "a",
    "market": "ats",
    "line": 3.0,
    "p_hat": 0.55,
    "made_at": utc("2020-09-08 14:00"),
    "kickoff_at": KICKOFF,
    **EVEN,
}
CLOSE = {"game_id": "a", "market": "ats", "line": 3.0, **EVEN}
MIDDLE = 44.5  # closing total of game "a"
spreads = st.integers(-29, 29).map(lambda n: n / 2)
near_even = st.floats(0.4, 0.6)


@cache
def earlier_games() -> pl.DataFrame:
    """Five hundred games before 2020."""
    names = ("margin", "total", "spread_line", "total_line")
    columns = dict(zip(names, drawn_games(500, seed=3), strict=True))
    games = pl.DataFrame(columns).with_row_index("game_id")
    return games.with_columns(pl.col("game_id").cast(pl.String), season=pl.lit(2019))


def rows_of(
    taken: Mapping[str, object],
    close: Mapping[str, object],
    games: pl.DataFrame | None = None,
    *,
    other: bool = True,
) -> dict[str, object]:
    """One graded game; the arguments change the pick and the close above, `other` quotes the total."""
    float_price = {"p_market": pl.Float64, "price_yes": pl.Float64, "price_no": pl.Float64}
    graded = pl.DataFrame([TAKEN | dict(taken)], schema_overrides=float_price)
    closes = [CLOSE | dict(close)]
    if other and closes[0]["market"] == "ats":
        closes.append(CLOSE | {"market": "total", "line": MIDDLE})
    closing = pl.DataFrame(closes, schema_overrides=float_price)
    past = earlier_games() if games is None else games
    return with_closing_line_value(graded, closing, past).row(0, named=True)


def value(taken: Mapping[str, object], close: Mapping[str, object]) -> float | None:
    found = rows_of(taken, close)["closing_line_value"]
    assert found is None or isinstance(found, float)
    return found


def joint(truth: ScoreDistribution, spread: float, total: float, p_ats: float = 0.5) -> Floats:
    """Probability of each margin and total of a game that closed so, at even prices on the total."""
    one = CoherenceInputs(
        p_moneyline=np.array([np.nan]),
        p_ats=np.array([p_ats]),
        p_total=np.array([0.5]),
        spread_line=np.array([spread]),
        total_line=np.array([total]),
        can_tie=np.array([True]),
    )
    found = make_coherent(truth, one)
    return joint_of(truth, float(found.mu[0]), float(found.tau[0]))


def carried(market: str, line: float, closes: dict[str, float], p_ats: float = 0.5) -> float:
    """What `at_line_taken` states of a game with these closing lines under `football`."""
    bet = pl.DataFrame({"game_id": ["a"], "market": [market], "line": [line], "can_tie": [True]})
    rows = [{"game_id": "a", "market": name, "line": at} for name, at in closes.items()]
    price = pl.when(market="ats").then(p_ats).otherwise(0.5)
    close = pl.DataFrame(rows).with_columns(p_market=price)
    found: float = at_line_taken(football(), bet, close)["carried"].item()
    return found


def test_a_price_that_moves_towards_the_lean_is_worth_its_move() -> None:
    moved = {"price_yes": -120.0, "p_market": 0.53}
    assert value({"p_hat": 0.55}, moved) == pytest.approx(0.03)
    assert value({"p_hat": 0.45}, moved) == pytest.approx(-0.03)


def test_a_move_across_a_number_is_worth_the_games_that_land_on_it() -> None:
    """Home at -2.5 that closes at -3.5 and even: every game won by 3, summed over all totals."""
    cells = joint(football(), 3.5, MIDDLE)
    by_three = cells[MARGINS == 3].sum()
    assert by_three > 0.08
    assert carried("ats", 2.5, {"ats": 3.5, "total": MIDDLE}) == pytest.approx(
        0.5 + by_three, abs=1e-8
    )


def test_a_total_that_moves_is_worth_the_games_that_land_between() -> None:
    cells = joint(football(), 3.0, 46.5)
    between = cells[:, (TOTALS == 45) | (TOTALS == 46)].sum()
    found = carried("total", 44.5, {"ats": 3.0, "total": 46.5})
    assert found == pytest.approx(0.5 + between, abs=1e-8)


def test_at_a_line_that_can_push_the_value_is_that_of_the_bets_that_are_earlier_games() -> None:
    """Home at -3 that closes at -3.5: half of what -2.5 is worth, and a win by 3 is void."""
    cells = joint(football(), 3.5, MIDDLE)
    push, above = cells[MARGINS == 3].sum(), cells[MARGINS > 3].sum()
    found = carried("ats", 3.0, {"ats": 3.5, "total": MIDDLE})
    assert found == pytest.approx(above / (1 - push), abs=1e-8)


def test_the_closing_price_counts_beside_the_closing_line() -> None:
    """-3.5 at 47 % says that home is worse than -3.5 at 50 %."""
    cells = joint(football(), 3.5, MIDDLE, p_ats=0.47)
    found = carried("ats", 2.5, {"ats": 3.5, "total": MIDDLE}, p_ats=0.47)
    assert found == pytest.approx(cells[MARGINS > 2.5].sum(), abs=1e-8)
    assert found < carried("ats", 2.5, {"ats": 3.5, "total": MIDDLE})


def test_a_move_of_a_point_across_3_is_worth_most_then_7_then_5() -> None:
    across = [
        carried("ats", n - 0.5, {"ats": n + 0.5, "total": MIDDLE}) - 0.5 for n in (3.0, 7.0, 5.0)
    ]
    assert across == sorted(across, reverse=True)
    assert across[0] > 4 * across[2]


@settings(max_examples=40)
@given(line=spreads, close=spreads, p=near_even)
def test_the_mirrored_game_gives_the_other_side(line: float, close: float, p: float) -> None:
    """Home and away exchanged: what YES had, NO has."""
    home = carried("ats", line, {"ats": close, "total": MIDDLE}, p_ats=p)
    away = carried("ats", -line, {"ats": -close, "total": MIDDLE}, p_ats=1 - p)
    assert home + away == pytest.approx(1, abs=1e-8)


@settings(max_examples=40)
@given(line=spreads, close=spreads, p=near_even)
def test_a_lower_line_than_the_close_is_never_worth_less(
    line: float, close: float, p: float
) -> None:
    found = carried("ats", line, {"ats": close, "total": MIDDLE}, p_ats=p)
    assert (found - p) * np.sign(close - line) >= -1e-8


@pytest.mark.parametrize(("line", "closed"), [(2.5, 3.5), (6.5, 7.5), (3.5, 2.5)])
def test_both_sides_of_a_move_have_opposite_values(line: float, closed: float) -> None:
    yes = value({"line": line}, {"line": closed})
    no = value({"line": line, "p_hat": 0.45}, {"line": closed})
    assert yes is not None
    assert no == -yes
    assert np.sign(yes) == np.sign(closed - line)


@settings(max_examples=40)
@given(p=near_even, line=spreads)
def test_where_nothing_moved_the_close_is_the_price_to_the_last_digit(
    p: float, line: float
) -> None:
    found = rows_of({"line": line, "p_market": p}, {"line": line, "p_market": p})
    assert found["p_close"] == p
    assert found["closing_line_value"] == (None if p == TAKEN["p_hat"] else 0.0)


def test_games_whose_market_stood_still_count_in_the_mean_as_nothing_gained() -> None:
    """Half of the games move by 3 points of probability: on average a pick gained 1.5."""
    still, moved = rows_of({}, {}), rows_of({}, {"price_yes": -120.0, "p_market": 0.53})
    values = pl.DataFrame([still, moved])["closing_line_value"]
    assert values.mean() == pytest.approx(0.015)


def test_a_season_is_read_from_the_scores_of_seasons_before_it() -> None:
    """What is settled in the season itself or later changes no value."""
    later = earlier_games().with_columns(season=pl.lit(2020), margin=pl.lit(5.0))
    move = {"line": 2.5}, {"line": 3.5}
    assert rows_of(*move) == rows_of(*move, pl.concat([earlier_games(), later]))
    cells = joint(fit_scores(earlier_games()), 3.5, MIDDLE)
    assert value(*move) == pytest.approx(cells[MARGINS == 3].sum(), abs=1e-8)


def test_with_too_few_earlier_games_a_moved_line_has_no_close_and_an_unmoved_one_has() -> None:
    few = earlier_games().head(49)
    assert rows_of({"line": 2.5}, {"line": 3.5}, few)["p_close"] is None
    assert rows_of({"line": 2.5}, {"line": 3.5}, few)["closing_line_value"] is None
    assert rows_of({}, {"p_market": 0.52}, few)["p_close"] == 0.52


def test_a_spread_without_a_total_is_read_around_a_usual_total() -> None:
    with_total, alone = (
        rows_of({"line": 2.5}, {"line": 3.5}, other=other)["p_close"] for other in (True, False)
    )
    assert alone == pytest.approx(with_total, abs=0.01)


def test_a_forecast_is_valued_alike_whatever_else_the_ledger_holds() -> None:
    """Other models of the same bet, other lines of the same game, other games."""
    bets = [
        TAKEN | {"game_id": game, "line": line, "p_hat": p_hat}
        for game in "abc"
        for line in (1.5, 2.5, 3.0, 6.5)
        for p_hat in (0.45, 0.56)
    ]
    closes = [
        CLOSE | {"game_id": game, "market": market, "line": line}
        for game in "abc"
        for market, line in (("ats", 3.5), ("total", MIDDLE))
    ]
    together = with_closing_line_value(pl.DataFrame(bets), pl.DataFrame(closes), earlier_games())
    for row in together.iter_rows(named=True):
        alone = {name: row[name] for name in TAKEN} | {"game_id": "a"}
        assert row | {"game_id": "a"} == rows_of(alone, {"line": 3.5})


def test_a_market_that_nobody_has_defined_is_refused() -> None:
    with pytest.raises(KeyError, match="first_half"):
        value({"market": "first_half"}, {"market": "first_half", "line": 4.5})


def test_moneyline_prices_are_compared_as_they_are() -> None:
    market = {"market": "moneyline", "line": 0.0}
    taken = market | {"p_market": 0.6, "price_yes": -160.0, "p_hat": 0.58}
    assert value(taken, market | {"p_market": 0.55, "price_yes": -130.0}) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("taken", "close"),
    [
        ({"made_at": KICKOFF - timedelta(minutes=1)}, {"price_yes": -120.0, "p_market": 0.53}),
        ({"p_hat": 0.5}, {"price_yes": -120.0, "p_market": 0.53}),
        ({"price_yes": None, "p_market": None}, {"line": 4.5}),
        ({}, {"line": 4.5, "price_no": None, "p_market": None}),
        ({}, {"game_id": "b", "line": 4.5}),
    ],
    ids=["at the close", "no lean", "no price at the pick", "no price at the close", "still open"],
)
def test_where_nothing_is_known_there_is_no_value(
    taken: Mapping[str, object], close: Mapping[str, object]
) -> None:
    assert value(taken, close) is None


def test_rows_and_columns_stay_as_they_were() -> None:
    graded = pl.DataFrame([TAKEN | {"game_id": name} for name in ("c", "a", "b", "a")])
    found = with_closing_line_value(graded, pl.DataFrame([CLOSE | {"line": 4.0}]), earlier_games())
    assert found.drop("p_close", "closing_line_value").equals(graded)
    for name in ("p_close", "closing_line_value"):
        assert found[name].is_not_null().to_list() == [False, True, False, True]


@pytest.fixture(scope="module")
def real_settled(real_history: History) -> pl.DataFrame:
    return settled_games(build_markets(real_history))


@pytest.mark.slow
@pytest.mark.real_data
def test_on_real_scores_a_move_across_3_is_worth_nine_points_and_across_5_two(
    real_settled: pl.DataFrame,
) -> None:
    """From -2.5 to -3.5, which a Normal of 13.3 points values at 0.030."""
    season = {"season": 2024, "week": 1}
    worth = [
        rows_of({"line": n - 0.5} | season, {"line": n + 0.5}, real_settled)["closing_line_value"]
        for n in (3.0, 5.0)
    ]
    assert worth == pytest.approx([0.091, 0.022], abs=0.001)


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize(("line", "number"), [(3.5, 3), (2.5, 3), (6.5, 7), (7.5, 7), (4.5, 4)])
def test_real_games_land_beside_their_closing_line_as_often_as_earlier_games_state(
    real_settled: pl.DataFrame, line: float, number: int
) -> None:
    """Of 1999-2005's scores, for 2006-2023: within the 95 % interval of the share seen."""
    scores = fit_scores(real_settled.filter(pl.col("season") < 2006))
    games = real_settled.filter(pl.col("season") >= 2006, pl.col("spread_line").abs() == line)
    spread, total = games["spread_line"].to_numpy(), games["total_line"].to_numpy()
    nothing, even = np.full(games.height, np.nan), np.full(games.height, 0.5)
    implied = CoherenceInputs(
        p_moneyline=nothing,
        p_ats=even,
        p_total=even,
        spread_line=spread,
        total_line=total,
        can_tie=np.ones(games.height, dtype=bool),
    )
    found, landing = make_coherent(scores, implied), np.sign(spread) * number
    stated = scores.win_push_loss("ats", found.mu, found.tau, landing)[:, 1].mean()
    landed = binomtest(int((games["margin"].to_numpy() == landing).sum()), games.height)
    low, high = landed.proportion_ci(0.95, method="wilson")
    assert games.height > 150
    assert low < stated < high
