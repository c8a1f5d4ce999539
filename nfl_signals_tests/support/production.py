"""Homes in which the champion forecast in production, as well or as badly as a test wants."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import expit, logit

from nfl_signals.core.files import write_json
from nfl_signals.core.paths import Paths
from nfl_signals.monitoring import ledger
from nfl_signals.predictions.champion import promote_first, served_version
from nfl_signals.registry.model_card import CARD, model_hash, read_card, write_sealed
from nfl_signals.registry.model_version import latest_version
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.homes import copy_of

OLDER = "v202222"


def forecast_weeks(
    context: RunContext,
    where: pl.Expr,
    *,
    market: str = "moneyline",
    slope: float = 1.0,
    bias: float = 0.0,
    version: str | None = None,
    early: bool = False,
) -> None:
    """Append to production what the walk-forward forecast for past games, one market distorted on the way.

    Args:
        context: whose ledger.
        where: which walked forward rows.
        market: whose logits become bias + slope * logit.
        slope: above 1 is too sure, below 0 swaps the sides.
        bias: logits.
        version: to which they are attributed; None: the champion.
        early: at other quotes than the close, a point and some cents away.
    """
    served = version or served_version(context)
    walked_forward = (
        ledger.read(context.paths.ledger).filter(pl.col("book") == "learning").filter(where)
    )
    stated = expit(bias + slope * logit(walked_forward["p_hat"].to_numpy()))
    wrong = np.where(walked_forward["market"] == market, stated, walked_forward["p_hat"].to_numpy())
    if early:
        point = pl.when(pl.col("market") == "moneyline").then(0.0).otherwise(1.0)
        cents = [(pl.col(name) * 1.05).round() for name in ("price_yes", "price_no")]
        walked_forward = walked_forward.with_columns(pl.col("line") + point, *cents)
    rows = walked_forward.drop("seal").with_columns(
        p_hat=pl.Series(wrong).clip(1e-6, 1 - 1e-6),
        written_at="made_at",
        book=pl.lit("production"),
        model_version=pl.lit(served),
        model_hash=pl.lit(read_card(context.paths.ensemble(served))["model_hash"]),
        period_flag=pl.lit("unmonitored"),
    )
    ledger.append(context.paths.ledger, ledger.with_prediction_id(rows).select(ledger.CONTENT))


def promote_older(context: RunContext) -> str:
    """Make champion a copy of the home's ensemble that says fitted with until the end of 2022 only.

    What it forecasts for later games is then no leak; `v202409`, the newest, challenges it.
    """
    store = context.paths.ensemble("any").parent
    folder = shutil.copytree(store / latest_version(store), store / OLDER)
    card = read_card(folder)
    window = card["training_window"] | {"last": "2022-w22"}
    write_json(folder / CARD, card | {"model_version": OLDER, "training_window": window})
    context.paths.history.unlink()
    promote_first(context, OLDER)
    return OLDER


def home_with_a_second_version(finished: Path, to: Path, *, first: str, second: str) -> Path:
    """A copy of a finished home in which `second`, the files of `first` and one more, can be served."""
    home = copy_of(finished, to)
    paths = Paths(home)
    folder = copy_of(paths.ensemble(first), paths.ensemble(second))
    (folder / "name.json").write_text("2")
    named = {"model_version": second, "model_hash": model_hash(folder)}
    write_sealed(folder, read_card(folder) | named)
    return home
