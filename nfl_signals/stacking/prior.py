"""What is believed about a blend's weights before any game is seen, and how firmly.

Default: the market is right and nothing else adds to it. How firmly learners and signals are held to
zero is chosen on the training games alone by the evidence of each width (MacKay 1992, "Bayesian
interpolation", section 3, with Laplace's approximation), so where a market leaves learners nothing
to say, as against a spread, their weights stay at zero by themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nfl_signals.llm.advice import Advice
from nfl_signals.stacking.protocol import MARKET
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import fit_towards_prior, log_evidence

INTERCEPT_DEVIATION = 0.05  # prior sd of the intercept, logits
WIDTHS = (0.02, 0.05, 0.1, 0.2, 0.4)  # prior sds of weights to choose from; logits per unit
ORDER = (MARKET, "learners", "signals")  # groups of inputs that share a width
LARGEST_ADVICE = 0.5  # an advised weight may differ from the default by no more

Adviser = Callable[[int], Advice | None]  # season to be predicted -> advice, if any is wanted


@dataclass(frozen=True, kw_only=True)
class Prior:
    """Normal prior of intercept and weights."""

    mean: tuple[float, ...]  # one per input
    width: tuple[float, ...]  # prior sd of each input's weight

    def deviation(self) -> Floats:
        """Intercept and inputs."""
        return np.array([INTERCEPT_DEVIATION, *self.width])

    def center(self) -> Floats:
        """Intercept and inputs."""
        return np.array([0.0, *self.mean])


def default_means(inputs: Sequence[str], signals: Sequence[str]) -> dict[str, float]:
    """Weight 1 on the market; without a market, learners share 1 equally; signals 0.

    Example:
        >>> default_means(["market", "logistic"], [])
        {'market': 1.0, 'logistic': 0.0}
        >>> default_means(["logistic", "xgboost", "offense"], ["offense"])
        {'logistic': 0.5, 'xgboost': 0.5, 'offense': 0.0}
    """
    learners = [name for name in inputs if name != MARKET and name not in signals]
    share = 0.0 if MARKET in inputs else 1.0 / max(len(learners), 1)
    return {name: 1.0 if name == MARKET else share * (name in learners) for name in inputs}


def advised_means(
    means: Mapping[str, float], advice: Mapping[str, float] | None
) -> dict[str, float]:
    """Default means moved by advice, by at most `LARGEST_ADVICE` each; unknown names are ignored.

    Example:
        >>> advised_means({"market": 1.0, "logistic": 0.0}, {"logistic": 9.0, "moon": 1.0})
        {'market': 1.0, 'logistic': 0.5}
    """
    wanted = advice or {}
    return {
        name: float(np.clip(wanted.get(name, mean), mean - LARGEST_ADVICE, mean + LARGEST_ADVICE))
        for name, mean in means.items()
    }


def chosen_prior(
    design: Floats, y: Floats, *, means: Mapping[str, float], signals: Sequence[str]
) -> Prior:
    """The widths under which the training games are least surprising.

    One group of inputs after the other, the market first; groups not yet chosen are held firmly.
    `design` is n x (1 + k): ones, then the inputs' values in the order of `means`.
    """
    groups = {
        name: MARKET if name == MARKET else "signals" if name in signals else "learners"
        for name in means
    }

    def prior(chosen: Mapping[str, float]) -> Prior:
        widths = tuple(chosen[groups[name]] for name in means)
        return Prior(mean=tuple(means.values()), width=widths)

    chosen = dict.fromkeys(ORDER, min(WIDTHS))
    for group in [group for group in ORDER if group in groups.values()]:
        candidates = [prior(chosen | {group: width}) for width in WIDTHS]
        evidence = [_evidence(design, y, candidate) for candidate in candidates]
        chosen[group] = WIDTHS[int(np.argmax(evidence))]
    return prior(chosen)


def _evidence(design: Floats, y: Floats, prior: Prior) -> float:
    center, deviation = prior.center(), prior.deviation()
    fitted = fit_towards_prior(design, y, prior_mean=center, prior_deviation=deviation)
    return log_evidence(design, y, fitted, prior_mean=center, prior_deviation=deviation)
