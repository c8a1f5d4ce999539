"""What a forecast is held against, and when that counts as reached.

A verdict never rests on a point: the whole interval has to lie on the right side. Scores are
`nfl_signals.scores`, intervals `nfl_signals.bootstrap`.
"""

from dataclasses import dataclass
from typing import Literal

from nfl_signals.markets.definitions import MARKETS, MarketName

Verdict = Literal["PASS", "FAIL", "UNDERPOWERED"]
BREAK_EVEN = 110 / 210  # share of picks; risks 110 to win 100


@dataclass(frozen=True, kw_only=True)
class Target:
    """A limit that a score should be clear of.

    Attributes:
        key: name in the JSON.
        title: how the report calls it.
        score: which score it limits.
        limit: value to be clear of, in `unit`.
        side: where the good values lie.
        unit: of the limit.
        markets: where it is asked.
        reason: why this limit.
    """

    key: str
    title: str
    score: Literal["brier", "accuracy"]
    limit: float
    side: Literal["below", "above"]
    unit: str
    markets: tuple[MarketName, ...]
    reason: str


BRIER_BELOW_COIN = Target(
    key="brier_below_coin",
    title="Brier below 0.25",
    score="brier",
    limit=0.25,
    side="below",
    unit="mean squared error of a probability",
    markets=tuple(MARKETS),
    reason="0.25 is what stating one half for every game scores. Home teams win more often than "
    "they lose, so on the moneyline any sensible constant passes.",
)
ATS_ACCURACY = Target(
    key="ats_accuracy",
    title="ATS accuracy above 52 %",
    score="accuracy",
    limit=0.52,
    side="above",
    unit="share of games whose pick won, pushes out",
    markets=("ats",),
    reason=f"About what betting costs: break-even at -110 is {100 * BREAK_EVEN:.2f} %, above this target.",
)
TARGETS = (BRIER_BELOW_COIN, ATS_ACCURACY)


def verdict(
    *, low: float | None, high: float | None, limit: float, side: Literal["below", "above"]
) -> Verdict:
    """PASS if the interval lies wholly on the good side, FAIL if wholly on the other.

    Args:
        low: lower end of the interval; None where there were too few weeks for one.
        high: upper end.
        limit: an end that equals it is not clear of it.
        side: where the good values lie.

    Example:
        >>> verdict(low=0.50, high=0.54, limit=0.52, side="above")
        'UNDERPOWERED'
    """
    if low is None or high is None or low <= limit <= high:
        return "UNDERPOWERED"
    return "PASS" if (high < limit) == (side == "below") else "FAIL"
