"""Every measure of one window of graded games.

Each calibration error comes with what chance alone gives a forecast that is right: outcomes are
drawn once from every game's stated probability, `NULL_DRAWS` times, and all windows that hold the
game share its draws. So a week costs its own draws only, and a row depends on no later game.
"""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
import scipy
from numpy.typing import NDArray

from nfl_signals.monitoring.rolling_windows import DIGESTED, Series, Window
from nfl_signals.stats import bins, consistency_band, fixed_time_tests, scores, smooth_ece
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.consistency_band import draw_outcomes

T = TypeVar("T")

NULL_DRAWS = 200  # the 95 % quantile then rests on ten draws, enough to show beside a number


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What the measures read of a series, one entry a game, shape (n,); NaN where unknown."""

    p: Floats  # p_hat
    p_push: Floats
    p_market: Floats  # no-vig price at the pick
    p_close: Floats  # the close at the line taken
    valued: Floats  # closing_line_value
    y: Floats  # 1, 0, or NaN for a push
    outcome: NDArray[np.str_]  # yes, no or push
    drawn: Floats  # outcomes drawn from p, shape (n, NULL_DRAWS); of pushes too, not read there


def columns_of(series: Series, seed: list[int]) -> Columns:
    """Null outcomes are drawn week by week: later games cannot change those of earlier ones."""
    numbers = series.games.select(pl.col(DIGESTED).cast(pl.Float64)).to_dict()
    p, p_push, p_market, p_close, y, valued = (numbers[name].to_numpy() for name in DIGESTED)
    weeks = [series.games.row(row, named=True) for row in series.starts[:-1].tolist()]
    stated = np.split(p, series.starts[1:-1])
    drawn = [
        draw_outcomes(part, seed=[*seed, week["season"], week["week"]], draws=NULL_DRAWS)
        for part, week in zip(stated, weeks, strict=True)
    ]
    return Columns(
        p=p,
        p_push=p_push,
        p_market=p_market,
        p_close=p_close,
        valued=valued,
        y=y,
        outcome=np.array(series.games["outcome"].to_list()),
        drawn=np.concatenate(drawn),
    )


def measures(columns: Columns, window: Window) -> dict[str, Any]:
    """Columns of `calibration_metrics.METRICS_SCHEMA` that the window's own games determine.

    What they cannot determine (a slope of one class, a skill without prices) is null or left out.
    """
    games = Columns(
        **{name: part[window.start : window.stop] for name, part in vars(columns).items()}
    )
    scored = ~np.isnan(games.y)
    p, y = games.p[scored], games.y[scored]
    base = float(y.mean() * (1 - y.mean()))
    recalibration = _or_null(scores.calibration_slope_intercept, p, y)
    murphy, corp = scores.murphy(p, y), scores.corp(p, y)
    valued = games.valued[~np.isnan(games.valued)]
    return {
        "brier": scores.brier(p, y),
        "log_loss": scores.log_loss(p, y),
        "brier_base": base,
        "skill_vs_base": _skill(scores.brier(p, y), base),
        **_errors(p, y, games.drawn if scored.all() else games.drawn[scored]),
        **{name: getattr(murphy, name) for name in ("reliability", "resolution", "uncertainty")},
        **{name: getattr(corp, name) for name in ("miscalibration", "discrimination")},
        **(asdict(recalibration) if recalibration else {}),
        "spiegelhalter_z": _or_null(scores.spiegelhalter_z, p, y),
        "spiegelhalter_p": _or_null(fixed_time_tests.spiegelhalter_p, p, y),
        "hosmer_lemeshow_p": _or_null(fixed_time_tests.hosmer_lemeshow_p, p, y),
        "three_way_brier": scores.three_way_brier(games.p, games.p_push, games.outcome),
        "three_way_log_loss": scores.three_way_log_loss(games.p, games.p_push, games.outcome),
        **_against("price", p, y, games.p_market[scored]),
        **_against("close", p, y, games.p_close[scored]),
        "n_valued": len(valued),
        "closing_line_value": float(valued.mean()) if len(valued) else None,
    }


def code_digest() -> bytes:
    """Changes whenever the code behind a stored measure may give another number."""
    modules = (bins, scores, smooth_ece, fixed_time_tests, consistency_band)
    files = [Path(str(module.__file__)) for module in modules]
    files.append(Path(__file__))
    versions = f"{np.__version__} {scipy.__version__} {pl.__version__}".encode()
    return hashlib.sha256(versions + b"".join(file.read_bytes() for file in files)).digest()


def _errors(p: Floats, y: Floats, drawn: Floats) -> dict[str, float]:
    return {
        "calibration_error": scores.debiased_calibration_error(p, y),
        "calibration_error_null95": scores.calibration_error_quantile(p, drawn),
        "smooth_calibration_error": smooth_ece.smooth_calibration_error(p, y),
        "smooth_calibration_error_null95": smooth_ece.smooth_error_quantile(p, drawn),
    }


def _against(name: str, p: Floats, y: Floats, reference: Floats) -> dict[str, Any]:
    """Brier score of a reference and skill over it: over games with an outcome and that reference."""
    known = ~np.isnan(reference)
    if not known.any():
        return {f"n_{name}": 0}
    brier = scores.brier(reference[known], y[known])
    skill = _skill(scores.brier(p[known], y[known]), brier)
    return {f"n_{name}": int(known.sum()), f"brier_{name}": brier, f"skill_vs_{name}": skill}


def _skill(brier: float, reference: float) -> float | None:
    return 1 - brier / reference if reference > 0 else None


def _or_null(measure: Callable[[Floats, Floats], T], p: Floats, y: Floats) -> T | None:
    try:
        return measure(p, y)
    except scores.NotEstimableError:
        return None
