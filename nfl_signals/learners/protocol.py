"""What every base learner does."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nfl_signals.stats.arrays import Bools, Floats

Task = Literal["probability", "mean"]
"""'probability': targets are 0 or 1, predictions a probability. 'mean': targets and predictions
are points."""
Combine = Literal["difference", "sum"]
"""How two teams' numbers become one: margins are about differences, totals about sums."""
Device = Literal["cpu", "cuda", "auto"]
Contributions = tuple[Floats, Floats]


@dataclass(frozen=True, kw_only=True, eq=False)
class Inputs:
    """What learners see of n games; each takes the part that it can read."""

    x: Floats  # n x d, finite
    # n x 2 x window x channels: home then away team, newest game last, zeros before a team's first
    # game (`sequences.py`); window 0 where no learner wants it.
    sequence: Floats

    def __post_init__(self) -> None:
        if self.x.ndim != 2 or self.sequence.ndim != 4:
            raise ValueError(f"expected 2 and 4 axes, got {self.x.shape}, {self.sequence.shape}")
        if self.sequence.shape[:2] != (len(self.x), 2):
            raise ValueError(f"{len(self.x)} rows, but sequences of shape {self.sequence.shape}")

    @classmethod
    def tabular(cls, x: Floats) -> Self:
        """Without sequences."""
        return cls(x=x, sequence=np.empty((len(x), 2, 0, 0)))

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: NDArray[np.integer] | Bools) -> "Inputs":
        """The games at these positions, in this order (or where a mask of n is true)."""
        return Inputs(x=self.x[rows], sequence=self.sequence[rows])


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a learner is given before it sees a game; each uses what it can."""

    names: tuple[str, ...]  # of the d columns of `Inputs.x`
    task: Task  # what the targets are
    combine: Combine  # whether the target is about the teams' difference or sum
    monotone: tuple[int, ...]  # per column +1, -1 or 0: how the target may move with it
    weight: tuple[float, ...]  # per column, prior belief in its use, above 0 and at most 1
    seed: int  # of all randomness
    device: Device = "cpu"  # where to fit


class Learner(Protocol):
    """Fits once, predicts deterministically, is stored as data, never as code."""

    name: str  # key in tables and paths
    description: str  # what it is, to whoever advises on the stack's weights
    packages: str  # what it fits and predicts with, under every name it may be installed by
    reads_sequences: bool  # whether it needs `Inputs.sequence`
    spec: Spec

    def __init__(self, spec: Spec) -> None:
        """Keep what it is given; SettingsError where its package or device is not there."""

    def fit(self, inputs: Inputs, y: Floats) -> Self:
        """Fit to n games and n targets; on a CPU the same input gives the same bits."""

    def predict(self, inputs: Inputs) -> Floats:
        """One prediction per game: a probability or points, by the task."""

    def contributions(self, inputs: Inputs) -> Contributions | None:
        """What each column adds to each game's prediction, n x d, and the n bases without them.

        In logits for a probability and points for a mean; parts and base add up to the prediction on
        that scale. None where the learner has no decomposition of its own.
        """

    def importance(self) -> dict[str, float]:
        """Non-negative shares that sum to 1, larger means used more; by column or other input."""

    def save(self, folder: Path) -> None:
        """Write the fitted model below `folder`."""

    def load(self, folder: Path) -> Self:
        """Read what `save` wrote."""


def shares(names: tuple[str, ...], values: Floats) -> dict[str, float]:
    """Non-negative values by name, scaled to sum to 1; all zeros stay zero.

    Example:
        >>> shares(("a", "b"), np.array([1.0, 3.0]))
        {'a': 0.25, 'b': 0.75}
    """
    total = float(values.sum())
    scaled = values / total if total > 0 else values
    return dict(zip(names, scaled.tolist(), strict=True))
