"""What a step is given outside a terminal: the home's own source, seasons and clock."""

from pathlib import Path

import dagster as dg
import pytest

from nfl_signals.cli.jobs import pinned
from nfl_signals.core.files import write_json
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import describe
from nfl_signals.defs.resources import run_context
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.homes import copy_of

GIVEN = "2024-10-29T14:00:00+00:00"


def opened(home: Path, **config: str) -> RunContext:
    resource = run_context.configured({"home": str(home), **config})
    with dg.build_resources({"run_context": resource}) as resources:
        context: RunContext = resources.run_context
        return context


@pytest.fixture
def home(finished_home: Path, tmp_path: Path) -> Path:
    """As a run leaves it that was given a date and seasons."""
    home = copy_of(finished_home, tmp_path / "home")
    write_json(Paths(home).run_record, {"seasons": "2018-2024", "given_as_of": GIVEN})
    return home


def test_the_date_given_to_the_last_run_is_that_of_a_run_from_the_ui(home: Path) -> None:
    """Without it the league's own now would empty the upcoming predictions, or fill them otherwise."""
    context = opened(home)
    assert describe(context.as_of) == GIVEN
    assert context.seasons == tuple(range(2018, 2025))


def test_the_configuration_of_a_run_wins(home: Path) -> None:
    assert describe(opened(home, as_of="2024-11-01").as_of) == "2024-11-01T00:00:00+00:00"


def test_a_run_names_no_home_of_its_own_and_so_works_in_the_home_whose_history_it_is_in(
    home: Path,
) -> None:
    assert set(pinned(opened(home))) == {"source", "seasons", "as_of", "horizon"}


def test_the_home_s_league_needs_no_settings(home: Path) -> None:
    """It is not the league of the default settings."""
    assert opened(home).settings.simulator.first_season == 2018
