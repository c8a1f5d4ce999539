"""The audit baseline: a linear model, legible as a table of coefficients.

Logistic regression for a probability; ridge regression for a mean, which the outcome distribution
turns into a probability. Features are standardised with the training rows' mean and deviation.
"""

from pathlib import Path
from typing import Self

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from nfl_signals.core.files import read_json, write_json
from nfl_signals.learners.protocol import Contributions, Inputs, Spec, shares
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit

FILE = "model.json"
INVERSE_PENALTY = 0.01  # sklearn's C: strong shrinkage; best Brier of 2002-2008 among 0.001 to 0.03
RIDGE_PENALTY = 1000.0  # sklearn's alpha on standardised columns, chosen likewise


class LogisticLearner:
    """Regularised linear model on standardised features.

    A column with prior belief w is shrunk as if its penalty were 1 / w^2 times as large. Monotonic
    directions (a linear model needs none to be read), sequences, seed and device are ignored.
    """

    name = "logistic"
    description = "linear model on team ratings, form, injuries and rest; never sees a price"
    packages = "scikit-learn"
    reads_sequences = False

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    def fit(self, inputs: Inputs, y: Floats) -> Self:
        """See `Learner.fit`."""
        self.weight_ = np.asarray(self.spec.weight)
        self.mean_ = inputs.x.mean(axis=0)
        deviation = inputs.x.std(axis=0)
        self.scale_ = np.where(deviation > 0, deviation, 1.0) / self.weight_
        if self.spec.task == "probability":
            model = LogisticRegression(C=INVERSE_PENALTY, max_iter=1000)
        else:
            model = Ridge(alpha=RIDGE_PENALTY)
        model.fit((inputs.x - self.mean_) / self.scale_, y)
        self.coefficients_ = np.ravel(model.coef_).astype(np.float64)
        self.intercept_ = float(np.ravel(model.intercept_)[0])
        return self

    def predict(self, inputs: Inputs) -> Floats:
        """See `Learner.predict`."""
        linear = ((inputs.x - self.mean_) / self.scale_) @ self.coefficients_ + self.intercept_
        return np.asarray(expit(linear) if self.spec.task == "probability" else linear)

    def contributions(self, inputs: Inputs) -> Contributions:
        """Coefficient times standardised value; the base is the intercept, the average game's."""
        parts = ((inputs.x - self.mean_) / self.scale_) * self.coefficients_
        return parts, np.full(len(inputs), self.intercept_)

    def importance(self) -> dict[str, float]:
        """Absolute effect of one standard deviation of each column, as shares."""
        return shares(self.spec.names, np.abs(self.coefficients_) * self.weight_)

    def save(self, folder: Path) -> None:
        """See `Learner.save`."""
        content = {
            "mean": self.mean_.tolist(),
            "scale": self.scale_.tolist(),
            "weight": self.weight_.tolist(),
            "coefficients": self.coefficients_.tolist(),
            "intercept": self.intercept_,
        }
        write_json(folder / FILE, content)

    def load(self, folder: Path) -> Self:
        """See `Learner.load`."""
        content = read_json(folder / FILE)
        self.mean_, self.scale_ = np.array(content["mean"]), np.array(content["scale"])
        self.weight_ = np.array(content["weight"])
        self.coefficients_ = np.array(content["coefficients"])
        self.intercept_ = float(content["intercept"])
        return self
