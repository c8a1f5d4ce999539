"""The audit baseline: a linear model that can be read as a table of coefficients.

Logistic regression for a probability; ridge regression for a mean, which the outcome distribution
turns into a probability. Features are standardised with the training rows' mean and deviation.
"""

from pathlib import Path
from typing import Self

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from nfl_signals.learners.protocol import Floats, Task, shares
from nfl_signals.logit import expit
from nfl_signals.storage import read_json, write_json

FILE = "model.json"
INVERSE_PENALTY = 0.01  # sklearn's C: strong shrinkage; best Brier of 2002-2008 among 0.001 to 0.03
RIDGE_PENALTY = 1000.0  # sklearn's alpha on standardised columns, chosen likewise


class LogisticLearner:
    """Regularised linear model on standardised features.

    Args:
        task: 'probability' or 'mean'.
        monotone: ignored; a linear model needs no constraint to be read.
        weight: per feature, prior belief in its use: a column with weight w is shrunk as if its
            penalty were 1 / w^2 times as large.
        seed: ignored; the fit is deterministic.
    """

    name = "logistic"

    def __init__(
        self, *, task: Task, monotone: tuple[int, ...], weight: tuple[float, ...], seed: int
    ) -> None:
        self.task = task
        self.monotone = monotone
        self.weight = weight
        self.seed = seed

    def fit(self, x: Floats, y: Floats) -> Self:
        """See `Learner.fit`."""
        self.mean_ = x.mean(axis=0)
        deviation = x.std(axis=0)
        self.scale_ = np.where(deviation > 0, deviation, 1.0) / np.asarray(self.weight)
        standard = (x - self.mean_) / self.scale_
        if self.task == "probability":
            model = LogisticRegression(C=INVERSE_PENALTY, max_iter=1000).fit(standard, y)
            self.coefficients_ = model.coef_[0].astype(np.float64)
            self.intercept_ = float(model.intercept_[0])
        else:
            model = Ridge(alpha=RIDGE_PENALTY).fit(standard, y)
            self.coefficients_ = model.coef_.astype(np.float64)
            self.intercept_ = float(model.intercept_)
        return self

    def predict(self, x: Floats) -> Floats:
        """See `Learner.predict`."""
        linear = ((x - self.mean_) / self.scale_) @ self.coefficients_ + self.intercept_
        return np.asarray(expit(linear) if self.task == "probability" else linear)

    def importance(self) -> Floats:
        """Absolute effect of one standard deviation of each feature, as shares."""
        return shares(np.abs(self.coefficients_) * np.asarray(self.weight))

    def save(self, folder: Path) -> None:
        """See `Learner.save`."""
        content = {
            "task": self.task,
            "mean": self.mean_.tolist(),
            "scale": self.scale_.tolist(),
            "weight": list(self.weight),
            "coefficients": self.coefficients_.tolist(),
            "intercept": self.intercept_,
        }
        write_json(folder / FILE, content)

    def load(self, folder: Path) -> Self:
        """See `Learner.load`."""
        content = read_json(folder / FILE)
        self.task = content["task"]
        self.mean_ = np.array(content["mean"])
        self.scale_ = np.array(content["scale"])
        self.weight = tuple(content["weight"])
        self.coefficients_ = np.array(content["coefficients"])
        self.intercept_ = float(content["intercept"])
        return self
