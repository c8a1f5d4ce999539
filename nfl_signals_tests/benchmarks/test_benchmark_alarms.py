"""The benchmark of alarms runs as README describes, and its figures hold what is claimed of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from nfl_signals.core.files import read_json

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "alarms.py"


@pytest.mark.slow
def test_the_shipped_policy_is_quiet_in_perfect_seasons_and_finds_wrong_ones(
    tmp_path: Path,
) -> None:
    """Within a season: at most 2 % false alarms, at least 75 % of slopes of one half."""
    done = subprocess.run(
        [sys.executable, SCRIPT, "--spans", "300", "--out", tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    found = read_json(tmp_path / "alarms.json")["1"]
    assert found["perfect"]["shipped policy"]["n"] == 300
    assert found["perfect"]["shipped policy"]["low"] <= 0.02
    assert found["slope 0.5"]["shipped policy"]["high"] >= 0.75
    assert "Alarm within 3 season(s), 300 simulated" in done.stdout
