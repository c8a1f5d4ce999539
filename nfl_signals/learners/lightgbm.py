"""Gradient-boosted trees by LightGBM, with monotonic constraints.

Small trees, strong shrinkage: a few thousand games carry little signal. One thread per fit, so the
number of threads of the run can never change a model.
"""

from pathlib import Path
from typing import Any, Self

import numpy as np

from nfl_signals.core.files import write_text
from nfl_signals.learners.protocol import Contributions, Inputs, Spec, shares
from nfl_signals.stats.arrays import Floats

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
    "num_threads": 1,  # so that the number of threads of the run never changes a model
    "verbosity": -1,
}


class LightGBMLearner:
    """LightGBM booster.

    Prior belief in a column is a factor on the gain of its splits; the seed is of bagging and
    column sampling; sequences and the device are ignored.
    """

    name = "lightgbm"
    description = "gradient-boosted trees, leaf by leaf, on the same features as logistic"
    packages = "lightgbm"
    reads_sequences = False

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def fit(self, inputs: Inputs, y: Floats) -> Self:
        """See `Learner.fit`."""
        import lightgbm

        parameters = PARAMETERS | {
            "objective": "binary" if self.spec.task == "probability" else "regression",
            "monotone_constraints": list(self.spec.monotone),
            "feature_contri": list(self.spec.weight),
            "seed": self.spec.seed,
        }
        data = lightgbm.Dataset(inputs.x, label=y, params={"verbosity": -1})
        self.booster_ = lightgbm.train(parameters, data, num_boost_round=ROUNDS)
        return self

    def predict(self, inputs: Inputs) -> Floats:
        """See `Learner.predict`."""
        return np.asarray(self.booster_.predict(inputs.x, num_threads=1), dtype=np.float64)

    def contributions(self, inputs: Inputs) -> Contributions:
        """Tree SHAP values of the booster's own (`pred_contrib`); see `Learner.contributions`."""
        if len(inputs) == 0:  # LightGBM divides by the number of rows.
            return np.empty(inputs.x.shape), np.empty(0)
        parts = self.booster_.predict(inputs.x, num_threads=1, pred_contrib=True)
        parts = np.asarray(parts, dtype=np.float64).reshape(len(inputs), -1)
        return parts[:, :-1], parts[:, -1]

    def importance(self) -> dict[str, float]:
        """Total gain of each column's splits, as shares."""
        gains = np.asarray(self.booster_.feature_importance("gain"), dtype=np.float64)
        return shares(self.spec.names, gains)

    def save(self, folder: Path) -> None:
        """See `Learner.save`."""
        write_text(folder / FILE, self.booster_.model_to_string())

    def load(self, folder: Path) -> Self:
        """See `Learner.load`."""
        import lightgbm

        self.booster_ = lightgbm.Booster(model_str=(folder / FILE).read_text(encoding="utf-8"))
        return self
