"""Which series a market is judged on, how a series is called, and which models are serving.

Production counts as soon as it has a window of its own at its market's newest week, as the alarm
judges it; until then the walk-forward series is shown in its place and named as such. The two are
never put into one number.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.monitoring.rolling_windows import SERIES

BOOKS = {
    "production": "production, forecast before the games",
    "learning": "walk-forward, forecast afterwards by models that knew only earlier games",
}
SOURCES = {"proxy": "the market's own prices (proxy)", "model": "the model"}
END = pl.col("window_end_season") * 100 + pl.col("window_end_week")


@dataclass(frozen=True, kw_only=True)
class SeriesLabel:
    """Names one monitored series: a market, a book and a signal source."""

    market: MarketName
    book: str
    signal_source: str

    def rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Those of `frame` that are about this series."""
        return frame.filter(**asdict(self))

    def described(self) -> Json:
        """How it is called: `key` in files and pages, `label` without and `short` with its market.

        `is_walk_forward`: its forecasts were made after the games, the shadow book (`learning`).
        """
        walk_forward = self.book == "learning"
        kind = "walk-forward" if walk_forward else "production"
        return asdict(self) | {
            "key": f"{self.market}_{self.book}_{self.signal_source}",
            "label": f"{_source(self.signal_source)}, {BOOKS[self.book]}",
            "short": f"{MARKETS[self.market].title}, {self.signal_source}, {kind}",
            "is_walk_forward": walk_forward,
        }


def measured_series(metrics: pl.DataFrame) -> list[SeriesLabel]:
    """Every series that has ever been measured, sorted."""
    return [SeriesLabel(**row) for row in metrics.select(SERIES).unique().sort(SERIES).to_dicts()]


def judged_series(
    metrics: pl.DataFrame, *, market: str, window_weeks: int, serving: str | None
) -> SeriesLabel | None:
    """The series that a market is judged on; None before any of its games was measured.

    It must have a window of `window_weeks` at the market's newest week in METRICS_SCHEMA; the source
    that serves now goes first among those of production.
    """
    rows = metrics.filter(market=market, scope="series")
    judged = rows.filter(window=f"{window_weeks}w").filter(END.max() == END)
    order = [pl.col("book") == "production", pl.col("signal_source") == (serving or "model")]
    for found in (judged, rows.filter(book="learning"), rows):
        if found.height:
            best = found.sort(order, descending=True, maintain_order=True)
            return SeriesLabel(**best.select(SERIES).row(0, named=True))
    return None


def why_replaced(metrics: pl.DataFrame, *, market: str, window_weeks: int) -> str:
    """Why a market is not judged on production, in words that follow 'as production has'."""
    rows = metrics.filter(market=market, scope="series", book="production")
    if rows.filter(window=f"{window_weeks}w").is_empty():
        return "too few games"
    return "no graded games of this week"


def serving_models(upcoming: pl.DataFrame, *, bets_from: datetime) -> list[Json]:
    """Whose predictions are stored: market, signal source, version, flag, games and `week`.

    `is_over`: every game of the table has kicked off by `bets_from`, so its week is no upcoming one.
    """
    is_over = upcoming.filter(pl.col("kickoff_at") > bets_from).is_empty()
    by = ["market", "signal_source", "model_version", "model_hash", "period_flag"]
    found = upcoming.group_by(by).agg(n=pl.len(), week=pl.col("week").max()).sort(by)
    return [
        row
        | {
            "named": f"{_source(row['signal_source'])} ({row['model_version']})",
            "title": MARKETS[row["market"]].title,
            "model_hash": row["model_hash"][:8],
            "is_over": is_over,
        }
        for row in found.to_dicts()
    ]


def _source(signal_source: str) -> str:
    return SOURCES.get(signal_source, signal_source)
