"""raw_*: one asset per release table, one partition per season."""

import dagster as dg

from nfl_signals.defs.partitions import IN_ONE_RUN, SEASONS, chosen_seasons
from nfl_signals.defs.resources import Run
from nfl_signals.defs.tables import Result, asset
from nfl_signals.ingest.raw import FILES
from nfl_signals.workspace.odds_feed import feed_metadata
from nfl_signals.workspace.tables import SCHEMAS, ingest

DESCRIPTIONS = {
    "games": "Schedule, results and closing lines.",
    "team_stats": "Team statistics by game.",
    "injuries": "Injury reports by player and week.",
    "notes": "Short team notes, where the release has them.",
    "prices": "Lines and odds with the time at which they were seen, added to by every run: of the release, "
    "the schedule, your own files, and in a live run the odds feed, where it has a key.",
}


def raw_asset(table: str) -> dg.AssetsDefinition:
    """The asset that ingests one table."""

    @asset(
        name=f"raw_{table}",
        description=DESCRIPTIONS[table],
        deps=["raw_games"] if table == "prices" else [],
        group_name="raw",
        kinds={"polars", "parquet"},
        partitions_def=SEASONS,
        backfill_policy=IN_ONE_RUN,
    )
    def ingested(context: dg.AssetExecutionContext, run_context: Run) -> Result:
        rows = ingest(run_context, table, chosen_seasons(context))
        counts: dict[str, int | str] = {
            "dagster/row_count": sum(rows.values()),
            "seasons": len(rows),
        }
        modified = run_context.release.modified_at(FILES[table].format(season=max(rows)))
        if modified is not None:
            counts["source_modified_at"] = modified.isoformat()
        if table == "prices":
            counts |= feed_metadata(run_context, list(rows))
        return dg.MaterializeResult(metadata=counts)

    return ingested


defs = dg.Definitions(assets=[raw_asset(table) for table in SCHEMAS])
