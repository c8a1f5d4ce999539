"""Who speaks is who was named, or nobody: no other version ever takes its place in silence."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError, IntegrityError, NflSignalsError
from nfl_signals.core.files import read_json, write_json
from nfl_signals.predictions.champion import load_speaker, named_version, seat_first, spoken_version
from nfl_signals.predictions.upcoming import predict_upcoming
from nfl_signals.registry import decision_log
from nfl_signals.registry.model_card import model_hash
from nfl_signals.training.ensembles import assemble
from nfl_signals.workspace.run_context import World
from nfl_signals_tests.support.small_training import LEAST, open_small
from nfl_signals_tests.support.worlds import contents, drop_rows, earlier, settings_of

VERSION = "v202403"


@pytest.fixture
def world(small_home: Path, tmp_path: Path) -> World:
    """Three weeks a season, trained; VERSION is champion."""
    return open_small(shutil.copytree(small_home, tmp_path / "home"))


def asking(world: World, source: str) -> World:
    from nfl_signals.workspace.run_context import open_world

    return open_world(settings_of(world.paths.home, training=LEAST, signal_source=source))


def card_with(world: World, version: str = VERSION, **changes: object) -> None:
    card = world.paths.ensemble(version) / "card.json"
    write_json(card, read_json(card) | changes)


def test_the_first_ensemble_of_a_home_takes_the_seat_and_says_why(world: World) -> None:
    (first,) = decision_log.read(world.paths.history)
    assert (first.kind, first.step, first.version, first.at) == (
        "first",
        "training",
        VERSION,
        world.as_of,
    )
    assert first.model_hash == model_hash(world.paths.ensemble(VERSION))
    assert first.sentence.startswith("The first ensemble of this home speaks until another one is")
    assert spoken_version(world) == VERSION
    speaker = load_speaker(world)
    assert speaker is not None
    assert speaker.model_hash == first.model_hash


def test_assembled_again_nothing_changes(world: World) -> None:
    before = contents(world.paths.home / "models")
    assert assemble(world)["model_version"] == VERSION
    assert seat_first(world).champion == VERSION
    assert contents(world.paths.home / "models") == before


def test_other_files_of_the_same_week_get_their_own_name_and_do_not_speak(world: World) -> None:
    before = contents(world.paths.ensemble(VERSION))
    fewer = open_small(world.paths.home, learners=["logistic", "lightgbm"])
    assert assemble(fewer)["model_version"] == f"{VERSION}02"
    assert contents(world.paths.ensemble(VERSION)) == before
    assert spoken_version(fewer) == VERSION
    assert spoken_version(asking(world, f"model_{VERSION}02")) == f"{VERSION}02"


def test_the_proxy_needs_neither_history_nor_model(world: World) -> None:
    shutil.rmtree(world.paths.home / "models")
    proxy = asking(world, "proxy")
    assert named_version(proxy) == spoken_version(proxy) == "proxy"
    assert load_speaker(proxy) is None


def test_before_anything_was_trained_nobody_speaks(world: World) -> None:
    shutil.rmtree(world.paths.home / "models")
    assert named_version(world) is None
    with pytest.raises(InputError, match="nobody is champion yet; run the retraining job"):
        spoken_version(world)
    with pytest.raises(InputError, match="holds no model yet; run the retraining job first"):
        predict_upcoming(world)


def test_as_of_a_day_before_the_first_seat_nobody_was_champion(world: World) -> None:
    assert named_version(earlier(world, world.as_of - timedelta(days=1))) is None


def gone(world: World) -> None:
    shutil.rmtree(world.paths.ensemble(VERSION))


def retrained_in_place(world: World) -> None:
    """As a hand that copies files might: folder and card agree, the history does not."""
    folder = world.paths.ensemble(VERSION)
    (folder / "more.json").write_text("{}")
    card_with(world, model_hash=model_hash(folder))


def edited_file(world: World) -> None:
    (world.paths.ensemble(VERSION) / "more.json").write_text("{}")


def old_features(world: World) -> None:
    card_with(world, feature_version="0dd")


def taught_by_the_future(world: World) -> None:
    drop_rows(world.paths.markets / "2024.parquet", pl.col("week") == 3)


def edited_history(world: World) -> None:
    text = world.paths.history.read_text()
    world.paths.history.write_text(text.replace("training", "person"))


REFUSED: list[tuple[Callable[[World], None], type[NflSignalsError], str]] = [
    (gone, InputError, r"never trained or is gone\. Set signal_source to proxy"),
    (retrained_in_place, IntegrityError, r"was promoted as \w{12}\. Set signal_source to proxy"),
    (edited_file, IntegrityError, "its files are not what its card describes"),
    (old_features, IntegrityError, r"fitted on features 0dd, .* or retrain and promote"),
    (taught_by_the_future, InputError, "taught by games until 2024-w03, as of .* is of 2024-w02"),
    (edited_history, IntegrityError, "line 1: edited"),
]


@pytest.mark.parametrize(("spoil", "error", "said"), REFUSED)
def test_a_champion_that_cannot_speak_is_an_error_before_anything_is_written(
    world: World, spoil: Callable[[World], None], error: type[NflSignalsError], said: str
) -> None:
    assemble(open_small(world.paths.home, learners=["logistic"]))  # another one that could
    spoil(world)
    before = contents(world.paths.home)
    with pytest.raises(error, match=said):
        predict_upcoming(world)
    assert contents(world.paths.home) == before


def test_an_ensemble_that_cannot_speak_is_not_seated(world: World) -> None:
    world.paths.history.unlink()
    old_features(world)
    with pytest.raises(IntegrityError, match="fitted on features 0dd"):
        seat_first(world)
    assert decision_log.read(world.paths.history) == []
