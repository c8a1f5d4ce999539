"""Registered is what was assembled; aliases say who speaks; proofs notice what was changed since."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.catalog import REGISTRY_CHECKS
from nfl_signals.checks.registry import stored_requests
from nfl_signals.core.errors import InputError, IntegrityError, NflSignalsError
from nfl_signals.core.files import read_parquet
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.predictions.registration import (
    EXAMPLE_GAMES,
    example_requests,
    point_aliases,
    register_ensemble,
)
from nfl_signals.registry.decision_log import Decision, Kind, record
from nfl_signals.registry.mlflow_registry import open_registry
from nfl_signals.registry.mlflow_store import CHALLENGER, CHAMPION
from nfl_signals.registry.model_card import model_hash, read_card, write_card
from nfl_signals.workspace.market_games import load_market_games
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.homes import made_once
from nfl_signals_tests.support.run_contexts import copy_context, drop_rows, rewrite, settings_of
from nfl_signals_tests.support.small_training import LEAST

FIRST, SECOND = "v202403", "v202404"
FILES, PREDICTIONS = REGISTRY_CHECKS


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory, small_home: Path) -> Path:
    """The small home with its one ensemble registered."""

    def make(folder: Path) -> None:
        home = shutil.copytree(small_home, folder / "home")
        register_ensemble(serving_from(home, "champion"))

    return made_once(tmp_path_factory, "registered", make) / "home"


@pytest.fixture
def home(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "home")


def serving_from(home: Path, source: str) -> RunContext:
    return open_run(settings_of(home, training=LEAST, signal_source=source))


def aliases(context: RunContext) -> dict[str, tuple[str, ...]]:
    return {each.version: each.aliases for each in open_registry(context.paths).history()}


def trained_a_week_later(context: RunContext) -> None:
    """A second ensemble beside the first: the same files under a newer name."""
    for kind in ("stacker/ats", "stacker/moneyline", "stacker/total", "ensemble"):
        folder = context.paths.home / "models" / kind
        shutil.copytree(folder / FIRST, folder / SECOND)
    folder, question = context.paths.ensemble(SECOND), load_market_games(context, "ats")
    write_card(
        folder,
        markets=list(MARKETS.values()),
        version=SECOND,
        window=question.window(question.played.nonzero()[0]),
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


def test_the_example_asks_all_markets_of_the_last_games_that_have_every_line(
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
    trained_a_week_later(context)
    assert register_ensemble(context).version == SECOND
    assert aliases(context) == {FIRST: (CHAMPION,), SECOND: (CHALLENGER,)}
    decide(context, SECOND, "promoted", champion=SECOND)
    assert point_aliases(context) == {CHAMPION: SECOND}
    assert aliases(context) == {FIRST: (), SECOND: (CHAMPION,)}


@pytest.mark.slow
def test_a_rejected_version_challenges_none(home: Path) -> None:
    context = serving_from(home, "champion")
    trained_a_week_later(context)
    decide(context, SECOND, "rejected", champion=FIRST)
    register_ensemble(context)
    assert aliases(context) == {FIRST: (CHAMPION,), SECOND: ()}


def test_beside_a_version_that_was_asked_for_a_newer_one_is_the_challenger(home: Path) -> None:
    context = serving_from(home, "champion")
    trained_a_week_later(context)
    decide(context, SECOND, "promoted", champion=SECOND)
    asked = serving_from(home, f"model_{FIRST}")
    register_ensemble(asked)
    assert aliases(asked) == {FIRST: (CHAMPION,), SECOND: (CHALLENGER,)}


def test_a_version_is_registered_by_its_name(home: Path) -> None:
    context = serving_from(home, "champion")
    trained_a_week_later(context)
    assert register_ensemble(context, FIRST).version == FIRST
    assert set(aliases(context)) == {FIRST}


def test_while_the_proxy_is_served_the_champion_stays(home: Path) -> None:
    context = serving_from(home, "proxy")
    trained_a_week_later(context)
    register_ensemble(context)
    assert aliases(context) == {FIRST: (CHAMPION,), SECOND: (CHALLENGER,)}


@pytest.mark.slow
def test_in_a_lost_registry_the_champion_is_registered_beside_the_newest(home: Path) -> None:
    context = serving_from(home, "proxy")
    trained_a_week_later(context)
    shutil.rmtree(context.paths.registry)
    register_ensemble(context)
    assert aliases(context)[FIRST] == (CHAMPION,)
    assert SECOND in aliases(context)


def test_a_champion_whose_folder_is_gone_keeps_no_newer_one_from_being_registered(
    home: Path,
) -> None:
    context = serving_from(home, "champion")
    trained_a_week_later(context)
    shutil.rmtree(context.paths.ensemble(FIRST))
    register_ensemble(context)
    assert aliases(context) == {FIRST: (CHAMPION,), SECOND: (CHALLENGER,)}


# --- checks on a finished home


@pytest.fixture
def finished(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


@pytest.mark.parametrize("name", REGISTRY_CHECKS)
def test_a_check_holds_on_a_finished_home(finished: RunContext, name: str) -> None:
    figures = REGISTRY_CHECKS[name](finished)
    assert all(value for key, value in figures.items() if key != "difference")


def test_through_mlflow_the_champion_says_what_was_predicted(finished: RunContext) -> None:
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
    """Of a game that was predicted: told as what it is, whatever asks."""
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
def test_a_check_fails_after_tampering_and_says_where(
    finished: RunContext, tamper: Callable[[RunContext], None], name: str, message: str
) -> None:
    tamper(finished)
    with pytest.raises(NflSignalsError, match=message):
        REGISTRY_CHECKS[name](finished)


def test_a_swapped_file_is_no_input_error(finished: RunContext) -> None:
    swapped_file(finished)
    with pytest.raises(IntegrityError):
        REGISTRY_CHECKS[FILES](finished)
