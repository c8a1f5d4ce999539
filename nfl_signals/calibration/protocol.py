"""What every calibrator does: probabilities in, probabilities out, never certain, order kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import TAIL


@dataclass(frozen=True, kw_only=True)
class FittedNumbers:
    """Numbers, and tuples of numbers, that a method fitted; kept as JSON under the method's name."""

    method: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """Method and fitted numbers, enough to build it again."""
        return {"method": self.method, **asdict(self)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Inverse of `to_json`; KeyError, TypeError or ValueError where a number is none."""
        return cls(**{field.name: _typed(field.type, content[field.name]) for field in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class Calibrator(FittedNumbers, ABC):
    """A fitted calibrator.

    Attributes:
        method: name under which it is stored and chosen.
        n_games: games it was fitted on.
    """

    n_games: int

    @abstractmethod
    def predict(self, p_raw: Floats) -> Floats:
        """Calibrated probabilities of YES given no push for n forecasts in [0, 1].

        They lie inside (0, 1); a higher forecast never gets a lower one.
        """


Fit = Callable[[Floats, Floats], Calibrator]
"""(n forecasts made out of sample, n outcomes) -> calibrator."""


def inside(p: Floats) -> Floats:
    """Probabilities held `TAIL` away from 0 and 1: no calibrator is ever certain.

    Example:
        >>> inside(np.array([0.0, 0.5])).tolist()
        [1e-06, 0.5]
    """
    return np.clip(p, TAIL, 1 - TAIL)


def _typed(kind: Any, value: Any) -> Any:  # noqa: ANN401 - a field's type and a JSON value
    return kind(value) if kind in (int, float) else tuple(map(float, value))
