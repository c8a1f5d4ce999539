"""One finding of the promotion gate: a figure, its interval, its limit, and what that shows."""

from dataclasses import dataclass

from scipy.stats import norm

from nfl_signals.markets.definitions import MARKETS
from nfl_signals.reports.shared.targets import Verdict
from nfl_signals.stats.bootstrap import Interval, minimum_detectable_effect

ALL = "all"
TITLES = {ALL: "All markets"} | {name: market.title for name, market in MARKETS.items()}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is looked at.

    Where it must be shown, a promotion waits until it is shown to keep the limit; otherwise only while
    the figure is beyond the limit and shown to be worse at all.
    """

    name: str
    unit: str
    words: str
    must_be_shown: bool = True


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at, with its interval; larger is worse."""

    name: str
    market: str  # or 'all'
    limit: float  # largest value permitted
    unit: str  # of all figures
    verdict: Verdict
    holds_back: bool  # a promotion has to wait for it
    sentence: str  # all of it in words
    value: float | None = None  # estimate; None where it rests on no games
    low: float | None = None
    high: float | None = None
    n: int = 0  # rows that it rests on, one per game and market
    n_weeks: int = 0  # that were redrawn
    detectable: float | None = None  # smallest difference that n rows show with power 80 %


def within(found: Interval, limit: float, *, wider: float = 1.0) -> Verdict:
    """PASS: the whole interval is within the limit; FAIL: all of it, made `wider`, is beyond.

    Example:
        >>> within(Interval(estimate=0.1, low=0.0, high=0.3, n=9, n_blocks=3), 0.2)
        'UNDERPOWERED'
    """
    if beyond(found, limit, wider=wider):
        return "FAIL"
    return "PASS" if found.high <= limit else "UNDERPOWERED"


def beyond(found: Interval, limit: float, *, wider: float = 1.0) -> bool:
    """Whether an interval so many times as wide would be wholly beyond the limit."""
    return found.low - (wider - 1) * (found.estimate - found.low) > limit


def nothing_found(kind: Kind, market: str, *, limit: float, verdict: Verdict, why: str) -> Finding:
    """A finding that rests on no games, or on those of one week only."""
    return Finding(
        name=kind.name,
        market=market,
        limit=limit,
        unit=kind.unit,
        verdict=verdict,
        holds_back=kind.must_be_shown and verdict != "PASS",
        sentence=f"{TITLES[market]}: {kind.words}: {why}.",
    )


def finding(
    kind: Kind,
    market: str,
    found: Interval,
    *,
    limit: float,
    verdict: Verdict,
    level: float,
    more: str = "",
) -> Finding:
    """A finding about an interval of the given level; `more` ends its sentence."""
    error = (found.high - found.low) / (2 * norm.ppf((1 + level) / 2))
    detectable = minimum_detectable_effect(error, 1, alpha=(1 - level) / 2)
    seen_worse = found.estimate > limit and found.low > 0
    shows = f"; they show {detectable:.2g} or more" if verdict == "UNDERPOWERED" else ""
    sentence = (
        f"{TITLES[market]}: {kind.words} {found.estimate:.4f} [{found.low:.4f}, {found.high:.4f}] "
        f"{kind.unit}, limit {limit:g}, {found.n} forecasts in {found.n_blocks} weeks{more}{shows}."
    )
    return Finding(
        name=kind.name,
        market=market,
        value=found.estimate,
        low=found.low,
        high=found.high,
        limit=limit,
        unit=kind.unit,
        n=found.n,
        n_weeks=found.n_blocks,
        detectable=detectable,
        verdict=verdict,
        holds_back=verdict != "PASS" if kind.must_be_shown else seen_worse,
        sentence=sentence,
    )
