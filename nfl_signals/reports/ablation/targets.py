"""What the stack is held against, and whether the numbers reach it.

Limits are stated as objects with unit and reason; a verdict rests on an interval, never on a point.
The push rates themselves are `pushes.py`; scores and intervals of single forecasters `shared/score_card.py`.
"""

from collections.abc import Mapping

import numpy as np

from nfl_signals.core.files import Json
from nfl_signals.markets.definitions import LEAST_EDGE, MARKETS
from nfl_signals.reports.shared.forecasters import FINAL, PRICE
from nfl_signals.reports.shared.score_card import LEVEL, NO_ESTIMATE, Graded, ends, interval
from nfl_signals.reports.shared.targets import (
    ATS_ACCURACY,
    BRIER_BELOW_COIN,
    Target,
    Verdict,
    judged,
)
from nfl_signals.stats.auc import auc_difference
from nfl_signals.stats.bootstrap import week_block_ratio

Cards = Mapping[str, Json]
Everyone = Mapping[str, Graded]

NO_WORSE_THAN_PRICE = Target(
    key="no_worse_than_price",
    title="Brier no worse than the price",
    limit=0.002,
    unit="Brier of the stack minus Brier of the price",
    markets=("moneyline",),
    reason="Nobody is known to beat the closing price for long, so equal is good. FAIL if the whole interval "
    "lies above zero. PASS if it does not and also ends below 0.002, 1 % of what the price scores: a "
    "wider interval would call anything equal, and is UNDERPOWERED.",
)
BELOW_LEARNERS = Target(
    key="below_learners",
    title="Brier 2 % below each learner",
    limit=0.02,
    unit="share of the learner's Brier",
    markets=tuple(MARKETS),
    reason="What the stack is for: it must be worth more than any of its parts that knows no price. "
    "The best learner decides; chosen on these very games, it looks better than it is. On ats and "
    "total the line is close to efficient: every calibrated forecast there scores close to a coin's "
    "0.25, so 2 % can only come from a learner that is much worse than a coin.",
)
CALIBRATED_SLOPE = Target(
    key="calibrated_slope",
    title="Calibration slope interval holds 1",
    limit=1.0,
    unit="logits of the outcome per logit of the forecast",
    markets=("ats", "total"),
    reason="1 is perfect. FAIL if the interval does not hold 1; UNDERPOWERED if it holds both 1 and 0, "
    "because it then cannot distinguish a perfect forecast from a useless one.",
)
EDGE = Target(
    key="edge",
    title="Games with an edge",
    limit=LEAST_EDGE,
    unit="|p_hat - p_market|, probability",
    markets=("ats",),
    reason="Below one percentage point a difference to the price is rounding. A pick is the side that "
    "the stack likes more than the price does.",
)
BEATS_LEARNERS = Target(
    key="beats_learners",
    title="Better than each learner",
    limit=0.0,
    unit="gain of the stack, paired, on the same games",
    markets=tuple(MARKETS),
    reason="Brier, log loss, accuracy and AUC against every base learner. PASS for a market only if "
    "every comparison passes, FAIL if any fails.",
)
PUSH_RATES = Target(
    key="push_rates",
    title="Stated push rate inside the observed interval",
    limit=2.0,
    unit="factor between stated and observed rate that must be visible",
    markets=tuple(MARKETS),
    reason="Mean p_push against the share of pushes with its 95 % Wilson interval. FAIL if the stated "
    "rate lies outside; UNDERPOWERED if the interval also holds twice or half of it. Of several such "
    "intervals around a perfect forecast, one in twenty misses by chance.",
)
TARGETS = (
    NO_WORSE_THAN_PRICE,
    BELOW_LEARNERS,
    BRIER_BELOW_COIN,
    CALIBRATED_SLOPE,
    ATS_ACCURACY,
    EDGE,
    PUSH_RATES,
    BEATS_LEARNERS,
)
"""In the order in which the report explains them."""
USELESS = 0.0  # slope of a forecast that does not vary with the outcome


def stack_targets(market: str, cards: Cards, graded: Everyone, *, seed: int) -> list[Json]:
    """The final stack against price, best learner, coin and calibration, where each applies.

    Returns rows `target, forecaster, reference, n, estimate, low, high, verdict`; of the learners
    the best comes first.
    """
    final, found = graded[FINAL], list[tuple[Target, str, Json]]()
    if market in NO_WORSE_THAN_PRICE.markets:
        difference = final.squared_errors - graded[PRICE].squared_errors
        row = interval(difference, final.weeks, seed=seed)
        verdict = {"verdict": no_worse(row["low"], row["high"])}
        found.append((NO_WORSE_THAN_PRICE, PRICE, row | verdict))
    learners = [name for name, card in cards.items() if card["kind"] == "learner"]
    for name in sorted(learners, key=lambda name: float(cards[name]["brier"]["estimate"])):
        row = judged(
            _reduction(final, graded[name], seed), limit=BELOW_LEARNERS.limit, side="above"
        )
        found.append((BELOW_LEARNERS, name, row))
    if market != "moneyline":  # there any sensible constant passes 0.25
        row = judged(cards[FINAL]["brier"], limit=BRIER_BELOW_COIN.limit, side="below")
        found.append((BRIER_BELOW_COIN, "a coin", row))
    if market in CALIBRATED_SLOPE.markets:
        row = cards[FINAL]["slope"] or NO_ESTIMATE
        verdict = {"verdict": holds_one(row["low"], row["high"])}
        found.append((CALIBRATED_SLOPE, "a perfect forecast", row | verdict))
    constant = {"forecaster": FINAL, "n": len(final.p)}
    return [
        {"target": target.key, **constant, "reference": reference, **row}
        for target, reference, row in found
    ]


def ats_picks(final: Graded, price: Graded, *, seed: int) -> list[Json]:
    """Share of the stack's picks that won, over all games and over those with an edge, against 52 %.

    Returns rows `picks, n, n_weeks, estimate, low, high, verdict`; estimate None without games.
    """
    edge = final.p - price.p
    won = np.where(edge == 0.0, 0.5, (edge > 0) == (final.y == 1.0)).astype(np.float64)
    far = np.abs(edge) >= EDGE.limit
    groups = [
        ("every game, the side above one half", final.hits, final.weeks),
        ("every game, the side liked more than its price", won, final.weeks),
        (f"games with an edge of {EDGE.limit} or more", won[far], final.weeks[far]),
    ]
    rows = []
    for picks, hits, weeks in groups:
        share = interval(hits, weeks, seed=seed) if len(hits) else NO_ESTIMATE
        sizes = {"picks": picks, "n": len(hits), "n_weeks": len(np.unique(weeks))}
        rows.append(sizes | judged(share, limit=ATS_ACCURACY.limit, side="above"))
    return rows


def learner_gains(final: Graded, learner: Graded, *, seed: int) -> list[Json]:
    """What the stack gains over one learner on the same games, by four measures.

    Returns rows `measure, estimate, low, high, verdict`; positive means the stack is better.
    """
    means = {
        "Brier": learner.squared_errors - final.squared_errors,
        "log loss": learner.log_losses - final.log_losses,
        "accuracy": final.hits - learner.hits,
    }
    found = {name: interval(gains, final.weeks, seed=seed) for name, gains in means.items()}
    found["AUC"] = _auc_gain(final, learner, seed)
    return [
        {"measure": measure} | judged(gain, limit=BEATS_LEARNERS.limit, side="above")
        for measure, gain in found.items()
    ]


def no_worse(low: float | None, high: float | None) -> Verdict:
    """Verdict on a difference that should not be above zero; see `NO_WORSE_THAN_PRICE`.

    Example:
        >>> no_worse(-0.001, 0.001), no_worse(0.0001, 0.001), no_worse(-0.01, 0.01)
        ('PASS', 'FAIL', 'UNDERPOWERED')
    """
    if low is None or high is None:
        return "UNDERPOWERED"
    if low > 0:
        return "FAIL"
    return "PASS" if high < NO_WORSE_THAN_PRICE.limit else "UNDERPOWERED"


def holds_one(low: float | None, high: float | None) -> Verdict:
    """Verdict on a slope's interval; see `CALIBRATED_SLOPE`.

    Example:
        >>> holds_one(0.5, 1.5), holds_one(-0.5, 1.5)
        ('PASS', 'UNDERPOWERED')
    """
    if low is None or high is None or (low <= USELESS and high >= CALIBRATED_SLOPE.limit):
        return "UNDERPOWERED"
    return "PASS" if low <= CALIBRATED_SLOPE.limit <= high else "FAIL"


def _reduction(graded: Graded, reference: Graded, seed: int) -> Json:
    """Share of the reference's Brier that the forecaster saves."""
    errors = graded.squared_errors, reference.squared_errors
    if len(np.unique(graded.weeks)) < 2:
        return {**NO_ESTIMATE, "estimate": 1 - float(errors[0].sum() / errors[1].sum())}
    ratio = week_block_ratio(*errors, graded.weeks, seed=seed, level=LEVEL)
    return {"estimate": 1 - ratio.estimate, "low": 1 - ratio.high, "high": 1 - ratio.low}


def _auc_gain(final: Graded, learner: Graded, seed: int) -> Json:
    if len(np.unique(final.weeks)) < 2 or len(np.unique(final.y)) < 2:
        return NO_ESTIMATE
    return ends(auc_difference(final.p, learner.p, final.y, final.weeks, seed=seed, level=LEVEL))
