"""`verify` accuses no healthy home, whatever was done in it, and says what is owed where something is."""

import shutil
from pathlib import Path

import pytest

from nfl_signals.calibration.recalibration import RecalibrationMap
from nfl_signals.checks.catalog import ALL_CHECKS
from nfl_signals.core.paths import Paths
from nfl_signals.registry.model_card import TrainingWindow
from nfl_signals.registry.model_version import latest_version
from nfl_signals.training.recalibrated_copies import recalibrated_copy
from nfl_signals.workspace.run_context import open_home
from nfl_signals_tests.conftest import SMALL_LEAGUE
from nfl_signals_tests.support.homes import CommandResult, copy_of, nfl_signals
from nfl_signals_tests.support.run_contexts import settings_of

pytestmark = pytest.mark.slow
WEEKS = "NFL_SIGNALS_SIMULATOR__WEEKS_PLAYED"
SERVED = "NFL_SIGNALS_SIGNAL_SOURCE"
OWED = "upcoming_predictions: by the served model"
MAPS = {"moneyline": RecalibrationMap(intercept=0.2, slope=0.9)}
WINDOW = TrainingWindow(first="2024-w04", last="2024-w09", n_games=84)


class Home:
    """A home in which commands are given one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.settings = folder, dict(SMALL_LEAGUE)

    def call(self, *command: object) -> CommandResult:
        return nfl_signals(*command, home=self.folder, extra=self.settings)

    def did(self, *command: object) -> None:
        done = self.call(*command)
        assert done.code == 0, (command, done.err)

    def failed(self) -> list[str]:
        """Names of the checks that fail."""
        out = self.call("verify").out
        return [name for name in ALL_CHECKS if f"FAILED {name}:" in out]


@pytest.fixture
def home(finished_home: Path, tmp_path: Path) -> Home:
    return Home(copy_of(finished_home, tmp_path / "home"))


def test_a_challenger_a_promotion_and_a_rollback(home: Home) -> None:
    first = latest_version(Paths(home.folder).ensembles)
    assert home.failed() == []
    home.settings[WEEKS] = "10"
    home.did("week")
    assert home.failed() == []
    home.did("run")  # trains a second version
    second = latest_version(Paths(home.folder).ensembles)
    assert second != first
    assert home.failed() == []
    home.settings[WEEKS] = "11"
    home.did("week")
    assert home.failed() == []
    for command in (["promote", second, "--against-the-gate", "--reason", "a test"], ["rollback"]):
        home.did(*command)
        assert home.failed() == [OWED]
        home.did("week")
        assert home.failed() == []


def test_the_price_and_a_recalibrated_copy(home: Home) -> None:
    home.settings[SERVED] = "proxy"
    assert home.failed() == [OWED]
    home.did("week")
    assert home.failed() == []
    version = latest_version(Paths(home.folder).ensembles)
    context = open_home(settings_of(home.folder))
    copy = recalibrated_copy(context, version, MAPS, window=WINDOW)["model_version"]
    home.settings[SERVED] = f"model_{copy}"
    assert home.failed() == [OWED]
    home.did("week")
    assert home.failed() == []


def test_a_moved_and_a_copied_home(home: Home, tmp_path: Path) -> None:
    original = home.folder
    home.folder = Path(shutil.copytree(original, tmp_path / "copied"))
    assert home.failed() == []
    home.folder = Path(shutil.move(original, tmp_path / "moved"))
    assert home.failed() == []
    home.did("week")
    assert home.failed() == []
