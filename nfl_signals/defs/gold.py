"""Gold features, markets and signals: one partition per season, built from all earlier seasons."""

import dagster as dg

from nfl_signals.defs.partitions import IN_ONE_RUN, SEASONS, chosen_seasons
from nfl_signals.defs.tables import CODE_VERSION, table_result
from nfl_signals.features.declarations import FEATURES
from nfl_signals.features.version import feature_version
from nfl_signals.workspace.llm_signals import build_signals, missing_reasons
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import build_gold, build_gold_markets

GROUP = "gold"
KINDS = {"polars", "parquet"}
DESCRIPTIONS = {each.name: f"{each.source} ({each.unit})" for each in FEATURES}


@dg.asset(
    deps=["raw_games", "raw_team_stats", "raw_injuries", "raw_notes"],
    group_name=GROUP,
    kinds=KINDS,
    code_version=feature_version(),
    partitions_def=SEASONS,
    backfill_policy=IN_ONE_RUN,
)
def gold_features(
    context: dg.AssetExecutionContext, run_context: dg.ResourceParam[RunContext]
) -> dg.MaterializeResult[None]:
    """Features known before kickoff, two rows per game."""
    features, joins = build_gold(run_context, chosen_seasons(context))
    return table_result(
        features,
        {
            "feature_version": feature_version(),
            "rows_without_match": len(joins.known),
            "late_statistics": len(joins.late),
        },
        descriptions=DESCRIPTIONS,
    )


@dg.asset(
    deps=["raw_games"],
    group_name=GROUP,
    kinds=KINDS,
    code_version=CODE_VERSION,
    partitions_def=SEASONS,
    backfill_policy=IN_ONE_RUN,
)
def gold_markets(
    context: dg.AssetExecutionContext, run_context: dg.ResourceParam[RunContext]
) -> dg.MaterializeResult[None]:
    """Line, prices, no-vig probability and outcome of three markets per game."""
    return table_result(build_gold_markets(run_context, chosen_seasons(context)))


@dg.asset(
    deps=["raw_games", "raw_injuries", "raw_notes"],
    group_name=GROUP,
    kinds=KINDS,
    code_version=CODE_VERSION,
    partitions_def=SEASONS,
    backfill_policy=IN_ONE_RUN,
)
def llm_signals(
    context: dg.AssetExecutionContext, run_context: dg.ResourceParam[RunContext]
) -> dg.MaterializeResult[None]:
    """What injury reports and notes say about each team before kickoff, as bounded numbers."""
    signals = build_signals(run_context, chosen_seasons(context))
    available = int(signals["available"].sum())
    metadata = {"available": available, "reasons": missing_reasons(signals)}
    return table_result(signals, metadata)


defs = dg.Definitions(assets=[gold_features, gold_markets, llm_signals])
