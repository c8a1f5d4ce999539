"""A recalibrated copy forecasts what its ensemble does, moved by two numbers a market, and nothing else."""

import shutil
from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.calibration.recalibration import RecalibrationMap
from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.files import read_json, read_parquet
from nfl_signals.ensemble.ensemble import RECALIBRATION_FILE, Ensemble
from nfl_signals.ensemble.explain import contributions
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.predictions.champion import served_version
from nfl_signals.predictions.registration import register_ensemble
from nfl_signals.predictions.upcoming import requests_for
from nfl_signals.registry.mlflow_registry import open_registry
from nfl_signals.registry.model_card import TrainingWindow, model_hash, read_card
from nfl_signals.registry.model_version import latest_version
from nfl_signals.stats.logit import logit
from nfl_signals.training.recalibrated_copies import recalibrated_copy, training_window
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.run_contexts import contents, settings_of
from nfl_signals_tests.support.small_training import LEAST, open_small

VERSION, COPY = "v202403", "v202403r202409"
MAPS = {"moneyline": RecalibrationMap(intercept=0.2, slope=0.6)}
WINDOW = TrainingWindow(first="2024-w04", last="2024-w09", n_games=85)
KEYS = ["game_id", "market"]


@pytest.fixture
def context(small_home: Path, tmp_path: Path) -> RunContext:
    return open_small(shutil.copytree(small_home, tmp_path / "home"))


def answers(context: RunContext, version: str) -> pl.DataFrame:
    lined = read_parquet(context.paths.markets).drop_nulls(["line", "p_market"])
    games = lined["game_id"].unique(maintain_order=True).tail(5).to_list()
    ensemble = Ensemble.load(context.paths.ensemble(version))
    return ensemble.predict(requests_for(context, games, sequences=False))


def test_a_copy_moves_the_market_that_has_a_map_and_no_bit_of_another(context: RunContext) -> None:
    before = contents(context.paths.ensemble(VERSION))
    assert recalibrated_copy(context, VERSION, MAPS, window=WINDOW)["model_version"] == COPY
    assert contents(context.paths.ensemble(VERSION)) == before
    original, copied = answers(context, VERSION), answers(context, COPY)
    new = ["p_hat", "p_coherent", "model_version", "model_hash"]
    assert copied.drop(new).equals(original.drop(new[0], *new[2:]))
    assert copied["p_coherent"].equals(original["p_hat"].alias("p_coherent"))
    for name in MARKETS:
        one, two = (each.filter(market=name)["p_hat"].to_numpy() for each in (original, copied))
        if name == "moneyline":
            assert logit(two) == pytest.approx(0.2 + 0.6 * logit(one), abs=1e-12)
        else:
            assert two.tolist() == one.tolist()


def test_the_pieces_of_a_recalibrated_forecast_still_add_up(context: RunContext) -> None:
    recalibrated_copy(context, VERSION, MAPS, window=WINDOW)
    original = answers(context, COPY)
    pieces = contributions(original, ["market", "logistic", "lightgbm", "xgboost"])
    sums = pieces.group_by(KEYS, maintain_order=True).agg(pl.col("contribution").sum())
    both = original.join(sums, on=KEYS, maintain_order="left")
    assert both["contribution"].to_numpy() == pytest.approx(logit(both["p_hat"].to_numpy()))
    moved = pieces.filter(input="recalibration").filter(pl.col("contribution") != 0)
    assert set(moved.join(original, on=KEYS)["market"]) == {"moneyline"}


def test_its_card_is_that_of_its_ensemble_and_states_what_was_done(context: RunContext) -> None:
    card = recalibrated_copy(context, VERSION, MAPS, window=WINDOW)
    folder, source = context.paths.ensemble(COPY), read_card(context.paths.ensemble(VERSION))
    assert card == read_card(folder)
    assert card["model_hash"] == model_hash(folder) != source["model_hash"]
    assert card["recalibrated_from"] == VERSION
    assert card["recalibration"] == {
        "maps": {"moneyline": asdict(MAPS["moneyline"])},
        **asdict(WINDOW),
    }
    own = ["model_version", "model_hash", "card_hash"]
    assert {name: card[name] for name in source if name not in own} == {
        name: source[name] for name in source if name not in own
    }


def test_a_copy_of_a_copy_carries_both_corrections_as_one(context: RunContext) -> None:
    recalibrated_copy(context, VERSION, MAPS, window=WINDOW)
    once = answers(context, COPY)
    later = TrainingWindow(first="2024-w10", last="2024-w17", n_games=110)
    again = {
        "moneyline": RecalibrationMap(intercept=-0.1, slope=1.5),
        "total": RecalibrationMap(intercept=0.3, slope=1.0),
    }
    card = recalibrated_copy(context, COPY, again, window=later)
    assert (card["model_version"], card["recalibrated_from"]) == ("v202403r202417", COPY)
    twice = answers(context, "v202403r202417")
    for name in MARKETS:
        one, two = (each.filter(market=name)["p_hat"].to_numpy() for each in (once, twice))
        expected = again[name].apply(one) if name in again else one
        assert two == pytest.approx(expected, abs=1e-12)


def test_the_same_maps_make_the_same_copy_and_others_the_next_name(context: RunContext) -> None:
    recalibrated_copy(context, VERSION, MAPS, window=WINDOW)
    before = contents(context.paths.home)
    assert recalibrated_copy(context, VERSION, MAPS, window=WINDOW)["model_version"] == COPY
    assert contents(context.paths.home) == before
    other = {"moneyline": RecalibrationMap(intercept=0.1, slope=0.6)}
    assert recalibrated_copy(context, VERSION, other, window=WINDOW)["model_version"] == f"{COPY}02"


def test_a_copy_is_not_served_until_the_settings_name_it(context: RunContext) -> None:
    recalibrated_copy(context, VERSION, MAPS, window=WINDOW)
    assert served_version(context) == VERSION
    assert latest_version(context.paths.ensemble(VERSION).parent) == VERSION
    named = settings_of(context.paths.home, training=LEAST, signal_source=f"model_{COPY}")
    assert served_version(open_run(named)) == COPY


@pytest.mark.slow
def test_a_copy_is_registered_and_answers_through_the_registry(context: RunContext) -> None:
    recalibrated_copy(context, VERSION, MAPS, window=WINDOW)
    # Only trained versions challenge the champion; a copy is judged in answer to an alert.
    assert register_ensemble(context, COPY).aliases == ()
    model = open_registry(context.paths).load(COPY)
    assert read_json(model.ensemble / RECALIBRATION_FILE) == {
        "moneyline": asdict(MAPS["moneyline"])
    }


def test_maps_changed_by_hand_are_noticed(context: RunContext) -> None:
    recalibrated_copy(context, VERSION, MAPS, window=WINDOW)
    file = context.paths.ensemble(COPY) / RECALIBRATION_FILE
    file.write_text(file.read_text().replace("0.6", "0.7"))
    with pytest.raises(IntegrityError, match="not what its card describes"):
        Ensemble.load(file.parent)
    with pytest.raises(IntegrityError, match="not what its card describes"):
        recalibrated_copy(context, COPY, MAPS, window=WINDOW)


@pytest.mark.parametrize(
    ("version", "maps", "message"),
    [
        ("v209901", MAPS, "only a stored ensemble can be recalibrated"),
        (VERSION, {}, "expected maps of ats, moneyline, total, got none"),
        (VERSION, {"spread": MAPS["moneyline"]}, "got spread"),
    ],
)
def test_what_cannot_be_recalibrated_is_refused(
    context: RunContext, version: str, maps: dict[str, RecalibrationMap], message: str
) -> None:
    before = contents(context.paths.home)
    with pytest.raises(InputError, match=message):
        recalibrated_copy(context, version, maps, window=WINDOW)
    assert contents(context.paths.home) == before


def test_the_window_spans_the_games_that_were_settled() -> None:
    rows = pl.DataFrame(
        {
            "game_id": ["a", "a", "b", "c", "d"],
            "season": [2023, 2023, 2024, 2024, 2024],
            "week": [18, 18, 2, 1, 3],
            "y": [1.0, 0.0, 0.0, 1.0, None],
        }
    )
    assert training_window(rows) == TrainingWindow(first="2023-w18", last="2024-w02", n_games=3)
