"""A stacked model: one market's fitted blend, its calibrator and its intervals; fit, store, predict.

Each market has two, one that weighs signals and one without any. They share nothing, so a game
without signals gets the forecast of a pipeline without signals, bit for bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from nfl_signals.calibration.choice import CANDIDATES, Choice, cached_fits, choose_calibrator
from nfl_signals.calibration.files import load_calibrator, load_venn_abers, save_calibrator
from nfl_signals.calibration.intervals import bootstrap_calibrator
from nfl_signals.calibration.methods import FITS, REFITS
from nfl_signals.calibration.protocol import Calibrator, Fit
from nfl_signals.calibration.venn_abers import VennAbers, fit_venn_abers
from nfl_signals.core.errors import SettingsError
from nfl_signals.core.settings import Settings
from nfl_signals.stacking.files import load_stack
from nfl_signals.stacking.gbm import fit_gbm_stack
from nfl_signals.stacking.inputs import SIGNALS, logit_matrix
from nfl_signals.stacking.logistic import fit_logistic_stack
from nfl_signals.stacking.prior import Adviser, advised_means, default_means
from nfl_signals.stacking.protocol import MARKET, Blend
from nfl_signals.stacking.walk_forward import (
    Calibrate,
    Calibration,
    FitBlend,
    walk_forward_blend,
    walk_forward_calibration,
    with_calibration,
    with_parts,
)
from nfl_signals.stats.arrays import Floats

PLAIN, WITH_SIGNALS = "plain", "signals"  # a market's two stacked models; parts of file names
FILES = ("stack", "calibrator", "venn_abers")
MIN_WEEKS = 2
PROBES = np.array([0.3, 0.4, 0.5, 0.6, 0.7])  # where a card shows the calibrator's interval


@dataclass(frozen=True, kw_only=True)
class StackedModel:
    """A fitted blend that has been calibrated, with Venn-Abers intervals."""

    blend: Blend
    calibrator: Calibrator
    intervals: VennAbers

    def predict(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of `stacking/inputs.py` with blend, calibration and all that led there."""
        inputs = self.blend.inputs
        blended = with_parts(rows, self.blend.parts(logit_matrix(rows, inputs)), inputs)
        p_raw = blended["p_raw"].to_numpy()
        return with_calibration(blended, _calibration(self.calibrator, self.intervals, p_raw))

    def save(self, folder: Path, name: str) -> None:
        """Write three JSON files below a model folder."""
        stack, calibrator, intervals = _files(folder, name)
        self.blend.save(stack)
        save_calibrator(calibrator, self.calibrator)
        save_calibrator(intervals, self.intervals)


def load_stacked_model(folder: Path, name: str) -> StackedModel | None:
    """The stacked model stored under a name; None where the version was fitted without it."""
    stack, calibrator, intervals = _files(folder, name)
    if name == WITH_SIGNALS and not stack.exists():
        return None
    return StackedModel(
        blend=load_stack(stack),
        calibrator=load_calibrator(calibrator),
        intervals=load_venn_abers(intervals),
    )


def input_names(settings: Settings, name: str) -> list[str]:
    """What a stacked model weighs: the market, the learners, and signals if it is the one that does."""
    signals = SIGNALS if name == WITH_SIGNALS else ()
    return [MARKET, *settings.training.learners, *signals]


def blend_fitter(settings: Settings, inputs: Sequence[str], adviser: Adviser) -> FitBlend:
    """How a blend of the inputs is fitted for a season."""
    signals = [name for name in inputs if name in SIGNALS]

    def fit(x: Floats, y: Floats, season: int) -> Blend:
        if settings.training.stack == "gbm":
            return fit_gbm_stack(x, y, inputs=inputs, seed=settings.seed)
        advice = adviser(season)
        means = advised_means(default_means(inputs, signals), advice.means if advice else None)
        return fit_logistic_stack(x, y, inputs=inputs, signals=signals, means=means)

    return fit


def walk_forward_stack(
    settings: Settings, rows: pl.DataFrame, inputs: Sequence[str], adviser: Adviser
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Walk forward through the seasons: blended rows, and those of them that could be calibrated.

    `rows` are `inputs.stack_inputs` of the walk-forward scheme, with signals.
    """
    fits = cached_fits()

    def fit_calibrator(rows: pl.DataFrame) -> Calibrate:
        calibrator = chosen_calibrator(settings, rows, fits=fits).calibrator
        intervals = fit_venn_abers(rows["p_raw"].to_numpy(), rows["y"].to_numpy())
        return lambda p_raw: _calibration(calibrator, intervals, p_raw)

    blended = walk_forward_blend(
        rows,
        inputs=inputs,
        fit_blend=blend_fitter(settings, inputs, adviser),
        min_seasons=settings.training.min_stack_seasons,
    )
    calibrated = walk_forward_calibration(
        blended,
        fit_calibrator=fit_calibrator,
        min_seasons=settings.training.min_calibration_seasons,
    )
    return blended, calibrated


def chosen_calibrator(
    settings: Settings, rows: pl.DataFrame, *, fits: Mapping[str, Fit] = FITS
) -> Choice:
    """The calibrator of the settings, or the best of the seasons; SettingsError: too few games for it."""
    wanted = settings.training.calibrator
    try:
        return choose_calibrator(
            rows["p_raw"].to_numpy(),
            rows["y"].to_numpy(),
            rows["season"].to_numpy(),
            candidates=CANDIDATES if wanted == "chosen" else (wanted,),
            min_seasons=settings.training.min_calibration_seasons,
            fits=fits,
        )
    except ValueError as error:
        raise SettingsError(f"training.calibrator: {wanted}: {error}; choose another.") from None


def calibrate_blend(
    settings: Settings, blend: Blend, blended: pl.DataFrame
) -> tuple[StackedModel, dict[str, Any]]:
    """Calibrate a blend fitted on all games on the settled rows of `walk_forward_blend` of its kind.

    With it comes the calibration for its card: method, reasons, parameters, and the 95 % week-block
    bootstrap interval of the curve at `PROBES`.
    """
    intervals = fit_venn_abers(blended["p_raw"].to_numpy(), blended["y"].to_numpy())
    chosen = chosen_calibrator(settings, blended)
    model = StackedModel(blend=blend, calibrator=chosen.calibrator, intervals=intervals)
    return model, {
        **chosen.to_json(),
        "fitted": chosen.calibrator.to_json(),
        "interval": _interval(settings, chosen, blended),
    }


def _interval(settings: Settings, chosen: Choice, rows: pl.DataFrame) -> dict[str, Any]:
    """Week-block bootstrap of the calibrator; empty where there are no two weeks to redraw."""
    weeks = (rows["season"] * 100 + rows["week"]).to_numpy()
    if len(np.unique(weeks)) < MIN_WEEKS:
        return {}
    spread = bootstrap_calibrator(
        rows["p_raw"].to_numpy(),
        rows["y"].to_numpy(),
        weeks,
        fit=REFITS[chosen.method],
        at=PROBES,
        seed=settings.seed,
    )
    return {
        "parameters": {name: list(ends) for name, ends in spread.parameters.items()},
        "p_raw": PROBES.tolist(),
        "p": chosen.calibrator.predict(PROBES).tolist(),
        "low": spread.low.tolist(),
        "high": spread.high.tolist(),
        "n_weeks": spread.n_blocks,
    }


def _calibration(calibrator: Calibrator, intervals: VennAbers, p_raw: Floats) -> Calibration:
    low, high = intervals.interval(p_raw)
    return Calibration(calibrator.method, calibrator.predict(p_raw), low, high)


def _files(folder: Path, name: str) -> list[Path]:
    return [folder / f"{part}_{name}.json" for part in FILES]
