"""Gradient-boosted trees by LightGBM, with monotonic constraints.

Small trees, strong shrinkage: a few thousand games carry little signal. One thread per fit, so the
number of threads of the run can never change a model.
"""

from pathlib import Path
from typing import Any, Self

import numpy as np

from nfl_signals.learners.protocol import Floats, Task, shares
from nfl_signals.storage import write_text

FILE = "model.txt"
ROUNDS = 150
PARAMETERS: dict[str, Any] = {
    "learning_rate": 0.03,
    "num_leaves": 6,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 20.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


class LightGBMLearner:
    """LightGBM booster.

    Args:
        task: 'probability' or 'mean'.
        monotone: per feature +1, -1 or 0.
        weight: per feature, prior belief in its use: factor on the gain of its splits.
        seed: of bagging and column sampling.
    """

    name = "lightgbm"

    def __init__(
        self, *, task: Task, monotone: tuple[int, ...], weight: tuple[float, ...], seed: int
    ) -> None:
        self.task = task
        self.monotone = monotone
        self.weight = weight
        self.seed = seed

    def fit(self, x: Floats, y: Floats) -> Self:
        """See `Learner.fit`."""
        import lightgbm

        parameters = PARAMETERS | {
            "objective": "binary" if self.task == "probability" else "regression",
            "monotone_constraints": list(self.monotone),
            "feature_contri": list(self.weight),
            "seed": self.seed,
        }
        data = lightgbm.Dataset(x, label=y, params={"verbosity": -1})
        self.booster_ = lightgbm.train(parameters, data, num_boost_round=ROUNDS)
        return self

    def predict(self, x: Floats) -> Floats:
        """See `Learner.predict`."""
        return np.asarray(self.booster_.predict(x, num_threads=1), dtype=np.float64)

    def importance(self) -> Floats:
        """Total gain of each feature's splits, as shares."""
        return shares(np.asarray(self.booster_.feature_importance("gain"), dtype=np.float64))

    def save(self, folder: Path) -> None:
        """See `Learner.save`."""
        write_text(folder / FILE, self.booster_.model_to_string())

    def load(self, folder: Path) -> Self:
        """See `Learner.load`."""
        import lightgbm

        self.booster_ = lightgbm.Booster(model_str=(folder / FILE).read_text(encoding="utf-8"))
        return self
