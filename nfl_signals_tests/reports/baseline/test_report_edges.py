"""The baseline report where there is little or nothing to report."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.reports.baseline.report import BaselineReportInputs, write_baseline_report
from nfl_signals_tests.support.synthetic_forecasts import part_of, report_inputs


@pytest.fixture(scope="module")
def inputs() -> BaselineReportInputs:
    return report_inputs()


def test_a_market_without_games_is_reported_as_such(
    inputs: BaselineReportInputs, tmp_path: Path
) -> None:
    some = replace(
        inputs,
        oof=inputs.oof.filter(pl.col("market") != "total"),
        stacked=inputs.stacked.filter(pl.col("market") != "total"),
        markets=inputs.markets.filter(pl.col("market") != "total"),
        importance=inputs.importance.filter(pl.col("market") != "total"),
    )
    numbers = write_baseline_report(tmp_path, some)
    assert part_of(numbers, "total")["charts"] == {}
    text = (tmp_path / "metrics_baseline.md").read_text()
    assert "**Total**: no games that every forecaster has" in text
    assert "No games." in text


def test_no_games_at_all_still_makes_a_report(inputs: BaselineReportInputs, tmp_path: Path) -> None:
    empty = {
        name: getattr(inputs, name).clear() for name in ("oof", "markets", "stacked", "importance")
    }
    numbers = write_baseline_report(tmp_path, replace(inputs, **empty))
    assert all(part["same_games"] == [] for part in numbers["markets"])
    assert (tmp_path / "metrics_baseline.md").read_text().count("No games.") == 4


def test_a_single_game_is_underpowered_and_no_crash(
    inputs: BaselineReportInputs, tmp_path: Path
) -> None:
    game = inputs.markets.filter(
        (pl.col("season") == 2020) & (pl.col("outcome") != "push") & (pl.col("market") == "ats")
    )["game_id"][0]
    earlier = pl.col("season") < 2018
    one = replace(
        inputs,
        oof=inputs.oof.filter(pl.col("game_id") == game),
        stacked=inputs.stacked.filter(pl.col("game_id") == game),
        markets=inputs.markets.filter(earlier | (pl.col("game_id") == game)),
    )
    part = part_of(write_baseline_report(tmp_path, one), "ats")
    assert part["same_games"][0]["n"] == 1
    assert part["seasons"] == [2020]
    assert {row["verdict"] for row in part["targets"]} == {"UNDERPOWERED"}


def test_forecasters_without_a_common_game_claim_nothing(
    inputs: BaselineReportInputs, tmp_path: Path
) -> None:
    apart = replace(
        inputs, stacked=inputs.stacked.filter(pl.col("game_id").str.starts_with("2019_01"))
    )
    part = part_of(write_baseline_report(tmp_path, apart), "ats")
    assert part["same_games"] == []
    assert len(part["own_games"]) == 2
    assert "No games that every forecaster has." in (tmp_path / "metrics_baseline.md").read_text()
