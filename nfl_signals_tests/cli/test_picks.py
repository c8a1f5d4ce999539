"""`picks` is read by people, and by programs in two formats with every column."""

import io
import json
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.files import read_parquet
from nfl_signals.core.paths import Paths
from nfl_signals_tests.support.homes import CommandResult, copy_of, nfl_signals


@pytest.fixture(scope="module")
def home(finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(finished_home, tmp_path_factory.mktemp("picks") / "home")


def call(home: Path, *options: str) -> CommandResult:
    done = nfl_signals("picks", *options, home=home, extra={})
    assert done.code == 0, done.err
    return done


def test_the_table_says_who_forecast_when_and_a_side_looks_like_no_spread(home: Path) -> None:
    told = " ".join(call(home).out.split())
    assert "Nov 7 to Nov 11, predicted 2024-11-05T14:00:00+00:00 by model v202409." in told
    for title in ("Against the spread", "Moneyline", "Total"):
        assert f"{title}. Calibration: " in told
    assert "push side edge" in told


def test_json_and_csv_hold_every_pick_and_nothing_else(home: Path) -> None:
    upcoming = read_parquet(Paths(home).upcoming).sort("kickoff_at", "game_id", "market")
    rows = json.loads(call(home, "--format", "json").out)
    table = pl.read_csv(io.StringIO(call(home, "--format", "csv").out))
    assert [row["prediction_id"] for row in rows] == upcoming["prediction_id"].to_list()
    assert table["prediction_id"].to_list() == upcoming["prediction_id"].to_list()
    assert table["p_hat"].to_list() == [row["p_hat"] for row in rows]
    assert {"side", "edge", "home", "away", "best_line", "best_book", "period_flag"} <= set(rows[0])
    assert rows[0]["kickoff_at"] == "2024-11-08T01:15:00+00:00"


def test_one_market_by_edge(home: Path) -> None:
    done = call(home, "--format", "csv", "--market", "total", "--sort", "edge")
    table = pl.read_csv(io.StringIO(done.out))
    assert set(table["market"]) == {"total"}
    assert table["edge"].is_sorted(descending=True)


def test_a_market_that_there_is_not_is_refused(home: Path) -> None:
    assert nfl_signals("picks", "--market", "spread", home=home, extra={}).code == 2
