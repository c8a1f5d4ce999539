"""At both horizons it is known how near the forecasts are to the truth, and that they must not be mixed."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nfl_signals.core.files import read_json
from nfl_signals_tests.support.homes import made_once

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "horizons.py"
LINED = ("ats", "total")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401 - JSON
    """What the benchmark writes about one league of twelve seasons."""

    def make(folder: Path) -> None:
        options = ["--work", folder / "work", "--out", folder]
        done = subprocess.run(
            [sys.executable, SCRIPT, *options], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "share of the gap closed" in done.stdout

    return read_json(made_once(tmp_path_factory, "horizons", make) / "horizons.json")


def test_the_share_of_the_gap_is_stated_in_each_market_at_both_horizons(figures: Any) -> None:  # noqa: ANN401
    """1 would be the truth, 0 the base rate."""
    shares = {(each["market"], each["horizon"]): each for each in figures["shares"]}
    assert len(shares) == 6
    for each in shares.values():
        assert each["n"] > 1_400
        assert each["brier"]["truth"] < each["brier"]["forecast"] < each["brier"]["base_rate"]
        forecast = each["share_of_gap"]["forecast"]
        assert 0 < forecast["low"] < forecast["high"] < 1
    for horizon in ("tuesday", "kickoff"):
        assert shares["moneyline", horizon]["share_of_gap"]["forecast"]["low"] > 0.9


def test_on_tuesday_there_is_more_to_know_of_spreads_and_totals_than_the_price_knows(
    figures: Any,  # noqa: ANN401
) -> None:
    for each in figures["shares"]:
        if each["horizon"] == "tuesday" and each["market"] in LINED:
            share = each["share_of_gap"]
            assert share["forecast"]["estimate"] > share["price"]["estimate"]
            assert share["forecast"]["low"] > share["price"]["estimate"]


def test_trained_at_the_close_and_asked_on_tuesday_it_is_further_from_the_truth_in_every_market(
    figures: Any,  # noqa: ANN401
) -> None:
    found = {each["market"]: each for each in figures["asked_on_tuesday"]}
    assert set(found) == {"ats", "moneyline", "total", "all"}
    for each in found.values():
        assert each["distance_more"]["low"] > 0


def test_its_moneylines_are_calibrated_worse_too_sure_of_a_price_that_is_not_the_close(
    figures: Any,  # noqa: ANN401
) -> None:
    (moneyline,) = (e for e in figures["asked_on_tuesday"] if e["market"] == "moneyline")
    assert moneyline["error_more"]["low"] > 0
    assert moneyline["slope_other"]["high"] < moneyline["slope_own"]["estimate"] < 1
