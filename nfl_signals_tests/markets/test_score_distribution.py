"""Claims about the one distribution of a game's final score: `score_distribution`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.markets.definitions import MARKETS
from nfl_signals.markets.score_distribution import (
    LARGEST_MARGIN,
    MARGIN,
    MARGINS,
    POSSIBLE,
    TAIL_SHAPE,
    TOTALS,
    WIN_GAP,
    solve_centre,
)
from nfl_signals.stats.arrays import Floats
from nfl_signals_tests.support.score_games import distribution, football, joint_of

mus = st.floats(-30, 30)
taus = st.floats(25, 65)
halves = st.integers(-60, 60).map(lambda n: n / 2)


def cell(margin: int, total: int) -> tuple[int, int]:
    return margin + LARGEST_MARGIN, total


def one(number: float) -> Floats:
    return np.array([float(number)])


def chances(market: str, mu: float, tau: float, line: float) -> Floats:
    return football().win_push_loss(MARKETS[market].name, one(mu), one(tau), one(line))[0]  # type: ignore[index]


# --- the lattice


@pytest.mark.parametrize(
    ("margin", "total", "possible"),
    [
        (3, 43, True),  # 23-20
        (3, 44, False),  # half points
        (0, 0, True),
        (7, 7, True),  # 7-0
        (7, 5, False),  # below nothing
        (2, 2, True),  # a safety
        (0, 2, False),  # 1-1
        (1, 1, False),  # 1-0
        (6, 8, False),  # 7-1
        (-6, 8, False),  # 1-7
        (-3, 43, True),
    ],
)
def test_only_pairs_that_two_sides_can_score_are_possible(
    margin: int, total: int, possible: bool
) -> None:
    assert POSSIBLE[cell(margin, total)] == possible
    assert (joint_of(football(), 3.0, 44.0)[cell(margin, total)] > 0) == possible


@given(mus, taus)
def test_an_odd_margin_never_meets_an_even_total(mu: float, tau: float) -> None:
    joint = joint_of(football(), mu, tau)
    assert joint[(MARGINS[:, None] + TOTALS[None, :]) % 2 == 1].sum() == 0
    assert joint[np.abs(MARGINS)[:, None] > TOTALS[None, :]].sum() == 0


@given(mus, taus)
def test_the_cells_sum_to_one_and_to_both_margins(mu: float, tau: float) -> None:
    joint = joint_of(football(), mu, tau)
    assert joint.sum() == pytest.approx(1)
    margins, totals = football().margins(one(mu), one(tau)), football().totals(one(mu), one(tau))
    assert joint.sum(axis=1).tolist() == pytest.approx(margins[0].tolist(), abs=1e-12)
    assert joint.sum(axis=0).tolist() == pytest.approx(totals[0].tolist(), abs=1e-12)


# --- the numbers


def test_the_mass_of_two_cells_by_hand() -> None:
    """Margin 3 against 4 at mu = 0: weights 2.6 and 0.9, positions 3 and 4 plus the win gap."""
    z = (np.array([3, 4]) + WIN_GAP) / 13.3
    height = np.exp(-TAIL_SHAPE * (np.sqrt(1 + z**2 / TAIL_SHAPE) - 1)) * np.array([2.6, 0.9])
    total = np.exp(
        -TAIL_SHAPE * (np.sqrt(1 + ((np.array([43, 46]) - 44) / 13.5) ** 2 / TAIL_SHAPE) - 1)
    )
    joint = joint_of(football(), 0.0, 44.0)
    expected = height[0] * total[0] / (height[1] * total[1])
    assert joint[cell(3, 43)] / joint[cell(4, 46)] == pytest.approx(expected)


def test_the_bell_grows_with_its_centre_at_its_stated_rate() -> None:
    step = 1e-5
    low, high = (MARGIN.bell(one(4.0 + side * step), 13.0)[0][0] for side in (-1, 1))
    peak = np.abs(MARGIN.positions - 4.0).argmin()
    numeric = np.log(high / low) / (2 * step)
    growth = MARGIN.bell(one(4.0), 13.0)[1][0]
    assert (numeric - numeric[peak]).tolist() == pytest.approx(
        (growth - growth[peak]).tolist(), abs=1e-6
    )


@given(mus, taus, halves)
def test_swapping_home_and_away_mirrors_everything(mu: float, tau: float, line: float) -> None:
    assert chances("ats", -mu, tau, -line).tolist() == pytest.approx(
        chances("ats", mu, tau, line)[::-1].tolist(), abs=1e-12
    )
    assert chances("total", -mu, tau, 44.0).tolist() == pytest.approx(
        chances("total", mu, tau, 44.0).tolist(), abs=1e-12
    )


@given(mus, taus, halves, st.sampled_from(["ats", "total"]))
def test_win_push_and_loss_sum_to_one_and_half_points_never_push(
    mu: float, tau: float, line: float, market: str
) -> None:
    three = chances(market, mu, tau, abs(line))
    assert three.min() >= 0
    assert three.sum() == pytest.approx(1)
    assert (three[1] == 0) == (line % 1 != 0 or (market == "total" and abs(line) == 1))


@given(mus, taus, st.sampled_from(["ats", "total"]))
def test_a_higher_line_is_never_easier_to_beat(mu: float, tau: float, market: str) -> None:
    lines = np.arange(2, 141) / 2
    n = len(lines)
    win, push, loss = (
        football()
        .win_push_loss(MARKETS[market].name, np.full(n, mu), np.full(n, tau), lines)  # type: ignore[index]
        .T
    )
    assert np.diff(win).max() <= 1e-12
    assert np.diff(win + push).max() <= 1e-12
    assert np.diff(win / (win + loss)).max() <= 1e-12


@given(mus, st.floats(0.1, 5), taus, halves)
def test_a_higher_mu_beats_every_line_more_often(
    mu: float, more: float, tau: float, line: float
) -> None:
    win, _, loss = chances("ats", mu, tau, line)
    better, _, worse = chances("ats", mu + more, tau, line)
    assert better / (better + worse) > win / (win + loss)


def test_a_tie_is_the_push_of_the_moneyline() -> None:
    tie = football().margins(one(2.0), one(44.0))[0, LARGEST_MARGIN]
    assert chances("moneyline", 2.0, 44.0, 0.0)[1] == pytest.approx(tie)
    assert tie < 0.005


def test_a_line_may_have_any_size() -> None:
    assert chances("ats", 3.0, 44.0, 3.25)[1] == 0
    assert chances("ats", 3.0, 44.0, 200.0).tolist() == [0.0, 0.0, pytest.approx(1)]


def test_flat_weights_leave_the_bell_and_the_lattice() -> None:
    """Every odd margin from 1 to 9 takes its share from the bell alone."""
    mass = distribution().margins(one(0.0), one(44.0))[0]
    heights = MARGIN.bell(one(0.0), 13.3)[0][0]
    near = [1 + LARGEST_MARGIN, 3 + LARGEST_MARGIN]
    assert mass[near[1]] / mass[near[0]] == pytest.approx(
        heights[near[1]] / heights[near[0]], rel=0.02
    )


# --- locating


@given(mus, taus, halves)
def test_the_location_is_found_from_the_odds_it_gives(mu: float, tau: float, line: float) -> None:
    win, _, loss = chances("ats", mu, tau, line)
    found = solve_centre(
        MARGIN,
        football().margin_scale,
        football().margin_rest(one(tau)),
        line=one(line),
        log_odds=one(np.log(win / loss)),
        start=one(0.0),
    )
    assert found[0] == pytest.approx(mu, abs=1e-6)


def test_odds_beyond_reach_end_at_the_lattice() -> None:
    found = solve_centre(
        MARGIN,
        13.3,
        np.ones((2, len(MARGINS))),
        line=np.zeros(2),
        log_odds=np.array([-40.0, 40.0]),
        start=np.zeros(2),
    )
    assert found.tolist() == pytest.approx([-LARGEST_MARGIN, LARGEST_MARGIN])
