"""A walk-forward asked at its own horizon is the one that is stored."""

from pathlib import Path

import pytest

from benchmarks.other_horizon import asked_at
from nfl_signals.markets.definitions import KEYS
from nfl_signals.workspace.run_context import open_run
from nfl_signals_tests.support.run_contexts import settings_of


@pytest.mark.slow
def test_asked_at_its_own_inputs_it_gives_its_stored_forecasts_bit_for_bit(
    finished_home: Path,
) -> None:
    home = open_run(settings_of(finished_home))
    stored = home.read(home.paths.stacked).select(*KEYS, "p_hat").sort(KEYS)
    assert stored.height > 300
    assert asked_at(home, home).sort(KEYS).equals(stored)
