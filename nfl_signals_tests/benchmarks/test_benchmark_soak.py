"""Weeks played while processes are killed and files go bad: nothing wedges, nothing lies."""

import subprocess
import sys
from pathlib import Path

import pytest

from nfl_signals.core.files import read_json

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "soak.py"
SHORT = "--minutes 5 --week-seconds 150 --kill-seconds 50 --bad-seconds 100".split()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the script finds its processes in /proc")
def test_killed_and_badly_fed_every_week_is_predicted_and_every_run_ends(tmp_path: Path) -> None:
    """Two weeks, six kills, three bad files; the script's own default is an hour."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--work", str(tmp_path / "soak"), *SHORT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = read_json(tmp_path / "soak" / "soak.json")
    assert (found["weeks"], found["problems"]) == (2, [])
    assert sum(len(times) for times in found["kills"].values()) >= 4
