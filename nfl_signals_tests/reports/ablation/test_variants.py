"""Taking the stack apart: nothing changed is the stack itself, and nothing is fitted on its own season."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import load_settings
from nfl_signals.ensemble.stacked_model import PLAIN, WITH_SIGNALS, input_names, walk_forward_stack
from nfl_signals.llm.signals import SCHEMA
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.reports.ablation.variants import (
    COLUMNS,
    Blended,
    Variant,
    ablation_table,
    blended_variants,
    forecasters,
    variants,
    walk_forward_variant,
)
from nfl_signals.reports.shared.forecasters import (
    FINAL,
    KINDS,
    MARKET_ONLY,
    UNCALIBRATED,
    WITHOUT_SIGNALS,
)
from nfl_signals.stacking.inputs import SIGNALS
from nfl_signals.stacking.walk_forward import prefer_signals
from nfl_signals.stats.logit import expit, logit
from nfl_signals.training.stacks import stack_rows
from nfl_signals.training.weight_advice import weight_adviser
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import release, utc
from nfl_signals_tests.support.synthetic_forecasts import gold_markets

LEARNERS = ("logistic", "lightgbm")
TRAINING = {
    "learners": LEARNERS,
    "min_learner_seasons": 1,
    "min_stack_seasons": 1,
    "min_calibration_seasons": 1,
    "calibrator": "platt",
}
SEASONS = tuple(range(2016, 2022))
SIGNALS_FROM = 2018  # first season with signals
FIRST_SEASON = {PLAIN: 2018, WITH_SIGNALS: 2020}  # one season to blend, one to calibrate
CHANGED_SEASON = 2020


def new_context(home: Path, **training: object) -> RunContext:
    settings = load_settings(home=home, horizon="kickoff", training={**TRAINING, **training})
    as_of = utc("2022-06-01 12:00")
    return RunContext(
        settings=settings, paths=Paths(home), release=release([]), seasons=SEASONS, as_of=as_of
    )


def store(context: RunContext, markets: pl.DataFrame, *, shaken: Mapping[str, float]) -> RunContext:
    """Gold tables, signals and walk-forward forecasts: the truth, shaken by learner."""
    rng = np.random.default_rng(5)
    write_parquet(context.paths.markets / "all.parquet", markets.drop("truth"))
    games = markets.filter(market="ats").select("game_id", "season")
    teams = [games.with_columns(team_id=pl.lit(team), is_home=pl.lit(team == "H")) for team in "HA"]
    write_parquet(context.paths.features / "all.parquet", pl.concat(teams))
    covered = pl.concat(teams).filter(pl.col("season") >= SIGNALS_FROM)
    numbers = {name: rng.uniform(-1, 1, covered.height) for name in SIGNALS}
    signals = covered.select("game_id", "team_id", "season").with_columns(
        available=pl.lit(value=True),
        confidence=pl.lit(1.0),
        **{name: pl.Series(values) for name, values in numbers.items()},
    )
    columns = [name for name in SCHEMA if name in signals.columns]
    write_parquet(context.paths.llm_signals / "all.parquet", signals.select(columns))
    noise = {name: rng.normal(0, 1, markets.height) for name in LEARNERS}
    truth = logit(markets["truth"].to_numpy())
    parts = [
        markets.select(
            *("game_id", "market"),
            learner=pl.lit(name),
            scheme=pl.lit("walk_forward"),
            p_hat=pl.Series(expit(truth + shaken[name] * noise[name])),
        )
        for name in LEARNERS
    ]
    write_parquet(context.paths.oof, pl.concat(parts))
    write_parquet(context.paths.stacked, pl.concat(stack(context, name) for name in MARKETS))
    return context


def stack(context: RunContext, name: str) -> pl.DataFrame:
    """The full stack by its own pipeline; coherence moves every probability by a hair."""
    rows, forecasts = stack_rows(context, name, "walk_forward"), []
    for stacked_model in (PLAIN, WITH_SIGNALS):
        inputs = input_names(context.settings, stacked_model)
        adviser = weight_adviser(context.settings, context.paths.llm_responses, name, inputs)
        forecasts.append(walk_forward_stack(context.settings, rows, inputs, adviser)[1])
    coherent = prefer_signals(*forecasts).with_columns(p_hat=pl.col("p_calibrated") * 0.999)
    return coherent.drop("outcome")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    home = tmp_path_factory.mktemp("home")
    return store(new_context(home), gold_markets(7), shaken={"logistic": 0.1, "lightgbm": 0.6})


@pytest.fixture(scope="module")
def table(context: RunContext) -> pl.DataFrame:
    return table_of(context)


def blends_of(context: RunContext, name: MarketName) -> Blended:
    rows = stack_rows(context, name, "walk_forward")
    adviser = partial(weight_adviser, context.settings, context.paths.llm_responses, name)
    return blended_variants(context.settings, rows, adviser)


def table_of(context: RunContext) -> pl.DataFrame:
    return ablation_table(
        context.settings,
        stacked=read_parquet(context.paths.stacked),
        markets=read_parquet(context.paths.markets),
        blends={name: blends_of(context, name) for name in MARKETS},
    )


def forecasts_of(table: pl.DataFrame, forecaster: str) -> pl.DataFrame:
    return table.filter(forecaster=forecaster).select("market", "game_id", "season", "p")


def changed_context(tmp_path: Path, markets: pl.DataFrame, **shaken: float) -> RunContext:
    return store(
        new_context(tmp_path), markets, shaken={"logistic": 0.1, "lightgbm": 0.6, **shaken}
    )


def test_nothing_changed_is_the_stored_stack_bit_for_bit(context: RunContext) -> None:
    stacked = read_parquet(context.paths.stacked)
    same = Variant(forecaster="same", kind="without", stack="logistic", calibrator="platt")
    for name in MARKETS:
        forecasts = walk_forward_variant(context.settings, same, blends_of(context, name))
        assert forecasts is not None
        expected = stacked.filter(market=name).select("game_id", "p_raw", "p_calibrated")
        assert forecasts.select(expected.columns).equals(expected)


def test_every_forecaster_is_given_for_the_same_settled_games(
    context: RunContext, table: pl.DataFrame
) -> None:
    assert table.columns == list(COLUMNS)
    assert set(table["kind"]) == set(KINDS)
    assert table.null_count().sum_horizontal().item() == 0
    decided = read_parquet(context.paths.markets).filter(
        pl.col("outcome").is_in(["yes", "no"]) & (pl.col("season") >= FIRST_SEASON[PLAIN])
    )
    keys = ["market", "game_id"]
    due = decided.select(keys).sort(keys)
    for forecaster in table["forecaster"].unique():
        assert forecasts_of(table, forecaster).select(keys).sort(keys).equals(due)
    joined = forecasts_of(table, FINAL).join(decided, on=keys)
    truth = table.filter(forecaster=FINAL).join(joined.select(*keys, "outcome"), on=keys)
    assert truth["y"].equals((truth["outcome"] == "yes").cast(pl.Float64).rename("y"))


def test_stored_forecasts_are_those_of_the_stacked_table(
    context: RunContext, table: pl.DataFrame
) -> None:
    stacked = read_parquet(context.paths.stacked)
    columns = {
        FINAL: "p_hat",
        "stack": "p_calibrated",
        UNCALIBRATED: "p_raw",
        "price": "p_market",
        "logistic": "p_logistic",
        "lightgbm": "p_lightgbm",
    }
    for forecaster, column in columns.items():
        joined = forecasts_of(table, forecaster).join(stacked, on=["market", "game_id"])
        assert joined["p"].equals(joined[column].rename("p"))


def test_the_calibrator_of_the_settings_is_the_stack_itself(table: pl.DataFrame) -> None:
    assert forecasts_of(table, "stack, platt").equals(forecasts_of(table, "stack"))
    assert not forecasts_of(table, "stack, temperature").equals(forecasts_of(table, "stack"))


def test_a_calibrator_that_needs_more_games_is_tried_and_left_out(
    context: RunContext, table: pl.DataFrame
) -> None:
    missing = set(forecasters(context.settings)) - set(table["forecaster"])
    assert missing == {"stack, isotonic"}
    assert set(table["forecaster"]) <= set(forecasters(context.settings))


def test_a_stack_that_cannot_be_calibrated_as_set_is_an_error_not_a_gap(
    context: RunContext,
) -> None:
    isotonic = Variant(forecaster="x", kind="without", stack="logistic", calibrator="isotonic")
    with pytest.raises(SettingsError, match=r"training\.calibrator: isotonic"):
        walk_forward_variant(context.settings, isotonic, blends_of(context, "ats"))
    skipped = replace(isotonic, kind="calibrator")
    assert walk_forward_variant(context.settings, skipped, blends_of(context, "ats")) is None


def test_without_signals_is_the_stack_where_there_were_none(table: pl.DataFrame) -> None:
    both = forecasts_of(table, WITHOUT_SIGNALS).join(
        forecasts_of(table, "stack"), on=["market", "game_id"]
    )
    early = pl.col("season") < FIRST_SEASON[WITH_SIGNALS]
    assert (both.filter(early)["p"] == both.filter(early)["p_right"]).all()
    assert (both.filter(~early)["p"] != both.filter(~early)["p_right"]).any()


@pytest.mark.slow
def test_what_is_left_out_no_longer_moves_the_forecast(
    context: RunContext, table: pl.DataFrame, tmp_path: Path
) -> None:
    other = table_of(changed_context(tmp_path, gold_markets(7), lightgbm=1.5))
    for untouched in ("stack without lightgbm", MARKET_ONLY, "price", "logistic"):
        assert forecasts_of(other, untouched).equals(forecasts_of(table, untouched))
    for moved in ("stack", "stack without logistic", "stack without market", "lightgbm"):
        assert not forecasts_of(other, moved).equals(forecasts_of(table, moved))


@pytest.mark.slow
def test_no_forecaster_is_fitted_on_the_season_it_predicts_or_a_later_one(
    table: pl.DataFrame, tmp_path: Path
) -> None:
    swapped = pl.col("outcome").replace({"yes": "no", "no": "yes"})
    late = pl.when(pl.col("season") >= CHANGED_SEASON).then(swapped).otherwise("outcome")
    other = table_of(changed_context(tmp_path, gold_markets(7).with_columns(outcome=late)))
    until = pl.col("season") <= CHANGED_SEASON
    for forecaster in table["forecaster"].unique():
        before, after = forecasts_of(table, forecaster), forecasts_of(other, forecaster)
        assert before.filter(until).equals(after.filter(until)), forecaster
    assert not forecasts_of(table, "stack").equals(forecasts_of(other, "stack"))


def test_every_variant_changes_exactly_one_thing(context: RunContext) -> None:
    named = {variant.forecaster: variant for variant in variants(context.settings)}
    assert len(named) == len(variants(context.settings))
    for variant in named.values():
        changes = [
            variant.stack != "logistic",
            variant.calibrator != "platt" or variant.kind == "calibrator",
            bool(variant.dropped) or variant.stacked_models == (PLAIN,),
        ]
        assert sum(changes) == 1, variant.forecaster
    assert named[MARKET_ONLY].dropped == LEARNERS
    assert named["stack without market"].dropped == ("market",)


def test_the_other_blend_is_trees_where_the_stack_is_linear_and_the_reverse(tmp_path: Path) -> None:
    linear, trees = (
        [variant.stack for variant in variants(new_context(tmp_path, stack=kind).settings)]
        for kind in ("logistic", "gbm")
    )
    assert (linear.count("gbm"), trees.count("logistic")) == (1, 1)


def test_the_same_inputs_give_the_same_table(context: RunContext, table: pl.DataFrame) -> None:
    assert table_of(context).equals(table)
