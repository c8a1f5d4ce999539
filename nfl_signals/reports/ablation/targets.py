"""What the stack is held against, and whether the numbers reach it.

Limits are stated as objects with unit and reason; a verdict rests on an interval, never on a point.
Push rates are `pushes.py`; scores and intervals of single forecasters `score_card.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.reports.ablation.table import FINAL
from nfl_signals.reports.shared.score_card import LEVEL, Graded, interval
from nfl_signals.reports.shared.settled import CLOSE
from nfl_signals.reports.shared.targets import (
    ATS_ACCURACY,
    BRIER_BELOW_COIN,
    Target,
    Verdict,
    verdict,
)
from nfl_signals.stats.auc import auc_difference
from nfl_signals.stats.bootstrap import week_block_ratio

Json = dict[str, Any]
Cards = Mapping[str, Json]
Everyone = Mapping[str, Graded]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A limit on a comparison, as `targets.Target` is one on a score.

    Attributes:
        key: name in the JSON.
        title: how the report calls it.
        limit: in `unit`.
        unit: of the limit.
        markets: where it is asked.
        reason: where the limit comes from, and how the verdict is reached.
    """

    key: str
    title: str
    limit: float
    unit: str
    markets: tuple[MarketName, ...]
    reason: str


NO_WORSE_THAN_CLOSE = Goal(
    key="no_worse_than_close",
    title="Brier no worse than the close",
    limit=0.002,
    unit="Brier of the stack minus Brier of the close",
    markets=("moneyline",),
    reason="Nobody is known to beat the close for long, so equal is good. FAIL if the whole interval "
    "lies above zero. PASS if it does not and also ends below 0.002, 1 % of what the close scores: a "
    "wider interval would call anything equal, and is UNDERPOWERED.",
)
BELOW_LEARNERS = Goal(
    key="below_learners",
    title="Brier 2 % below each learner",
    limit=0.02,
    unit="share of the learner's Brier",
    markets=tuple(MARKETS),
    reason="What the stack is for: it must be worth more than any of its parts that knows no price. "
    "The best learner decides; chosen on these very games, it looks better than it is. On ats and "
    "total the line has used up nearly all that is known: every calibrated forecast there scores close "
    "to a coin's 0.25, so 2 % can only come from a learner that is much worse than a coin.",
)
CALIBRATED_SLOPE = Goal(
    key="calibrated_slope",
    title="Calibration slope interval holds 1",
    limit=1.0,
    unit="logits of the outcome per logit of the forecast",
    markets=("ats", "total"),
    reason="1 is perfect. FAIL if the interval does not hold 1; UNDERPOWERED if it holds both 1 and 0, "
    "because it then cannot tell a perfect forecast from a useless one.",
)
EDGE = Goal(
    key="edge",
    title="Games with an edge",
    limit=0.01,
    unit="|p_hat - p_market|, probability",
    markets=("ats",),
    reason="Below one percentage point a difference to the price is rounding. A pick is the side that "
    "the stack likes more than the price does.",
)
BEATS_LEARNERS = Goal(
    key="beats_learners",
    title="Better than each learner",
    limit=0.0,
    unit="gain of the stack, paired, on the same games",
    markets=tuple(MARKETS),
    reason="Brier, log loss, accuracy and AUC against every base learner. PASS for a market only if "
    "every comparison passes, FAIL if any fails.",
)
USELESS = 0.0  # slope of a forecast that says nothing
NOTHING: Json = {"estimate": None, "low": None, "high": None}


def stack_targets(market: str, cards: Cards, graded: Everyone, *, seed: int) -> list[Json]:
    """The final stack against close, best learner, coin and calibration, where each is asked.

    Args:
        market: name.
        cards: `score_card` by forecaster.
        graded: the same forecasters' games.
        seed: of the intervals.

    Returns:
        Rows `target, forecaster, reference, n, estimate, low, high, verdict`.
    """
    asked: list[tuple[Goal | Target, Callable[[Cards, Everyone, int], list[Json]]]] = [
        (NO_WORSE_THAN_CLOSE, _no_worse_than_close),
        (BELOW_LEARNERS, _below_learners),
        (BRIER_BELOW_COIN, _below_coin),
        (CALIBRATED_SLOPE, _calibrated),
    ]
    return [
        {"target": goal.key, "forecaster": FINAL, "n": len(graded[FINAL].p), **row}
        for goal, answer in asked
        if market in _asked_in(goal)
        for row in answer(cards, graded, seed)
    ]


def ats_picks(final: Graded, close: Graded, *, seed: int) -> list[Json]:
    """Share of picks that won, over all games and over those with an edge, against 52 %.

    Args:
        final: the stack's games.
        close: the market's probabilities of the same games.
        seed: of the intervals.

    Returns:
        Rows `picks, n, n_weeks, estimate, low, high, verdict`; estimate None without games.
    """
    edge = final.p - close.p
    won = np.where(edge == 0.0, 0.5, (edge > 0) == (final.y == 1.0)).astype(np.float64)
    far = np.abs(edge) >= EDGE.limit
    groups = [
        ("every game, the side above one half", final.hits, final.weeks),
        ("every game, the side liked more than its price", won, final.weeks),
        (f"games with an edge of {EDGE.limit} or more", won[far], final.weeks[far]),
    ]
    return [
        {"picks": picks, "n": len(hits), "n_weeks": len(np.unique(weeks))}
        | _judged(
            ATS_ACCURACY.limit,
            "above",
            interval(hits, weeks, seed=seed) if len(hits) else NOTHING,
        )
        for picks, hits, weeks in groups
    ]


def beaten(final: Graded, learner: Graded, *, seed: int) -> list[Json]:
    """What the stack gains over one learner on the same games, by four measures.

    Returns:
        Rows `measure, estimate, low, high, verdict`; positive means the stack is better.
    """
    weeks = final.weeks
    means = {
        "Brier": learner.squared_errors - final.squared_errors,
        "log loss": learner.log_losses - final.log_losses,
        "accuracy": final.hits - learner.hits,
    }
    found = {measure: interval(gains, weeks, seed=seed) for measure, gains in means.items()}
    found["AUC"] = _auc_gain(final, learner, seed)
    return [
        {"measure": measure} | _judged(BEATS_LEARNERS.limit, "above", gain)
        for measure, gain in found.items()
    ]


def combined(verdicts: Sequence[Verdict]) -> Verdict:
    """PASS if all pass, FAIL if any fails.

    Example:
        >>> combined(["PASS", "UNDERPOWERED"]), combined(["PASS", "FAIL"]), combined([])
        ('UNDERPOWERED', 'FAIL', 'UNDERPOWERED')
    """
    if "FAIL" in verdicts:
        return "FAIL"
    return "PASS" if verdicts and set(verdicts) == {"PASS"} else "UNDERPOWERED"


def _asked_in(goal: Goal | Target) -> tuple[str, ...]:
    # On the moneyline a constant passes 0.25: asking there says nothing.
    return ("ats", "total") if goal is BRIER_BELOW_COIN else goal.markets


def _no_worse_than_close(cards: Cards, graded: Everyone, seed: int) -> list[Json]:
    difference = graded[FINAL].squared_errors - graded[CLOSE].squared_errors
    found = interval(difference, graded[FINAL].weeks, seed=seed)
    return [{"reference": CLOSE, **found, "verdict": no_worse(found["low"], found["high"])}]


def no_worse(low: float | None, high: float | None) -> Verdict:
    """Verdict on a difference that should not be above zero; see `NO_WORSE_THAN_CLOSE`.

    Example:
        >>> no_worse(-0.001, 0.001), no_worse(0.0001, 0.001), no_worse(-0.01, 0.01)
        ('PASS', 'FAIL', 'UNDERPOWERED')
    """
    if low is None or high is None:
        return "UNDERPOWERED"
    if low > 0:
        return "FAIL"
    return "PASS" if high < NO_WORSE_THAN_CLOSE.limit else "UNDERPOWERED"


def _below_learners(cards: Cards, graded: Everyone, seed: int) -> list[Json]:
    """One row a learner, the best first."""
    learners = [name for name, card in cards.items() if card["kind"] == "learner"]
    best_first = sorted(learners, key=lambda name: float(cards[name]["brier"]["estimate"]))
    return [
        {"reference": name}
        | _judged(BELOW_LEARNERS.limit, "above", _reduction(graded[FINAL], graded[name], seed))
        for name in best_first
    ]


def _reduction(graded: Graded, reference: Graded, seed: int) -> Json:
    """Share of the reference's Brier that the forecaster saves."""
    errors = graded.squared_errors, reference.squared_errors
    if len(np.unique(graded.weeks)) < 2:
        return {**NOTHING, "estimate": 1 - float(errors[0].sum() / errors[1].sum())}
    ratio = week_block_ratio(*errors, graded.weeks, seed=seed, level=LEVEL)
    return {"estimate": 1 - ratio.estimate, "low": 1 - ratio.high, "high": 1 - ratio.low}


def _below_coin(cards: Cards, graded: Everyone, seed: int) -> list[Json]:
    found = cards[FINAL]["brier"]
    return [{"reference": "a coin"} | _judged(BRIER_BELOW_COIN.limit, "below", found)]


def _calibrated(cards: Cards, graded: Everyone, seed: int) -> list[Json]:
    slope = cards[FINAL]["slope"] or NOTHING
    return [{"reference": "a perfect forecast", **slope, "verdict": holds_one(slope)}]


def holds_one(slope: Json) -> Verdict:
    """Verdict on a slope's interval; see `CALIBRATED_SLOPE`.

    Example:
        >>> holds_one({"low": 0.5, "high": 1.5}), holds_one({"low": -0.5, "high": 1.5})
        ('PASS', 'UNDERPOWERED')
    """
    low, high = slope["low"], slope["high"]
    if low is None or (low <= USELESS and high >= CALIBRATED_SLOPE.limit):
        return "UNDERPOWERED"
    return "PASS" if low <= CALIBRATED_SLOPE.limit <= high else "FAIL"


def _auc_gain(final: Graded, learner: Graded, seed: int) -> Json:
    if len(np.unique(final.weeks)) < 2 or len(np.unique(final.y)) < 2:
        return NOTHING
    found = auc_difference(final.p, learner.p, final.y, final.weeks, seed=seed, level=LEVEL)
    return {"estimate": found.estimate, "low": found.low, "high": found.high}


def _judged(limit: float, side: Literal["below", "above"], found: Json) -> Json:
    return {
        **found,
        "verdict": verdict(low=found["low"], high=found["high"], limit=limit, side=side),
    }
