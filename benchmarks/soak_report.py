"""What a soak has to show at its end: predictions, ledger, runs, messages, disk, memory, recovery."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

import dagster as dg
import polars as pl
from published_league import PublishedLeague, Week
from terminal import show

from nfl_signals.alerts.outbox import read_outbox
from nfl_signals.core.paths import Paths
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring import ledger

MB = 1e6
SERVERS = ("nfl-signals ui", "daemon", "webserver", "code server")
ALL = "all"
MEMORY_GROWTH = 1.2  # of the median of the last third over that of the first
# A run adds its events, a week its rows and its report; what a third adds must not grow with the weeks.
DISK_GROWTH, DISK_SLACK = 1.5, 2 * MB
LARGEST = 8  # folders that are listed


@dataclass(frozen=True, kw_only=True)
class Kill:
    """A process that was killed, and when by the clock."""

    what: str
    at: float


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Sizes in bytes, so many seconds after the start."""

    seconds: float
    memory: Mapping[str, int]  # by kind of process
    disk: Mapping[str, int]  # by folder of the home, two levels deep


def disk(home: Path) -> dict[str, int]:
    """Bytes by folder, two levels deep, and `ALL`."""
    sizes: Counter[str] = Counter()
    for folder, _, names in os.walk(home):
        place = "/".join(Path(folder).relative_to(home).parts[:2]) or "."
        for file in (Path(folder, name) for name in names):
            size = file.stat().st_size if file.exists() else 0
            sizes.update({place: size, ALL: size})
    return dict(sizes)


def unpredicted(paths: Paths, week: Week) -> set[str]:
    """Games of a week that lack a forecast of a market in the production book."""
    rows = ledger.read(paths.ledger).filter(book="production")
    made = set(rows.select("game_id", "market").iter_rows())
    return {game for game in week.games for market in MARKETS if (game, market) not in made}


def judge_predictions(paths: Paths, league: PublishedLeague, weeks: Sequence[Week]) -> list[str]:
    """Games that were not predicted, or not between their Tuesday and their kickoff."""
    rows = ledger.read(paths.ledger).filter(book="production").join(league.kickoffs(), on="game_id")
    problems = []
    for week in weeks:
        if missing := unpredicted(paths, week):
            problems.append(f"{week.name}: not predicted: {', '.join(sorted(missing))}")
        in_time = pl.col("made_at").is_between(week.tuesday, "kickoff")
        wrong = rows.filter(pl.col("game_id").is_in(week.games), ~in_time)
        for game, made_at in (
            wrong.select("game_id", "made_at").unique().sort("game_id").iter_rows()
        ):
            problems.append(f"{week.name}: {game} was predicted as of {made_at}")
    return problems


def judge_runs(unfinished: Iterable[dg.DagsterRun]) -> list[str]:
    """Runs that Dagster still believes in."""
    return [f"run {e.run_id[:8]} ({e.job_name}) is left {e.status.value}" for e in unfinished]


def judge_messages(paths: Paths, messages: Sequence[str]) -> list[str]:
    """Messages that came twice."""
    problems = [f"sent {n} times: {text!r}" for text, n in Counter(messages).items() if n > 1]
    noted = [row for row in read_outbox(paths.deliveries).values() if row.status != "past"]
    if len(messages) > len(noted):
        problems.append(f"{len(messages)} messages came, {len(noted)} are noted as sent")
    return problems


def judge_sizes(samples: Sequence[Sample], *, weeks: int) -> list[str]:
    """First third against last third, as a table; problems where memory or disk are not flat."""
    n = len(samples) // 3
    thirds = samples[:n], samples[-n:]
    if n < 2:
        return ["too few samples to compare thirds"]
    memory = {kind: [_memory(third, kind) for third in thirds] for kind in (*SERVERS, ALL)}
    rows = [[f"memory: {kind}", *map(_mb, found), ""] for kind, found in memory.items()]
    grown = {place: _at(samples[-1], place) - _at(samples[0], place) for place in samples[-1].disk}
    for place in sorted(grown, key=lambda place: -grown[place])[: LARGEST + 1]:
        sizes = [mean(_at(each, place) for each in third) for third in thirds]
        rows.append([f"disk: {place}", *map(_mb, sizes), _mb(grown[place] / weeks)])
    show("Sizes in MB", ["", "first third", "last third", "added a week"], rows)
    added = [_at(third[-1], ALL) - _at(third[0], ALL) for third in thirds]
    problems = []
    if memory[ALL][1] > MEMORY_GROWTH * memory[ALL][0]:
        problems.append(f"memory grows from {' to '.join(map(_mb, memory[ALL]))} MB")
    if added[1] > DISK_GROWTH * added[0] + DISK_SLACK:
        problems.append(
            f"disk: a third adds {_mb(added[0])} MB at first, {_mb(added[1])} MB at last"
        )
    return problems


def recovery(kills: Sequence[Kill], good: Sequence[tuple[float, float]]) -> dict[str, list[float]]:
    """Seconds from each kill to the end of the next good run, by what was killed; a table.

    `good`: start and end of good runs, by the clock; a run counts if it started after the kill.
    """
    found: dict[str, list[float]] = {}
    for kill in kills:
        after = [end - kill.at for start, end in good if start >= kill.at]
        found.setdefault(kill.what, []).append(min(after, default=float("inf")))
    rows = [
        [what, str(len(times)), f"{median(times):.0f}", f"{max(times):.0f}"]
        for what, times in sorted(found.items())
    ]
    show("Killed", ["what", "times", "s to the next good run, median", "longest"], rows)
    return found


def leftovers(home: Path) -> list[str]:
    """Temporary files of writes that were killed."""
    return [str(path.relative_to(home)) for path in home.rglob(".*.*.????????") if path.is_file()]


def _memory(third: Sequence[Sample], kind: str) -> float:
    """Median where it runs; of the servers together, the sum of theirs."""
    if kind == ALL:
        return sum(_memory(third, each) for each in SERVERS)
    return median([each.memory[kind] for each in third if kind in each.memory] or [0])


def _at(sample: Sample, place: str) -> int:
    return sample.disk.get(place, 0)


def _mb(size: float) -> str:
    return f"{size / MB:.1f}"
