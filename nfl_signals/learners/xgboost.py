"""Gradient-boosted trees by XGBoost, with monotonic constraints.

Differs from `lightgbm.py` in growing level by level and in its regularisation, so the two err
differently. One thread per fit, so the number of threads of the run can never change a model.
"""

from pathlib import Path
from typing import Any, Self

import numpy as np

from nfl_signals.learners.protocol import Floats, Task, shares
from nfl_signals.storage import write_bytes

FILE = "model.ubj"
ROUNDS = 150
PARAMETERS: dict[str, Any] = {
    "eta": 0.03,
    "max_depth": 3,
    "min_child_weight": 20.0,
    "subsample": 0.7,
    "colsample_bytree": 0.5,
    "lambda": 20.0,
    "tree_method": "hist",
    "max_bin": 64,
    "nthread": 1,
    "verbosity": 0,
}


class XGBoostLearner:
    """XGBoost booster.

    Args:
        task: 'probability' or 'mean'.
        monotone: per feature +1, -1 or 0.
        weight: per feature, prior belief in its use: its chance of being sampled for a tree.
        seed: of row and column sampling.
    """

    name = "xgboost"

    def __init__(
        self, *, task: Task, monotone: tuple[int, ...], weight: tuple[float, ...], seed: int
    ) -> None:
        self.task = task
        self.monotone = monotone
        self.weight = weight
        self.seed = seed

    def fit(self, x: Floats, y: Floats) -> Self:
        """See `Learner.fit`."""
        import xgboost

        squared = "reg:squarederror"
        parameters = PARAMETERS | {
            "objective": "binary:logistic" if self.task == "probability" else squared,
            "monotone_constraints": "(" + ",".join(map(str, self.monotone)) + ")",
            "base_score": float(y.mean()),
            "seed": self.seed,
        }
        # Squared-error leaves weigh 1 a game, logistic ones about 1/4: the same minimum of games.
        if self.task == "mean":
            parameters["min_child_weight"] = 4 * PARAMETERS["min_child_weight"]
        data = xgboost.DMatrix(x, label=y, feature_weights=np.asarray(self.weight), nthread=1)
        self.booster_ = xgboost.train(parameters, data, num_boost_round=ROUNDS)
        return self

    def predict(self, x: Floats) -> Floats:
        """See `Learner.predict`."""
        import xgboost

        return np.asarray(self.booster_.predict(xgboost.DMatrix(x, nthread=1)), dtype=np.float64)

    def importance(self) -> Floats:
        """Total gain of each feature's splits, as shares."""
        gains = self.booster_.get_score(importance_type="total_gain")
        return shares(np.array([gains.get(f"f{i}", 0.0) for i in range(len(self.monotone))]))

    def save(self, folder: Path) -> None:
        """See `Learner.save`."""
        write_bytes(folder / FILE, bytes(self.booster_.save_raw(raw_format="ubj")))

    def load(self, folder: Path) -> Self:
        """See `Learner.load`."""
        import xgboost

        self.booster_ = xgboost.Booster({"nthread": 1})
        self.booster_.load_model(folder / FILE)
        return self
