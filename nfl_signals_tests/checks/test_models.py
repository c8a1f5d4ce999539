"""Every model that forecast can do so again; whatever was changed since is found."""

import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.catalog import ALL_CHECKS, MODEL_CHECKS
from nfl_signals.checks.models import features_among
from nfl_signals.checks.registry import stored_requests
from nfl_signals.core.errors import NflSignalsError
from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.core.hash_chain import GENESIS, seals_after
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.ensemble.request import FEATURE_COLUMNS
from nfl_signals.features.declarations import FEATURE_NAMES
from nfl_signals.monitoring import ledger
from nfl_signals.predictions.summary import Pick
from nfl_signals.registry.model_card import CARD, read_card, write_sealed
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.run_contexts import (
    copy_context,
    drop_rows,
    forget_ledger,
    rewrite,
    settings_of,
)

VERSION = "v202409"
CARDS, SERVED, BY_SERVED, SEALED, EXPLAINED, LOG, VERSIONS, SHOWN = MODEL_CHECKS
LEDGER = "ledger: sealed"
PRODUCTION = pl.col("book") == "production"


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def resealed(context: RunContext, changed: pl.DataFrame) -> None:
    """Store a ledger as somebody would who knows how rows are sealed and where heads are noted."""
    forget_ledger(context)
    named = ledger.with_prediction_id(changed)
    seals = list(seals_after(GENESIS, ledger._contents(named)))
    rows = named.with_columns(pl.Series("seal", seals, dtype=pl.String)).select(*ledger.SCHEMA)
    write_parquet(context.paths.ledger, rows)


def stated(**values: object) -> Callable[[RunContext], None]:
    """Production's rows with other values, under seals that fit."""

    def tamper(context: RunContext) -> None:
        changes = {
            name: pl.when(PRODUCTION).then(pl.lit(v)).otherwise(name) for name, v in values.items()
        }
        resealed(context, ledger.read(context.paths.ledger).with_columns(**changes))

    return tamper


def after_kickoff(context: RunContext) -> None:
    late = pl.when(PRODUCTION).then(pl.col("kickoff_at").dt.offset_by("1h")).otherwise("made_at")
    resealed(context, ledger.read(context.paths.ledger).with_columns(made_at=late))


def another_season(context: RunContext) -> None:
    moved = pl.when(~PRODUCTION).then(pl.lit("replay_2023")).otherwise("model_version")
    resealed(context, ledger.read(context.paths.ledger).with_columns(model_version=moved))


def edited_probability(context: RunContext) -> None:
    rewrite(
        context.paths.ledger, pl.when(PRODUCTION).then(pl.col("p_hat") + 1e-9).otherwise("p_hat")
    )


def deleted_row(context: RunContext) -> None:
    drop_rows(context.paths.ledger, pl.int_range(pl.len()) == 3)


def swapped_file(context: RunContext) -> None:
    """Another market's blend, which loads and answers as well."""
    parts = context.paths.ensemble(VERSION) / "stacker"
    shutil.copy(parts / "ats" / "stack_plain.json", parts / "total" / "stack_plain.json")


def edited_window(context: RunContext) -> None:
    """As if it had been fitted on fewer games: it could then be judged on those it knows."""
    card = context.paths.ensemble(VERSION) / CARD
    card.write_text(card.read_text().replace("2024-w09", "2023-w22"))


def card_with(**changes: object) -> Callable[[RunContext], None]:
    """A card that another program might have written."""

    def tamper(context: RunContext) -> None:
        folder = context.paths.ensemble(VERSION)
        write_sealed(folder, read_card(folder) | changes)

    return tamper


def gone(context: RunContext) -> None:
    shutil.rmtree(context.paths.ensemble(VERSION))


def edited_history(context: RunContext) -> None:
    path = context.paths.history
    path.write_text(path.read_text().replace('"kind": "first"', '"kind": "promoted"'))


def shown_feature(context: RunContext) -> None:
    rewrite(context.paths.upcoming, pl.lit(0.5).alias("home_rating"))


def by_a_former_model(context: RunContext) -> None:
    """As a retraining leaves it that is killed between its decision and its predictions."""
    rewrite(context.paths.upcoming, pl.lit("v202301").alias("model_version"))


def predictions_of_a_killed_run(context: RunContext) -> None:
    """As a run leaves them that is killed between predictions and ledger."""
    drop_rows(context.paths.ledger, PRODUCTION)


def explanations_of_others(context: RunContext) -> None:
    """As a run leaves them that is killed between explanations and predictions."""
    rewrite(context.paths.explanations, pl.col("contribution") * 1.01)


def explanation_lost(context: RunContext) -> None:
    game = read_parquet(context.paths.upcoming)["game_id"][0]
    drop_rows(context.paths.explanations, pl.col("game_id") == game)


TAMPERINGS: list[tuple[Callable[[RunContext], None], str, str]] = [
    (swapped_file, CARDS, f"ensemble/{VERSION}: its files are not what its card describes"),
    (swapped_file, SERVED, "its files are not what its card describes"),
    (edited_window, CARDS, rf"{VERSION}/card\.json: edited since it was written"),
    (edited_probability, LEDGER, r"row \d+ \(.*edited, or what came before it"),
    (deleted_row, LEDGER, "row 3 .*removed or reordered"),
    (after_kickoff, LEDGER, "made_at: expected a time before kickoff"),
    (card_with(feature_version="0dd"), SERVED, "fitted on features 0dd, this program builds"),
    (card_with(horizon={}), SERVED, "horizon: fitted with {}, this program has"),
    (gone, SERVED, "was never trained or is gone"),
    (
        gone,
        VERSIONS,
        rf"ledger: {VERSION} in book production, source model: .* is not there; restore",
    ),
    (stated(model_hash="f" * 64), VERSIONS, rf"model_hash f{{12}}, .*{VERSION} holds \w{{12}}"),
    (stated(model_version="v201001"), VERSIONS, r"ledger: v201001 in book production, .*not there"),
    (stated(feature_version="0dd"), VERSIONS, "feature_version 0dd, .* holds"),
    (stated(signal_source="proxy"), VERSIONS, f"the price is proxy, no-vig; this is {VERSION}, "),
    (stated(model_version="proxy"), VERSIONS, "the price is proxy, no-vig; this is proxy, "),
    (another_season, VERSIONS, r"the walk-forward of 20\d\d is named replay_20\d\d"),
    (by_a_former_model, BY_SERVED, f"predictions are by v202301, and {VERSION} is served"),
    (
        predictions_of_a_killed_run,
        SEALED,
        r"\d+ stored predictions are not in the ledger, the first",
    ),
    (explanations_of_others, EXPLAINED, "not of the stored predictions .*predict again"),
    (explanation_lost, EXPLAINED, "not of the stored predictions .*predict again"),
    (edited_history, LOG, r"history\.jsonl: line 1: edited"),
    (shown_feature, SHOWN, r"upcoming/predictions\.parquet: shows the feature home_rating"),
]


@pytest.mark.parametrize(("tamper", "name", "message"), TAMPERINGS)
def test_what_was_changed_is_found_and_named(
    context: RunContext, tamper: Callable[[RunContext], None], name: str, message: str
) -> None:
    tamper(context)
    with pytest.raises(NflSignalsError, match=message):
        ALL_CHECKS[name](context)


def test_every_check_has_a_tampering_that_it_catches() -> None:
    assert {name for _, name, _ in TAMPERINGS} == {*MODEL_CHECKS, LEDGER}


def test_the_price_needs_no_model(finished_home: Path, tmp_path: Path) -> None:
    context = copy_context(finished_home, tmp_path, signal_source="proxy")
    price = {"signal_source": "proxy", "model_version": "proxy", "model_hash": "no-vig"}
    stated(**price)(context)
    shutil.rmtree(context.paths.home / "models" / "ensemble")
    assert ALL_CHECKS[SERVED](context) == {"serving": "proxy"}
    assert ALL_CHECKS[VERSIONS](context)["versions"] > 1


# --- a consumer sees probabilities, never what led there


def test_no_table_for_consumers_has_a_column_of_a_feature(finished_home: Path) -> None:
    context = open_run(settings_of(finished_home))
    for path in (context.paths.upcoming, context.paths.ledger, context.paths.explanations):
        assert features_among(read_parquet(path).columns) == []
    assert features_among(field.name for field in fields(Pick)) == []


def test_a_forecast_repeats_no_feature_of_its_request(finished_home: Path) -> None:
    context = open_run(settings_of(finished_home))
    requests = stored_requests(context)
    assert set(FEATURE_COLUMNS) <= set(features_among(requests.columns))
    answers = Ensemble.load(context.paths.ensemble(VERSION)).predict(requests)
    assert features_among(answers.columns) == []


def test_features_go_by_the_name_of_the_team_and_by_that_in_a_request() -> None:
    assert set(features_among([*FEATURE_NAMES, *FEATURE_COLUMNS, "p_hat"])) == {
        *FEATURE_NAMES,
        *FEATURE_COLUMNS,
    }
