"""What is served is what was named, or nothing: no other version ever takes its place in silence."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError, IntegrityError, NflSignalsError
from nfl_signals.core.files import read_json, write_json
from nfl_signals.predictions.champion import (
    configured_version,
    load_served_model,
    promote_first,
    served_version,
)
from nfl_signals.predictions.upcoming import predict_upcoming
from nfl_signals.registry import decision_log
from nfl_signals.registry.model_card import model_hash
from nfl_signals.training.ensembles import assemble
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.run_contexts import contents, drop_rows, earlier, settings_of
from nfl_signals_tests.support.small_training import LEAST, open_small

VERSION = "v202403"


@pytest.fixture
def context(small_home: Path, tmp_path: Path) -> RunContext:
    """Three weeks a season, trained; VERSION is champion."""
    return open_small(shutil.copytree(small_home, tmp_path / "home"))


def asking(context: RunContext, source: str) -> RunContext:
    from nfl_signals.workspace.run_context import open_run

    return open_run(settings_of(context.paths.home, training=LEAST, signal_source=source))


def card_with(context: RunContext, version: str = VERSION, **changes: object) -> None:
    card = context.paths.ensemble(version) / "card.json"
    write_json(card, read_json(card) | changes)


def test_the_first_ensemble_of_a_home_becomes_champion_with_a_reason(context: RunContext) -> None:
    (first,) = decision_log.read(context.paths.history)
    assert (first.kind, first.step, first.version, first.at) == (
        "first",
        "training",
        VERSION,
        context.as_of,
    )
    assert first.model_hash == model_hash(context.paths.ensemble(VERSION))
    assert first.sentence.startswith("The first ensemble of this home is served until another one")
    assert served_version(context) == VERSION
    served = load_served_model(context)
    assert served is not None
    assert served.model_hash == first.model_hash


def test_assembled_again_nothing_changes(context: RunContext) -> None:
    before = contents(context.paths.home / "models")
    assert assemble(context)["model_version"] == VERSION
    assert promote_first(context).champion == VERSION
    assert contents(context.paths.home / "models") == before


def test_other_files_of_the_same_week_get_their_own_name_and_are_not_served(
    context: RunContext,
) -> None:
    before = contents(context.paths.ensemble(VERSION))
    fewer = open_small(context.paths.home, learners=["logistic", "lightgbm"])
    assert assemble(fewer)["model_version"] == f"{VERSION}02"
    assert contents(context.paths.ensemble(VERSION)) == before
    assert served_version(fewer) == VERSION
    assert served_version(asking(context, f"model_{VERSION}02")) == f"{VERSION}02"


def test_the_proxy_needs_neither_history_nor_model(context: RunContext) -> None:
    shutil.rmtree(context.paths.home / "models")
    proxy = asking(context, "proxy")
    assert configured_version(proxy) == served_version(proxy) == "proxy"
    assert load_served_model(proxy) is None


def test_before_anything_was_trained_no_model_is_served(context: RunContext) -> None:
    shutil.rmtree(context.paths.home / "models")
    assert configured_version(context) is None
    with pytest.raises(InputError, match="no champion yet; run the retraining job"):
        served_version(context)
    with pytest.raises(InputError, match="no champion yet; run the retraining job"):
        predict_upcoming(context)


def test_as_of_a_day_before_the_first_promotion_nobody_was_champion(context: RunContext) -> None:
    assert configured_version(earlier(context, context.as_of - timedelta(days=1))) is None


def gone(context: RunContext) -> None:
    shutil.rmtree(context.paths.ensemble(VERSION))


def retrained_in_place(context: RunContext) -> None:
    """As a hand that copies files might: folder and card agree, the history does not."""
    folder = context.paths.ensemble(VERSION)
    (folder / "more.json").write_text("{}")
    card_with(context, model_hash=model_hash(folder))


def edited_file(context: RunContext) -> None:
    (context.paths.ensemble(VERSION) / "more.json").write_text("{}")


def old_features(context: RunContext) -> None:
    card_with(context, feature_version="0dd")


def fitted_on_the_future(context: RunContext) -> None:
    drop_rows(context.paths.markets / "2024.parquet", pl.col("week") == 3)


def edited_history(context: RunContext) -> None:
    text = context.paths.history.read_text()
    context.paths.history.write_text(text.replace("training", "person"))


REFUSED: list[tuple[Callable[[RunContext], None], type[NflSignalsError], str]] = [
    (gone, InputError, r"was never trained or is gone .*\. Set signal_source to proxy"),
    (retrained_in_place, IntegrityError, r"was promoted as \w{12}\. Set signal_source to proxy"),
    (edited_file, IntegrityError, "its files are not what its card describes"),
    (old_features, IntegrityError, r"fitted on features 0dd, .* or retrain and promote"),
    (fitted_on_the_future, InputError, "fitted on games until 2024-w03, as of .* is of 2024-w02"),
    (edited_history, IntegrityError, "line 1: edited"),
]


@pytest.mark.parametrize(("spoil", "error", "message"), REFUSED)
def test_a_champion_that_cannot_be_served_is_an_error_before_anything_is_written(
    context: RunContext,
    spoil: Callable[[RunContext], None],
    error: type[NflSignalsError],
    message: str,
) -> None:
    assemble(open_small(context.paths.home, learners=["logistic"]))  # another one that could
    spoil(context)
    before = contents(context.paths.home)
    with pytest.raises(error, match=message):
        predict_upcoming(context)
    assert contents(context.paths.home) == before


def test_an_ensemble_that_cannot_be_served_is_not_promoted(context: RunContext) -> None:
    context.paths.history.unlink()
    old_features(context)
    with pytest.raises(IntegrityError, match="fitted on features 0dd"):
        promote_first(context)
    assert decision_log.read(context.paths.history) == ()


@pytest.mark.parametrize("source", ["champion", "proxy", f"model_{VERSION}"])
def test_before_a_homes_first_champion_there_is_none_and_history_stays_as_it_was(
    context: RunContext, source: str
) -> None:
    """A run as of a time before the home was: it may look with what is named, and promotes nothing."""
    before = context.paths.history.read_bytes()
    settings = context.settings.model_copy(update={"signal_source": source})
    past = replace(context, settings=settings, as_of=context.as_of - timedelta(days=300))
    if source == "champion":
        with pytest.raises(InputError, match=r"no champion yet as of .* the first one is of 2024-"):
            promote_first(past)
    else:
        assert promote_first(past).champion == VERSION
    assert context.paths.history.read_bytes() == before
