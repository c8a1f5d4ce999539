"""Seasons as partitions, added when a source shows a new one: no list to edit every year."""

import itertools
from collections.abc import Sequence

import dagster as dg

from nfl_signals.core.errors import InputError

SEASONS = dg.DynamicPartitionsDefinition(name="season")
IN_ONE_RUN = dg.BackfillPolicy.single_run()
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def sync_seasons(instance: dg.DagsterInstance, seasons: Sequence[int]) -> None:
    """Make the instance's partitions exactly these seasons, ascending.

    Dagster takes a range of partitions in the order in which they were added, so a season that comes
    before one that is there takes all later ones with it.
    """
    wanted = [str(season) for season in sorted(seasons)]
    present = list(instance.get_dynamic_partitions("season"))
    pairs = itertools.zip_longest(wanted, present)
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    for season in present[same:]:
        instance.delete_dynamic_partition("season", season)
    if wanted[same:]:
        instance.add_dynamic_partitions("season", wanted[same:])


def range_tags(seasons: Sequence[int]) -> dict[str, str]:
    """Tags of one run over a range of seasons, ascending and without gaps among the partitions."""
    return {RANGE_START: str(seasons[0]), RANGE_END: str(seasons[-1])}


def chosen_seasons(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> list[int]:
    """Seasons of the step, ascending: one partition, or a range in a single run.

    Raises:
        InputError: the range holds no season, or not all from its first to its last one.
    """
    first, last = context.partition_key_range
    found = sorted(int(key) for key in context.partition_keys)
    if not found or [found[0], found[-1]] != [int(first), int(last)]:
        raise InputError(
            f"seasons {first}-{last}: the range holds {found or 'no season'}; give the first season "
            "first, and one that is there."
        )
    return found
