"""raw_*: one asset per release table, one partition per season."""

import dagster as dg

from nfl_signals.defs.partitions import SEASONS, chosen_seasons
from nfl_signals.defs.resources import RunContextResource
from nfl_signals.workspace.tables import READERS, ingest

DESCRIPTIONS = {
    "games": "Schedule, results and closing lines.",
    "team_stats": "Team statistics by game.",
    "injuries": "Injury reports by player and week.",
    "notes": "Short team notes, where the release has them.",
}


def raw_asset(table: str) -> dg.AssetsDefinition:
    """The asset that ingests one table."""

    @dg.asset(
        name=f"raw_{table}",
        description=DESCRIPTIONS[table],
        group_name="raw",
        kinds={"polars", "parquet"},
        partitions_def=SEASONS,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def ingested(
        context: dg.AssetExecutionContext, run_context: RunContextResource
    ) -> dg.MaterializeResult[None]:
        rows = ingest(run_context.open(), table, chosen_seasons(context))
        return dg.MaterializeResult(metadata={"rows": sum(rows.values()), "seasons": len(rows)})

    return ingested


RAW_ASSETS = [raw_asset(table) for table in READERS]
