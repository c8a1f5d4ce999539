"""Blend base learners and market on the logit scale.

    logit(p_raw) = intercept + weight_market * logit(p_market) + sum(weight_i * logit(p_i))

The weights are shrunk towards "the market is right and nobody adds anything", so a learner has to
earn its weight. Probabilities are conditional on no push. Calibrating `p_raw` is `calibration.py`;
what the walk-forward table needs from each season is put together in `replay.py`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nfl_signals.logit import expit, fit_towards_prior, logit
from nfl_signals.storage import read_json, write_json

Floats = NDArray[np.float64]

MARKET = "market"
WEIGHT_DEVIATION = 0.15  # prior sd of a weight: a few hundred games move it little, thousands do
INTERCEPT_DEVIATION = 0.05  # prior sd of the intercept, logits
FILE = "stack.json"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Fitted blend.

    Attributes:
        inputs: names in order; the market is one of them.
        intercept: logits.
        weights: one per input.
        n_games: games it was fitted on.
    """

    inputs: tuple[str, ...]
    intercept: float
    weights: tuple[float, ...]
    n_games: int

    def predict(self, probabilities: Floats) -> Floats:
        """Blend n x len(inputs) probabilities into n probabilities of YES given no push."""
        return expit(self.intercept + logit(probabilities) @ np.asarray(self.weights))

    def save(self, folder: Path) -> None:
        """Write the numbers as JSON."""
        write_json(folder / FILE, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> "Stack":
        """Read what `save` wrote."""
        content = read_json(folder / FILE)
        return cls(
            inputs=tuple(content["inputs"]),
            intercept=float(content["intercept"]),
            weights=tuple(float(weight) for weight in content["weights"]),
            n_games=int(content["n_games"]),
        )


def fit_stack(probabilities: Floats, y: Floats, *, inputs: Sequence[str]) -> Stack:
    """Fit the blend on forecasts that no input made in sample.

    Args:
        probabilities: n x len(inputs), conditional on no push.
        y: n outcomes, 1 for YES and 0 for NO; pushes left out.
        inputs: column names; must contain 'market'.

    Raises:
        ValueError: there is no market column, so there is nothing to shrink towards.
    """
    if MARKET not in inputs:
        raise ValueError(f"inputs must contain {MARKET!r}, got {list(inputs)}")
    design = np.column_stack([np.ones(len(y)), logit(probabilities)])
    prior = np.array([0.0, *(float(name == MARKET) for name in inputs)])
    deviation = np.array([INTERCEPT_DEVIATION, *[WEIGHT_DEVIATION] * len(inputs)])
    fitted = fit_towards_prior(design, y, prior_mean=prior, prior_deviation=deviation)
    return Stack(
        inputs=tuple(inputs),
        intercept=float(fitted[0]),
        weights=tuple(float(weight) for weight in fitted[1:]),
        n_games=len(y),
    )
