"""Both checks, in the middle of every season of both sources."""

from functools import partial
from pathlib import Path

import pytest

from nfl_signals.features.build import build_features
from nfl_signals.features.leakage import check_no_leak, sample_decisions
from nfl_signals.ingest.history import History
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.simulator.write import RELEASE
from nfl_signals_tests.support.builders import read_history

AT_KICKOFF = partial(build_features, horizon="kickoff")

CHECKS = 2  # replay and perturbation

pytestmark = pytest.mark.slow


def checks_that_pass(history: History) -> tuple[int, int]:
    """Checks at one kickoff in the middle of each season's played games, and the seasons."""
    seasons = history.games.drop_nulls("result")["season"].unique().sort().to_list()
    middles = [
        kickoffs[len(kickoffs) // 2]
        for s in seasons
        if (kickoffs := sample_decisions(history, [s], horizon="kickoff"))
    ]
    return check_no_leak(history, AT_KICKOFF, middles, horizon="kickoff"), len(seasons)


def test_no_feature_of_any_simulated_season_knows_what_came_after_kickoff(
    finished_home: Path,
) -> None:
    history = read_history(DirectoryRelease(finished_home / "data" / "simulated" / RELEASE))
    passed, seasons = checks_that_pass(history)
    assert passed == CHECKS * seasons == CHECKS * 7


@pytest.mark.real_data
def test_no_feature_of_any_real_season_knows_what_came_after_kickoff(real_history: History) -> None:
    passed, seasons = checks_that_pass(real_history)
    assert passed == CHECKS * seasons == CHECKS * 25
