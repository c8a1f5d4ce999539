"""What the commands do, from the Dagster UI."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from nfl_signals.core.errors import InputError
from nfl_signals.core.paths import Paths
from nfl_signals.definitions import defs
from nfl_signals.registry import decision_log
from nfl_signals.registry.mlflow_registry import CHAMPION, open_registry
from nfl_signals.registry.model_card import CARD
from nfl_signals_tests.support.production import home_with_a_second_version

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("small_league")]

FIRST, SECOND = "v202409", "v20240902"


@pytest.fixture
def home(finished_home: Path, tmp_path: Path) -> Path:
    """FIRST is champion; SECOND can be served."""
    home = home_with_a_second_version(finished_home, tmp_path / "home", first=FIRST, second=SECOND)
    assert (Paths(home).ensemble(SECOND) / CARD).exists()
    return home


def run(job: str, op: str, home: Path, **config: Any) -> dict[str, Any]:  # noqa: ANN401
    """Metadata of the job's one op."""
    done = defs.resolve_job_def(job).execute_in_process(
        run_config={
            "resources": {"run_context": {"config": {"home": str(home)}}},
            "ops": {op: {"config": config}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        }
    )
    (output,) = (event for event in done.all_events if event.is_successful_output)
    metadata = output.event_specific_data.metadata  # type: ignore[union-attr]
    return {name: value.value for name, value in metadata.items()}


def champion(home: Path) -> tuple[str | None, str]:
    decisions = decision_log.read(Paths(home).history)
    return decision_log.champion(decisions), open_registry(Paths(home)).find(CHAMPION).version


def test_a_promotion_and_its_rollback_are_jobs(home: Path) -> None:
    why = {"version": SECOND, "reason": "a drill", "against_the_gate": True}
    done = run("promote", "promote_version", home, **why)
    assert done["why"].startswith("Promoted by hand, against the gate: a drill. The gate")
    assert done["champion"] == SECOND
    assert champion(home) == (SECOND, SECOND)
    done = run("rollback", "roll_back_version", home)
    assert done["why"] == f"Rolled back by hand to {FIRST}, from {SECOND}."
    assert champion(home) == (FIRST, FIRST)


def test_a_job_is_refused_as_the_command_is(home: Path) -> None:
    before = Paths(home).history.read_bytes()
    with pytest.raises(InputError, match="give --against-the-gate and --reason"):
        run("promote", "promote_version", home, version=SECOND)
    assert Paths(home).history.read_bytes() == before


def test_both_say_in_the_ui_what_they_are_for() -> None:
    for name in ("promote", "rollback"):
        job = defs.resolve_job_def(name)
        assert isinstance(job, dg.JobDefinition)
        assert "champion" in str(job.description)
