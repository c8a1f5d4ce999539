"""Seasons as partitions, added when a source shows a new one: no list to edit every year."""

from collections.abc import Sequence

import dagster as dg

SEASONS = dg.DynamicPartitionsDefinition(name="season")
IN_ONE_RUN = dg.BackfillPolicy.single_run()
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def sync_seasons(instance: dg.DagsterInstance, seasons: Sequence[int]) -> None:
    """Make the instance's partitions exactly these seasons."""
    wanted = [str(season) for season in seasons]
    present = set(instance.get_dynamic_partitions("season"))
    for season in sorted(present - set(wanted)):
        instance.delete_dynamic_partition("season", season)
    instance.add_dynamic_partitions("season", [s for s in wanted if s not in present])


def range_tags(seasons: Sequence[int]) -> dict[str, str]:
    """Tags of one run over a range of seasons, ascending and without gaps among the partitions."""
    return {RANGE_START: str(seasons[0]), RANGE_END: str(seasons[-1])}


def chosen_seasons(context: dg.AssetExecutionContext) -> list[int]:
    """Seasons of the step: one partition, or a range in a single run."""
    return sorted(int(key) for key in context.partition_keys)
