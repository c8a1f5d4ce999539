"""Jobs run in this process on the instance that the UI shows, and say what happened."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nfl_signals.core.errors import NflSignalsError, SchemaError, SettingsError, StorageError
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import load_settings
from nfl_signals.definitions import defs
from nfl_signals.defs.launch import instance_of, prepare_instance, register_seasons, run_job
from nfl_signals.defs.partitions import (
    IN_ONE_RUN,
    RANGE_END,
    RANGE_START,
    SEASONS,
    chosen_seasons,
    sync_seasons,
)
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.homes import SCHEDULE, copy_of, fingerprints

THREE = (2019, 2020, 2021)


@pytest.fixture(autouse=True)
def _environment_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """`prepare_instance` points the process at a home; the next test must not find it there."""
    for name in ("DAGSTER_HOME", "NFL_SIGNALS_HOME"):
        monkeypatch.setenv(name, "for a moment")  # what is not there is not put back
        monkeypatch.delenv(name)


@pytest.fixture
def context(finished_home: Path, small_league: None, tmp_path: Path) -> RunContext:
    """The finished home's run context, in a copy that may be changed."""
    return open_run(load_settings(home=copy_of(finished_home, tmp_path / "home")))


def run(context: RunContext, seasons: Sequence[int], job: str = "backfill_seasons") -> list[Any]:
    """Run a job over a range of seasons; returns what the listener received."""
    received: list[Any] = []
    overrides = {"home": str(context.paths.home), "as_of": None}
    run_job(defs, job, context, overrides, lambda *step: received.append(step), seasons=seasons)
    return received


def test_the_instance_of_a_home_keeps_to_itself_and_sends_nothing(tmp_path: Path) -> None:
    prepare_instance(Paths(tmp_path))
    written = yaml.safe_load((tmp_path / "dagster_home" / "dagster.yaml").read_text())
    assert written["telemetry"] == {"enabled": False}
    assert written["storage"]["sqlite"]["base_dir"] == {"env": "DAGSTER_HOME"}
    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "dagster_home")
    assert os.environ["NFL_SIGNALS_HOME"] == str(tmp_path)
    with dg.DagsterInstance.get() as instance:
        assert not instance.telemetry_enabled
        assert Path(instance.root_directory) == tmp_path / "dagster_home"


def test_a_configuration_that_somebody_changed_stays(tmp_path: Path) -> None:
    prepare_instance(Paths(tmp_path))
    file = tmp_path / "dagster_home" / "dagster.yaml"
    file.write_text("telemetry:\n  enabled: false\n# mine\n")
    prepare_instance(Paths(tmp_path))
    assert file.read_text().endswith("# mine\n")


@pytest.mark.parametrize("content", ["a: [", "telemetry: maybe", "unknown: 5"])
def test_a_configuration_that_dagster_cannot_use_is_named_in_one_line(
    tmp_path: Path, content: str
) -> None:
    prepare_instance(Paths(tmp_path))
    file = tmp_path / "dagster_home" / "dagster.yaml"
    file.write_text(content)
    with pytest.raises(SettingsError) as caught, instance_of(Paths(tmp_path)):
        pass
    assert str(caught.value).startswith(f"{file}: not a configuration of Dagster (")
    assert "\n" not in str(caught.value)


def test_a_history_of_runs_that_cannot_be_opened_is_named_in_one_line(tmp_path: Path) -> None:
    with instance_of(Paths(tmp_path)):
        pass
    (runs,) = (tmp_path / "dagster_home").rglob("runs.db")
    runs.write_bytes(b"overwritten" * 1000)
    with pytest.raises(StorageError) as caught, instance_of(Paths(tmp_path)) as instance:
        instance.get_runs()
    assert str(caught.value) == (
        f"{tmp_path}/dagster_home: cannot be used (file is not a database); it is damaged; restore a "
        "copy."
    )


def test_an_instance_cannot_be_made_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "dagster_home").touch()
    with (
        pytest.raises(StorageError, match=r"dagster_home/dagster\.yaml: could not be written"),
        instance_of(Paths(tmp_path)),
    ):
        pass


years = st.lists(st.integers(1999, 2030), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # every state is a start
@given(st.lists(years, min_size=1, max_size=3))
def test_partitions_become_exactly_the_seasons_and_ascend_whatever_was_there(
    instance: dg.DagsterInstance, runs: list[list[int]]
) -> None:
    for seasons in runs:
        sync_seasons(instance, sorted(set(seasons)))
        expected = [str(season) for season in sorted(set(seasons))]
        assert list(instance.get_dynamic_partitions("season")) == expected


@pytest.mark.parametrize(
    ("first", "last", "found"), [("2001", "2003", [2001, 2002, 2003]), ("2003", "2001", None)]
)
def test_a_range_is_the_years_it_names_or_it_is_refused(
    instance: dg.DagsterInstance, first: str, last: str, found: list[int] | None
) -> None:
    sync_seasons(instance, [2002, 2003])
    sync_seasons(instance, [2001, 2002, 2003])  # a season before those that are there
    seen = []

    @dg.asset(partitions_def=SEASONS, backfill_policy=IN_ONE_RUN)
    def seasons(context: dg.AssetExecutionContext) -> None:
        seen.append(chosen_seasons(context))

    tags = {RANGE_START: first, RANGE_END: last}
    done = dg.materialize([seasons], instance=instance, tags=tags, raise_on_error=False)
    assert (seen, done.success) == ([found] if found else [], found is not None)


@pytest.mark.slow
def test_a_home_is_registered_with_its_runs_seasons(context: RunContext) -> None:
    register_seasons(context)
    with dg.DagsterInstance.get() as instance:
        partitions = instance.get_dynamic_partitions("season")
    assert sorted(partitions) == [str(season) for season in context.seasons]


@pytest.mark.slow
def test_every_step_is_available_once_in_order_and_the_ui_shows_the_run(
    context: RunContext,
) -> None:
    received = run(context, THREE)
    job = defs.resolve_job_def("backfill_seasons")
    total = len(job.graph.node_defs)
    assert [(done, of) for _, done, of in received] == [(n, total) for n in range(1, total + 1)]
    assert {name for name, *_ in received} == {node.name for node in job.graph.node_defs}
    with dg.DagsterInstance.get() as instance:
        (seen,) = instance.get_runs()
    assert (seen.job_name, seen.status) == ("backfill_seasons", dg.DagsterRunStatus.SUCCESS)
    assert seen.tags["dagster/asset_partition_range_start"] == "2019"
    assert seen.tags["dagster/asset_partition_range_end"] == "2021"


@pytest.mark.slow
def test_an_error_inside_a_step_comes_out_as_that_error(context: RunContext) -> None:
    schedule = context.paths.simulated / "release" / SCHEDULE
    games = pl.read_parquet(schedule)
    games.with_columns(away_score=-pl.col("away_score")).write_parquet(schedule)
    before = fingerprints(context.paths.home, "data/raw", "data/gold")
    with pytest.raises(SchemaError, match=r"rows cannot be used.*scores_contradict") as caught:
        run(context, THREE)
    assert caught.value.exit_code == 2
    assert fingerprints(context.paths.home, "data/raw", "data/gold") == before


@pytest.mark.slow
def test_a_failed_check_comes_out_with_its_name_and_message(context: RunContext) -> None:
    stored = context.paths.raw("games", 2018)
    games = pl.read_parquet(stored)
    games.with_columns(away_score=-pl.col("away_score")).write_parquet(stored)
    gold = fingerprints(context.paths.home, "data/gold")
    with pytest.raises(NflSignalsError, match=r"^raw_games, check schema: .*2018\.parquet: col"):
        run(context, context.seasons[-1:])
    assert fingerprints(context.paths.home, "data/gold") == gold


@pytest.mark.slow
def test_a_range_in_one_run_and_season_by_season_give_the_same_bytes(
    context: RunContext, finished_home: Path
) -> None:
    original = fingerprints(finished_home, "data/raw", "data/gold")
    for groups in ([THREE], [(season,) for season in THREE]):
        for season in THREE:
            (context.paths.features / f"{season}.parquet").unlink()
            (context.paths.markets / f"{season}.parquet").unlink()
        for group in groups:
            run(context, group)
        assert fingerprints(context.paths.home, "data/raw", "data/gold") == original
