"""Checks of the stored tables: the same for Dagster's asset checks and for `verify`.

Each check takes the run context, returns the figures that it looked at, and raises when it fails.
"""

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.paths import Paths
from nfl_signals.core.validation import validate
from nfl_signals.ensemble.explain import contributions
from nfl_signals.features.decision_prices import at_decision
from nfl_signals.features.schemas import GOLD_MARKETS, gold_features_schema
from nfl_signals.ingest.quality import in_words, wanting
from nfl_signals.llm.schemas import LLM_SIGNALS
from nfl_signals.markets.definitions import KEYS, MARKETS
from nfl_signals.monitoring import ledger, signatures
from nfl_signals.monitoring.noted import noted_heads, stored_ledger
from nfl_signals.monitoring.written_order import out_of_order
from nfl_signals.stacking.protocol import MARKET
from nfl_signals.stacking.schemas import OOF, stacked_schema
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import logit
from nfl_signals.stats.scores import three_way_probabilities
from nfl_signals.training.baselines import refit_folds
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.stored_seasons import stored_seasons
from nfl_signals.workspace.tables import SCHEMAS, check_features, load_stored_history, matched

Figures = dict[str, Any]
Check = Callable[[RunContext], Figures]
BY_SEASON = (*(f"raw_{table}" for table in SCHEMAS), "gold_features", "gold_markets", "llm_signals")
NEVER_EMPTY = ("raw_games", "gold_features", "gold_markets")
ROUNDING = 1e-9  # logits; more than adding up a dozen numbers can lose


def every_season(context: RunContext) -> Figures:
    """Every season of the home is stored in every table that comes by season."""
    for asset in BY_SEASON:
        demand_seasons(context, asset, context.seasons)
    return {"seasons": len(context.seasons)}


def demand_seasons(context: RunContext, asset: str, seasons: Sequence[int]) -> None:
    """Raise IntegrityError where a season of a table is not stored, or holds none of what it must."""
    for season in seasons:
        file = _season_file(context.paths, asset, season)
        if not file.exists() or (asset in NEVER_EMPTY and context.read(file).is_empty()):
            raise IntegrityError(
                f"{asset}: season {season} holds nothing ({file}); materialize {asset} for it."
            )


def _season_file(paths: Paths, asset: str, season: int) -> Path:
    if asset.startswith("raw_"):
        return paths.raw(asset.removeprefix("raw_"), season)
    gold = {"gold_features": paths.features, "gold_markets": paths.markets}
    return gold.get(asset, paths.llm_signals) / f"{season}.parquet"


def raw_schema(table: str) -> Check:
    """Every stored season of a raw table fits its schema."""

    def check(context: RunContext) -> Figures:
        files = sorted(context.paths.raw_folder(table).glob("*.parquet"))
        tables = (validate(context.read(file), SCHEMAS[table], str(file)) for file in files)
        return {"rows": sum(rows.height for rows in tables)}

    check.__doc__ = raw_schema.__doc__
    return check


def raw_quality(table: str) -> Check:
    """Nothing was set aside or missing in the run's seasons of a raw table; repairs are counted."""

    def check(context: RunContext) -> Figures:
        found = context.quality.filter(table=table)
        if lines := in_words(wanting(found)):
            raise IntegrityError("; ".join(lines))
        return {"repaired": int(found["rows"].sum())}

    check.__doc__ = raw_quality.__doc__
    return check


def features_schema(context: RunContext) -> Figures:
    """Features are complete and finite, and each game has its two rows."""
    path = str(context.paths.features)
    features = validate(context.features, gold_features_schema(), path)
    _refuse_single_rows(features, "gold_features")
    built = features["season"].unique().implode()  # a backfill may have come no further
    scheduled = load_stored_history(context).games.filter(pl.col("season").is_in(built))
    missing = scheduled.join(features, on="game_id", how="anti")
    if missing.height:
        raise IntegrityError(f"gold_features: {missing['game_id'][0]} of raw_games has no row.")
    return {"rows": features.height, "games": features["game_id"].n_unique()}


def markets_schema(context: RunContext) -> Figures:
    """Markets fit their schema; counts what lacks a price."""
    validate(context.gold_markets, GOLD_MARKETS, str(context.paths.markets))
    markets = context.markets
    moments = markets["price_moment"].value_counts().sort("price_moment").rows()
    return {
        "rows": markets.height,
        "rows_without_price": markets["p_market"].null_count(),
        "horizon": context.settings.horizon,
        "price_moments": dict(moments),
    }


def signals_schema(context: RunContext) -> Figures:
    """Signals are bounded, read before kickoff, and each game has its two rows."""
    signals = validate(context.signals, LLM_SIGNALS, str(context.paths.llm_signals))
    _refuse_single_rows(signals, "llm_signals")
    return {"rows": signals.height, "available": int(signals["available"].sum())}


def referential_integrity(context: RunContext) -> Figures:
    """What of every join has no match: with a listed reason, late, or set aside within the limits."""
    report = matched(context, stored_seasons(context))
    aside = sum(len(each.records) for each in report.found)
    figures = {"known_exceptions": report.known, "late_statistics": report.late}
    return figures | {"set_aside": aside}


def no_leak(context: RunContext) -> Figures:
    """As-of replay and perturbation hold at sampled kickoffs of the last season played."""
    return {"checks": check_features(context)}


def oof_coverage(context: RunContext) -> Figures:
    """All learners and schemes predict the same games of a market, once each."""
    context = context.as_trained
    oof = validate(context.read(context.paths.oof), OOF, str(context.paths.oof))
    markets = context.markets.filter(pl.col("line").is_not_null())
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


def out_of_fold(context: RunContext) -> Figures:
    """A fold of every market, learner and scheme, fitted again, gives the stored forecasts."""
    return {"folds_refitted": refit_folds(context.as_trained)}


def stacked_contract(context: RunContext) -> Figures:
    """Every game of a predicted season with line and price is there once, and its parts add up."""
    context = context.as_trained
    training = context.settings.training
    schema, path = stacked_schema(training.learners), context.paths.stacked
    stacked = validate(context.read(path), schema, str(path))
    # Counted by settings, not by what is there: a season that is missing whole has to show.
    not_predicted = training.min_stack_seasons + training.min_calibration_seasons
    learned = pl.col("season") >= min(context.seasons) + training.min_learner_seasons
    priced = context.markets.filter(at_decision(context.settings.horizon))
    complete = priced.drop_nulls(["line", "p_market"]).filter(learned)
    for market in MARKETS:
        priced = complete.filter(market=market)
        seasons = priced["season"].unique().sort()[not_predicted:]
        expected = priced.filter(pl.col("season").is_in(seasons.implode()))
        missing = expected.join(stacked.filter(market=market), on="game_id", how="anti")
        if missing.height:
            raise IntegrityError(
                f"calibrated_predictions: {market} lacks {missing['game_id'][0]} and "
                f"{missing.height - 1} more games that have line and price."
            )
    inputs = [MARKET, *training.learners]
    return {"rows": stacked.height, "largest_remainder": largest_remainder(stacked, inputs)}


def largest_remainder(stacked: pl.DataFrame, inputs: list[str]) -> float:
    """Largest |logit(p_hat) - sum of contributions|; win, loss and push must sum to 1.

    Raises:
        IntegrityError: it is more than rounding.
    """
    gap = remainders(stacked, contributions(stacked, inputs))
    ways = three_way_probabilities(stacked["p_hat"].to_numpy(), stacked["p_push"].to_numpy())
    gap = np.maximum(gap, np.abs(ways.sum(axis=1) - 1))
    largest = float(gap.max(initial=0.0))
    if largest > ROUNDING:
        game = stacked["game_id"][int(gap.argmax())]
        raise IntegrityError(
            f"calibrated_predictions: {game}: its parts miss its probability by {largest:.1e}."
        )
    return largest


def remainders(rows: pl.DataFrame, pieces: pl.DataFrame) -> Floats:
    """|logit(p_hat) - sum of contributions| of each row; NaN where it has no pieces."""
    sums = pieces.group_by(KEYS).agg(pl.col("contribution").sum())
    both = rows.join(sums, on=KEYS, how="left", maintain_order="left")
    gap: Floats = np.abs(
        logit(both["p_hat"].to_numpy()) - both["contribution"].fill_null(np.nan).to_numpy()
    )
    return gap


def ledger_sealed(context: RunContext) -> Figures:
    """The ledger is what was written, row by row, and holds every head that was noted or signed."""
    path, rows, noted = context.paths.ledger, stored_ledger(context), noted_heads(context)
    problems, key = ledger.verify(rows, noted=noted), context.settings.ledger_key
    if key is not None:
        problems += signatures.problems(context.paths.signatures, rows, key)
    if problems:
        raise IntegrityError(f"{path}: {problems[0]} ({len(problems)} problems)")
    signed = signatures.count(context.paths.signatures)
    return {
        "rows": rows.height,
        "noted_heads": len(noted),
        "signatures" if key else "signatures_unread_without_ledger_key": signed,
    }


def ledger_in_order(context: RunContext) -> Figures:
    """The ledger's rows were written one after the other: no clock was set back."""
    rows = stored_ledger(context)
    if problems := out_of_order(rows):
        raise IntegrityError(f"{context.paths.ledger}: {problems[0]} ({len(problems)} rows)")
    return {"rows": rows.height}


def _refuse_single_rows(table: pl.DataFrame, name: str) -> None:
    single = table.group_by("game_id").len().filter(pl.col("len") != 2)
    if single.height:
        raise IntegrityError(f"{name}: {single['game_id'][0]} does not have two rows.")
