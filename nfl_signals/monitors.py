"""Rolling calibration of graded predictions, and when it counts as drifted.

A monitored series is (market, book, signal_source): what one voice said about one market, whichever
model version spoke. Each week with graded games closes one window of each length (the last 4, 8 and
16 such weeks, the season, everything) and gives one row each, of scope "series". A drift is judged
on the window of `window_weeks`, 8 by default.

Rows of scope "version" follow one model version within its series, over its "season" and over "all"
it ever said. A replay has a version a season, which would leave most windows of weeks too small to
read; the series runs across them.

Why a calibration error above 0.05 alone cannot be the alarm: the error is a distance, so chance
alone keeps it above zero. Over 10 equal-width bins a perfectly calibrated moneyline forecast shows a
mean error of 0.125 over 64 games, 0.089 over 128 and still 0.062 over a whole season of 272; even
the closing line exceeds 0.05 in 11 of 20 seasons. "Above 0.05 two weeks running" fires in every
perfect season, a weekly Spiegelhalter |Z| > 1.96 in 21 % of them. So two things must hold together:

1. the error of the season so far *without its sampling bias* (`calibration_gap.py`) has stood above the
   limit for more than `min_days` days, and
2. the e-value has reached `evidence` in the season (`evidence.py`). At 20, a forecast that is right
   gets there in at most 5 % of seasons, however often it is read.

How often the two together fire when nothing is wrong, and how soon when something is, is measured in
`benchmarks/alarms.py`: perfect 1.8 % of seasons, logits twice too large 75 %, 1.4 times too large 28 %.

Both count within a season: the off-season adds no days and proof does not outlast its season, while a
part of the evidence remembers earlier ones. `evidence=0` leaves the first rule alone. Grading is
`ledger.py`; what to do about drift is not decided here.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from zlib import crc32

import polars as pl

from nfl_signals import scores
from nfl_signals.alarm_policy import days_over
from nfl_signals.consistency_band import consistency_band
from nfl_signals.markets import MARKETS
from nfl_signals.rolling_windows import WEEKS, Series, Window, identity, series_of
from nfl_signals.setting_sections import MonitorSettings
from nfl_signals.window_measures import Columns, code_digest, columns_of, measures

SERIES = ["market", "book", "signal_source"]
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
        "n_market": pl.Int32(),  # games among n whose prices are known
        "brier_market": pl.Float64(),  # of the no-vig price, over n_market games
        "skill_vs_market": pl.Float64(),  # over n_market games
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
        "n_moved": pl.Int32(),  # games with a lean whose line or prices moved from pick to close
        "closing_line_value": pl.Float64(),  # mean over n_moved games, probability; see closing_line
        "season_error": pl.Float64(),  # recalibration error of the season so far, debiased
        "e_value": pl.Float64(),  # of the season so far and its memory, whatever the window
        "e_value_peak": pl.Float64(),  # its largest value in the season so far
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

# What a Monday-morning reader should make of it: (over the limit, long enough, evidence reached).
ADVICE = {
    (True, True, True): "has drifted; retrain, and lean less on it until the next model speaks",
    (True, False, True): "is off and the evidence agrees, but not for long enough yet; watch it",
    (True, True, False): "looks off, which chance alone can do; keep watching, change nothing",
    (True, False, False): "looks off this week, which chance often does; nothing to do",
    (False, False, True): "is within the limit now, though the season speaks against it; watch it",
    (False, False, False): "is as well calibrated as these games can tell; nothing to do",
}


@dataclass(frozen=True, kw_only=True)
class DriftVerdict:
    """Whether one series has drifted, judged at the latest window of its market."""

    market: str
    book: str
    signal_source: str
    drifting: bool  # both rules hold
    calibration_error: float  # debiased, probability
    limit: float
    e_value: float  # of the season so far
    evidence_limit: float
    days_over: int  # whole days from the first to the latest window end in a row over the limit
    n: int  # games in the window
    sentence: str  # the verdict in words


def calibration_metrics(
    graded: pl.DataFrame, *, window_weeks: int, seed: int, stored: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Calibration of every series, and of every model version, at every week with graded games.

    Args:
        graded: predictions with outcomes, as `ledger.grade` and `with_closing_line_value` give
            them. Where a series spoke on a game more than once, its last word counts. Rows without
            an outcome are left out.
        window_weeks: NFL weeks with graded games in the window that drift is judged on. While fewer
            exist, those there are serve if they hold 30 games.
        seed: of the null distribution; a row depends on no games after its own week.
        stored: what an earlier call gave; windows with the same games by the same code are taken
            from it, which changes no byte of the result.

    Returns:
        METRICS_SCHEMA, sorted by KEY.

    Raises:
        ValueError: `window_weeks` below 1.
    """
    if window_weeks < 1:
        raise ValueError(f"window_weeks: expected 1 or more, got {window_weeks}")
    salt, spans = code_digest() + str(seed).encode(), list(_spans(graded, window_weeks))
    rows = [span.row() | {"games_digest": span.digest(salt)} for span in spans]
    known = METRICS_SCHEMA.to_frame() if stored is None else stored
    known = known.select("games_digest", *MEASURES)
    fresh = _measure(spans, salt, seed, set(known["games_digest"]))
    by_digest = pl.concat([known, fresh]).unique("games_digest")
    found = pl.DataFrame(rows, schema=METRICS_SCHEMA).drop(MEASURES)
    found = found.join(by_digest, on="games_digest", how="left", validate="m:1")
    return found.select(*METRICS_SCHEMA).sort(KEY)


def reliability_table(graded: pl.DataFrame, *, window_weeks: int, seed: int) -> pl.DataFrame:
    """Reliability curves of every series and version at its latest week; arguments as above.

    Returns:
        One row per window and bin: KEY, bin (from 1), n, mean_p, mean_y, low / high, the 95 %
        Wilson interval of mean_y, and consistent_low / consistent_high, where mean_y lies in 95 %
        of cases if the forecast is right (`consistency_band.py`).
    """
    latest = {(id(span.series), span.window.name): span for span in _spans(graded, window_weeks)}
    rows = []
    for span in latest.values():
        games, row = span.games().drop_nulls("y"), span.row()
        p, y = games["p_hat"].to_numpy(), games["y"].to_numpy()
        bands = consistency_band(p, seed=[seed, span.number()])
        points = scores.reliability_curve(p, y)
        for place, (point, (low, high)) in enumerate(zip(points, bands, strict=True), start=1):
            band = {"bin": place, "consistent_low": low, "consistent_high": high}
            rows.append({name: row[name] for name in KEY} | band | asdict(point))
    return pl.DataFrame(rows, schema=CURVE_SCHEMA).sort([*KEY, "bin"])


def drift(metrics: pl.DataFrame, policy: MonitorSettings) -> list[DriftVerdict]:
    """Judge every series that spoke in the latest window of its market.

    Args:
        metrics: rows of `calibration_metrics`.
        policy: the limits, and the window that they are held against.

    Returns:
        One verdict per series, sorted by series. A series that fell silent is not judged.
    """
    end = pl.col("window_end_season") * 100 + pl.col("window_end_week")
    metrics = metrics.filter(pl.col("window") == f"{policy.window_weeks}w")
    latest = metrics.filter(end == end.max().over("market")).sort(SERIES)
    this_season = [*SERIES, "window_end_season"]
    return [
        _verdict(
            metrics.join(row.select(this_season), on=this_season).sort("window_end_week"), policy
        )
        for row in latest.iter_slices(1)
    ]


@dataclass(frozen=True, kw_only=True)
class _Span:
    """One window of one series, or of one version in it; `name` is the series'."""

    scope: str
    name: str
    series: Series
    window: Window

    def games(self) -> pl.DataFrame:
        return self.series.games.slice(self.window.start, self.window.stop - self.window.start)

    def row(self) -> dict[str, Any]:
        """The columns that are not measured."""
        return {"scope": self.scope} | identity(self.games(), self.window)

    def digest(self, salt: bytes) -> str:
        """Equal where the measures are: same series, games and code."""
        content = salt + self.name.encode() + self.window.digest
        return hashlib.sha256(content).hexdigest()[:32]

    def number(self) -> int:
        """Of the series, for the seeds of what is drawn for it."""
        return crc32(self.name.encode())


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
            read = {series: columns_of(span.series, [seed, span.number()])}
        rows[digest] = {"games_digest": digest} | measures(read[series], span.window)
    schema = {name: METRICS_SCHEMA[name] for name in ("games_digest", *MEASURES)}
    return pl.DataFrame(list(rows.values()), schema=schema)


def _verdict(season: pl.DataFrame, policy: MonitorSettings) -> DriftVerdict:
    last, limit = season.row(-1, named=True), policy.max_calibration_error
    error = season["season_error"].to_numpy()
    day = season["window_end_at"].dt.epoch("d").to_numpy()
    days = int(days_over(error, limit, day=day, season=season["window_end_season"].to_numpy())[-1])
    enough = last["e_value_peak"] >= policy.evidence
    facts = (bool(error[-1] > limit), days > policy.min_days, enough)
    return DriftVerdict(
        **{name: last[name] for name in (*SERIES, "n")},
        calibration_error=last["season_error"],
        e_value=last["e_value_peak"],
        drifting=all(facts),
        limit=limit,
        evidence_limit=policy.evidence,
        days_over=days,
        sentence=(
            f"{MARKETS[last['market']].title} ({last['book']}, {last['signal_source']}) "
            f"{ADVICE[facts]}: calibration error {last['season_error']:.3f} in the season so far "
            f"(limit {limit:.3f}, above it for {days} days), "
            f"evidence {last['e_value_peak']:.3g} of the {policy.evidence:g} needed."
        ),
    )
