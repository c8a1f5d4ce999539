"""Logistic regression on logits, shrunk towards a prior: the default blend.

    logit(p_raw) = intercept + weight_market * logit(p_market) + sum(weight_i * logit(p_i))
                   + sum(weight_s * signal_s)

Probabilities are conditional on no push. Method: maximum a posteriori under the Normal prior of
`prior.py`; every weight can be read as "logits per logit", or per unit of a signal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nfl_signals.core.files import write_json
from nfl_signals.stacking.prior import chosen_prior, default_means
from nfl_signals.stacking.protocol import Parts, added_up
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import fit_towards_prior

KIND = "logistic"


@dataclass(frozen=True, kw_only=True)
class LogisticStack:
    """Fitted linear blend."""

    inputs: tuple[str, ...]
    intercept: float  # logits
    weights: tuple[float, ...]
    prior_mean: tuple[float, ...]  # what each weight was shrunk towards
    prior_width: tuple[float, ...]  # how firmly: prior sd of each weight
    n_games: int

    def parts(self, values: Floats) -> Parts:
        """See `Blend.parts`; every game has the same weights."""
        shape = (len(values), len(self.inputs))
        weights = np.broadcast_to(np.asarray(self.weights), shape)
        return added_up(np.full(len(values), self.intercept), weights, values)

    def save(self, path: Path) -> None:
        """See `Blend.save`."""
        write_json(path, {"kind": KIND, **asdict(self)})

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "LogisticStack":
        """Inverse of `save`."""
        return cls(
            inputs=tuple(content["inputs"]),
            intercept=float(content["intercept"]),
            weights=tuple(content["weights"]),
            prior_mean=tuple(content["prior_mean"]),
            prior_width=tuple(content["prior_width"]),
            n_games=int(content["n_games"]),
        )


def fit_logistic_stack(
    values: Floats,
    y: Floats,
    *,
    inputs: Sequence[str],
    signals: Sequence[str] = (),
    means: Mapping[str, float] | None = None,
) -> LogisticStack:
    """Fit the blend on n x k values (logits given no push, and signals) that no input made in sample.

    `y` is 1 for YES and 0 for NO; pushes are left out. `means` are those of the weights' prior,
    unless given `default_means`.
    """
    stated = means or default_means(inputs, signals)
    prior_means = {name: stated[name] for name in inputs}
    design = np.column_stack([np.ones(len(y)), values])
    prior = chosen_prior(design, y, means=prior_means, signals=signals)
    fitted = fit_towards_prior(
        design, y, prior_mean=prior.center(), prior_deviation=prior.deviation()
    )
    return LogisticStack(
        inputs=tuple(inputs),
        intercept=float(fitted[0]),
        weights=tuple(float(weight) for weight in fitted[1:]),
        prior_mean=prior.mean,
        prior_width=prior.width,
        n_games=len(y),
    )
