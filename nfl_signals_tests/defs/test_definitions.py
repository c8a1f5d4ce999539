"""The graph as Dagster sees it: what exists, what waits for what, what runs when."""

import ast
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

import nfl_signals
from nfl_signals.definitions import defs
from nfl_signals.workspace.tables import SCHEMAS

PACKAGE = Path(nfl_signals.__file__).parent
GRAPH = defs.resolve_asset_graph()
GROUPS = ["raw", "gold", "models", "signals"]
"""In the order in which data flows."""

GOLD = {"gold_features", "gold_markets"}
BASELINES = {"baseline_ats", "baseline_moneyline", "baseline_total"}
STACKERS = {"stacker_ats", "stacker_moneyline", "stacker_total"}
REPORTED = {
    "raw_prices",
    "ledger",
    "gold_markets",
    "calibration_metrics",
    "alerts",
    "upcoming_predictions",
}
DEPS = {
    "raw_games": set(),
    "raw_team_stats": set(),
    "raw_injuries": set(),
    "raw_notes": set(),
    "raw_prices": {"raw_games"},
    "gold_features": {"raw_games", "raw_team_stats", "raw_injuries", "raw_notes"},
    "gold_markets": {"raw_games", "raw_prices"},
    "llm_signals": {"raw_games", "raw_injuries", "raw_notes"},
    **dict.fromkeys(sorted(BASELINES), GOLD),
    "oof_predictions": GOLD,
    **dict.fromkeys(sorted(STACKERS), GOLD | {"oof_predictions", "llm_signals"}),
    "calibrated_predictions": STACKERS | {"gold_markets"},
    "ensemble": GOLD | BASELINES | STACKERS,
    "registered_ensemble": GOLD | {"ensemble", "llm_signals"},
    "recalibrated_ensemble": {"gold_markets"},
    "promotion": {
        "ensemble",
        "registered_ensemble",
        "recalibrated_ensemble",
        "oof_predictions",
        "calibrated_predictions",
        "gold_markets",
    },
    "upcoming_predictions": GOLD | {"llm_signals", "ensemble", "promotion"},
    "ledger": {"oof_predictions", "calibrated_predictions", "upcoming_predictions"},
    "calibration_metrics": {"ledger", "gold_markets"},
    "alerts": {"ledger", "gold_markets", "promotion"},
    "backtest": {"oof_predictions", "calibrated_predictions"},
    "metrics_baseline": {"gold_features", "oof_predictions", "calibrated_predictions"} | BASELINES,
    "ablation_stacker": BASELINES | {"oof_predictions", "llm_signals", "calibrated_predictions"},
    "weekly_report": REPORTED,
    "dashboard": REPORTED,
}
TABLES = {name for name in DEPS if name.startswith(("raw_", "gold_", "llm_"))}
MODELS = {name for name in DEPS if name.startswith(("baseline_", "stacker_"))} | {
    "oof_predictions",
    "calibrated_predictions",
    "ensemble",
    "registered_ensemble",
    "recalibrated_ensemble",
    "promotion",
}
SIGNALS = {
    "upcoming_predictions",
    "ledger",
    "calibration_metrics",
    "alerts",
    "backtest",
    "metrics_baseline",
    "ablation_stacker",
    "weekly_report",
    "dashboard",
}
METRICS = {"calibration_metrics", "alerts", "weekly_report", "dashboard"}

BLOCKING_CHECKS = {
    "raw_games: schema",
    "raw_team_stats: schema",
    "raw_injuries: schema",
    "raw_notes: schema",
    "raw_prices: schema",
    "gold_features: schema",
    "gold_features: referential_integrity",
    "gold_features: no_leak",
    "gold_markets: schema",
    "llm_signals: schema",
    "oof_predictions: coverage",
    "oof_predictions: out_of_fold",
    "calibrated_predictions: schema",
    "ledger: sealed",
}

JOBS = {
    "everything": set(DEPS),
    "weekly_refresh": TABLES | METRICS | {"promotion", "upcoming_predictions", "ledger"},
    "daily_outcomes": TABLES | METRICS,
    "recalibration": METRICS | {"recalibrated_ensemble", "upcoming_predictions", "ledger"},
    "predict_again": METRICS | {"upcoming_predictions", "ledger"},
    "retraining": MODELS | SIGNALS,
    "backfill_seasons": TABLES,
}
BY_A_PERSON = {"promote", "rollback"}
"""Jobs that make no asset: they say the served model."""


def name_of(key: dg.AssetKey) -> str:
    return key.to_user_string()


def node(asset: str) -> dg.AssetSpec:
    return GRAPH.get(dg.AssetKey(asset))


def test_every_asset_waits_for_exactly_these() -> None:
    keys = GRAPH.get_all_asset_keys()
    assert {name_of(key): {name_of(p) for p in GRAPH.get(key).parent_keys} for key in keys} == DEPS


def test_data_flows_from_raw_to_gold_to_models_to_signals_and_never_back() -> None:
    for asset, parents in DEPS.items():
        for parent in parents:
            assert GROUPS.index(node(parent).group_name) <= GROUPS.index(node(asset).group_name)


def test_groups_are_the_stages() -> None:
    for asset in DEPS:
        table = "gold" if asset == "llm_signals" else asset.split("_")[0]
        expected = "models" if asset in MODELS else "signals" if asset in SIGNALS else table
        assert node(asset).group_name == expected


def test_every_asset_says_what_it_is() -> None:
    assert [asset for asset in DEPS if not node(asset).description] == []


def test_tables_have_a_partition_a_season_and_a_range_is_one_run() -> None:
    for asset in DEPS:
        partitions = node(asset).partitions_def
        if asset in TABLES:
            assert isinstance(partitions, dg.DynamicPartitionsDefinition)
            assert partitions.name == "season"
            assert node(asset).backfill_policy == dg.BackfillPolicy.single_run()
        else:
            assert partitions is None


def test_everything_that_writes_models_shares_one_pool() -> None:
    fits = MODELS - {"calibrated_predictions"}
    assert {asset for asset in DEPS if node(asset).pools == {"retraining"}} == fits


def test_checks_block_except_quality_drift_and_freshness() -> None:
    checks = {
        f"{name_of(key.asset_key)}: {key.name}": GRAPH.get(key).blocking
        for key in GRAPH.asset_check_keys
    }
    assert checks == dict.fromkeys(BLOCKING_CHECKS, True) | {
        "calibration_metrics: calibration_drift": False,
        "calibration_metrics: fresh": False,
        "upcoming_predictions: by_served_model": False,
        "upcoming_predictions: explained": False,
        "ledger: upcoming_sealed": False,
        **{f"raw_{table}: quality": False for table in SCHEMAS},
    }


def test_a_check_has_the_partitions_of_its_asset() -> None:
    for key in GRAPH.asset_check_keys:
        assert GRAPH.get(key).partitions_def == GRAPH.get(key.asset_key).partitions_def


@pytest.mark.parametrize("job", JOBS)
def test_jobs_select_what_their_name_says(job: str) -> None:
    selected = defs.resolve_job_def(job).asset_layer.selected_asset_keys
    assert {name_of(key) for key in selected} == JOBS[job]


def test_there_are_no_other_jobs() -> None:
    names = {job.name for job in defs.resolve_all_job_defs()}
    assert {name for name in names if not name.startswith("__")} == set(JOBS) | BY_A_PERSON


def test_a_weekly_run_predicts_only_after_its_own_lines_are_there() -> None:
    job = defs.resolve_job_def("weekly_refresh")
    before = job.graph.dependency_structure.all_upstream_outputs_from_node("upcoming_predictions")
    assert {"gold_features", "gold_markets"} <= {output.node_name for output in before}


def ticks(schedule: str, after: datetime, n: int) -> list[str]:
    """The next n ticks, in UTC."""
    found = defs.resolve_schedule_def(schedule)
    times = schedule_execution_time_iterator(
        after.timestamp(), str(found.cron_schedule), found.execution_timezone
    )
    return [f"{tick.astimezone(UTC):%a %Y-%m-%d %H:%M}" for tick in islice(times, n)]


def test_the_week_starts_on_tuesday_at_nine_eastern_before_and_after_the_clocks_change() -> None:
    assert ticks("weekly_schedule", datetime(2025, 10, 25, tzinfo=UTC), 3) == [
        "Tue 2025-10-28 13:00",
        "Tue 2025-11-04 14:00",
        "Tue 2025-11-11 14:00",
    ]


def test_outcomes_are_fetched_every_morning_at_ten_eastern() -> None:
    assert ticks("daily_schedule", datetime(2025, 11, 1, tzinfo=UTC), 3) == [
        "Sat 2025-11-01 14:00",
        "Sun 2025-11-02 15:00",
        "Mon 2025-11-03 15:00",
    ]


def test_schedules_rest_from_march_to_august() -> None:
    off_season = datetime(2025, 3, 1, 12, tzinfo=UTC)
    assert ticks("weekly_schedule", off_season, 1) == ["Tue 2025-09-02 13:00"]
    assert ticks("daily_schedule", off_season, 1) == ["Mon 2025-09-01 14:00"]


def test_automation_is_on_from_the_start() -> None:
    weekly, daily = map(defs.resolve_schedule_def, ("weekly_schedule", "daily_schedule"))
    assert (weekly.job_name, daily.job_name) == ("weekly_refresh", "daily_outcomes")
    assert {weekly.default_status, daily.default_status} == {dg.DefaultScheduleStatus.RUNNING}
    sensor = defs.resolve_sensor_def("retrain_on_drift")
    assert [target.job_name for target in sensor.targets] == ["recalibration", "retraining"]
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING


def imports_of(file: Path) -> set[str]:
    """Top-level packages that a file imports anywhere."""
    found = set()
    for item in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(item, ast.Import):
            found |= {alias.name.split(".")[0] for alias in item.names}
        elif isinstance(item, ast.ImportFrom):
            found.add(str(item.module).split(".")[0])
    return found


def test_dagster_and_mlflow_are_imported_where_they_are_wired_and_nowhere_else() -> None:
    files = {
        file.relative_to(PACKAGE).as_posix(): imports_of(file) for file in PACKAGE.rglob("*.py")
    }
    with_dagster = {name for name, found in files.items() if "dagster" in found}
    wiring = {name for name in files if name.startswith("defs/")} | {"definitions.py"}
    assert with_dagster <= wiring
    assert "definitions.py" in with_dagster
    assert {name for name, found in files.items() if "mlflow" in found} <= {
        "registry/mlflow_model.py",
        "registry/mlflow_registry.py",
    }


def bodies(file: Path) -> dict[str, int]:
    """Lines of every function of a file, without signature, decorators and docstring."""
    lines = {}
    for item in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(item, ast.FunctionDef):
            body = item.body[1:] if ast.get_docstring(item) else item.body
            lines[item.name] = body[-1].end_lineno - body[0].lineno + 1  # type: ignore[operator]
    return lines


def test_no_asset_check_schedule_or_sensor_is_longer_than_twenty_lines() -> None:
    found = {
        f"{file.name}: {name}": lines
        for file in (PACKAGE / "defs").glob("*.py")
        for name, lines in bodies(file).items()
        if file.name != "launch.py"
    }
    assert len(found) > len(DEPS) / 2
    assert {name: lines for name, lines in found.items() if lines > 20} == {}
