"""A weekly update that is killed again and again leaves what an undisturbed one leaves."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kills.py"


@pytest.mark.slow
@pytest.mark.usefixtures("small_league")
def test_killed_at_random_moments_no_game_is_lost_and_no_notification_sent_twice(
    finished_home: Path, tmp_path: Path
) -> None:
    """Five times here; the script's own default is fifty."""
    work = ["--home", str(finished_home), "--work", str(tmp_path / "work"), "--kills", "5"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *work], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kill 5 of 5" in done.stdout
    assert "sent 1 of 1" in done.stdout or "interrupted 1" in done.stdout
