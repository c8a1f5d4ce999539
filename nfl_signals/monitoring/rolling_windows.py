"""Which games make up a window, and a digest that changes exactly when they do.

A window ends with a week that has graded games and reaches back over the last 4, 8 or 16 such weeks
("4w", ...), over the season so far ("season") or over everything ("all").
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from nfl_signals.stats.arrays import Ints
from nfl_signals.stats.binned_ece import ece_per_row
from nfl_signals.stats.e_process import with_memory
from nfl_signals.stats.recalibration_error import gap_per_row

SERIES = ["market", "book", "signal_source"]
WEEKS = (4, 8, 16)
REPLAY, STAND_IN = "replay_", "stand_in_"
"""Versions of the shadow book, before the season: its walk-forward at the close, and as others were asked."""
COUNTED = (pl.col("book") != "learning") | pl.col("model_version").str.starts_with(REPLAY)
"""Rows of the ledger that make up a series. In the shadow book that is the walk-forward; a
challenger forecasts the same games there, later, and would displace it: it is followed as a version.
Nor do forecasts count that stand in for a version at the quotes of another (`training/stand_in.py`)."""
MIN_GAMES = 30  # while a window is not yet full: three bins of ten
DIGESTED = ["p_hat", "p_push", "p_market", "p_close", "y", "closing_line_value"]


@dataclass(frozen=True, kw_only=True)
class Window:
    """Rows `start` to `stop` of a series; `digest` is of their content and order."""

    name: str
    start: int
    stop: int
    n_weeks: int
    digest: bytes


@dataclass(frozen=True, kw_only=True)
class Series:
    """Graded games of one signal source on one market, in time order, with the e-value at each."""

    games: pl.DataFrame  # as graded, and `e_value` of the season up to the row's week
    starts: Ints  # first row of each week, and the number of rows at the end
    digests: list[bytes]  # one per week

    def windows(self, lengths: Sequence[int]) -> Iterator[Window]:
        """Windows at every week end: of these lengths in weeks, then "season" and "all".

        A window of fixed length that is full counts from two scored games on, every other window
        from `MIN_GAMES` on.
        """
        seasons = self.games["season"].to_numpy()[self.starts[:-1]]
        scored = np.append(0, np.cumsum(self.games["y"].is_not_null().to_numpy()))
        for last, season in enumerate(seasons):
            begins = {f"{n}w": (max(0, last + 1 - n), last + 1 >= n) for n in lengths}
            begins["season"] = (int(np.searchsorted(seasons, season)), False)
            begins["all"] = (0, False)
            for name, (first, full) in begins.items():
                start, stop = int(self.starts[first]), int(self.starts[last + 1])
                if scored[stop] - scored[start] >= (2 if full else MIN_GAMES):
                    yield Window(
                        name=name,
                        start=start,
                        stop=stop,
                        n_weeks=last + 1 - first,
                        digest=hashlib.sha256(b"".join(self.digests[first : last + 1])).digest(),
                    )


def series_of(graded: pl.DataFrame, by: list[str]) -> list[Series]:
    """Graded games in time order, apart by the columns `by`.

    Where several rows share `by` and the game, the last made counts; rows without an outcome do not,
    nor, where versions are not apart, those that are not `COUNTED`.
    """
    counted = pl.lit(value=True) if "model_version" in by else COUNTED
    last_made = (
        graded.filter(pl.col("outcome").is_not_null(), counted)
        .sort("made_at", maintain_order=True)
        .unique([*by, "game_id"], keep="last")
        .sort([*by, "season", "week", "kickoff_at", "game_id"])
    )
    return [_series(games) for games in last_made.partition_by(by, maintain_order=True)]


def _series(games: pl.DataFrame) -> Series:
    season, week = games["season"].to_numpy(), games["week"].to_numpy()
    starts = np.append(np.unique(season * 100 + week, return_index=True)[1], games.height)
    rows = np.column_stack([games[name].cast(pl.Float64).to_numpy() for name in DIGESTED])
    text = pl.format("{} {} {} {}", "season", "week", "game_id", "outcome")
    names = games.select(text).to_series().to_list()
    return Series(
        games=pl.concat(_with_evidence(part) for part in segments(games).partition_by("segment")),
        starts=starts,
        digests=[
            hashlib.sha256(rows[a:b].tobytes() + "|".join(names[a:b]).encode()).digest()
            for a, b in pairwise(starts.tolist())
        ],
    )


def segments(games: pl.DataFrame) -> pl.DataFrame:
    """`games` of one series in time order with `segment`, which counts the models that were served.

    In book production a model is served until another replaces it, and evidence against the one is
    none against the other. The shadow book has a model a season by one recipe, and it is
    the recipe that is judged there: its segment is always 0.
    """
    model = pl.col("model_hash").rle_id().cast(pl.Int32)
    return games.with_columns(
        segment=pl.when(pl.col("book") == "production").then(model).otherwise(0)
    )


def _with_evidence(games: pl.DataFrame) -> pl.DataFrame:
    """Error of the season so far and evidence, at each row the value at the end of its week."""
    p, y, season, week = (games[name].to_numpy() for name in ("p_hat", "y", "season", "week"))
    return games.with_columns(
        e_value=with_memory(p, y, season, week),
        season_error=gap_per_row(p, y, season, week),
        season_ece=ece_per_row(p, y, season, week),
    )


def identity(games: pl.DataFrame, window: Window) -> dict[str, Any]:
    """Which games the window holds, how many, and where it ends; `games` are the window's."""
    newest = games["made_at"].to_numpy()
    last = len(newest) - 1 - int(np.argmax(newest[::-1]))
    n_push = games["y"].null_count()
    return {
        **{name: games[name][-1] for name in (*SERIES, "season_error", "e_value")},
        "window": window.name,
        "model_version": games["model_version"][last],
        "window_end_season": games["season"][-1],
        "window_end_week": games["week"][-1],
        "window_end_at": games["kickoff_at"].max(),
        "n_weeks": window.n_weeks,
        "n": games.height - n_push,
        "n_push": n_push,
    }
