"""Proofs that no feature knows the future: as-of replay and perturbation.

*Replay*: cut every table at a kickoff, rebuild, and every row up to that kickoff is identical.
*Perturbation*: corrupt every result, statistic, line and report from a kickoff on, rebuild, and no
row up to that kickoff moves. Replay catches values that should not have existed yet; perturbation
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
    """One feature value that moved.

    Attributes:
        proof: 'replay' or 'perturbation'.
        game_id: whose row moved.
        team_id: whose row moved.
        column: the feature.
        full: value with all data.
        cut: value without, or with corrupted, later data.
    """

    proof: str
    game_id: str
    team_id: str
    column: str
    full: object
    cut: object

    def __str__(self) -> str:
        """One line for a person."""
        return (
            f"{self.proof}: {self.game_id} {self.team_id}, {self.column} is {self.full} with all "
            f"data and {self.cut} without what came after kickoff"
        )


def sample_kickoffs(history: History, seasons: Sequence[int]) -> list[datetime]:
    """Kickoffs of played games to prove at: spread evenly over the given seasons.

    Args:
        history: what is known.
        seasons: where to sample from.

    Returns:
        At most `KICKOFFS_PER_CHECK` instants, ascending; the same input gives the same instants.
    """
    played = history.games.filter(
        pl.col("season").is_in(list(seasons)) & pl.col("result").is_not_null()
    )
    kickoffs = played["kickoff_at"].unique().sort().to_list()
    count = min(KICKOFFS_PER_CHECK, len(kickoffs))
    return [kickoffs[(2 * i + 1) * len(kickoffs) // (2 * count)] for i in range(count)]


def as_of_leaks(history: History, build: BuildFeatures, cut: datetime) -> list[Leak]:
    """Rows up to `cut` that differ when everything later is unknown.

    Args:
        history: all that is known.
        build: history -> features with `game_id, team_id, kickoff_at`.
        cut: a kickoff.
    """
    return _differences("replay", build(history), build(history.known_at(cut)), cut)


def perturbation_leaks(history: History, build: BuildFeatures, cut: datetime) -> list[Leak]:
    """Rows up to `cut` that differ when everything from `cut` on is corrupted.

    Args:
        history: all that is known.
        build: history -> features with `game_id, team_id, kickoff_at`.
        cut: a kickoff.
    """
    return _differences("perturbation", build(history), build(corrupt(history, cut)), cut)


def check_no_leak(history: History, build: BuildFeatures, kickoffs: Sequence[datetime]) -> int:
    """Run both proofs at every kickoff.

    Returns:
        Number of proofs that held.

    Raises:
        LeakageError: names game, column and both values of the first leak, and how many there are.
    """
    full = build(history)
    leaks = [
        leak
        for cut in kickoffs
        for proof, other in (
            ("replay", history.known_at(cut)),
            ("perturbation", corrupt(history, cut)),
        )
        for leak in _differences(proof, full, build(other), cut)
    ]
    if leaks:
        raise LeakageError(f"{leaks[0]} ({len(leaks)} values moved)")
    return 2 * len(kickoffs)


def corrupt(history: History, cut: datetime) -> History:
    """The history with every number wrong that was not known at the kickoff `cut`.

    Results, statistics and lines of games kicking off at `cut` or later are shifted; reports known
    at `cut` or later call everybody out, and such notes are gone.
    """
    later = pl.col("kickoff_at") >= cut
    games = history.games.with_columns(
        # A game's own starters are public before it kicks off; those of later games are not.
        pl.when(pl.col("kickoff_at") > cut)
        .then(pl.lit("nobody"))
        .otherwise(pl.col(column))
        .alias(column)
        for column in STARTERS
    ).with_columns(
        pl.when(later).then(pl.col(column) + SHIFT).otherwise(pl.col(column)).alias(column)
        for column in (*RESULTS, *LINES)
    )
    return History(
        games=games,
        team_stats=_shift_stats(history.team_stats, _later_games(history.games, cut)),
        injuries=_call_out(history.injuries, history.games, cut),
        notes=history.notes.filter(pl.col("published_at") < cut),
    )


def _later_games(games: pl.DataFrame, cut: datetime) -> pl.DataFrame:
    """Season, week and team of games that kick off at `cut` or later."""
    later = team_kickoffs(games).filter(pl.col("kickoff_at") >= cut)
    return later.select(*TEAM_WEEK, later=pl.lit(value=True))


def _call_out(injuries: pl.DataFrame, games: pl.DataFrame, cut: datetime) -> pl.DataFrame:
    """Everybody out in reports known at `cut` or later, whether they carry a stamp or not."""
    status = pl.col("report_status")
    return (
        injuries.join(team_kickoffs(games), on=TEAM_WEEK, how="left", maintain_order="left")
        .with_columns(
            report_status=pl.when(report_known_at() >= cut).then(pl.lit("Out")).otherwise(status)
        )
        .drop("kickoff_at")
    )


def _shift_stats(team_stats: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    numbers = [name for name, dtype in team_stats.schema.items() if dtype == pl.Float64]
    return (
        team_stats.join(later, on=TEAM_WEEK, how="left", maintain_order="left")
        .with_columns(
            pl.when("later").then(pl.col(name) + SHIFT).otherwise(pl.col(name)).alias(name)
            for name in numbers
        )
        .drop("later")
    )


def _differences(proof: str, full: pl.DataFrame, other: pl.DataFrame, cut: datetime) -> list[Leak]:
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
                proof=proof,
                game_id=row["game_id"],
                team_id=row["team_id"],
                column=column,
                full=row[column],
                cut=row[f"{column}_cut"],
            )
            for row in moved.iter_rows(named=True)
        ]
    return leaks
