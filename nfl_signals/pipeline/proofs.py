"""What must hold of the stored tables: the same proofs for Dagster's checks and `verify`.

Each proof takes the world, returns the figures that it looked at, and raises when it fails.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import pandera.polars as pa
import polars as pl

from nfl_signals import ledger
from nfl_signals.boundary import validate
from nfl_signals.cards import model_hash, read_card
from nfl_signals.errors import IntegrityError
from nfl_signals.joins import check_partners
from nfl_signals.markets import MARKETS
from nfl_signals.pipeline.tables import (
    load_features,
    load_markets,
    load_stored_history,
    prove_features,
)
from nfl_signals.pipeline.training import LEARNER_NAMES
from nfl_signals.pipeline.world import World
from nfl_signals.schemas import (
    GOLD_MARKETS,
    OOF,
    RAW_GAMES,
    RAW_INJURIES,
    RAW_NOTES,
    RAW_TEAM_STATS,
    gold_features_schema,
    stacked_schema,
)
from nfl_signals.storage import read_parquet

Figures = dict[str, Any]

RAW_SCHEMAS: dict[str, pa.DataFrameSchema] = {
    "games": RAW_GAMES,
    "team_stats": RAW_TEAM_STATS,
    "injuries": RAW_INJURIES,
    "notes": RAW_NOTES,
}


def raw_schema(table: str) -> Callable[[World], Figures]:
    """Every stored season of a raw table fits its schema."""

    def proof(world: World) -> Figures:
        rows = 0
        for file in sorted(world.paths.raw_folder(table).glob("*.parquet")):
            rows += validate(read_parquet(file), RAW_SCHEMAS[table], str(file)).height
        return {"rows": rows}

    return proof


def features_schema(world: World) -> Figures:
    """Features are complete and finite, and each game has its two rows."""
    features = validate(load_features(world), gold_features_schema(), str(world.paths.features))
    lonely = features.group_by("game_id").len().filter(pl.col("len") != 2)
    if lonely.height:
        raise IntegrityError(f"gold_features: {lonely['game_id'][0]} does not have two rows.")
    missing = load_markets(world).join(features, on="game_id", how="anti")
    if missing.height:
        raise IntegrityError(f"gold_features: {missing['game_id'][0]} of gold_markets has no row.")
    return {"rows": features.height, "games": features["game_id"].n_unique()}


def markets_schema(world: World) -> Figures:
    """Markets fit their schema; counts what lacks a price."""
    markets = validate(load_markets(world), GOLD_MARKETS, str(world.paths.markets))
    return {"rows": markets.height, "rows_without_price": markets["p_market"].null_count()}


def partners(world: World) -> Figures:
    """Every row of every join has a partner or a listed reason."""
    history = load_stored_history(world)
    report = check_partners(
        history.games, history.team_stats, history.injuries, history.notes, as_of=world.as_of
    )
    return {"known_exceptions": report.known, "late_statistics": report.late}


def no_leak(world: World) -> Figures:
    """As-of replay and perturbation hold at sampled kickoffs of the last season played."""
    return {"proofs": prove_features(world)}


def oof_coverage(world: World) -> Figures:
    """All learners and schemes predict the same games of a market, once each."""
    oof = validate(read_parquet(world.paths.oof), OOF, str(world.paths.oof))
    markets = load_markets(world).filter(pl.col("line").is_not_null())
    first = min(world.seasons) + world.settings.training.min_learner_seasons
    eligible = {
        "walk_forward": markets.filter(pl.col("season") >= first),
        "purged_kfold": markets.filter(pl.col("points").is_not_null()),
    }
    for market, learner, scheme in product(MARKETS, LEARNER_NAMES, eligible):
        mine = oof.filter(market=market, learner=learner, scheme=scheme)
        expected = eligible[scheme].filter(market=market)["game_id"]
        if set(mine["game_id"]) != set(expected) or mine.height != len(expected):
            raise IntegrityError(
                f"oof_predictions: {market}/{learner}/{scheme} has {mine.height} rows for "
                f"{len(expected)} eligible games; materialize oof_predictions again."
            )
    return {"rows": oof.height}


def stacked_contract(world: World) -> Figures:
    """Every game of a predicted season that has line and price is there, once."""
    schema, training = stacked_schema(LEARNER_NAMES), world.settings.training
    stacked = validate(read_parquet(world.paths.stacked), schema, str(world.paths.stacked))
    # Counted by settings, not by what is there: a season that is missing whole has to show.
    taught = training.min_stack_seasons + training.min_calibration_seasons
    learned = pl.col("season") >= min(world.seasons) + training.min_learner_seasons
    complete = load_markets(world).drop_nulls(["line", "p_market"]).filter(learned)
    for market in MARKETS:
        asked = complete.filter(market=market)
        seasons = asked["season"].unique().sort()
        due = asked.filter(pl.col("season").is_in(seasons[taught:].implode()))
        missing = due.join(stacked.filter(market=market), on="game_id", how="anti")
        if missing.height:
            raise IntegrityError(
                f"calibrated_predictions: {market} lacks {missing['game_id'][0]} and "
                f"{missing.height - 1} more games that have line and price."
            )
    return {"rows": stacked.height}


def ledger_sealed(world: World) -> Figures:
    """The ledger is what was written, row by row."""
    rows = ledger.read(world.paths.ledger)
    problems = ledger.verify(rows)
    if problems:
        raise IntegrityError(f"ledger: {problems[0]} ({len(problems)} problems)")
    return {"rows": rows.height}


def models_match_cards(world: World) -> Figures:
    """Every model folder's files hash to what its card says."""
    cards = sorted((world.paths.home / "models").rglob("card.json"))
    described = {card.parent for card in cards}
    for file in sorted((world.paths.home / "models").rglob("*.json")):
        if file.parent not in described:
            raise IntegrityError(f"{file.parent}: a model without a card; train it again.")
    for card in cards:
        if model_hash(card.parent) != read_card(card.parent)["model_hash"]:
            raise IntegrityError(f"{card.parent}: its files are not what its card describes.")
    return {"models": len(cards), "markets": len(MARKETS)}


ALL_PROOFS: dict[str, Callable[[World], Figures]] = {
    **{f"raw_{table}: schema": raw_schema(table) for table in RAW_SCHEMAS},
    "gold_features: schema": features_schema,
    "gold_markets: schema": markets_schema,
    "joins: every row has a partner": partners,
    "features: no leak": no_leak,
    "oof_predictions: coverage": oof_coverage,
    "calibrated_predictions: contract": stacked_contract,
    "ledger: sealed": ledger_sealed,
    "models: files match cards": models_match_cards,
}
