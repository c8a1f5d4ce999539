"""Checks that no feature knows the future: as-of replay and perturbation.

*As-of replay*: cut every table at a decision time, rebuild, and every row decided by then is identical.
*Perturbation*: corrupt every result, statistic, line and report that was not known at a decision time,
rebuild, and no row decided by then moves. The replay catches values that should not have existed yet;
perturbation also catches values that exist but carry the wrong time stamp.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from nfl_signals.core.errors import LeakageError
from nfl_signals.ingest.history import (
    LINES,
    RESULTS,
    STARTER_LEAD,
    STARTERS,
    History,
    report_known_at,
)
from nfl_signals.ingest.joins import TEAM_WEEK, team_kickoffs
from nfl_signals.markets.decision_time import Horizon, decision_at

BuildFeatures = Callable[[History], pl.DataFrame]

KEY = ["game_id", "team_id"]
TIMES_PER_CHECK = 3
SHIFT = 17.0  # added to every corrupted number; no football quantity is indifferent to it


@dataclass(frozen=True, kw_only=True)
class Leak:
    """One feature value that moved, in the row of a game and team."""

    check: str  # replay or perturbation
    game_id: str
    team_id: str
    column: str
    full: object  # value with all data
    cut: object  # value without, or with corrupted, later data

    def __str__(self) -> str:
        return (
            f"{self.check}: {self.game_id} {self.team_id}, {self.column} is {self.full} with all "
            f"data and {self.cut} without what came after decision time"
        )


def sample_decisions(history: History, seasons: Sequence[int], horizon: Horizon) -> list[datetime]:
    """At most `TIMES_PER_CHECK` decision times of played games, spread evenly, ascending."""
    played = history.games.filter(
        pl.col("season").is_in(list(seasons)) & pl.col("result").is_not_null()
    )
    times = played.select(decision_at(horizon)).to_series().unique().sort().to_list()
    count = min(TIMES_PER_CHECK, len(times))
    return [times[(2 * i + 1) * len(times) // (2 * count)] for i in range(count)]


def find_leaks(
    history: History, build: BuildFeatures, decisions: Sequence[datetime], horizon: Horizon
) -> list[Leak]:
    """Values in rows decided by then that differ when what came later is unknown, or corrupted."""
    full = build(history)
    return [
        leak
        for cut in decisions
        for check, other in (
            ("replay", history.known_at(cut)),
            ("perturbation", corrupt(history, cut)),
        )
        for leak in _differences(check, full, build(other), decision_at(horizon) <= cut)
    ]


def check_no_leak(
    history: History, build: BuildFeatures, decisions: Sequence[datetime], horizon: Horizon
) -> int:
    """Run both checks at every decision time and count them; LeakageError names the first moved value."""
    if leaks := find_leaks(history, build, decisions, horizon):
        raise LeakageError(f"{leaks[0]} ({len(leaks)} values moved)")
    return 2 * len(decisions)


def corrupt(history: History, cut: datetime) -> History:
    """The history with every number wrong that was not known at the decision time `cut`.

    Results, statistics and lines of games kicking off at `cut` or later are shifted; reports known
    at `cut` or later call everybody out, and such notes are gone.
    """
    later = pl.col("kickoff_at") >= cut
    unnamed = pl.col("kickoff_at") - STARTER_LEAD > cut
    games = history.games.with_columns(
        *(_changed(name, unnamed, pl.lit("nobody")) for name in STARTERS),
        *(_changed(name, later, pl.col(name) + SHIFT) for name in (*RESULTS, *LINES)),
    )
    team_stats, injuries = (
        table.join(team_kickoffs(history.games), on=TEAM_WEEK, how="left", maintain_order="left")
        for table in (history.team_stats, history.injuries)
    )
    called_out = _changed("report_status", report_known_at() >= cut, pl.lit("Out"))
    return History(
        games=games,
        team_stats=team_stats.with_columns(
            _changed(name, later, pl.col(name) + SHIFT)
            for name in history.team_stats.select(pl.selectors.float()).columns
        ).drop("kickoff_at"),
        # Known at `cut` or later, whether they carry a stamp or not.
        injuries=injuries.with_columns(called_out).drop("kickoff_at"),
        notes=history.notes.filter(pl.col("published_at") < cut),
    )


def _changed(name: str, where: pl.Expr, value: pl.Expr) -> pl.Expr:
    return pl.when(where).then(value).otherwise(pl.col(name)).alias(name)


def _differences(check: str, full: pl.DataFrame, other: pl.DataFrame, until: pl.Expr) -> list[Leak]:
    before, after = full.filter(until).sort(KEY), other.filter(until).sort(KEY)
    if before.select(KEY).equals(after.select(KEY)) and before.equals(after):
        return []
    pairs = before.join(after, on=KEY, how="full", suffix="_cut", coalesce=True).sort(KEY)
    leaks = []
    for column in (name for name in before.columns if name not in KEY):
        moved = pairs.filter(pl.col(column).ne_missing(pl.col(f"{column}_cut")))
        leaks += [
            Leak(
                check=check,
                game_id=row["game_id"],
                team_id=row["team_id"],
                column=column,
                full=row[column],
                cut=row[f"{column}_cut"],
            )
            for row in moved.iter_rows(named=True)
        ]
    return leaks
