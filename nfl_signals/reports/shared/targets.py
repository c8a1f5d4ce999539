"""What forecasts are judged by, and when that counts as reached.

A verdict never rests on a point: the whole interval has to lie on the right side. Scores are
`stats/scores.py`, intervals `stats/bootstrap.py`; targets of the stack alone `ablation/targets.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nfl_signals.core.files import Json
from nfl_signals.markets.definitions import MARKETS, MarketName

Verdict = Literal["PASS", "FAIL", "UNDERPOWERED"]
Side = Literal["below", "above"]
BREAK_EVEN = 110 / 210  # share of picks; risks 110 to win 100


@dataclass(frozen=True, kw_only=True)
class Target:
    """A limit with the reason for it."""

    key: str  # in the JSON
    title: str  # in the text
    limit: float
    unit: str  # of the limit
    markets: tuple[MarketName, ...]  # where it applies
    reason: str  # where the limit comes from, and the rule of the verdict where it is not `verdict`


@dataclass(frozen=True, kw_only=True)
class ScoreTarget(Target):
    """A limit on one score of a forecaster."""

    score: Literal["brier", "accuracy"]  # entry of the score card
    side: Side  # where the good values lie


BRIER_BELOW_COIN = ScoreTarget(
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
ATS_ACCURACY = ScoreTarget(
    key="ats_accuracy",
    title="ATS accuracy above 52 %",
    score="accuracy",
    limit=0.52,
    side="above",
    unit="share of games whose pick won, pushes out",
    markets=("ats",),
    reason=f"About what betting costs: break-even at -110 is {100 * BREAK_EVEN:.2f} %, above this target.",
)
SCORE_TARGETS = (BRIER_BELOW_COIN, ATS_ACCURACY)


def verdict(*, low: float | None, high: float | None, limit: float, side: Side) -> Verdict:
    """PASS if the interval lies wholly on the good side, FAIL if wholly on the other.

    An end that equals the limit is not clear of it; ends are None where there were too few weeks.

    Example:
        >>> verdict(low=0.50, high=0.54, limit=0.52, side="above")
        'UNDERPOWERED'
    """
    if low is None or high is None or low <= limit <= high:
        return "UNDERPOWERED"
    return "PASS" if (high < limit) == (side == "below") else "FAIL"


def judged(found: Json, *, limit: float, side: Side) -> Json:
    """`estimate, low, high` with their `verdict`."""
    return found | {
        "verdict": verdict(low=found["low"], high=found["high"], limit=limit, side=side)
    }


def tally(rows: Sequence[Json]) -> Json:
    """`rows` as given, `counts` by verdict and the joint `verdict`: PASS if all, FAIL if any is.

    Example:
        >>> tally([{"verdict": "PASS"}, {"verdict": "UNDERPOWERED"}])["verdict"]
        'UNDERPOWERED'
        >>> tally([])["counts"]
        {'PASS': 0, 'FAIL': 0, 'UNDERPOWERED': 0}
    """
    counts = dict.fromkeys(("PASS", "FAIL", "UNDERPOWERED"), 0)
    for row in rows:
        counts[row["verdict"]] += 1
    joint = "PASS" if rows and counts["PASS"] == len(rows) else "UNDERPOWERED"
    return {"rows": list(rows), "counts": counts, "verdict": "FAIL" if counts["FAIL"] else joint}
