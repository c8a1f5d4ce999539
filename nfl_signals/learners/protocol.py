"""What every base learner does, and nothing about any particular one."""

from pathlib import Path
from typing import Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Task = Literal["probability", "mean"]
"""'probability': targets are 0 or 1, predictions a probability. 'mean': targets and predictions
are points."""


class Learner(Protocol):
    """Fits once, predicts deterministically, is stored as data (text, UBJSON, JSON), never as code.

    Attributes:
        name: key in tables and paths.
        task: what the targets are.
    """

    name: str
    task: Task

    def fit(self, x: Floats, y: Floats) -> Self:
        """Fit to n x d features and n targets; the same input gives the same model."""
        ...

    def predict(self, x: Floats) -> Floats:
        """One prediction per row: a probability or points, by `task`."""
        ...

    def importance(self) -> Floats:
        """One non-negative number per feature, summing to 1; larger means used more."""
        ...

    def save(self, folder: Path) -> None:
        """Write the fitted model below `folder`."""
        ...

    def load(self, folder: Path) -> Self:
        """Read what `save` wrote."""
        ...


def shares(values: Floats) -> Floats:
    """Scale non-negative values to sum to 1; all zeros stay zero.

    Example:
        >>> shares(np.array([1.0, 3.0])).tolist()
        [0.25, 0.75]
    """
    total = float(values.sum())
    return values / total if total > 0 else values
