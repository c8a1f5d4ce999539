"""Registered is what was assembled, under aliases; a moved home is registered anew; checks find changes."""

import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from benchmarks.model_server import post, response_answers, served
from nfl_signals.checks.catalog import REGISTRY_CHECKS
from nfl_signals.checks.registry import champion_files, stored_requests
from nfl_signals.checks.tables import ledger_sealed
from nfl_signals.core.errors import InputError, IntegrityError, NflSignalsError
from nfl_signals.core.files import read_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.heads import heads_beside
from nfl_signals.predictions.challenger import challenger
from nfl_signals.predictions.registration import (
    EXAMPLE_GAMES,
    example_requests,
    home_registry,
    point_aliases,
    register_ensemble,
)
from nfl_signals.promotion.manual import roll_back
from nfl_signals.registry.decision_log import LEDGER_HEAD, Decision, Kind, record
from nfl_signals.registry.mlflow_registry import (
    CHALLENGER,
    CHAMPION,
    create_registry,
    open_registry,
)
from nfl_signals.registry.mlflow_store import built_elsewhere, tag_of
from nfl_signals.registry.model_card import model_hash, read_card, write_card, write_sealed
from nfl_signals.workspace.market_games import load_market_games
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.homes import made_in_place, made_once, put_back
from nfl_signals_tests.support.run_contexts import copy_context, drop_rows, rewrite, settings_of
from nfl_signals_tests.support.small_training import LEAST

FIRST, SECOND = "v202403", "v20240302"
FILES, PREDICTIONS = REGISTRY_CHECKS


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory, small_home: Path) -> Path:
    """The small home with its one ensemble registered."""

    def make(folder: Path) -> None:
        home = shutil.copytree(small_home, folder / "home")
        register_ensemble(serving_from(home, "champion"))

    return made_once(tmp_path_factory, "registered", make) / "home"


@pytest.fixture(scope="session")
def registered_home(tmp_path_factory: pytest.TempPathFactory, original: Path) -> Path:
    def make(home: Path) -> None:
        shutil.copytree(original, home)
        home_registry(serving_from(home, "champion"))

    return made_in_place(tmp_path_factory, "in_place", make)


@pytest.fixture
def home(registered_home: Path) -> Path:
    """A copy that has been registered where it lies."""
    return put_back(registered_home)


def serving_from(home: Path, source: str) -> RunContext:
    return open_run(settings_of(home, training=LEAST, signal_source=source))


def aliases(context: RunContext) -> dict[str, tuple[str, ...]]:
    return {each.version: each.aliases for each in open_registry(context.paths).history()}


def trained_again(context: RunContext) -> None:
    """A second ensemble beside the first, of the same week: the same files under the next name."""
    for kind in ("stacker/ats", "stacker/moneyline", "stacker/total", "ensemble"):
        folder = context.paths.home / "models" / kind
        shutil.copytree(folder / FIRST, folder / SECOND)
    folder, games = context.paths.ensemble(SECOND), load_market_games(context, "ats")
    write_card(
        folder,
        markets=list(MARKETS.values()),
        version=SECOND,
        horizon="kickoff",
        window=games.window(games.played.nonzero()[0]),
        seed=context.settings.seed,
        extra={"learners": list(context.settings.training.learners)},
    )


# --- what is registered


def test_the_first_ensemble_is_registered_as_it_lies_and_is_served(original: Path) -> None:
    context = serving_from(original, "champion")
    (version,) = open_registry(context.paths).history()
    assert (version.number, version.version, version.aliases) == (1, FIRST, (CHAMPION,))
    folder = context.paths.ensemble(FIRST)
    assert version.model_hash == read_card(folder)["model_hash"]
    assert model_hash(open_registry(context.paths).load(FIRST).ensemble) == version.model_hash


@pytest.mark.slow
def test_registering_the_same_files_again_makes_no_second_version(home: Path) -> None:
    context = serving_from(home, "champion")
    before = open_registry(context.paths).history()
    assert register_ensemble(context) == before[0]
    assert open_registry(context.paths).history() == before


def test_held_out_scores_and_settings_lie_beside_the_version(original: Path) -> None:
    context = serving_from(original, "champion")
    registry = open_registry(context.paths)
    run = registry.client.get_run(registry.client.get_model_version("nfl_signals", "1").run_id)
    for name in MARKETS:
        held_out = read_card(context.paths.stacker(name, FIRST))["held_out"]
        assert run.data.metrics[f"{name}_brier"] == pytest.approx(held_out["brier"])
    assert run.data.params["learners"] == "logistic, lightgbm, xgboost"


def test_the_example_holds_all_markets_of_the_last_games_that_have_every_line(
    original: Path,
) -> None:
    context = serving_from(original, "champion")
    example = example_requests(context)
    assert example.height == EXAMPLE_GAMES
    answers = Ensemble.load(context.paths.ensemble(FIRST)).predict(example)
    assert answers.height == EXAMPLE_GAMES * len(MARKETS)
    last = read_parquet(context.paths.markets).drop_nulls(["line", "p_market"])["kickoff_at"].max()
    games = read_parquet(context.paths.markets).filter(pl.col("kickoff_at") == last)["game_id"]
    assert example["game_id"][-1] in games.to_list()


def test_without_an_ensemble_there_is_nothing_to_register(home: Path) -> None:
    context = serving_from(home, "champion")
    shutil.rmtree(context.paths.ensemble(FIRST))
    with pytest.raises(InputError, match="holds no model yet; run the retraining job first"):
        register_ensemble(context)


# --- the served model


def decide(context: RunContext, version: str, kind: Kind, *, champion: str) -> None:
    decision = Decision(
        at=context.as_of,
        kind=kind,
        version=version,
        model_hash=read_card(context.paths.ensemble(version))["model_hash"],
        champion=champion,
        step="retraining",
        sentence="as the gate found",
    )
    record(context.paths.history, decision, expected_champion=FIRST)


def test_a_newer_ensemble_is_the_challenger_until_it_is_promoted(home: Path) -> None:
    context = serving_from(home, "champion")
    trained_again(context)
    assert register_ensemble(context).version == SECOND
    assert aliases(context) == {FIRST: (CHAMPION,), SECOND: (CHALLENGER,)}
    decide(context, SECOND, "promoted", champion=SECOND)
    assert point_aliases(context) == {CHAMPION: SECOND}
    assert aliases(context) == {FIRST: (), SECOND: (CHAMPION,)}


def test_a_recalibrated_copy_that_was_rolled_back_challenges_nobody(home: Path) -> None:
    """It was not trained: what forecasts beside the champion and what the alias names are one."""
    context, copy = serving_from(home, "champion"), f"{FIRST}r202404"
    folder = shutil.copytree(context.paths.ensemble(FIRST), context.paths.ensemble(copy))
    (folder / "map.json").write_text("{}")
    named = {"model_version": copy, "recalibrated_from": FIRST, "model_hash": model_hash(folder)}
    write_sealed(folder, read_card(folder) | named)
    decide(context, copy, "promoted", champion=copy)
    register_ensemble(context, copy)
    assert aliases(context)[copy] == (CHAMPION,)
    roll_back(context)
    assert challenger(context) is None
    assert point_aliases(context) == {CHAMPION: FIRST}


@pytest.mark.slow
def test_a_rejected_version_challenges_none(home: Path) -> None:
    context = serving_from(home, "champion")
    trained_again(context)
    decide(context, SECOND, "rejected", champion=FIRST)
    register_ensemble(context)
    assert aliases(context) == {FIRST: (CHAMPION,), SECOND: ()}


def test_beside_a_version_that_the_settings_name_a_newer_one_is_the_challenger(home: Path) -> None:
    context = serving_from(home, "champion")
    trained_again(context)
    decide(context, SECOND, "promoted", champion=SECOND)
    named = serving_from(home, f"model_{FIRST}")
    register_ensemble(named)
    assert aliases(named) == {FIRST: (CHAMPION,), SECOND: (CHALLENGER,)}


def test_a_version_is_registered_by_its_name(home: Path) -> None:
    context = serving_from(home, "champion")
    trained_again(context)
    assert register_ensemble(context, FIRST).version == FIRST
    assert set(aliases(context)) == {FIRST}


@pytest.mark.slow
def test_while_the_proxy_is_served_the_champion_stays(home: Path) -> None:
    context = serving_from(home, "proxy")
    trained_again(context)
    register_ensemble(context)
    assert aliases(context) == {FIRST: (CHAMPION,), SECOND: (CHALLENGER,)}


@pytest.mark.slow
def test_in_a_lost_registry_the_champion_is_registered_beside_the_newest(home: Path) -> None:
    context = serving_from(home, "proxy")
    trained_again(context)
    shutil.rmtree(context.paths.registry)
    register_ensemble(context)
    assert aliases(context)[FIRST] == (CHAMPION,)
    assert SECOND in aliases(context)


def test_a_champion_whose_folder_is_gone_keeps_no_newer_one_from_being_registered(
    home: Path,
) -> None:
    context = serving_from(home, "champion")
    trained_again(context)
    shutil.rmtree(context.paths.ensemble(FIRST))
    register_ensemble(context)
    assert aliases(context) == {FIRST: (CHAMPION,), SECOND: (CHALLENGER,)}


# --- a home that was moved, and what else no longer fits its registry


def promoted_pair(home: Path) -> RunContext:
    """A context of `home` with FIRST registered, and SECOND registered and champion."""
    context = serving_from(home, "champion")
    trained_again(context)
    register_ensemble(context)
    decide(context, SECOND, "promoted", champion=SECOND)
    point_aliases(context)
    return context


@pytest.mark.slow
@pytest.mark.parametrize("moved", [False, True])
def test_a_run_as_of_before_there_was_a_champion_moves_no_alias(
    home: Path, tmp_path: Path, moved: bool
) -> None:
    promoted_pair(home)
    context = serving_from(home.rename(tmp_path / "moved") if moved else home, "champion")
    past = replace(context, as_of=context.as_of - timedelta(days=400))
    assert not past.decisions
    assert point_aliases(past) == {CHAMPION: SECOND}
    assert aliases(context) == {FIRST: (), SECOND: (CHAMPION,)}


def store_text(home: Path) -> str:
    """Everything that the store holds, as SQL."""
    with closing(sqlite3.connect(Paths(home).registry_store)) as connection:
        return "\n".join(connection.iterdump())


@pytest.mark.slow
def test_a_moved_home_has_the_same_versions_and_nothing_in_it_names_the_old_place(
    home: Path, tmp_path: Path
) -> None:
    promoted_pair(home)
    before = home_registry(serving_from(home, "champion")).history()
    moved = home.rename(tmp_path / "a home [1] é, 50% #2")
    context = serving_from(moved, "champion")
    registry = home_registry(context)
    assert [replace(each, folder=Path()) for each in registry.history()] == [
        replace(each, folder=Path()) for each in before
    ]
    assert all(each.folder.is_relative_to(moved) for each in registry.history())
    requests = example_requests(context)
    direct = Ensemble.load(context.paths.ensemble(SECOND)).predict(requests)
    assert registry.load(CHAMPION).predict(requests)["p_hat"].to_list() == direct["p_hat"].to_list()
    assert str(home) not in store_text(moved)
    assert home.as_uri() not in store_text(moved)
    assert f"{Path.cwd()}/mlruns" not in store_text(moved)
    assert not home.exists()


@pytest.mark.slow
def test_a_moved_home_takes_new_versions_and_its_original_stays_as_it_was(
    home: Path, tmp_path: Path
) -> None:
    before = store_text(home)
    context = serving_from(shutil.copytree(home, tmp_path / "copy"), "champion")
    trained_again(context)
    version = register_ensemble(context)
    assert version.folder.is_relative_to(tmp_path / "copy")
    assert aliases(context) == {FIRST: (CHAMPION,), SECOND: (CHALLENGER,)}
    assert store_text(home) == before


@pytest.mark.slow
def test_opening_again_where_a_home_lies_writes_nothing(home: Path) -> None:
    before = Paths(home).registry_store.read_bytes()
    home_registry(serving_from(home, "champion"))
    assert Paths(home).registry_store.read_bytes() == before


@pytest.mark.slow
def test_a_registry_whose_building_was_killed_is_built_anew(home: Path) -> None:
    context = promoted_pair(home)
    create_registry(
        context.paths
    )  # as a process leaves it that was killed before the first version
    assert home_registry(context).current
    assert aliases(context) == {FIRST: (), SECOND: (CHAMPION,)}


@pytest.mark.slow
def test_a_version_whose_files_are_damaged_is_left_out_and_the_log_names_it(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    promoted_pair(home)
    moved = home.rename(tmp_path / "moved")
    (moved / "models" / "ensemble" / FIRST / "ensemble.json").write_text("{}")
    context = serving_from(moved, "champion")
    home_registry(context)
    assert aliases(context) == {SECOND: (CHAMPION,)}
    assert f"{FIRST} is not registered: " in caplog.text
    assert "not what its card describes" in caplog.text


@pytest.mark.slow
def test_a_damaged_champion_is_registered_under_no_alias(home: Path, tmp_path: Path) -> None:
    promoted_pair(home)
    moved = home.rename(tmp_path / "moved")
    (moved / "models" / "ensemble" / SECOND / "ensemble.json").write_text("{}")
    assert point_aliases(serving_from(moved, "champion")) == {}


@pytest.mark.slow
def test_two_runs_that_open_a_moved_home_build_one_registry(home: Path, tmp_path: Path) -> None:
    moved = home.rename(tmp_path / "moved")
    contexts = [serving_from(moved, "champion") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(home_registry, contexts)
    assert first.history() == second.history()
    assert len(list((moved / "models/registry/artifacts/models").iterdir())) == 1


@pytest.mark.slow
def test_mlflow_serves_the_champion_of_a_moved_home_whose_registry_was_built_anew(
    finished_home: Path, tmp_path: Path
) -> None:
    """By alias, from the home's folder, in a process that knows of the store and of nothing else."""
    context = copy_context(finished_home, tmp_path / "moved")
    home_registry(context)
    example = open_registry(context.paths).find(CHAMPION).folder / "serving_input_example.json"
    environment = {
        "MLFLOW_TRACKING_URI": "sqlite:///models/registry/mlflow.db",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    with served(
        "models:/nfl_signals@champion", folder=context.paths.home, environment=environment
    ) as connection:
        status, body = post(connection, example.read_bytes())
    assert status == 200
    expected = Ensemble.load(context.paths.ensemble("v202409")).predict(example_requests(context))
    assert response_answers(body)["p_hat"].to_list() == expected["p_hat"].to_list()


# --- checks on a finished home


@pytest.fixture(scope="session")
def finished_in_place(tmp_path_factory: pytest.TempPathFactory, finished_home: Path) -> Path:
    return made_in_place(
        tmp_path_factory, "finished", lambda home: home_registry(copy_context(finished_home, home))
    )


@pytest.fixture
def finished(finished_in_place: Path) -> RunContext:
    """A copy that has been registered where it lies."""
    return open_run(settings_of(put_back(finished_in_place)))


@pytest.mark.parametrize("name", REGISTRY_CHECKS)
def test_a_check_holds_on_a_finished_home(finished: RunContext, name: str) -> None:
    figures = REGISTRY_CHECKS[name](finished)
    assert all(value for key, value in figures.items() if key != "difference")


@pytest.mark.slow
def test_through_mlflow_the_champion_predicts_what_was_predicted(finished: RunContext) -> None:
    requests = stored_requests(finished)
    served = open_registry(finished.paths).load(CHAMPION).predict(requests)
    direct = Ensemble.load(finished.paths.ensemble("v202409")).predict(requests)
    upcoming = read_parquet(finished.paths.upcoming).sort("game_id", "market")
    for name in ("p_hat", "p_push"):
        assert served[name].to_list() == direct[name].to_list()
        assert served.sort("game_id", "market")[name].to_list() == upcoming[name].to_list()


def swapped_file(context: RunContext) -> None:
    """The spread's calibrator in place of the total's, which loads and answers as well."""
    parts = open_registry(context.paths).load(CHAMPION).ensemble / "stacker"
    shutil.copy(parts / "ats" / "stack_plain.json", parts / "total" / "stack_plain.json")


def no_champion(context: RunContext) -> None:
    open_registry(context.paths).remove_alias(CHAMPION)


def no_registry(context: RunContext) -> None:
    shutil.rmtree(context.paths.registry)


def edited_prediction(context: RunContext) -> None:
    rewrite(context.paths.upcoming, pl.col("p_hat") + 1e-9)


def lost_features(context: RunContext) -> None:
    """Of a game that was predicted."""
    game = read_parquet(context.paths.upcoming)["game_id"][0]
    drop_rows(context.paths.features / "2024.parquet", pl.col("game_id") == game)


@pytest.mark.parametrize(
    ("tamper", "name", "message"),
    [
        (swapped_file, FILES, "hashes differ|not what its card describes"),
        (swapped_file, PREDICTIONS, "not what its card describes"),
        (no_champion, FILES, "no version and no alias champion"),
        (no_champion, PREDICTIONS, "no version and no alias champion"),
        (no_registry, FILES, "registry"),
        (edited_prediction, PREDICTIONS, "by 1e-09 from the upcoming predictions; predict again"),
        (lost_features, PREDICTIONS, r"request: column home_\w+, game 2024_10_"),
    ],
)
@pytest.mark.slow
def test_a_check_fails_after_tampering_and_says_where(
    finished: RunContext, tamper: Callable[[RunContext], None], name: str, message: str
) -> None:
    tamper(finished)
    with pytest.raises(NflSignalsError, match=message):
        REGISTRY_CHECKS[name](finished)


@pytest.mark.slow
def test_a_swapped_file_is_no_input_error(finished: RunContext) -> None:
    swapped_file(finished)
    with pytest.raises(IntegrityError):
        REGISTRY_CHECKS[FILES](finished)


@pytest.mark.slow
def test_a_copied_home_is_told_from_one_that_lies_where_its_registry_was_built(
    home: Path, tmp_path: Path
) -> None:
    """Looking reads the copy's own files without building anything; MLflow is told to do so first."""
    copy = Path(shutil.copytree(home, tmp_path / "copy"))
    assert [built_elsewhere(Paths(each)) for each in (home, copy, tmp_path)] == [False, True, False]
    before = store_text(copy)
    assert champion_files(serving_from(copy, "champion"))["champion"] == FIRST
    assert store_text(copy) == before
    home_registry(serving_from(copy, "champion"))
    assert not built_elsewhere(Paths(copy))


def test_the_registry_notes_the_ledgers_head_and_a_chain_written_anew_is_found(
    finished: RunContext,
) -> None:
    point_aliases(finished)
    rows = ledger.read(finished.paths.ledger)
    assert tag_of(finished.paths, LEDGER_HEAD) == rows["seal"][-1]
    ledger_sealed(finished)
    for path in (finished.paths.ledger, heads_beside(finished.paths.ledger)):
        path.unlink()
    nearer = rows.with_columns(p_hat=0.85 * pl.col("p_hat") + 0.15 * 0.5).drop("seal")
    ledger.append(finished.paths.ledger, nearer)
    with pytest.raises(IntegrityError, match="is missing: rows were cut off or rewritten"):
        ledger_sealed(finished)
