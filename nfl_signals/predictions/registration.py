"""Register ensembles in MLflow, with the aliases champion and challenger."""

from pathlib import Path

import polars as pl

from nfl_signals.ensemble.ensemble import SEQUENCE_LEARNER, Ensemble
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.predictions.challenger import challenger
from nfl_signals.predictions.champion import PROXY, configured_version
from nfl_signals.predictions.upcoming import requests_for
from nfl_signals.registry import decision_log
from nfl_signals.registry.mlflow_registry import Registry, open_registry
from nfl_signals.registry.mlflow_store import CHALLENGER, CHAMPION, RegisteredVersion
from nfl_signals.registry.model_card import CARD, read_card
from nfl_signals.registry.model_version import latest_version
from nfl_signals.workspace.run_context import RunContext

EXAMPLE_GAMES = 2


def register_ensemble(context: RunContext, version: str | None = None) -> RegisteredVersion:
    """Register an ensemble and point the aliases; the same files twice are one version.

    Args:
        context: whose registry.
        version: trained or recalibrated; None: the newest trained one.
    """
    version = version or latest_version(context.paths.ensembles)
    registry = open_registry(context.paths, create=True)
    _register(context, registry, version)
    point_aliases(context)
    return registry.find(version)


def point_aliases(context: RunContext) -> dict[str, str]:
    """Point `champion` to the model that is served, and `challenger` to its challenger if registered.

    Under `proxy` the champion of the decision log keeps the alias.

    Returns:
        Versions by alias; an alias that points nowhere is missing.
    """
    registry = open_registry(context.paths, create=True)
    named = configured_version(context)
    champion = decision_log.champion(context.decisions) if named == PROXY else named
    if champion is not None and (context.paths.ensemble(champion) / CARD).exists():
        _register(context, registry, champion)
        registry.set_alias(CHAMPION, champion)
    version = challenger(context)
    if version in {each.version for each in registry.history()}:
        registry.set_alias(CHALLENGER, str(version))
    else:
        registry.remove_alias(CHALLENGER)
    return {alias: each.version for each in registry.history() for alias in each.aliases}


def example_requests(context: RunContext, *, sequences: bool = False) -> pl.DataFrame:
    """Requests for the last games that have every line and price; `sequences` as in `requests_for`."""
    complete = (
        context.markets.drop_nulls(["line", "p_market"])
        .group_by("game_id")
        .agg(pl.len(), pl.col("kickoff_at").first())
        .filter(pl.col("len") == len(MARKETS))
        .sort("kickoff_at", "game_id")
    )
    games = complete["game_id"].tail(EXAMPLE_GAMES).to_list()
    return requests_for(context, games, sequences=sequences)


def _register(context: RunContext, registry: Registry, version: str) -> None:
    """Add a version; one that is there already is not loaded again, so it need not be loadable."""
    folder = context.paths.ensemble(version)
    card = read_card(folder)
    if (version, card["model_hash"]) in {
        (each.version, each.model_hash) for each in registry.history()
    }:
        return
    registry.register(
        folder,
        reader=Ensemble,
        example=example_requests(context, sequences=SEQUENCE_LEARNER in card["learners"]),
        metrics=_metrics(folder),
        params={"seed": card["seed"], "learners": ", ".join(card["learners"])},
    )


def _metrics(folder: Path) -> dict[str, float]:
    """Walk-forward scores on the cards of the ensemble's stacks."""
    cards = {name: read_card(folder / "stacker" / name) for name in MARKETS}
    return {
        f"{name}_{key}": float(value)
        for name, card in cards.items()
        for key, value in card["held_out"].items()
    }
