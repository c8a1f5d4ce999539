"""What must hold of the stored tables: the same proofs for Dagster's checks and `verify`.

Each proof takes the world, returns the figures that it looked at, and raises when it fails.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandera.polars as pa
import polars as pl

from nfl_signals.checks.models import MODEL_CHECKS
from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.files import read_json, read_parquet
from nfl_signals.core.validation import validate
from nfl_signals.ensemble.explain import contributions
from nfl_signals.features.schemas import GOLD_MARKETS, gold_features_schema
from nfl_signals.ingest.joins import check_references
from nfl_signals.ingest.schemas import RAW_GAMES, RAW_INJURIES, RAW_NOTES, RAW_TEAM_STATS
from nfl_signals.llm.schemas import LLM_SIGNALS
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring import ledger
from nfl_signals.registry.model_card import check_seal, model_hash, read_card
from nfl_signals.stacking.protocol import MARKET
from nfl_signals.stacking.schemas import OOF, stacked_schema
from nfl_signals.stacking.walk_forward import settled_yes_no
from nfl_signals.stats.logit import logit
from nfl_signals.stats.scores import brier, three_way_probabilities
from nfl_signals.training.baselines import refit_folds
from nfl_signals.workspace.llm_signals import load_signals
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import (
    check_features,
    load_features,
    load_markets,
    load_stored_history,
)

Figures = dict[str, Any]
REPORTED = {"stack, coherent": "p_hat", "stack": "p_calibrated", "close": "p_market"}
ROUNDING = 1e-9  # logits; more than adding up a dozen numbers can lose

RAW_SCHEMAS: dict[str, pa.DataFrameSchema] = {
    "games": RAW_GAMES,
    "team_stats": RAW_TEAM_STATS,
    "injuries": RAW_INJURIES,
    "notes": RAW_NOTES,
}


def raw_schema(table: str) -> Callable[[RunContext], Figures]:
    """Every stored season of a raw table fits its schema."""

    def proof(context: RunContext) -> Figures:
        rows = 0
        for file in sorted(context.paths.raw_folder(table).glob("*.parquet")):
            rows += validate(read_parquet(file), RAW_SCHEMAS[table], str(file)).height
        return {"rows": rows}

    return proof


def features_schema(context: RunContext) -> Figures:
    """Features are complete and finite, and each game has its two rows."""
    features = validate(load_features(context), gold_features_schema(), str(context.paths.features))
    lonely = features.group_by("game_id").len().filter(pl.col("len") != 2)
    if lonely.height:
        raise IntegrityError(f"gold_features: {lonely['game_id'][0]} does not have two rows.")
    missing = load_markets(context).join(features, on="game_id", how="anti")
    if missing.height:
        raise IntegrityError(f"gold_features: {missing['game_id'][0]} of gold_markets has no row.")
    return {"rows": features.height, "games": features["game_id"].n_unique()}


def markets_schema(context: RunContext) -> Figures:
    """Markets fit their schema; counts what lacks a price."""
    markets = validate(load_markets(context), GOLD_MARKETS, str(context.paths.markets))
    return {"rows": markets.height, "rows_without_price": markets["p_market"].null_count()}


def signals_schema(context: RunContext) -> Figures:
    """Signals are bounded, read before kickoff, and each game has its two rows."""
    signals = validate(load_signals(context), LLM_SIGNALS, str(context.paths.llm_signals))
    lonely = signals.group_by("game_id").len().filter(pl.col("len") != 2)
    if lonely.height:
        raise IntegrityError(f"llm_signals: {lonely['game_id'][0]} does not have two rows.")
    return {"rows": signals.height, "available": int(signals["available"].sum())}


def referential_integrity(context: RunContext) -> Figures:
    """Every row of every join has a partner or a listed reason."""
    history = load_stored_history(context)
    report = check_references(
        history.games, history.team_stats, history.injuries, history.notes, as_of=context.as_of
    )
    return {"known_exceptions": report.known, "late_statistics": report.late}


def no_leak(context: RunContext) -> Figures:
    """As-of replay and perturbation hold at sampled kickoffs of the last season played."""
    return {"proofs": check_features(context)}


def oof_coverage(context: RunContext) -> Figures:
    """All learners and schemes predict the same games of a market, once each."""
    oof = validate(read_parquet(context.paths.oof), OOF, str(context.paths.oof))
    markets = load_markets(context).filter(pl.col("line").is_not_null())
    first = min(context.seasons) + context.settings.training.min_learner_seasons
    eligible = {
        "walk_forward": markets.filter(pl.col("season") >= first),
        "purged_kfold": markets.filter(pl.col("points").is_not_null()),
    }
    for market, learner, scheme in product(MARKETS, context.settings.training.learners, eligible):
        mine = oof.filter(market=market, learner=learner, scheme=scheme)
        expected = eligible[scheme].filter(market=market)["game_id"]
        if set(mine["game_id"]) != set(expected) or mine.height != len(expected):
            raise IntegrityError(
                f"oof_predictions: {market}/{learner}/{scheme} has {mine.height} rows for "
                f"{len(expected)} eligible games; materialize oof_predictions again."
            )
    return {"rows": oof.height}


def oof_honest(context: RunContext) -> Figures:
    """A fold of every market, learner and scheme, fitted again, gives the stored forecasts."""
    return {"folds_refitted": refit_folds(context)}


def stacked_contract(context: RunContext) -> Figures:
    """Every game of a predicted season with line and price is there once, and its parts add up."""
    schema, training = stacked_schema(context.settings.training.learners), context.settings.training
    stacked = validate(read_parquet(context.paths.stacked), schema, str(context.paths.stacked))
    # Counted by settings, not by what is there: a season that is missing whole has to show.
    taught = training.min_stack_seasons + training.min_calibration_seasons
    learned = pl.col("season") >= min(context.seasons) + training.min_learner_seasons
    complete = load_markets(context).drop_nulls(["line", "p_market"]).filter(learned)
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
    return {"rows": stacked.height, "largest_remainder": _remainder(context, stacked)}


def _remainder(context: RunContext, stacked: pl.DataFrame) -> float:
    """Largest |logit(p_hat) - sum of contributions|; win, loss and push must sum to 1."""
    pieces = contributions(stacked, [MARKET, *context.settings.training.learners])
    sums = pieces.group_by("game_id", "market").agg(pl.col("contribution").sum())
    rows = stacked.join(sums, on=["game_id", "market"])
    gap = np.abs(logit(rows["p_hat"].to_numpy()) - rows["contribution"].to_numpy())
    ways = three_way_probabilities(rows["p_hat"].to_numpy(), rows["p_push"].to_numpy())
    gap = np.maximum(gap, np.abs(ways.sum(axis=1) - 1))
    largest = float(gap.max(initial=0.0))
    if largest > ROUNDING:
        game = rows["game_id"][int(gap.argmax())]
        raise IntegrityError(
            f"calibrated_predictions: {game}: its parts miss its probability by {largest:.1e}."
        )
    return largest


def ledger_sealed(context: RunContext) -> Figures:
    """The ledger is what was written, row by row."""
    rows = ledger.read(context.paths.ledger)
    problems = ledger.verify(rows)
    if problems:
        raise IntegrityError(f"ledger: {problems[0]} ({len(problems)} problems)")
    return {"rows": rows.height}


def models_match_cards(context: RunContext) -> Figures:
    """Every model folder's files hash to what its card says, and the card is what was written."""
    folders = [context.paths.home / "models" / kind for kind in ("baseline", "stacker", "ensemble")]
    cards = sorted(card for folder in folders for card in folder.rglob("card.json"))
    described = {card.parent for card in cards}
    for file in sorted(file for folder in folders for file in folder.rglob("*.json")):
        if file.parent not in described:
            raise IntegrityError(f"{file.parent}: a model without a card; train it again.")
    for card in cards:
        check_seal(card.parent, stored := read_card(card.parent))
        if model_hash(card.parent) != stored["model_hash"]:
            raise IntegrityError(f"{card.parent}: its files are not what its card describes.")
    return {"models": len(cards), "markets": len(MARKETS)}


def report_figures(context: RunContext) -> Figures:
    """What the ablation report says of stack and close is what the stored tables say."""
    told = read_json(context.paths.reports / "ablation_stacker.json")
    stacked, compared = read_parquet(context.paths.stacked), 0
    outcomes = load_markets(context).select("game_id", "market", "outcome")
    rows = settled_yes_no(stacked.join(outcomes, on=["game_id", "market"]))
    for part, (forecaster, column) in product(told["markets"], REPORTED.items()):
        mine = rows.filter(market=part["market"])
        p, y = mine[column].to_numpy(), mine["y"].to_numpy()
        entries = [item for item in part["forecasters"] if item["forecaster"] == forecaster]
        for entry in entries:
            compared += 1
            if entry["n"] != len(y) or abs(entry["brier"]["estimate"] - brier(p, y)) > ROUNDING:
                raise IntegrityError(
                    f"ablation_stacker.json: {part['market']}, {forecaster}: Brier "
                    f"{entry['brier']['estimate']} over {entry['n']} games, the stored forecasts "
                    f"give {brier(p, y)} over {len(y)}; write the report again."
                )
    return {"figures": compared}


TABLE_CHECKS: dict[str, Callable[[RunContext], Figures]] = {
    **{f"raw_{table}: schema": raw_schema(table) for table in RAW_SCHEMAS},
    "gold_features: schema": features_schema,
    "gold_markets: schema": markets_schema,
    "llm_signals: schema": signals_schema,
    "joins: every row has a partner": referential_integrity,
    "features: no leak": no_leak,
    "oof_predictions: coverage": oof_coverage,
    "oof_predictions: out of fold": oof_honest,
    "calibrated_predictions: contract": stacked_contract,
    "reports: figures match the tables": report_figures,
    "ledger: sealed": ledger_sealed,
    "models: files match cards": models_match_cards,
    **MODEL_CHECKS,
}
