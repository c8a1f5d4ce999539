"""Numbers that no game can have, for walks over every place where a number comes in."""

from nfl_signals.markets import bounds
from nfl_signals.markets.bounds import Bounds

ABSURD = (float("nan"), float("inf"), float("-inf"), 1e300, -1e300, -5_000_000.0)
EVERY_BOUNDS = [
    each
    for each in (*vars(bounds).values(), *bounds.LINES_TAKEN.values())
    if isinstance(each, Bounds)
]
