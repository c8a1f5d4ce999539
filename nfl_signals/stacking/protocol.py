"""What every blend does, and the scale on which it works.

A blend sees *values*: the logit of each probability, and each signal as it is. Its answer is a sum
of parts in logits, so every game's forecast can be taken to pieces without a remainder.
"""

from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit

MARKET = "market"


class Parts(NamedTuple):
    """A blend's answer in pieces: logit(p_raw) = base + sum over inputs of weights * values."""

    base: Floats  # n intercepts, logits
    weights: Floats  # n x k, logits per unit of the value
    logits: Floats  # n sums

    @property
    def p_raw(self) -> Floats:
        """N probabilities of YES given no push."""
        return expit(self.logits)


class Blend(Protocol):
    """A fitted stack."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the k columns of the values, in order."""

    @property
    def n_games(self) -> int:
        """Games it was fitted on."""

    def parts(self, values: Floats) -> Parts:
        """Take apart the answers to n x k values."""

    def save(self, path: Path) -> None:
        """Write the fitted numbers to one JSON file."""


def added_up(base: Floats, weights: Floats, values: Floats) -> Parts:
    """The parts with their sum, added row by row: one game alone gets the bits it gets among many."""
    # In column-major memory numpy would add eight or more inputs in another order.
    return Parts(base, weights, base + np.multiply(weights, values, order="C").sum(axis=1))
