"""Whose numbers count for a market, how a series is called, and who speaks now.

Production counts as soon as it has a window of its own at its market's newest week, as the alarm
judges it; until then the walk-forward replay is shown in its place and says so. The two are never
put into one number.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl

from nfl_signals.markets.definitions import MARKETS

Json = dict[str, Any]
SERIES = ("market", "book", "signal_source")
BOOKS = {
    "production": "production, said before the games",
    "learning": "replay, said afterwards as it would have been said before",
}
VOICES = {"proxy": "the market's own prices (proxy)", "model": "the model"}
END = pl.col("window_end_season") * 100 + pl.col("window_end_week")


@dataclass(frozen=True, kw_only=True)
class Voice:
    """One monitored series."""

    market: str
    book: str
    signal_source: str

    def rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Those of `frame` that are about this series."""
        return frame.filter(*(pl.col(name) == getattr(self, name) for name in SERIES))

    @property
    def key(self) -> str:
        """In names of files and of page sections."""
        return f"{self.market}_{self.book}_{self.signal_source}"

    @property
    def is_replay(self) -> bool:
        """Whether it never spoke before a game."""
        return self.book == "learning"

    @property
    def label(self) -> str:
        """In words, without the market."""
        return f"{VOICES.get(self.signal_source, self.signal_source)}, {BOOKS[self.book]}"

    @property
    def short(self) -> str:
        """In few words, with the market."""
        kind = "replay" if self.is_replay else "production"
        return f"{MARKETS[self.market].title}, {self.signal_source}, {kind}"  # type: ignore[index]


def voices(metrics: pl.DataFrame) -> list[Voice]:
    """Every series that has ever been measured, sorted."""
    keys = metrics.select(SERIES).unique().sort(SERIES)
    return [Voice(**row) for row in keys.iter_rows(named=True)]


def voice_that_counts(
    metrics: pl.DataFrame, *, market: str, window_weeks: int, speaker: str | None
) -> Voice | None:
    """The series that a market is judged on; None before any of its games was measured.

    Args:
        metrics: rows of the monitor.
        market: which.
        window_weeks: weeks in the window that a series must have at the market's newest week.
        speaker: signal source that speaks now; it goes first among those of production.
    """
    rows = metrics.filter(pl.col("market") == market, pl.col("scope") == "series")
    judged = rows.filter(pl.col("window") == f"{window_weeks}w").filter(END.max() == END)
    order = [pl.col("book") == "production", pl.col("signal_source") == (speaker or "model")]
    for found in (judged, rows.filter(pl.col("book") == "learning"), rows):
        if found.height:
            best = found.sort(order, descending=True, maintain_order=True)
            return Voice(**best.select(SERIES).row(0, named=True))
    return None


def speakers(upcoming: pl.DataFrame) -> list[Json]:
    """Who says the upcoming week's numbers: market, signal_source, version, flag and games."""
    by = ["market", "signal_source", "model_version", "model_hash", "period_flag"]
    found = upcoming.group_by(by).agg(n=pl.len(), week=pl.col("week").max()).sort(by)
    return [
        {
            **{name: row[name] for name in (*by, "n", "week")},
            "title": MARKETS[row["market"]].title,
            "model_hash": row["model_hash"][:8],
            "words": VOICES.get(row["signal_source"], row["signal_source"]),
        }
        for row in found.iter_rows(named=True)
    ]
