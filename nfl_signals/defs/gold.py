"""Gold features, markets and signals: one partition per season, built from all earlier seasons."""

from typing import Any

import dagster as dg

from nfl_signals.defs.partitions import IN_ONE_RUN, SEASONS, chosen_seasons
from nfl_signals.defs.resources import Run
from nfl_signals.defs.tables import Result, asset, table_result
from nfl_signals.features.declarations import FEATURES
from nfl_signals.features.version import feature_version
from nfl_signals.markets.decision_time import MADE
from nfl_signals.workspace.llm_signals import build_signals, missing_reasons
from nfl_signals.workspace.tables import build_gold, build_gold_markets

TABLE: dict[str, Any] = {
    "group_name": "gold",
    "kinds": {"polars", "parquet"},
    "partitions_def": SEASONS,
    "backfill_policy": IN_ONE_RUN,
}
DESCRIPTIONS = {each.name: f"{each.source} ({each.unit})" for each in FEATURES}


@asset(
    deps=["raw_games", "raw_team_stats", "raw_injuries", "raw_notes"],
    code_version="-".join(map(feature_version, MADE)),
    **TABLE,
)
def gold_features(context: dg.AssetExecutionContext, run_context: Run) -> Result:
    """Features known before kickoff, two rows per game."""
    features, joins = build_gold(run_context, chosen_seasons(context))
    return table_result(
        features,
        {
            "feature_version": feature_version(run_context.settings.horizon),
            "rows_without_match": len(joins.known),
            "late_statistics": len(joins.late),
        },
        descriptions=DESCRIPTIONS,
    )


@asset(deps=["raw_games", "raw_prices"], **TABLE)
def gold_markets(context: dg.AssetExecutionContext, run_context: Run) -> Result:
    """Line, prices at decision time and at the close, no-vig probability and outcome, by game and market."""
    return table_result(build_gold_markets(run_context, chosen_seasons(context)))


@asset(deps=["raw_games", "raw_injuries", "raw_notes"], **TABLE)
def llm_signals(context: dg.AssetExecutionContext, run_context: Run) -> Result:
    """What injury reports and notes say about each team before kickoff, as bounded numbers."""
    signals = build_signals(run_context, chosen_seasons(context))
    available = int(signals["available"].sum())
    metadata = {"available": available, "reasons": missing_reasons(signals)}
    return table_result(signals, metadata)


defs = dg.Definitions(assets=[gold_features, gold_markets, llm_signals])
