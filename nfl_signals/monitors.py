"""Rolling calibration of graded predictions, and when it counts as drifted.

A monitored series is (market, book, signal_source): what one voice said about one market. Each week
with graded games closes a window over the last `window_weeks` such weeks and gives one row.

Why a calibration error above 0.05 alone cannot be the alarm: the error is a distance, so chance
alone keeps it above zero. Over 10 equal-width bins a perfectly calibrated moneyline forecast shows a
mean error of 0.125 over 64 games, 0.089 over 128 and still 0.062 over a whole season of 272; even
the closing line exceeds 0.05 in 11 of 20 seasons. "Above 0.05 two weeks running" fires in every
perfect season, a weekly Spiegelhalter |Z| > 1.96 in 21 % of them. So two things must hold together:

1. the error *without its sampling bias* has stood above the limit for more than `min_days` days, and
2. the e-value of the season so far is `evidence` or more (`evidence.py`). At 20, a forecast that is
   right gets there in at most 5 % of seasons, however often it is read.

Over 400 simulated seasons of 18 weeks x 15 moneyline games, read weekly with the default limits, the
first rule alone fires in 61 % of perfect seasons, both together in 0.5 %; where logits are twice too
large both fire in 60 % of seasons, where they are 1.4 times too large in 17 %.

Both count within a season: the e-process restarts and the off-season adds no days. `evidence=0`
leaves the first rule alone. Grading is `ledger.py`; what to do about drift is not decided here.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, TypeVar
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfl_signals import scores
from nfl_signals.evidence import season_to_date
from nfl_signals.markets import MARKETS
from nfl_signals.setting_sections import MonitorSettings

Floats = NDArray[np.float64]
T = TypeVar("T")

SERIES = ["market", "book", "signal_source"]
MIN_GAMES = 30  # while fewer weeks exist than a window holds: three bins of ten
NULL_DRAWS = 200  # the 95 % quantile then stands on ten draws, enough to stand beside a number

METRICS_SCHEMA = pl.Schema(
    {
        "market": pl.String(),
        "book": pl.String(),
        "signal_source": pl.String(),
        "window_end_season": pl.Int32(),
        "window_end_week": pl.Int32(),
        "window_end_at": pl.Datetime("us", "UTC"),  # last kickoff in the window
        "model_version": pl.String(),  # of the newest prediction in the window
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
        "slope": pl.Float64(),  # below 1: overconfident; null where not estimable
        "slope_se": pl.Float64(),
        "intercept": pl.Float64(),  # logits
        "intercept_se": pl.Float64(),
        "spiegelhalter_z": pl.Float64(),  # null if every forecast is one half
        "reliability": pl.Float64(),  # Murphy, bias-corrected: lower is better
        "resolution": pl.Float64(),  # Murphy, bias-corrected: higher is better
        "uncertainty": pl.Float64(),
        "miscalibration": pl.Float64(),  # CORP counterpart of reliability
        "discrimination": pl.Float64(),  # CORP counterpart of resolution
        "e_value": pl.Float64(),  # of the season so far, whatever the window
    }
)


_WINDOW = [*SERIES, "window_end_season", "window_end_week"]
CURVE_SCHEMA = pl.Schema(
    {name: METRICS_SCHEMA[name] for name in _WINDOW}
    | {"bin": pl.Int32(), "n": pl.Int32()}
    | dict.fromkeys(("mean_p", "mean_y", "low", "high"), pl.Float64())
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


def calibration_metrics(graded: pl.DataFrame, *, window_weeks: int, seed: int) -> pl.DataFrame:
    """Calibration of every series at the end of every week with graded games.

    Args:
        graded: predictions with outcomes, as `ledger.grade` gives them. Where a series spoke on a
            game more than once, its last word counts. Rows without an outcome are left out.
        window_weeks: NFL weeks with graded games in a window. While fewer exist, those there are
            serve if they hold 30 games.
        seed: of the null distribution; a row depends on no games after its own week.

    Returns:
        METRICS_SCHEMA, sorted by series and window end.

    Raises:
        ValueError: `window_weeks` below 1.
    """
    if window_weeks < 1:
        raise ValueError(f"window_weeks: expected 1 or more, got {window_weeks}")
    rows = [
        _identity(window) | _measures(window, seed)
        for games in _series(graded)
        for window in _windows(games, window_weeks)
    ]
    return pl.DataFrame(rows, schema=METRICS_SCHEMA)


def reliability_table(graded: pl.DataFrame, *, window_weeks: int) -> pl.DataFrame:
    """Reliability curve of every series over its latest window; arguments as above.

    Returns:
        One row per bin: series, window end, bin (from 1), n, mean_p, mean_y, and low / high, the
        95 % Wilson interval of mean_y.
    """
    rows = []
    for games in _series(graded):
        for window in list(_windows(games, window_weeks))[-1:]:
            p, y = _two_way(window)
            key = {name: _identity(window)[name] for name in _WINDOW}
            for place, point in enumerate(scores.reliability_curve(p, y), start=1):
                rows.append(key | {"bin": place} | asdict(point))
    return pl.DataFrame(rows, schema=CURVE_SCHEMA)


def drift(metrics: pl.DataFrame, policy: MonitorSettings) -> list[DriftVerdict]:
    """Judge every series that spoke in the latest window of its market.

    Args:
        metrics: rows of `calibration_metrics`.
        policy: the limits.

    Returns:
        One verdict per series, sorted by series. A series that fell silent is not judged.
    """
    end = pl.col("window_end_season") * 100 + pl.col("window_end_week")
    latest = metrics.filter(end == end.max().over("market")).sort(SERIES)
    this_season = [*SERIES, "window_end_season"]
    return [
        _verdict(
            metrics.join(row.select(this_season), on=this_season).sort("window_end_week"), policy
        )
        for row in latest.iter_slices(1)
    ]


def _series(graded: pl.DataFrame) -> list[pl.DataFrame]:
    last_words = (
        graded.filter(pl.col("outcome").is_not_null())
        .sort("made_at", maintain_order=True)
        .unique([*SERIES, "game_id"], keep="last")
        .sort([*SERIES, "season", "week", "kickoff_at", "game_id"])
    )
    return [
        games.with_columns(
            e_value=season_to_date(
                *(games[name].to_numpy() for name in ("p_hat", "y", "season", "week"))
            )
        )
        for games in last_words.partition_by(SERIES, maintain_order=True)
    ]


def _week_code(games: pl.DataFrame) -> NDArray[np.int32]:
    return (games["season"] * 100 + games["week"]).to_numpy()


def _windows(games: pl.DataFrame, window_weeks: int) -> Iterator[pl.DataFrame]:
    starts = np.unique(_week_code(games), return_index=True)[1].tolist()
    for last, end in enumerate([*starts[1:], games.height]):
        start = starts[max(0, last - window_weeks + 1)]
        window = games.slice(start, end - start)
        scored = window.height - window["y"].null_count()
        if scored >= (2 if last + 1 >= window_weeks else MIN_GAMES):
            yield window


def _two_way(window: pl.DataFrame) -> tuple[Floats, Floats]:
    scored = window.filter(pl.col("y").is_not_null())
    return scored["p_hat"].to_numpy(), scored["y"].to_numpy()


def _identity(window: pl.DataFrame) -> dict[str, Any]:
    last = window.row(-1, named=True)
    return {name: last[name] for name in SERIES} | {
        "window_end_season": last["season"],
        "window_end_week": last["week"],
        "window_end_at": window["kickoff_at"].max(),
        "model_version": window.sort("made_at")["model_version"][-1],
        "n_weeks": len(np.unique(_week_code(window))),
        "n": window.height - window["y"].null_count(),
        "n_push": window["y"].null_count(),
    }


def _measures(window: pl.DataFrame, seed: int) -> dict[str, Any]:
    p, y = _two_way(window)
    last = window.row(-1, named=True)
    series = crc32("|".join(last[name] for name in SERIES).encode())
    murphy, corp = scores.murphy(p, y), scores.corp(p, y)
    recalibration = _or_null(scores.calibration_slope_intercept, p, y)
    return {
        "brier": scores.brier(p, y),
        "log_loss": scores.log_loss(p, y),
        "brier_base": corp.uncertainty,
        "skill_vs_base": _skill(scores.brier(p, y), corp.uncertainty),
        "calibration_error": scores.debiased_calibration_error(p, y),
        "calibration_error_null95": scores.calibration_error_null(
            p, seed=[seed, series, last["season"], last["week"]], draws=NULL_DRAWS
        ),
        "spiegelhalter_z": _or_null(scores.spiegelhalter_z, p, y),
        "reliability": murphy.reliability,
        "resolution": murphy.resolution,
        "uncertainty": murphy.uncertainty,
        "miscalibration": corp.miscalibration,
        "discrimination": corp.discrimination,
        "e_value": last["e_value"],
        **(asdict(recalibration) if recalibration else {}),
        **_against_market(window),
    }


def _against_market(window: pl.DataFrame) -> dict[str, Any]:
    """Both Brier scores over the same games: those with an outcome and known prices."""
    priced = window.filter(pl.col("p_market").is_not_null())
    p, y = _two_way(priced)
    if not len(p):
        return {"n_market": 0}
    market = scores.brier(_two_way(priced.with_columns(p_hat="p_market"))[0], y)
    skill = _skill(scores.brier(p, y), market)
    return {"n_market": len(p), "brier_market": market, "skill_vs_market": skill}


def _skill(brier: float, reference: float) -> float | None:
    return 1 - brier / reference if reference > 0 else None


def _or_null(measure: Callable[[Floats, Floats], T], p: Floats, y: Floats) -> T | None:
    try:
        return measure(p, y)
    except scores.NotEstimableError:
        return None


def _verdict(season: pl.DataFrame, policy: MonitorSettings) -> DriftVerdict:
    last, limit = season.row(-1, named=True), policy.max_calibration_error
    over = season["calibration_error"] > limit
    since = over.len() - int(over.reverse().cum_prod().sum())
    ends = season["window_end_at"][since:]
    days = (ends[-1] - ends[0]).days if len(ends) else 0
    facts = (bool(over[-1]), days > policy.min_days, last["e_value"] >= policy.evidence)
    return DriftVerdict(
        **{name: last[name] for name in (*SERIES, "calibration_error", "e_value", "n")},
        drifting=all(facts),
        limit=limit,
        evidence_limit=policy.evidence,
        days_over=days,
        sentence=(
            f"{MARKETS[last['market']].title} ({last['book']}, {last['signal_source']}) "
            f"{ADVICE[facts]}: calibration error {last['calibration_error']:.3f} over {last['n']} "
            f"games (limit {limit:.3f}, above it for {days} days), "
            f"evidence {last['e_value']:.3g} of the {policy.evidence:g} needed."
        ),
    )
