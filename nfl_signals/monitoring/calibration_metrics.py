"""Rolling calibration of graded predictions.

A monitored series is (market, book, signal_source): one signal source's forecasts of one market, whichever
model version was served. Each week with graded games closes one window of each length (the last 4, 8 and
16 such weeks, the season, everything) and gives one row each, of scope "series".

Rows of scope "version" follow one model version within its series, over its "season" and over "all"
its forecasts. The walk-forward has a version a season, which would leave most windows of weeks too small to
read; the series runs across them. A challenger has no other rows (`rolling_windows.COUNTED`).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from zlib import crc32

import polars as pl

from nfl_signals.monitoring.rolling_windows import (
    SERIES,
    WEEKS,
    Series,
    Window,
    identity,
    series_of,
)
from nfl_signals.monitoring.window_measures import Columns, code_digest, columns_of, measures
from nfl_signals.stats import scores
from nfl_signals.stats.consistency_band import consistency_band

SCOPES = {"series": SERIES, "version": [*SERIES, "model_version"]}
KEY = [*SERIES, "scope", "window", "window_end_season", "window_end_week", "model_version"]

METRICS_SCHEMA = pl.Schema(
    {
        "market": pl.String(),
        "book": pl.String(),
        "signal_source": pl.String(),
        "scope": pl.String(),  # series, or version: one model version of the series
        "window": pl.String(),  # 4w, 8w, 16w (weeks with graded games), season, all
        "window_end_season": pl.Int32(),
        "window_end_week": pl.Int32(),
        "window_end_at": pl.Datetime("us", "UTC"),  # last kickoff in the window
        "model_version": pl.String(),  # scope series: of the newest prediction in the window
        "n_weeks": pl.Int32(),
        "n": pl.Int32(),  # graded games, pushes left out; every score below is over these
        "n_push": pl.Int32(),
        "brier": pl.Float64(),
        "log_loss": pl.Float64(),  # nats
        "brier_base": pl.Float64(),  # of the window's own share of YES, stated for every game
        "skill_vs_base": pl.Float64(),  # 1 - brier / brier_base; null if all games ended alike
        "n_price": pl.Int32(),  # games among n whose prices at the pick are known
        "brier_price": pl.Float64(),  # of the no-vig price at the pick, over n_price games
        "skill_vs_price": pl.Float64(),  # over n_price games
        "n_close": pl.Int32(),  # games among n whose close is known
        "brier_close": pl.Float64(),  # of the no-vig close at the line taken, over n_close games
        "skill_vs_close": pl.Float64(),  # over n_close games
        "calibration_error": pl.Float64(),  # debiased, probability
        "calibration_error_null95": pl.Float64(),  # reached by chance in 5 % of perfect windows
        "smooth_calibration_error": pl.Float64(),  # SmoothECE, probability: not debiased
        "smooth_calibration_error_null95": pl.Float64(),
        "slope": pl.Float64(),  # below 1: overconfident; null where not estimable
        "slope_se": pl.Float64(),
        "intercept": pl.Float64(),  # logits
        "intercept_se": pl.Float64(),
        "spiegelhalter_z": pl.Float64(),  # null if every forecast is one half
        "spiegelhalter_p": pl.Float64(),  # two-sided; for one look, never for an alarm
        "hosmer_lemeshow_p": pl.Float64(),  # likewise
        "reliability": pl.Float64(),  # Murphy, bias-corrected: lower is better
        "resolution": pl.Float64(),  # Murphy, bias-corrected: higher is better
        "uncertainty": pl.Float64(),
        "miscalibration": pl.Float64(),  # CORP counterpart of reliability
        "discrimination": pl.Float64(),  # CORP counterpart of resolution
        "three_way_brier": pl.Float64(),  # yes, no and push; over n + n_push games, 0 to 2
        "three_way_log_loss": pl.Float64(),  # nats
        "n_valued": pl.Int32(),  # games with a lean, forecast before the close, whose close is known
        "closing_line_value": pl.Float64(),  # mean over n_valued games, probability; see closing_line_value
        "season_error": pl.Float64(),  # recalibration error of the season so far, debiased
        "e_value": pl.Float64(),  # of the season so far and its memory, whatever the window
        "games_digest": pl.String(),  # of the rows and the code behind the measures
    }
)

_NAMES = list(METRICS_SCHEMA)
MEASURES = _NAMES[_NAMES.index("brier") : _NAMES.index("season_error")]
CURVE_SCHEMA = pl.Schema(
    {name: METRICS_SCHEMA[name] for name in KEY}
    | {"bin": pl.Int32(), "n": pl.Int32()}
    | dict.fromkeys(("mean_p", "mean_y", "low", "high"), pl.Float64())
    | dict.fromkeys(("consistent_low", "consistent_high"), pl.Float64())
)


def calibration_metrics(
    graded: pl.DataFrame, *, window_weeks: int, seed: int, stored: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Calibration of every series, and of every model version, at every week with graded games.

    Args:
        graded: as `steps.graded_at` gives it. Where a series has several forecasts of a game, the
            last counts. Rows without an outcome are left out.
        window_weeks: length of one window more than `rolling_windows.WEEKS`. While fewer weeks
            exist, those there are count if they hold 30 games.
        seed: of the null distribution; a row depends on no games after its own week.
        stored: what an earlier call gave; windows with the same games by the same code are taken
            from it, which changes no byte of the result.

    Returns:
        METRICS_SCHEMA, sorted by KEY.
    """
    if window_weeks < 1:
        raise ValueError(f"window_weeks: expected 1 or more, got {window_weeks}")
    salt, spans = code_digest() + str(seed).encode(), list(_spans(graded, window_weeks))
    rows = [span.row | {"games_digest": span.digest(salt)} for span in spans]
    known = METRICS_SCHEMA.to_frame() if stored is None else stored
    known = known.select("games_digest", *MEASURES)
    fresh = _measure(spans, salt, seed, set(known["games_digest"]))
    by_digest = pl.concat([known, fresh]).unique("games_digest")
    found = pl.DataFrame(rows, schema=METRICS_SCHEMA).drop(MEASURES)
    found = found.join(by_digest, on="games_digest", how="left", validate="m:1")
    return found.select(*METRICS_SCHEMA).sort(KEY)


def reliability_table(graded: pl.DataFrame, *, window_weeks: int, seed: int) -> pl.DataFrame:
    """Reliability curves of every series and version at its latest week; arguments as above.

    Returns one row per window and bin: KEY, bin (from 1), n, mean_p, mean_y, low / high, the 95 %
    Wilson interval of mean_y, and consistent_low / consistent_high, where mean_y lies in 95 % of
    cases if the forecast is right (`stats/consistency_band.py`).
    """
    latest = {(id(span.series), span.window.name): span for span in _spans(graded, window_weeks)}
    rows = []
    for span in latest.values():
        games, row = span.games.drop_nulls("y"), span.row
        p, y = games["p_hat"].to_numpy(), games["y"].to_numpy()
        points, bands = scores.reliability_curve(p, y), consistency_band(p, seed=span.seed(seed))
        for place, (point, (low, high)) in enumerate(zip(points, bands, strict=True), start=1):
            band = {"bin": place, "consistent_low": low, "consistent_high": high}
            rows.append({name: row[name] for name in KEY} | band | asdict(point))
    return pl.DataFrame(rows, schema=CURVE_SCHEMA).sort([*KEY, "bin"])


@dataclass(frozen=True, kw_only=True)
class _Span:
    """One window of one series, or of one version in it; `name` is the series'."""

    scope: str
    name: str
    series: Series
    window: Window

    @property
    def games(self) -> pl.DataFrame:
        return self.series.games.slice(self.window.start, self.window.stop - self.window.start)

    @property
    def row(self) -> dict[str, Any]:
        """The columns that are not measured."""
        return {"scope": self.scope} | identity(self.games, self.window)

    def digest(self, salt: bytes) -> str:
        """Equal where the measures are: same series, games and code."""
        content = salt + self.name.encode() + self.window.digest
        return hashlib.sha256(content).hexdigest()[:32]

    def seed(self, seed: int) -> list[int]:
        """Of what is drawn for the series."""
        return [seed, crc32(self.name.encode())]


def _spans(graded: pl.DataFrame, window_weeks: int) -> Iterator[_Span]:
    lengths = {"series": sorted({*WEEKS, window_weeks}), "version": []}
    for scope, by in SCOPES.items():
        for series in series_of(graded, by):
            name = "|".join(series.games.select(SERIES).row(0))
            for window in series.windows(lengths[scope]):
                yield _Span(scope=scope, name=name, series=series, window=window)


def _measure(spans: list[_Span], salt: bytes, seed: int, known: set[str]) -> pl.DataFrame:
    """Measures of the windows whose digest is not known, each digest once."""
    rows: dict[str, dict[str, Any]] = {}
    read: dict[int, Columns] = {}  # of the series at hand only: the draws are large
    for span in spans:
        digest, series = span.digest(salt), id(span.series)
        if digest in known or digest in rows:
            continue
        if series not in read:
            read = {series: columns_of(span.series, span.seed(seed))}
        rows[digest] = {"games_digest": digest} | measures(read[series], span.window)
    schema = {name: METRICS_SCHEMA[name] for name in ("games_digest", *MEASURES)}
    return pl.DataFrame(list(rows.values()), schema=schema)
