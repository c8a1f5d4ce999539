"""Claims about making the three markets of a game coherent."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.markets import coherence
from nfl_signals.markets.coherence import (
    MONEYLINE_WEIGHT,
    CoherenceInputs,
    CoherentForecasts,
    make_coherent,
)
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.markets.score_distribution import MARGINS
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import logit
from nfl_signals_tests.support.score_games import football

nan = float("nan")
probabilities = st.floats(0.05, 0.95)
spreads = st.integers(-30, 30).map(lambda n: n / 2)
middles = st.integers(70, 110).map(lambda n: n / 2)
near_even = st.floats(0.3, 0.7)
games = st.tuples(probabilities, probabilities, probabilities, spreads, middles)


def inputs(*rows: tuple[float, float, float, float, float]) -> CoherenceInputs:
    """Rows of p_moneyline, p_ats, p_total, spread_line, total_line."""
    moneyline, ats, total, spread_line, total_line = np.array(rows, dtype=np.float64).T
    return CoherenceInputs(
        p_moneyline=moneyline,
        p_ats=ats,
        p_total=total,
        spread_line=spread_line,
        total_line=total_line,
        can_tie=np.ones(len(rows), dtype=bool),
    )


def coherent(*rows: tuple[float, float, float, float, float]) -> CoherentForecasts:
    return make_coherent(football(), inputs(*rows))


def again(found: CoherentForecasts, given: CoherenceInputs) -> CoherentForecasts:
    """The coherent forecasts as inputs, at the same lines."""
    return make_coherent(
        football(),
        CoherenceInputs(
            p_moneyline=found.p_hat["moneyline"],
            p_ats=found.p_hat["ats"],
            p_total=found.p_hat["total"],
            spread_line=given.spread_line,
            total_line=given.total_line,
            can_tie=given.can_tie,
        ),
    )


def numbers(found: CoherentForecasts) -> Floats:
    """All forecasts of all games: 6 x n."""
    return np.array([side[name] for side in (found.p_hat, found.p_push) for name in MARKETS])


def win_given_decided(mu: float, tau: float, line: float) -> float:
    mass = football().margins(np.array([mu]), np.array([tau]))[0]
    win, loss = mass[line < MARGINS].sum(), mass[line > MARGINS].sum()
    return float(win / (win + loss))


# --- one forecast at a time


@pytest.mark.parametrize("p", [0.02, 0.3, 0.5, 0.8, 0.98])
def test_a_forecast_of_one_market_alone_stays_as_it_is(p: float) -> None:
    found = coherent((p, nan, nan, nan, nan), (nan, p, nan, -3.0, nan), (nan, nan, p, 3.0, 44.0))
    assert found.p_hat["moneyline"][0] == pytest.approx(p, abs=1e-6)
    assert found.p_hat["ats"][1] == pytest.approx(p, abs=1e-6)
    assert found.p_hat["total"][2] == pytest.approx(p, abs=1e-6)


def test_the_total_stays_as_it_is_beside_the_others() -> None:
    found = coherent((0.6, 0.5, 0.57, 3.0, 44.5))
    assert found.p_hat["total"][0] == pytest.approx(0.57, abs=1e-6)


def test_a_line_without_a_probability_counts_as_fair() -> None:
    found = coherent((nan, nan, nan, 3.0, 44.0))
    assert found.p_hat["ats"][0] == pytest.approx(0.5)
    assert found.p_hat["total"][0] == pytest.approx(0.5)
    assert 0.55 < found.p_hat["moneyline"][0] < 0.62


def test_a_moneyline_alone_is_not_bent_by_a_line_without_a_forecast() -> None:
    found = coherent((0.6, nan, nan, 7.0, nan))
    assert found.p_hat["moneyline"][0] == pytest.approx(0.6, abs=1e-6)
    assert found.p_hat["ats"][0] < 0.45


# --- two forecasts


def test_the_margin_lies_at_the_weighted_mean_of_both_locations() -> None:
    found = coherent((0.7, 0.5, 0.5, 3.0, 44.0))
    tau, mu = found.tau[0], found.mu[0]
    low, high = (_mu_of(p, line, tau) for p, line in ((0.5, 3.0), (0.7, 0.0)))
    assert mu == pytest.approx(MONEYLINE_WEIGHT * high + (1 - MONEYLINE_WEIGHT) * low, abs=1e-5)
    assert found.p_hat["moneyline"][0] == pytest.approx(win_given_decided(mu, tau, 0.0))
    assert found.p_hat["ats"][0] == pytest.approx(win_given_decided(mu, tau, 3.0))
    assert 0.5 < found.p_hat["ats"][0] < 0.54
    assert 0.58 < found.p_hat["moneyline"][0] < 0.7


def test_a_contradiction_is_resolved() -> None:
    """Likelier to win by more than four than to win at all cannot be."""
    found = coherent((0.45, 0.6, 0.5, 4.0, 44.0))
    decided = 1 - np.array([found.p_push[name][0] for name in ("moneyline", "ats")])
    win, cover = decided * [found.p_hat["moneyline"][0], found.p_hat["ats"][0]]
    assert 0.5 < cover + found.p_push["ats"][0] < win


def test_of_a_pick_em_moneyline_and_spread_are_one_event() -> None:
    found = coherent((0.6, 0.5, 0.5, 0.0, 44.0))
    assert found.p_hat["moneyline"][0] == pytest.approx(found.p_hat["ats"][0])
    assert found.p_push["moneyline"][0] == pytest.approx(found.p_push["ats"][0])
    assert 0.5 < found.p_hat["ats"][0] < 0.55


# --- properties


@given(st.lists(st.tuples(probabilities, near_even, near_even, spreads, middles), min_size=1))
def test_coherent_forecasts_made_coherent_again_stay_as_they_are(
    rows: list[tuple[float, ...]],
) -> None:
    given = inputs(*rows)  # type: ignore[arg-type]
    found = make_coherent(football(), given)
    assert np.abs(numbers(again(found, given)) - numbers(found)).max() < 1e-5


@given(games)
def test_the_favourite_of_a_line_wins_at_least_as_often_as_it_covers(
    game: tuple[float, float, float, float, float],
) -> None:
    found = coherent(game)
    win, cover = (
        found.p_hat[name][0] * (1 - found.p_push[name][0]) for name in ("moneyline", "ats")
    )
    assert (win - cover) * np.sign(game[3]) >= -1e-9


@given(games)
def test_swapping_home_and_away_mirrors_the_forecasts(
    game: tuple[float, float, float, float, float],
) -> None:
    moneyline, ats, total, spread, middle = game
    here, there = coherent(game), coherent((1 - moneyline, 1 - ats, total, -spread, middle))
    assert there.mu[0] == pytest.approx(-here.mu[0], abs=1e-5)
    for name in ("moneyline", "ats"):
        assert there.p_hat[name][0] == pytest.approx(1 - here.p_hat[name][0], abs=1e-6)  # type: ignore[index]
        assert there.p_push[name][0] == pytest.approx(here.p_push[name][0], abs=1e-6)  # type: ignore[index]
    assert there.p_hat["total"][0] == pytest.approx(here.p_hat["total"][0], abs=1e-6)


@given(games, st.floats(0.001, 0.04))
def test_a_likelier_win_never_makes_a_cover_less_likely(
    game: tuple[float, float, float, float, float], more: float
) -> None:
    found = coherent(game, (game[0] + more, *game[1:]))
    for name in ("moneyline", "ats"):
        assert np.diff(found.p_hat[name])[0] > 0  # type: ignore[index]


@given(games)
def test_a_game_does_not_depend_on_its_neighbours(
    game: tuple[float, float, float, float, float],
) -> None:
    other = (0.9, 0.2, 0.5, -9.5, 38.0)
    alone, beside = coherent(game), coherent(other, game, other)
    assert numbers(beside)[:, 1].tolist() == pytest.approx(numbers(alone)[:, 0].tolist(), abs=1e-6)


# --- extremes and gaps


@pytest.mark.parametrize("p_moneyline", [0.0, 1e-9, 0.5, 1 - 1e-9, 1.0, nan])
@pytest.mark.parametrize("p_ats", [0.0, 0.5, 1.0, nan])
@pytest.mark.parametrize("total_line", [20.5, 31.0, 44.0, 70.0, nan])
def test_every_game_settles(p_moneyline: float, p_ats: float, total_line: float) -> None:
    rows = [
        (p_moneyline, p_ats, p_total, spread, total_line)
        for p_total in (0.0, 0.01, 0.5, 1.0, nan)
        for spread in (-30.0, -1.0, 0.0, 1.0, 20.0, 30.5)
    ]
    forecasts = numbers(coherent(*rows))
    listed = forecasts if np.isfinite(total_line) else forecasts[[0, 1, 3, 4]]
    found = listed[np.isfinite(listed)]
    assert len(found) >= len(rows)
    assert found.min() >= 0
    assert found.max() <= 1


def test_a_known_extreme_favourite_is_met() -> None:
    found = coherent((0.97, 0.5, 0.5, 24.0, 44.0))
    assert found.p_hat["moneyline"][0] == pytest.approx(0.955, abs=0.03)


def test_without_a_line_there_is_no_forecast_for_it() -> None:
    found = coherent((0.6, 0.5, 0.5, nan, nan))
    assert found.p_hat["moneyline"][0] == pytest.approx(0.6, abs=1e-6)
    assert np.isnan([found.p_hat["ats"][0], found.p_push["ats"][0]]).all()
    assert np.isnan([found.p_hat["total"][0], found.p_push["total"][0]]).all()
    assert found.tau[0] == football().typical_tau


def test_a_game_without_anything_has_no_forecast() -> None:
    found = coherent((nan,) * 5, (0.6, nan, nan, nan, nan))
    assert np.isnan(numbers(found)[:, 0]).all()
    assert np.isnan(found.mu[0])
    assert np.isfinite(found.mu[1])


def test_a_total_is_forecast_even_where_nothing_is_known_of_the_margin() -> None:
    found = coherent((nan, nan, 0.55, nan, 44.0))
    assert found.p_hat["total"][0] == pytest.approx(0.55, abs=1e-6)
    assert np.isnan(found.p_hat["moneyline"][0])


def test_no_games_are_no_forecasts() -> None:
    none = inputs((0.5, 0.5, 0.5, 3.0, 44.0)).take(np.empty(0, dtype=np.intp))
    found = make_coherent(football(), none)
    assert numbers(found).shape == (6, 0)


# --- pushes


def test_pushes_stand_on_the_key_numbers() -> None:
    rows = [(nan, 0.5, 0.5, line, 44.5) for line in (2.0, 3.0, 3.5, 7.0)]
    two, three, half, seven = coherent(*rows).p_push["ats"].tolist()
    assert three > 3 * two
    assert half == 0
    assert two < seven < three


@given(st.lists(games, min_size=1, max_size=4))
def test_a_playoff_game_pushes_no_moneyline_and_no_pick_em(rows: list[tuple[float, ...]]) -> None:
    """All else stays as coherent as it was; a regular game may be tied."""
    given_rows = inputs(*[(p, q, r, 0.0, t) for p, q, r, _, t in rows])
    playoff = replace(given_rows, can_tie=np.zeros(len(rows), dtype=bool))
    found, regular = make_coherent(football(), playoff), make_coherent(football(), given_rows)
    for market in ("moneyline", "ats"):
        assert (found.p_push[market] == 0).all()
        assert (regular.p_push[market] > 0).all()
    assert numbers(again(found, playoff)) == pytest.approx(numbers(found), abs=1e-6)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("p_moneyline", 1.2, "probabilities"),
        ("p_total", -0.1, "probabilities"),
        ("spread_line", 80.0, "spreads"),
        ("total_line", 0.0, "total lines"),
        ("total_line", 130.0, "total lines"),
    ],
)
def test_inputs_that_cannot_be_are_refused(column: str, value: float, message: str) -> None:
    columns = {**vars(inputs((0.5, 0.5, 0.5, 3.0, 44.0))), column: np.array([value])}
    with pytest.raises(ValueError, match=message):
        CoherenceInputs(**columns)


def test_columns_of_unequal_length_are_refused() -> None:
    columns = {**vars(inputs((0.5, 0.5, 0.5, 3.0, 44.0))), "p_ats": np.array([0.5, 0.5])}
    with pytest.raises(ValueError, match="same length"):
        CoherenceInputs(**columns)


def test_a_search_that_does_not_settle_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coherence, "MAX_SWEEPS", 1)
    with pytest.raises(ValueError, match="did not settle"):
        coherent((0.7, 0.5, 0.5, 3.0, 44.0))


@pytest.mark.slow
def test_thousands_of_games_at_once_all_settle() -> None:
    random = np.random.default_rng(1)
    n = 7000
    spread_line = random.integers(-28, 29, n) / 2
    given = CoherenceInputs(
        p_moneyline=np.clip(0.5 + spread_line / 30 + random.normal(0, 0.03, n), 0.03, 0.97),
        p_ats=random.uniform(0.44, 0.56, n),
        p_total=random.uniform(0.44, 0.56, n),
        spread_line=spread_line,
        total_line=random.integers(70, 110, n) / 2,
        can_tie=random.random(n) < 0.95,
    )
    found = make_coherent(football(), given)
    assert np.isfinite(numbers(found)).all()


def _mu_of(p: float, line: float, tau: float) -> float:
    """By bisection."""
    low, high = -60.0, 60.0
    for _ in range(60):
        middle = (low + high) / 2
        below = logit(np.array([win_given_decided(middle, tau, line)]))[0] < logit(np.array([p]))[0]
        low, high = (middle, high) if below else (low, middle)
    return low
