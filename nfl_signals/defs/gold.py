"""Gold features, markets and signals: one partition per season, built from all earlier seasons."""

import dagster as dg

from nfl_signals.defs.partitions import SEASONS, chosen_seasons
from nfl_signals.defs.resources import RunContextResource
from nfl_signals.features.version import feature_version
from nfl_signals.workspace.llm_signals import build_signals
from nfl_signals.workspace.tables import build_gold, build_gold_markets

GROUP = "gold"
KINDS = {"polars", "parquet"}
IN_ONE_RUN = dg.BackfillPolicy.single_run()


@dg.asset(
    deps=["raw_games", "raw_team_stats", "raw_injuries", "raw_notes"],
    group_name=GROUP,
    kinds=KINDS,
    partitions_def=SEASONS,
    backfill_policy=IN_ONE_RUN,
)
def gold_features(
    context: dg.AssetExecutionContext, run_context: RunContextResource
) -> dg.MaterializeResult[None]:
    """Features known before kickoff, two rows per game."""
    rows, joins = build_gold(run_context.open(), chosen_seasons(context))
    return dg.MaterializeResult(
        metadata={
            "rows": rows,
            "feature_version": feature_version(),
            "rows_without_partner": len(joins.known),
            "late_statistics": len(joins.late),
        }
    )


@dg.asset(
    deps=["raw_games"],
    group_name=GROUP,
    kinds=KINDS,
    partitions_def=SEASONS,
    backfill_policy=IN_ONE_RUN,
)
def gold_markets(
    context: dg.AssetExecutionContext, run_context: RunContextResource
) -> dg.MaterializeResult[None]:
    """Line, prices, no-vig probability and outcome of three markets per game."""
    rows = build_gold_markets(run_context.open(), chosen_seasons(context))
    return dg.MaterializeResult(metadata={"rows": rows})


@dg.asset(
    deps=["raw_games", "raw_injuries", "raw_notes"],
    group_name=GROUP,
    kinds=KINDS,
    partitions_def=SEASONS,
    backfill_policy=IN_ONE_RUN,
)
def llm_signals(
    context: dg.AssetExecutionContext, run_context: RunContextResource
) -> dg.MaterializeResult[None]:
    """What injury reports and notes say about each team before kickoff, as bounded numbers."""
    figures = build_signals(run_context.open(), chosen_seasons(context))
    return dg.MaterializeResult(
        metadata={
            "rows": figures.rows,
            "available": figures.available,
            "reasons": figures.reasons,
        }
    )


GOLD_ASSETS = [gold_features, gold_markets, llm_signals]
