"""Gradient-boosted trees by XGBoost, with monotonic constraints.

Differs from `lightgbm.py` in growing level by level and in its regularisation, so the two err
differently. One thread per fit, so the number of threads of the run can never change a model.
"""

from pathlib import Path
from typing import Any, Self

import numpy as np

from nfl_signals.core.files import write_bytes
from nfl_signals.learners.device import gpu_count, resolve
from nfl_signals.learners.protocol import Contributions, Inputs, Spec, shares
from nfl_signals.stats.arrays import Floats

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
    "nthread": 1,  # so that the number of threads of the run never changes a model
    "verbosity": 0,
}


class XGBoostLearner:
    """XGBoost booster.

    Prior belief in a column is its chance of being sampled for a tree; the seed is of row and
    column sampling; sequences are ignored. Predictions are made on the CPU wherever it was fitted.
    For cuda where this build or this machine has none: SettingsError.
    """

    name = "xgboost"
    description = "gradient-boosted trees, level by level, on the same features as logistic"
    packages = "xgboost-cpu xgboost"
    reads_sequences = False

    def __init__(self, spec: Spec) -> None:
        import xgboost

        self.spec = spec
        self.device = resolve(
            spec.device,
            available=bool(xgboost.build_info()["USE_CUDA"]) and gpu_count() > 0,
            missing="this build of xgboost or this machine has no CUDA",
        )

    def fit(self, inputs: Inputs, y: Floats) -> Self:
        """See `Learner.fit`."""
        import xgboost

        mean = self.spec.task == "mean"
        parameters = PARAMETERS | {
            "objective": "reg:squarederror" if mean else "binary:logistic",
            "monotone_constraints": "(" + ",".join(map(str, self.spec.monotone)) + ")",
            "base_score": float(y.mean()),
            "seed": self.spec.seed,
            "device": self.device,
        }
        # Squared-error leaves weigh 1 a game, logistic ones about 1/4: the same minimum of games.
        if mean:
            parameters["min_child_weight"] = 4 * PARAMETERS["min_child_weight"]
        weight = np.asarray(self.spec.weight)
        data = xgboost.DMatrix(inputs.x, label=y, feature_weights=weight, nthread=1)
        self.booster_ = xgboost.train(parameters, data, num_boost_round=ROUNDS)
        self.booster_.set_param({"device": "cpu"})
        return self

    def predict(self, inputs: Inputs) -> Floats:
        """See `Learner.predict`."""
        if not len(inputs):
            return np.empty(0)  # xgboost warns of a table without rows
        import xgboost

        predicted = self.booster_.predict(xgboost.DMatrix(inputs.x, nthread=1))
        return np.asarray(predicted, dtype=np.float64)

    def contributions(self, inputs: Inputs) -> Contributions:
        """Tree SHAP values of the booster's own (`pred_contribs`); see `Learner.contributions`.

        XGBoost adds in single precision: the sum meets the prediction within about 1e-6 logits and
        1e-4 points.
        """
        import xgboost

        parts = self.booster_.predict(xgboost.DMatrix(inputs.x, nthread=1), pred_contribs=True)
        parts = np.asarray(parts, dtype=np.float64).reshape(len(inputs), inputs.x.shape[1] + 1)
        return parts[:, :-1], parts[:, -1]

    def importance(self) -> dict[str, float]:
        """Total gain of each column's splits, as shares."""
        gains = self.booster_.get_score(importance_type="total_gain")
        by_column = [gains.get(f"f{i}", 0.0) for i in range(len(self.spec.names))]
        return shares(self.spec.names, np.array(by_column))

    def save(self, folder: Path) -> None:
        """See `Learner.save`."""
        write_bytes(folder / FILE, bytes(self.booster_.save_raw(raw_format="ubj")))

    def load(self, folder: Path) -> Self:
        """See `Learner.load`."""
        import xgboost

        self.booster_ = xgboost.Booster({"nthread": 1})
        self.booster_.load_model(folder / FILE)
        return self
