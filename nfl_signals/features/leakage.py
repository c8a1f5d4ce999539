"""Checks that no feature knows the future: as-of replay and perturbation.

*As-of replay*: cut every table at a kickoff, rebuild, and every row up to that kickoff is identical.
*Perturbation*: corrupt every result, statistic, line and report from a kickoff on, rebuild, and no
row up to that kickoff moves. The replay catches values that should not have existed yet; perturbation
also catches values that exist but carry the wrong time stamp.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from nfl_signals.core.errors import LeakageError
from nfl_signals.ingest.history import LINES, RESULTS, STARTERS, History, report_known_at
from nfl_signals.ingest.joins import TEAM_WEEK, team_kickoffs

BuildFeatures = Callable[[History], pl.DataFrame]

KEY = ["game_id", "team_id"]
KICKOFFS_PER_CHECK = 3
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
            f"data and {self.cut} without what came after kickoff"
        )


def sample_kickoffs(history: History, seasons: Sequence[int]) -> list[datetime]:
    """At most `KICKOFFS_PER_CHECK` kickoffs of played games, spread evenly, ascending."""
    played = history.games.filter(
        pl.col("season").is_in(list(seasons)) & pl.col("result").is_not_null()
    )
    kickoffs = played["kickoff_at"].unique().sort().to_list()
    count = min(KICKOFFS_PER_CHECK, len(kickoffs))
    return [kickoffs[(2 * i + 1) * len(kickoffs) // (2 * count)] for i in range(count)]


def find_leaks(history: History, build: BuildFeatures, kickoffs: Sequence[datetime]) -> list[Leak]:
    """Values in rows up to a kickoff that differ when what came later is unknown, or corrupted."""
    full = build(history)
    return [
        leak
        for cut in kickoffs
        for check, other in (
            ("replay", history.known_at(cut)),
            ("perturbation", corrupt(history, cut)),
        )
        for leak in _differences(check, full, build(other), cut)
    ]


def check_no_leak(history: History, build: BuildFeatures, kickoffs: Sequence[datetime]) -> int:
    """Run both checks at every kickoff and count them; LeakageError names the first value that moved."""
    if leaks := find_leaks(history, build, kickoffs):
        raise LeakageError(f"{leaks[0]} ({len(leaks)} values moved)")
    return 2 * len(kickoffs)


def corrupt(history: History, cut: datetime) -> History:
    """The history with every number wrong that was not known at the kickoff `cut`.

    Results, statistics and lines of games kicking off at `cut` or later are shifted; reports known
    at `cut` or later call everybody out, and such notes are gone.
    """
    later = pl.col("kickoff_at") >= cut
    # A game's own starters are public before it kicks off; those of later games are not.
    unnamed = pl.col("kickoff_at") > cut
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


def _differences(check: str, full: pl.DataFrame, other: pl.DataFrame, cut: datetime) -> list[Leak]:
    until = pl.col("kickoff_at") <= cut
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
