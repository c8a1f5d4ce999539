"""Register ensembles in MLflow, with the aliases champion and challenger.

The registry is derived from the version folders and the decision log: where it does not fit its home,
it is built anew from them.
"""

import logging
from pathlib import Path

import polars as pl

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.learners.baseline import SEQUENCE_LEARNERS
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring.noted import ledger_head, require_noted_heads
from nfl_signals.predictions.challenger import challenger
from nfl_signals.predictions.champion import PROXY, configured_version
from nfl_signals.predictions.upcoming import requests_for
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import LEDGER_HEAD
from nfl_signals.registry.mlflow_registry import (
    CHALLENGER,
    CHAMPION,
    RegisteredVersion,
    Registry,
    create_registry,
    open_registry,
)
from nfl_signals.registry.mlflow_store import registry_lock
from nfl_signals.registry.model_card import CARD, read_card
from nfl_signals.registry.model_version import latest_version, stored_versions
from nfl_signals.workspace.run_context import RunContext

EXAMPLE_GAMES = 2

_log = logging.getLogger(__name__)


def register_ensemble(context: RunContext, version: str | None = None) -> RegisteredVersion:
    """Register a version (None: the newest trained one) and point the aliases.

    The same files twice are one version.
    """
    version = version or latest_version(context.paths.ensembles)
    registry = home_registry(context, create=True)
    _register(context, registry, version)
    point_aliases(context)
    found = registry.find(version)
    aliases = " and ".join(found.aliases) or "no alias"
    _log.info("ensemble %s registered as number %d, %s", version, found.number, aliases)
    return found


def point_aliases(context: RunContext) -> dict[str, str]:
    """Point `champion` to the model that is served, and `challenger` to its challenger if registered.

    Under `proxy` the champion of the decision log keeps the alias. They follow the decisions as they
    are now: a run as of the past moves none.

    Returns versions by alias; an alias that points nowhere is missing.
    """
    registry = home_registry(context, create=True)
    champion = _champion(context.today)
    if champion is not None and (context.paths.ensemble(champion) / CARD).exists():
        _register_if_usable(context, registry, champion)
    return _point(context, registry)


def home_registry(context: RunContext, *, create: bool = False) -> Registry:
    """The registry of the home, current: built anew where the home was moved or copied.

    Also after a process was killed while building it. A version whose files are damaged, or that was
    fitted on other features than this program builds, is left out.

    Raises:
        InputError: there is none, and it is not to be created.
        IntegrityError: its store cannot be read.
    """
    with registry_lock(context.paths.registry.absolute()):
        try:
            registry = open_registry(context.paths)
        except InputError:
            if not create:
                raise
        else:
            if registry.current:
                return registry
        require_noted_heads(context)  # the old registry may note a head, and is about to go
        registry = create_registry(context.paths)
        for version in stored_versions(context.paths.ensembles):
            _register_if_usable(context, registry, version.name)
        _point(context, registry)
        registry.mark_complete()
        _log.info("registry built from %d version folders", len(registry.history()))
        return registry


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


def _champion(context: RunContext) -> str | None:
    named = configured_version(context)
    return decision_log.champion(context.decisions) if named == PROXY else named


def _point(context: RunContext, registry: Registry) -> dict[str, str]:
    head, known = ledger_head(context), {each.version for each in registry.history()}
    today = context.today
    for alias, version in ((CHAMPION, _champion(today)), (CHALLENGER, challenger(today))):
        if version in known:
            registry.set_alias(alias, str(version))
        else:
            registry.remove_alias(alias)
    if head:
        registry.tag(LEDGER_HEAD, head)
    return {alias: each.version for each in registry.history() for alias in each.aliases}


def _register_if_usable(context: RunContext, registry: Registry, version: str) -> None:
    try:
        _register(context, registry, version)
    except IntegrityError as error:
        _log.warning("ensemble %s is not registered: %s", version, error)


def _register(context: RunContext, registry: Registry, version: str) -> None:
    """Add a version; one that is there already is not loaded again, so it need not be loadable."""
    folder = context.paths.ensemble(version)
    card = read_card(folder)
    if registry.registered(card):
        return
    wanted = not SEQUENCE_LEARNERS.isdisjoint(card["learners"])
    registry.register(
        folder,
        reader=Ensemble,
        example=example_requests(context, sequences=wanted),
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
