"""Looking again and again at the level that is stated."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm

from nfl_signals.stats import group_sequential
from nfl_signals.stats.group_sequential import GROWTH, LOOKS, level_of_each_look, weeks_of_looks


def random_walks(n: int) -> np.ndarray:
    """At every look, in standard errors: shape (n, looks)."""
    times = GROWTH ** np.arange(LOOKS)
    steps = np.random.default_rng(5).normal(size=(n, LOOKS)) * np.sqrt(np.diff(times, prepend=0.0))
    return np.cumsum(steps, axis=1) / np.sqrt(times)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_a_random_walk_stays_within_the_bounds_of_all_looks_as_often_as_stated(
    level: float,
) -> None:
    bound = norm.ppf((1 + level_of_each_look(level)) / 2)
    inside = (np.abs(random_walks(200_000)) <= bound).all(axis=1).mean()
    assert inside == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 200_000))


def test_a_single_looks_bounds_are_left_four_times_as_often_as_stated() -> None:
    left = (np.abs(random_walks(50_000)) > norm.ppf(0.975)).any(axis=1).mean()
    assert left > 4 * 0.05


def test_a_single_look_has_the_level_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_sequential, "LOOKS", 1)
    assert level_of_each_look.__wrapped__(0.95) == pytest.approx(0.95, abs=1e-4)


def test_two_looks_at_once_and_twice_as_many_weeks_have_pococks_constant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pocock 1977, table 1: 2.178 for two equally spaced looks at 5 %."""
    monkeypatch.setattr(group_sequential, "LOOKS", 2)
    monkeypatch.setattr(group_sequential, "GROWTH", 2.0)
    bound = norm.ppf((1 + level_of_each_look.__wrapped__(0.95)) / 2)
    assert bound == pytest.approx(2.178, abs=0.001)


def test_every_look_has_half_as_many_weeks_again() -> None:
    weeks = weeks_of_looks(8)
    assert weeks[0] == 8
    assert all(1.35 < later / earlier < 1.5 for earlier, later in pairwise(weeks))
