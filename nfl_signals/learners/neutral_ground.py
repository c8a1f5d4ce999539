"""Games on neutral ground: which team is called home must not matter.

One game in ninety is on neutral ground, too few to learn from: trees give its nominal home team the
home field of all others, a linear model extrapolates the missing home field, travel and flag. But the
law is known. A forecast of who wins, or by how much, is made twice there, with the teams exchanged the
second time, and is half the difference: whatever either team would get for being called home drops out.
Forecasts of what both teams score, and of games in somebody's stadium, stay bit for bit.
"""

import numpy as np

from nfl_signals.learners.protocol import Contributions, Inputs, Learner
from nfl_signals.stats.arrays import Bools, Floats
from nfl_signals.stats.logit import expit, logit

NEUTRAL = "is_neutral"
DIFFERENCE = "_difference"
"""End of the names of columns that are home minus away."""


def predict(learner: Learner, inputs: Inputs) -> Floats:
    """See `Learner.predict`; on neutral ground the same whoever is called home."""
    predicted = learner.predict(inputs)
    neutral = _undecided_home(learner, inputs)
    if not neutral.any():
        return predicted
    there = inputs.take(neutral)
    named, exchanged = predicted[neutral], learner.predict(_exchanged(learner, there))
    fair = predicted.copy()
    if learner.spec.task == "probability":
        fair[neutral] = expit((logit(named) - logit(exchanged)) / 2)
    else:
        fair[neutral] = (named - exchanged) / 2
    return fair


def contributions(learner: Learner, inputs: Inputs) -> Contributions | None:
    """See `Learner.contributions`: parts and base add up to what `predict` gives."""
    found = learner.contributions(inputs)
    neutral = _undecided_home(learner, inputs)
    if found is None or not neutral.any():
        return found
    exchanged = learner.contributions(_exchanged(learner, inputs.take(neutral)))
    assert exchanged is not None  # a learner has a decomposition or has none
    parts, base = (part.copy() for part in found)
    parts[neutral] = (parts[neutral] - exchanged[0]) / 2
    base[neutral] = (base[neutral] - exchanged[1]) / 2
    return parts, base


def _undecided_home(learner: Learner, inputs: Inputs) -> Bools:
    """Games whose forecast is about the teams' difference and that are nobody's home game."""
    names = learner.spec.names
    if learner.spec.combine != "difference" or NEUTRAL not in names:
        return np.zeros(len(inputs), dtype=np.bool_)
    return np.asarray(inputs.x[:, names.index(NEUTRAL)] == 1.0)


def _exchanged(learner: Learner, inputs: Inputs) -> Inputs:
    """The same games with the teams exchanged."""
    sign = [-1.0 if name.endswith(DIFFERENCE) else 1.0 for name in learner.spec.names]
    return Inputs(x=inputs.x * np.array(sign), sequence=inputs.sequence[:, ::-1])
