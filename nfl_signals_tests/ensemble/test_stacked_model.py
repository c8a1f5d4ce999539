"""Stacked models: fitted as the settings say, stored as data; without signals as if there were none."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.errors import InputError, IntegrityError, SettingsError
from nfl_signals.core.files import read_json, read_parquet
from nfl_signals.core.settings import load_settings
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.ensemble.stacked_model import (
    PLAIN,
    WITH_SIGNALS,
    StackedModel,
    calibrate_blend,
    chosen_calibrator,
    input_names,
    load_stacked_model,
)
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.predictions.upcoming import requests_for
from nfl_signals.registry.model_version import latest_version
from nfl_signals.stacking.inputs import SIGNALS, logit_matrix
from nfl_signals.stacking.logistic import fit_logistic_stack
from nfl_signals.stats.logit import logit
from nfl_signals.training import stacks
from nfl_signals.training.ensembles import assemble
from nfl_signals.workspace.llm_signals import build_signals
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.run_contexts import rewrite, settings_of
from nfl_signals_tests.support.small_training import LEAST, open_small
from nfl_signals_tests.support.walk_forward_games import GAMES, INPUTS, league

KEYS = ["game_id", "market"]
VERSION = "v202403"


@pytest.fixture
def copy(small_kickoff_home: Path, tmp_path: Path) -> Path:
    """A home of three weeks a season, trained, that a test may change."""
    return shutil.copytree(small_kickoff_home, tmp_path / "home")


def opened(home: Path, *, llm: dict[str, Any] | None = None, **training: object) -> RunContext:
    changed = {"training": LEAST | training, "llm": llm or {}}
    return open_run(settings_of(home, horizon="kickoff", **changed))


def stacked_again(context: RunContext) -> pl.DataFrame:
    for name in MARKETS:
        stacks.train_stack(context, name)
    return stacks.collect_stacked(context)


# --- one stacked model


def fitted_model() -> tuple[StackedModel, dict[str, Any], pl.DataFrame]:
    """A stacked model fitted on made-up games, its card, and the games with their outcomes."""
    rows = league().filter(pl.col("outcome") != "push")
    rows = rows.with_columns(y=(pl.col("outcome") == "yes").cast(pl.Float64))
    means = {"market": 1.0, "first": 0.0, "second": 0.0}
    x, y = logit_matrix(rows, INPUTS), rows["y"].to_numpy()
    blend = fit_logistic_stack(x, y, inputs=INPUTS, signals=[], means=means)
    blended = rows.with_columns(p_raw=pl.Series(blend.parts(x).p_raw))
    model, card = calibrate_blend(load_settings(), blend, blended)
    return model, card, rows


def test_a_stacked_model_gives_a_blend_a_calibrated_probability_and_its_interval() -> None:
    model, card, rows = fitted_model()
    forecasts = model.predict(rows)
    assert forecasts.select(rows.columns).equals(rows)
    total = forecasts["weight_intercept"] + sum(
        forecasts[f"weight_{name}"] * logit(forecasts[f"p_{name}"].to_numpy()) for name in INPUTS
    )
    assert logit(forecasts["p_raw"].to_numpy()) == pytest.approx(total.to_numpy(), abs=1e-9)
    p_raw = forecasts["p_raw"].to_numpy()
    assert forecasts["p_calibrated"].to_numpy().tolist() == model.calibrator.predict(p_raw).tolist()
    assert set(forecasts["calibrator"]) == {card["method"]} == {card["fitted"]["method"]}
    assert (forecasts["venn_abers_low"] <= forecasts["venn_abers_high"]).all()


def test_the_card_shows_the_calibrator_with_an_interval_around_it() -> None:
    model, card, _ = fitted_model()
    interval = card["interval"]
    assert interval["p"] == model.calibrator.predict(np.array(interval["p_raw"])).tolist()
    for low, p, high in zip(interval["low"], interval["p"], interval["high"], strict=True):
        assert low <= p <= high
    assert interval["n_weeks"] == 5 * GAMES // 4
    assert set(card["log_loss"]) >= {"platt", "temperature", "beta", "identity"}


def test_one_week_alone_has_no_interval() -> None:
    model, _, rows = fitted_model()
    week = rows.filter(season=2001, week=1).with_columns(p_raw=pl.col("p_market"))
    _, card = calibrate_blend(load_settings(), model.blend, week)
    assert card["interval"] == {}


def test_a_stored_stacked_model_says_the_same_bits(tmp_path: Path) -> None:
    model, _, rows = fitted_model()
    model.save(tmp_path, PLAIN)
    again = load_stacked_model(tmp_path, PLAIN)
    assert again is not None
    assert again.predict(rows).equals(model.predict(rows))
    assert {file.suffix for file in tmp_path.iterdir()} == {".json"}


def test_only_the_stacked_model_with_signals_may_be_missing(tmp_path: Path) -> None:
    assert load_stacked_model(tmp_path, WITH_SIGNALS) is None
    with pytest.raises(InputError, match=r"stack_plain\.json"):
        load_stacked_model(tmp_path, PLAIN)


def test_a_stacked_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    model, _, _ = fitted_model()
    model.save(tmp_path, PLAIN)
    (tmp_path / "stack_plain.json").write_text('{"kind": "oracle"}')
    with pytest.raises(IntegrityError, match="kind 'oracle'"):
        load_stacked_model(tmp_path, PLAIN)


def test_only_one_stacked_model_weighs_signals() -> None:
    settings = load_settings(training={"learners": ["logistic"]})
    assert input_names(settings, PLAIN) == ["market", "logistic"]
    assert input_names(settings, WITH_SIGNALS) == ["market", "logistic", *SIGNALS]


# --- as the settings say


@pytest.mark.parametrize("method", ["platt", "temperature", "beta", "identity"])
def test_a_calibrator_named_in_the_settings_is_the_one_that_is_fitted(method: str) -> None:
    _, _, rows = fitted_model()
    settings = load_settings(training={"calibrator": method})
    made = chosen_calibrator(settings, rows.with_columns(p_raw="p_market"))
    assert made.method == made.calibrator.method == method


def test_a_calibrator_that_needs_more_games_is_refused_by_the_name_of_its_setting(
    copy: Path,
) -> None:
    context = opened(copy, calibrator="isotonic")
    with pytest.raises(SettingsError, match=r"training\.calibrator: isotonic: .* choose another"):
        stacks.train_stack(context, "ats")


def test_a_stack_of_trees_is_trained_walked_forward_stored_and_answers(copy: Path) -> None:
    before = read_parquet(open_small(copy, horizon="kickoff").paths.stacked)
    context = opened(copy, stack="gbm")
    table = stacked_again(context)
    assert table.select(KEYS).equals(before.select(KEYS))
    assert (table["p_raw"] != before["p_raw"]).all()
    folder = context.paths.ensemble(assemble(context)["model_version"])
    assert read_json(folder / "stacker" / "ats" / "card.json")["stack"] == "gbm"
    games = table["game_id"].unique(maintain_order=True).tail(3).to_list()
    answers = Ensemble.load(folder).predict(requests_for(context, games, sequences=False))
    assert answers.height == 3 * len(MARKETS)
    assert answers["llm_available"].all()


# --- without signals


@pytest.fixture(scope="module")
def no_signals(small_kickoff_home: Path, tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    """The same games where nobody reads."""
    home = shutil.copytree(small_kickoff_home, tmp_path_factory.mktemp("no_signals") / "home")
    context = opened(home, llm={"provider": "none"})
    build_signals(context, context.seasons)
    stacked_again(context)
    assemble(context)
    return context


def test_where_nobody_reads_there_is_no_second_stacked_model(no_signals: RunContext) -> None:
    assert not no_signals.signals["available"].any()
    for name in MARKETS:
        folder = no_signals.paths.stacker(name, VERSION)
        assert list(folder.glob(f"*_{WITH_SIGNALS}.json")) == []
        assert read_json(folder / "card.json")["stacked_models"][WITH_SIGNALS] == {}
    table = read_parquet(no_signals.paths.stacked)
    assert not table["llm_available"].any()
    assert (
        table.select(pl.sum_horizontal("^weight_(quarterback|offense|defense)$")).sum().item() == 0
    )
    assert {table[f"signal_{name}"].null_count() for name in SIGNALS} == {table.height}


def test_seasons_without_signals_are_forecast_bit_for_bit_as_where_nobody_reads(
    copy: Path, no_signals: RunContext
) -> None:
    """The stacked model with signals has forecast before, and learned from others, all the same."""
    context = open_small(copy, horizon="kickoff")
    with_signals = read_parquet(context.paths.stacked)
    nothing = pl.lit(None, pl.Float64)
    for season in (2022, 2023, 2024):
        rewrite(
            context.paths.llm_signals / f"{season}.parquet",
            pl.lit(value=False).alias("available"),
            *(nothing.alias(name) for name in (*SIGNALS, "confidence")),
        )
    silent, none = stacked_again(context), read_parquet(no_signals.paths.stacked)
    quiet = pl.col("season") >= 2022
    assert silent.filter(quiet).equals(none.filter(quiet))
    assert silent.filter(~quiet).equals(with_signals.filter(~quiet))
    assert (with_signals.filter(quiet)["p_hat"] != none.filter(quiet)["p_hat"]).all()


def test_an_ensemble_without_signals_forecasts_bit_for_bit_as_one_that_never_had_any(
    copy: Path, no_signals: RunContext
) -> None:
    ensemble = Ensemble.load(open_small(copy, horizon="kickoff").paths.ensemble(VERSION))
    other = Ensemble.load(
        no_signals.paths.ensemble(latest_version(no_signals.paths.ensemble(VERSION).parent))
    )
    assert other.version == f"{VERSION}02"
    lined = no_signals.markets.drop_nulls(["line", "p_market"])
    games = lined["game_id"].unique(maintain_order=True).to_list()
    requests = requests_for(no_signals, games, sequences=False)
    names = ["model_version", "model_hash"]
    mine, theirs = (each.predict(requests).drop(names) for each in (ensemble, other))
    assert mine.height > 900
    assert mine.equals(theirs)
