"""Fixtures that several test files share, and the reasons for what is skipped."""

import os
from pathlib import Path

import hypothesis
import polars as pl
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.features.build import build_features
from nfl_signals.ingest.history import History
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.simulator.league import simulate
from nfl_signals.simulator.write import RELEASE, write_release
from nfl_signals_tests.support.builders import read_history
from nfl_signals_tests.support.homes import AS_OF, made_once, nfl_signals, without_lines

REAL_DATA = "NFL_SIGNALS_NFLVERSE"
LAST_REAL_SEASON = 2023
SMALL_LEAGUE = {
    "NFL_SIGNALS_SIMULATOR__FIRST_SEASON": "2018",
    "NFL_SIGNALS_SIMULATOR__N_SEASONS": "7",
    "NFL_SIGNALS_SIMULATOR__WEEKS_PLAYED": "9",
}
"""The fewest seasons that learn, blend, calibrate and predict."""

# The same examples on every machine; a slow machine is not a failure.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("steady")

# A home that is put back has another file in the place of its registry: no connection may outlive that.
os.environ["MLFLOW_SQLALCHEMYSTORE_POOLCLASS"] = "NullPool"

_REAL_FOLDER = os.environ.get(REAL_DATA, "")


def pytest_itemcollected(item: pytest.Item) -> None:
    """What needs the home at kickoff is slow: it is a second whole run."""
    if "kickoff_home" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.slow)


@pytest.hookimpl(trylast=True)  # after the order was drawn
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker makes the finished home while the other runs what does without it."""
    readers = [item for item in items if "finished_home" in getattr(item, "fixturenames", ())]
    chosen = set(readers)
    items[:] = [*readers[:1], *(item for item in items if item not in chosen), *readers[1:]]
    if _REAL_FOLDER and Path(_REAL_FOLDER).is_dir():
        return
    reason = f"{REAL_DATA} is not a directory of nflverse releases"
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's NFL_SIGNALS_* variables must not change what a test says."""
    for name in [name for name in os.environ if name.startswith("NFL_SIGNALS_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def simulated_history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Two simulated seasons, the second one half played."""
    folder = tmp_path_factory.mktemp("simulated")
    settings = SimulatorSettings(first_season=2014, n_seasons=2, weeks_played=9)
    write_release(simulate(settings, seed=11), folder)
    return read_history(DirectoryRelease(folder / RELEASE))


@pytest.fixture(scope="session")
def simulated_features(simulated_history: History) -> pl.DataFrame:
    """Features of `simulated_history`."""
    return build_features(simulated_history, horizon="kickoff")


@pytest.fixture(scope="session")
def real_history() -> History:
    """The real releases of 1999-2023."""
    return read_history(DirectoryRelease(Path(_REAL_FOLDER)), last_season=LAST_REAL_SEASON)


@pytest.fixture(scope="session")
def real_features(real_history: History) -> pl.DataFrame:
    """Features of `real_history`."""
    return build_features(real_history, horizon="kickoff")


@pytest.fixture(scope="session")
def finished_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one complete run on a small league; tests read it and must not change it."""

    def make(home: Path) -> None:
        done = nfl_signals("run", home=home, extra=SMALL_LEAGUE)
        assert done.code == 0, done.err

    return made_once(tmp_path_factory, "finished", make)


@pytest.fixture(scope="session")
def kickoff_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished home's league forecast at kickoff, when reports and notes are out; not to be changed."""

    def make(home: Path) -> None:
        done = nfl_signals("run", "--horizon", "kickoff", home=home, extra=SMALL_LEAGUE)
        assert done.code == 0, done.err

    return made_once(tmp_path_factory, "kickoff", make)


@pytest.fixture(scope="session")
def small_kickoff_home(tmp_path_factory: pytest.TempPathFactory, kickoff_home: Path) -> Path:
    """The home at kickoff cut to three weeks a season and trained; tests must not change it."""
    from nfl_signals_tests.support.small_training import train, untrained

    def make(home: Path) -> None:
        train(untrained(kickoff_home, home, horizon="kickoff"))

    return made_once(tmp_path_factory, "small_kickoff", make)


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory, finished_home: Path) -> Path:
    """The finished home cut to three weeks a season and trained; tests must not change it."""
    # Brings half the package along, which most test files can do without.
    from nfl_signals_tests.support.small_training import train, untrained

    def make(home: Path) -> None:
        train(untrained(finished_home, home))

    return made_once(tmp_path_factory, "small", make)


@pytest.fixture
def small_league(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the league in `finished_home`, for tests that open it again."""
    for name, value in SMALL_LEAGUE.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def nflverse_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `home`, `league` and `printed.txt`: source nflverse ran on `league/release` by its clock.

    The league is `finished_home`'s by size and another one by seed; one upcoming game lacks its
    spread and its moneylines. Tests read it and must not change it.
    """

    def make(folder: Path) -> None:
        home, league = folder / "home", folder / "league"
        seed = {"NFL_SIGNALS_SEED": "7"}
        done = nfl_signals("simulate", "--out", league, home=home, extra=SMALL_LEAGUE | seed)
        assert done.code == 0, done.err
        without_lines(league / RELEASE)
        where = seed | {"NFL_SIGNALS_NFLVERSE": str(league / RELEASE), "NFL_SIGNALS_CLOCK": "as_of"}
        done = nfl_signals("run", "--source", "nflverse", "--as-of", AS_OF, home=home, extra=where)
        assert done.code == 0, done.err
        (folder / "printed.txt").write_text(done.out)

    return made_once(tmp_path_factory, "nflverse", make)
