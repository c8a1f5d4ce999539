"""Checks of models and what they forecast: cards, decision log, served model, versions in the ledger."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl

from nfl_signals.checks.tables import ROUNDING, Figures, remainders
from nfl_signals.core.errors import IntegrityError
from nfl_signals.ensemble.request import FEATURE_COLUMNS
from nfl_signals.features.declarations import FEATURE_NAMES
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring.noted import stored_ledger
from nfl_signals.monitoring.rolling_windows import REPLAY, STAND_IN
from nfl_signals.predictions.champion import PROXY, load_served_model
from nfl_signals.predictions.upcoming import not_by_served_model, not_in_ledger
from nfl_signals.registry import decision_log
from nfl_signals.registry.model_card import CARD, check_seal, model_hash, read_card
from nfl_signals.workspace.run_context import RunContext

NO_VIG = "no-vig"  # in place of a hash where the price itself is the forecast
VERSION = ["book", "signal_source", "model_version", "model_hash", "feature_version", "season"]


def models_match_cards(context: RunContext) -> Figures:
    """Every model folder's files hash to what its card says, and the card is what was written."""
    models = context.paths.home / "models"
    folders = [models / kind for kind in ("baseline", "stacker", "ensemble")]
    cards = sorted(card for folder in folders for card in folder.rglob(CARD))
    described = {card.parent for card in cards}
    for file in sorted(file for folder in folders for file in folder.rglob("*.json")):
        if file.parent not in described:
            raise IntegrityError(f"{file.parent}: a model without a card; train it again.")
    for card in cards:
        check_seal(card.parent, stored := read_card(card.parent))
        if model_hash(card.parent) != stored["model_hash"]:
            raise IntegrityError(f"{card.parent}: its files are not what its card describes.")
    return {"models": len(cards), "markets": len(MARKETS)}


def decision_log_sealed(context: RunContext) -> Figures:
    """The decision log is what was written, line by line."""
    problems = decision_log.verify(context.paths.history)
    if problems:
        raise IntegrityError(f"{context.paths.history}: {problems[0]} ({len(problems)} problems)")
    decisions = context.decision_log
    return {"decisions": len(decisions), "champion": decision_log.champion(decisions) or "none"}


def served_model_loads(context: RunContext) -> Figures:
    """Files, features, labels and horizons of the served model are those of card and program."""
    model = load_served_model(context)
    return {"serving": model.version if model else PROXY}


def upcoming_by_served_model(context: RunContext) -> Figures:
    """Stored predictions of games to come are those of the model that is served."""
    if problem := not_by_served_model(context):
        raise IntegrityError(f"{context.paths.upcoming}: {problem}.")
    return {"rows": context.read(context.paths.upcoming).height}


def upcoming_sealed(context: RunContext) -> Figures:
    """Stored predictions are in the ledger, sealed before they were shown."""
    if problem := not_in_ledger(context):
        raise IntegrityError(f"{context.paths.upcoming}: {problem}.")
    return {"rows": context.read(context.paths.upcoming).height}


def upcoming_explained(context: RunContext) -> Figures:
    """The contributions to every stored prediction by a model add up to the logit of its p_hat."""
    rows = context.read(context.paths.upcoming).filter(pl.col("model_version") != PROXY)
    if rows.is_empty():
        return {"rows": 0}
    gap = remainders(rows, context.read(context.paths.explanations))
    if not (gap <= ROUNDING).all():
        game = rows.row(int(np.argmin(gap <= ROUNDING)), named=True)
        raise IntegrityError(
            f"{context.paths.explanations}: not of the stored predictions ({game['game_id']}, "
            f"{game['market']}); predict again (`nfl-signals week`)."
        )
    return {"rows": rows.height, "largest_remainder": float(gap.max())}


def ledger_versions_known(context: RunContext) -> Figures:
    """Every row of the ledger names a version that is there to predict again."""
    rows = stored_ledger(context)
    versions = rows.select(VERSION).unique().sort(VERSION)
    for version in versions.iter_rows(named=True):
        if problem := _unknown_because(context, version):
            raise IntegrityError(
                f"ledger: {version['model_version']} in book {version['book']}, source "
                f"{version['signal_source']}: {problem}."
            )
    return {"versions": versions.height}


def no_feature_shown(context: RunContext) -> Figures:
    """Neither the upcoming predictions nor their explanations nor the ledger have one as a column."""
    paths = (context.paths.upcoming, context.paths.ledger, context.paths.explanations)
    columns = 0
    for path in paths:
        if not path.exists():  # under `proxy` there are no explanations
            continue
        rows = context.read(path)
        if shown := features_among(rows.columns):
            raise IntegrityError(
                f"{path}: shows the feature {shown[0]}; a consumer sees only probabilities."
            )
        columns += rows.width
    return {"columns": columns}


def features_among(names: Iterable[str]) -> list[str]:
    """Names that are features of a team, or of a request.

    Example:
        >>> features_among(["p_hat", "home_rating", "line"])
        ['home_rating']
    """
    features = {*FEATURE_NAMES, *FEATURE_COLUMNS}
    return sorted(features.intersection(names))


def _unknown_because(context: RunContext, row: dict[str, Any]) -> str | None:
    """What is wrong with a version of the ledger; None where it is known."""
    version, stated = row["model_version"], row["model_hash"]
    if row["signal_source"] == PROXY or PROXY in (version, stated) or stated == NO_VIG:
        known = (row["signal_source"], version, stated) == (PROXY, PROXY, NO_VIG)
        return (
            None if known else f"the price is {PROXY}, {NO_VIG}; this is {version}, {stated[:12]}"
        )
    for prefix in (REPLAY, STAND_IN):
        if version.startswith(prefix):
            own = f"{prefix}{row['season']}"
            known = (version, row["book"]) == (own, "learning")
            return (
                None
                if known
                else f"the walk-forward of {row['season']} is named {own}, book learning"
            )
    folder = context.paths.ensemble(version)
    if not (folder / CARD).exists():
        return f"{folder} is not there; restore it"
    card = read_card(folder)
    for name in ("model_hash", "feature_version"):
        if row[name] != card[name]:
            return f"{name} {row[name][:12]}, {folder} holds {card[name][:12]}; restore it"
    return None
