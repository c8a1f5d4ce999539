"""Register ensembles, and let the aliases say who speaks."""

from pathlib import Path

import polars as pl

from nfl_signals.ensemble.ensemble import SEQUENCE_LEARNER, Ensemble
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.predictions.champion import PROXY, configured_version
from nfl_signals.predictions.upcoming import requests_for
from nfl_signals.registry import decision_log
from nfl_signals.registry.mlflow_registry import Registry, open_registry
from nfl_signals.registry.mlflow_store import CHALLENGER, CHAMPION, RegisteredVersion
from nfl_signals.registry.model_card import CARD, read_card
from nfl_signals.workspace.market_games import latest_version
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import load_markets

EXAMPLE_GAMES = 2


def register_ensemble(context: RunContext, version: str | None = None) -> RegisteredVersion:
    """Register an ensemble and let the aliases point; the same files twice are one version.

    Args:
        context: whose registry.
        version: trained or recalibrated; None: the newest trained one.
    """
    version = version or latest_version(context.paths.ensemble("any").parent)
    registry = open_registry(context.paths, create=True)
    _register_champion(context, registry)  # first: who challenges comes after who is challenged
    _register(context, registry, version)
    point_aliases(context)
    return registry.find(version)


def point_aliases(context: RunContext) -> dict[str, str]:
    """Let `champion` be who speaks and `challenger` the newest version registered after it.

    Under `proxy` the champion of the history keeps the alias. A challenger that the history has
    rejected is none.

    Returns:
        Versions by alias; an alias that points nowhere is missing.
    """
    registry = open_registry(context.paths, create=True)
    if champion := _register_champion(context, registry):
        registry.set_alias(CHAMPION, champion)
    decisions = decision_log.read(context.paths.history)
    rejected = {each.version for each in decisions if each.kind == "rejected"}
    challenger = _challenger(registry, rejected)
    if challenger is None:
        registry.remove_alias(CHALLENGER)
    else:
        registry.set_alias(CHALLENGER, challenger)
    return {alias: each.version for each in registry.history() for alias in each.aliases}


def _register_champion(context: RunContext, registry: Registry) -> str | None:
    """The version that has a right to the alias, registered; None while its folder is not there."""
    named = configured_version(context)
    if named == PROXY:
        named = decision_log.champion(decision_log.read(context.paths.history), as_of=context.as_of)
    if named is None or not (context.paths.ensemble(named) / CARD).exists():
        return None
    _register(context, registry, named)
    return named


def example_requests(context: RunContext, *, sequences: bool = False) -> pl.DataFrame:
    """Requests for the last games that have every line and price; `sequences` as in `game_request`."""
    markets = load_markets(context)
    complete = (
        markets.drop_nulls(["line", "p_market"])
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


def _challenger(registry: Registry, rejected: set[str]) -> str | None:
    versions = registry.history()
    champion = max((each.number for each in versions if CHAMPION in each.aliases), default=0)
    later = [each.version for each in versions if each.number > champion]
    return next((version for version in reversed(later) if version not in rejected), None)


def _metrics(folder: Path) -> dict[str, float]:
    """Walk-forward scores on the cards of the ensemble's stacks."""
    cards = {name: read_card(folder / "stacker" / name) for name in MARKETS}
    return {
        f"{name}_{key}": float(value)
        for name, card in cards.items()
        for key, value in card["held_out"].items()
    }
