"""Register the ensemble just assembled, and let the aliases say who speaks."""

import polars as pl

from nfl_signals.cards import read_card
from nfl_signals.markets import MARKETS
from nfl_signals.pipeline.ensemble import SEQUENCE_LEARNER, Ensemble
from nfl_signals.pipeline.forecasting import PROXY, requests_for, spoken_version
from nfl_signals.pipeline.questions import latest_version
from nfl_signals.pipeline.tables import load_markets
from nfl_signals.pipeline.world import World
from nfl_signals.registry import Registry, open_registry
from nfl_signals.registry_store import CHALLENGER, CHAMPION, RegisteredVersion

EXAMPLE_GAMES = 2


def register_ensemble(world: World) -> RegisteredVersion:
    """Register the newest ensemble; the same files twice are one version.

    `champion` is the version that the signal source names (under `proxy`: the one that was, or the
    first); `challenger` is the newest version, while it is not the champion.
    """
    folder = world.paths.ensemble(latest_version(world.paths.ensemble("any").parent))
    card = read_card(folder)
    registry = open_registry(world.paths, create=True)
    version = registry.register(
        folder,
        reader=Ensemble,
        example=example_requests(world, sequences=SEQUENCE_LEARNER in card["learners"]),
        metrics=_metrics(world, str(card["model_version"])),
        params={"seed": card["seed"], "learners": ", ".join(card["learners"])},
    )
    _set_aliases(world, registry, version.version)
    return registry.find(version.version)


def example_requests(world: World, *, sequences: bool = False) -> pl.DataFrame:
    """Requests for the last games that have every line and price; `sequences` as in `game_request`."""
    markets = load_markets(world)
    complete = (
        markets.drop_nulls(["line", "p_market"])
        .group_by("game_id")
        .agg(pl.len(), pl.col("kickoff_at").first())
        .filter(pl.col("len") == len(MARKETS))
        .sort("kickoff_at", "game_id")
    )
    games = complete["game_id"].tail(EXAMPLE_GAMES).to_list()
    return requests_for(world, games, sequences=sequences)


def _set_aliases(world: World, registry: Registry, newest: str) -> None:
    spoken = spoken_version(world)
    known = {each.version for each in registry.history()}
    has_champion = any(CHAMPION in each.aliases for each in registry.history())
    if spoken != PROXY and spoken in known:
        registry.set_alias(CHAMPION, spoken)
    elif not has_champion:
        registry.set_alias(CHAMPION, newest)
    if registry.find(CHAMPION).version == newest:
        registry.remove_alias(CHALLENGER)
    else:
        registry.set_alias(CHALLENGER, newest)


def _metrics(world: World, version: str) -> dict[str, float]:
    """Walk-forward scores on the cards of the version's stacks."""
    cards = {name: read_card(world.paths.stacker(name, version)) for name in MARKETS}
    return {
        f"{name}_{key}": float(value)
        for name, card in cards.items()
        for key, value in card["held_out"].items()
    }
