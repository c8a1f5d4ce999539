"""A shallow GBM as blend: trees on the same values, starting from the market's logit.

Where the linear blend asks how much each input weighs, this one lets a weight depend on the game.
The market enters as offset: without evidence the answer is the market's. Each game's contributions
are the booster's own Shapley values (Lundberg, Erion, Lee 2018, arXiv 1802.03888).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nfl_signals.core.files import write_json
from nfl_signals.stacking.protocol import MARKET, Parts, added_up
from nfl_signals.stats.arrays import Floats

KIND = "gbm"
ROUNDS = 60
SMALLEST_VALUE = 1e-9  # logits, or units of a signal
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 4,
    "max_depth": 2,
    "min_data_in_leaf": 100,
    "lambda_l2": 100.0,
    "boost_from_average": False,  # the offset says where to start
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass(frozen=True, kw_only=True)
class GbmStack:
    """Fitted blend of trees."""

    inputs: tuple[str, ...]
    trees: str  # LightGBM's text form; empty where there were too few games to grow one
    n_games: int

    def parts(self, values: Floats) -> Parts:
        """See `Blend.parts`; a weight is the input's contribution per unit of its value."""
        shapley = self._shapley(values)
        contributions, base = shapley[:, :-1], shapley[:, -1]
        if MARKET in self.inputs:
            column = self.inputs.index(MARKET)
            contributions[:, column] += values[:, column]
        # A value of (nearly) zero has no weight that could carry its contribution: the base takes it.
        usable = np.abs(values) > SMALLEST_VALUE
        base = base + np.where(usable, 0.0, contributions).sum(axis=1)
        weights = np.divide(contributions, values, out=np.zeros_like(values), where=usable)
        return added_up(base, weights, values)

    def save(self, path: Path) -> None:
        """See `Blend.save`."""
        write_json(path, {"kind": KIND, **asdict(self)})

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "GbmStack":
        """Inverse of `save`."""
        names, trees = tuple(content["inputs"]), content["trees"]
        return cls(inputs=names, trees=trees, n_games=int(content["n_games"]))

    def _shapley(self, values: Floats) -> Floats:
        if not self.trees or not len(values):
            return np.zeros((len(values), len(self.inputs) + 1))
        import lightgbm

        booster = lightgbm.Booster(model_str=self.trees)
        return np.array(booster.predict(values, pred_contrib=True, num_threads=1))


def fit_gbm_stack(values: Floats, y: Floats, *, inputs: Sequence[str], seed: int) -> GbmStack:
    """Fit the blend on n x k values (logits given no push, and signals) that no input made in sample.

    `y` is 1 for YES and 0 for NO; pushes are left out.
    """
    names = tuple(inputs)
    if len(y) < 2 * PARAMETERS["min_data_in_leaf"]:
        return GbmStack(inputs=names, trees="", n_games=len(y))
    import lightgbm

    offset = values[:, names.index(MARKET)].copy() if MARKET in names else np.zeros(len(y))
    data = lightgbm.Dataset(values, label=y, init_score=offset, params={"verbosity": -1})
    booster = lightgbm.train(PARAMETERS | {"seed": seed}, data, num_boost_round=ROUNDS)
    return GbmStack(inputs=names, trees=booster.model_to_string(), n_games=len(y))
