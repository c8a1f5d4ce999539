"""Read any blend back from its JSON file."""

from pathlib import Path

from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.files import read_json
from nfl_signals.stacking.gbm import KIND as GBM
from nfl_signals.stacking.gbm import GbmStack
from nfl_signals.stacking.logistic import KIND as LOGISTIC
from nfl_signals.stacking.logistic import LogisticStack
from nfl_signals.stacking.protocol import Blend


def load_stack(path: Path) -> Blend:
    """The blend that `save` wrote; IntegrityError if its kind is unknown or a number is missing."""
    content = read_json(path)
    kind = content.get("kind") if isinstance(content, dict) else None
    try:
        if kind == LOGISTIC:
            return LogisticStack.from_json(content)
        if kind == GBM:
            return GbmStack.from_json(content)
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"{path}: not a usable {kind} stack ({error!r}); retrain.") from error
    raise IntegrityError(
        f"{path}: a stack of kind {kind!r}, which this version cannot read; retrain."
    )
