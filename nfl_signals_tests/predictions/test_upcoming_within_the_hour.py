"""News within the hour makes no other prediction of the same name: what is stored is what was sealed."""

from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.models import upcoming_explained, upcoming_sealed
from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.files import read_parquet
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.monitoring import ledger
from nfl_signals.predictions.champion import load_served_model
from nfl_signals.predictions.summary import picks
from nfl_signals.predictions.upcoming import (
    SEVERAL,
    append_to_ledger,
    load_week,
    not_in_ledger,
    predict_upcoming,
    sealed_upcoming,
)
from nfl_signals.predictions.week import forecast_week
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.run_contexts import contents, copy_context, rewrite, settings_of


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    """Sealed on Tuesday; then the ratings of the last season's teams turn out to be others."""
    context = copy_context(finished_home, tmp_path)
    rewrite(context.paths.features / "2024.parquet", pl.col("rating") + 3 * pl.col("is_home"))
    return open_run(settings_of(context.paths.home))


def move_totals(context: RunContext, points: float) -> RunContext:
    moved = pl.when(pl.col("market") == "total").then(pl.col("line") + points).otherwise("line")
    rewrite(context.paths.markets / "2024.parquet", moved.alias("line"))
    return open_run(settings_of(context.paths.home))


def test_the_model_would_say_otherwise_now(context: RunContext) -> None:
    new, old = forecast_week(load_week(context)).rows, read_parquet(context.paths.upcoming)
    assert new["prediction_id"].equals(old["prediction_id"])
    assert not new["p_hat"].equals(old["p_hat"])


def test_predictions_explanations_and_requests_stay_those_that_were_sealed(
    context: RunContext,
) -> None:
    before = contents(context.paths.upcoming.parent)
    shown = picks(context)
    again = predict_upcoming(context)
    assert contents(context.paths.upcoming.parent) == before
    assert append_to_ledger(context)["production"] == 0
    assert not_in_ledger(context) is None
    assert again.equals(sealed_upcoming(context))
    assert picks(context) == shown
    upcoming_sealed(context)
    assert upcoming_explained(context)["rows"] == again.height


def test_of_lines_that_moved_too_only_the_others_stay(context: RunContext) -> None:
    """Totals are new predictions, explained by what is known now; the rest is as it was."""
    before, reasons = (
        read_parquet(path) for path in (context.paths.upcoming, context.paths.explanations)
    )
    moved = move_totals(context, 1.0)
    again = predict_upcoming(moved)
    assert append_to_ledger(moved)["production"] == before.filter(market="total").height
    others = pl.col("market") != "total"
    assert again.filter(others).equals(before.filter(others))
    assert set(again["prediction_id"]) != set(before["prediction_id"])
    explained = read_parquet(moved.paths.explanations)
    assert explained.filter(others).equals(reasons.filter(others))
    assert explained["game_id"].unique(maintain_order=True).to_list() == (
        again["game_id"].unique(maintain_order=True).to_list()
    )
    assert upcoming_explained(moved)["rows"] == again.height
    upcoming_sealed(moved)
    assert SEVERAL in moved.paths.upcoming_requests.read_text()


def test_what_is_not_sealed_yet_is_predicted_with_what_is_known_now(context: RunContext) -> None:
    rows = ledger.read(context.paths.ledger).filter(book="learning").drop("seal")
    copied = context.paths.ledger
    for path in sorted(copied.parent.glob("*")):
        path.unlink()
    ledger.append(copied, rows)
    again = predict_upcoming(context)
    assert again.select("p_hat", "p_push").equals(
        forecast_week(load_week(context)).rows.select("p_hat", "p_push")
    )
    assert upcoming_explained(context)["rows"] == again.height
    assert load_served_model(context) is not None


@pytest.mark.parametrize("column", ["p_hat", "p_push"])
def test_a_stored_probability_that_is_not_the_sealed_one_is_found(
    context: RunContext, column: str
) -> None:
    changed = pl.when(pl.int_range(pl.len()) == 2).then(0.3).otherwise(column)
    rewrite(context.paths.upcoming, changed.alias(column))
    game = read_parquet(context.paths.upcoming)["game_id"][2]
    sentence = f"1 stored predictions are not in the ledger, the first one of {game}; predict again"
    assert sentence in str(not_in_ledger(context))
    with pytest.raises(IntegrityError, match="1 stored predictions are not in the ledger"):
        upcoming_sealed(context)
    predict_upcoming(context)
    assert not_in_ledger(context) is None


def test_the_price_that_is_shown_is_the_sealed_one(context: RunContext) -> None:
    before = sealed_upcoming(context)
    rewrite(
        context.paths.upcoming,
        (pl.col("p_market") / 2).alias("p_market"),
        pl.lit(-105.0).alias("price_yes"),
        (pl.col("line") + 1).alias("line"),
    )
    assert sealed_upcoming(context).equals(before)
    price = no_vig_probability(pl.col("price_yes"), pl.col("price_no"))
    assert before.select(price.alias("p_market")).to_series().equals(before["p_market"])
