"""The benchmark of the gate runs as README describes, and its figures hold what is claimed of them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfl_signals.core.files import read_json, read_parquet, write_parquet
from nfl_signals.core.paths import Paths

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gate.py"


def gate(*arguments: object, out: Path) -> tuple[str, Any]:
    done = subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments), "--out", out],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, read_json(out / "gate.json")


@pytest.mark.slow
def test_of_simulated_challengers_only_the_better_one_is_promoted(tmp_path: Path) -> None:
    text, found = gate("--spans", 8, "--spans-of", 1, out=tmp_path)
    answers = {(each["challenger"], each["about"]): each for each in found["simulated"]}
    assert answers["better", "an alarm"]["promote"] >= 2
    for about in ("all markets", "an alarm"):
        assert answers["equal", about].get("promote", 0) <= 1
        assert answers["copy", about]["insufficient"] == 8
        assert answers["overconfident", about].get("promote", 0) == 0
        assert answers["worse", about].get("promote", 0) == 0
        assert answers["leaky", about]["refused"] == 8
    assert "Decided, asked every week, in per cent of 8 spans" in text


@pytest.mark.slow
def test_on_a_home_the_gate_judges_after_every_season(kickoff_home: Path, tmp_path: Path) -> None:
    """Openers half a point above every spread's close; totals and moneylines have none."""
    markets = read_parquet(Paths(kickoff_home).markets).filter(market="ats")
    none = [pl.lit(None, pl.Float64).alias(f"{name}_open") for name in ("total", "home_ml")]
    lines = markets.select(
        "game_id", "season", "week", (pl.col("line") + 0.5).alias("spread_open"), *none
    ).with_columns(away_ml_open=pl.lit(None, pl.Float64))
    write_parquet(tmp_path / "lines.parquet", lines)
    home = ("--spans", 0, "--real", kickoff_home, "--seasons", "2024")
    text, found = gate(*home, "--lines", tmp_path / "lines.parquet", out=tmp_path)
    by_pair = {(each["champion"], each["challenger"]): each for each in found["real"]}
    assert by_pair["stack", "copy"]["answer"] == "insufficient"
    assert by_pair["stack", "copy"]["values"]["churn"] == [0, 0, 0]
    assert by_pair["stack", "leaky"]["answer"] == "refused"
    assert by_pair["stack", "noisy"]["values"]["churn"][0] > 0
    assert by_pair["close", "stack"]["values"]["slippage"][0] < 0  # it knows the close
    assert {each["season"] for each in found["values"]} == {2024}
    assert "Closing-line value in 1/10,000" in text
    spread = {each["who"]: each for each in found["distribution"]}
    assert spread["stack -> copy"]["quantiles"] == [0, 0, 0, 0, 0]
    assert spread["close -> stack"]["estimate"] == -spread["stack"]["estimate"]
