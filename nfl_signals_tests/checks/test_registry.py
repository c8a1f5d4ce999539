"""Claims about the checks of the registered champion: `checks/registry.py`."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.catalog import REGISTRY_CHECKS
from nfl_signals.checks.registry import (
    champion_files,
    champion_predictions,
    check_probabilities,
    largest_difference,
    stored_requests,
)
from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.files import read_parquet, write_json, write_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.ensemble.request import requests_hash
from nfl_signals.features.build import build_markets
from nfl_signals.ingest.history import History
from nfl_signals.registry.mlflow_registry import CHAMPION, create_registry, open_registry
from nfl_signals.registry.model_card import model_hash
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import MemoryRelease, utc
from nfl_signals_tests.support.fake_ensemble import MarketEcho, write_ensemble
from nfl_signals_tests.support.homes import made_in_place, made_once, put_back
from nfl_signals_tests.support.run_contexts import drop_rows, rewrite, settings_of

VERSION = "v201509"
KEYS = ["game_id", "market"]


@pytest.fixture(scope="session")
def original(
    tmp_path_factory: pytest.TempPathFactory,
    simulated_history: History,
    simulated_features: pl.DataFrame,
) -> Path:
    """A home with gold tables, an ensemble that repeats the market, and its upcoming predictions."""

    def make(home: Path) -> None:
        context = context_at(home)
        markets = build_markets(simulated_history)
        write_parquet(context.paths.features / "2015.parquet", simulated_features)
        write_parquet(context.paths.markets / "2015.parquet", markets)
        write_parquet(context.paths.upcoming, markets.head(0).select(KEYS))
        folder = write_ensemble(home / VERSION, version=VERSION, bias=0.01)
        forecasts = MarketEcho.load(folder).predict(stored_requests(context))
        write_parquet(
            context.paths.upcoming, forecasts.with_columns(model_hash=pl.lit(model_hash(folder)))
        )

    return made_once(tmp_path_factory, "registry_checks", make)


@pytest.fixture(scope="session")
def registered_home(tmp_path_factory: pytest.TempPathFactory, original: Path) -> Path:
    return made_in_place(
        tmp_path_factory, "in_place", lambda home: register(shutil.copytree(original, home))
    )


@pytest.fixture
def context(registered_home: Path) -> RunContext:
    """A copy of `original` whose ensemble is registered, as champion."""
    return context_at(put_back(registered_home))


def register(home: Path) -> None:
    context = context_at(home)
    registry = create_registry(context.paths)
    registry.register(
        context.paths.home / VERSION,
        reader=MarketEcho,
        example=stored_requests(context),
        metrics={},
        params={},
    )
    registry.set_alias(CHAMPION, VERSION)
    registry.mark_complete()


def context_at(home: Path) -> RunContext:
    """A run whose source holds nothing."""
    return RunContext(
        settings=settings_of(home, horizon="kickoff"),
        paths=Paths(home),
        release=MemoryRelease({}),
        seasons=(2014, 2015),
        as_of=utc("2015-11-10 14:00"),
    )


def test_the_champion_is_what_was_registered(context: RunContext) -> None:
    assert champion_files(context) == {"versions": 1, "champion": VERSION}


def test_the_champion_answers_as_predicted(context: RunContext) -> None:
    upcoming = read_parquet(context.paths.upcoming)
    assert champion_predictions(context) == {
        "rows": upcoming.height,
        "upcoming": upcoming.height,
        "difference": 0.0,
    }


def edited_file(context: RunContext) -> None:
    file = open_registry(context.paths).load(CHAMPION).ensemble / "parts" / "bias.json"
    file.write_text("0.01 ")


def edited_card(context: RunContext) -> None:
    file = open_registry(context.paths).load(CHAMPION).ensemble / "card.json"
    file.write_text(file.read_text().replace('"model_hash": "', '"model_hash": "0'))


@pytest.mark.parametrize("tamper", [edited_file, edited_card])
def test_a_champion_that_was_tampered_with_is_found(
    context: RunContext, tamper: Callable[[RunContext], None]
) -> None:
    tamper(context)
    with pytest.raises(IntegrityError, match="hashes differ"):
        champion_files(context)


@pytest.mark.parametrize("check", REGISTRY_CHECKS.values())
def test_without_a_champion_no_check_holds(
    context: RunContext, check: Callable[[RunContext], object]
) -> None:
    open_registry(context.paths).remove_alias(CHAMPION)
    with pytest.raises(InputError, match="no version and no alias champion"):
        check(context)


def test_predictions_that_the_champion_would_not_make_again_are_found(context: RunContext) -> None:
    rewrite(context.paths.upcoming, pl.col("p_hat") + 1e-9)
    with pytest.raises(IntegrityError, match=r"by 0 from the same .* by 1e-09 from the upcoming"):
        champion_predictions(context)


def test_a_prediction_that_the_champion_does_not_make_is_found(context: RunContext) -> None:
    markets = context.paths.markets / "2015.parquet"
    rewrite(markets, pl.when(pl.col("market") != "total").then("price_yes").alias("price_yes"))
    with pytest.raises(IntegrityError, match=r"none for 2015_\d\d_\w+ total"):
        champion_predictions(context)


def test_predictions_of_another_version_are_not_held_against_the_champion(
    context: RunContext,
) -> None:
    rewrite(context.paths.upcoming, pl.lit("another").alias("model_hash"), pl.col("p_hat") / 2)
    figures = champion_predictions(context)
    assert figures["upcoming"] == 0
    assert figures["rows"] > 0


def test_without_upcoming_games_the_last_week_with_lines_is_predicted(context: RunContext) -> None:
    drop_rows(context.paths.upcoming, pl.lit(value=True))
    lined = read_parquet(context.paths.markets).drop_nulls(["line", "p_market"])
    week = lined.filter(season=2015, week=lined.filter(season=2015)["week"].max())
    assert set(stored_requests(context)["game_id"]) == set(week["game_id"])
    assert champion_predictions(context)["upcoming"] == 0


def test_without_any_line_there_is_nothing_to_predict(context: RunContext) -> None:
    drop_rows(context.paths.upcoming, pl.lit(value=True))
    rewrite(context.paths.markets / "2015.parquet", pl.lit(None, pl.Float64).alias("line"))
    with pytest.raises(InputError, match="no game has a line"):
        stored_requests(context)


def answer(p_hat: float | None, p_push: float | None) -> pl.DataFrame:
    """One answer."""
    row = {"game_id": "g", "market": "ats", "p_hat": p_hat, "p_push": p_push}
    return pl.DataFrame([row], schema_overrides={"p_hat": pl.Float64, "p_push": pl.Float64})


@pytest.mark.parametrize("fine", [(0.5, 0.0), (0.0, 1.0), (1.0, 0.25)])
def test_probabilities_are_between_nothing_and_certainty(fine: tuple[float, float]) -> None:
    check_probabilities(answer(*fine))


@pytest.mark.parametrize(
    "wrong", [(-0.1, 0.0), (1.1, 0.0), (0.5, -0.1), (0.5, 1.1), (None, 0.0), (float("nan"), 0.0)]
)
def test_anything_else_is_no_probability(wrong: tuple[float | None, float]) -> None:
    with pytest.raises(IntegrityError, match="game_id g, market ats, p_hat"):
        check_probabilities(answer(*wrong))


def test_the_largest_difference_is_over_both_probabilities() -> None:
    assert largest_difference(answer(0.5, 0.1), answer(0.5, 0.1)) == 0
    assert largest_difference(answer(0.5, 0.1), answer(0.5, 0.4)) == pytest.approx(0.3)
    assert largest_difference(answer(0.5, 0.1), answer(0.7, 0.1)) == pytest.approx(0.2)
    assert largest_difference(answer(0.5, 0.1), answer(0.5, 0.1).head(0)) == 0


def test_predictions_made_from_other_requests_than_the_tables_give_now_are_not_compared(
    context: RunContext,
) -> None:
    """As injury reports of Wednesday leave those of Tuesday: the champion would now say otherwise."""
    requests = stored_requests(context)
    write_json(context.paths.upcoming_requests, {"requests": requests_hash(requests.reverse())})
    assert champion_predictions(context)["upcoming"] > 0
    rewrite(context.paths.upcoming, pl.col("p_hat") / 2)
    with pytest.raises(IntegrityError, match="from the upcoming predictions; predict again"):
        champion_predictions(context)
    moved = requests.with_columns(pl.col("total_line") + 0.5)
    write_json(context.paths.upcoming_requests, {"requests": requests_hash(moved)})
    assert champion_predictions(context)["upcoming"] == 0
