"""How each of the gate's findings is made: measure, limit, and how wide an interval has to be.

What each is for, and what its verdict does, is in `promotion/gate.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import polars as pl
from scipy.stats import norm

from nfl_signals.core.setting_sections import GateSettings, MonitorSettings
from nfl_signals.promotion.drawdown import extra_drawdown
from nfl_signals.promotion.findings import (
    ALL,
    Finding,
    Kind,
    beyond,
    finding,
    nothing_found,
    within,
)
from nfl_signals.promotion.measures import (
    both_lean,
    brier_excess,
    churn,
    evidence_against,
    extra_slippage,
    own_error,
    picks,
    slope_in_words,
    valued,
)
from nfl_signals.reports.shared.targets import Verdict
from nfl_signals.reports.shared.targets import verdict as clear_of
from nfl_signals.stats.bootstrap import Interval
from nfl_signals.stats.group_sequential import level_of_each_look, weeks_seen

Measure = Callable[..., Interval]
MIN_BLOCKS = 2  # one week cannot be redrawn

IMPROVES = Kind(name="improves", unit="Brier score", words="calibration error changes by")
CALIBRATED = Kind(name="calibrated", unit="probability", words="the challenger's own error is")
SKILL = Kind(name="skill", unit="Brier score", words="the score changes by")
PRICE = Kind(
    name="price",
    unit="Brier score",
    words="the challenger's score less that of the price is",
    must_be_shown=False,
)
CHURN = Kind(name="churn", unit="of the picks", words="picks that changed side")
SLIPPAGE = Kind(
    name="slippage", unit="probability", words="closing-line value lost a game", must_be_shown=False
)
DRAWDOWN = Kind(
    name="drawdown",
    unit="units a season",
    words="extra drawdown of flat stakes",
    must_be_shown=False,
)


def until_last_look(pairs: pl.DataFrame, first: int) -> pl.DataFrame:
    """Pairs of the weeks until the last look, `first` weeks being that of the first one, in their order."""
    weeks = pairs.select("season", "week").unique().sort("season", "week")
    return pairs.join(
        weeks.head(weeks_seen(weeks.height, first)),
        on=["season", "week"],
        how="semi",
        maintain_order="left",
    )


@dataclass(frozen=True, kw_only=True)
class GateFindings:
    """The limits, and how each finding is made under them."""

    policy: GateSettings
    monitor: MonitorSettings
    seed: int
    once: bool  # nobody looks again

    @property
    def look_level(self) -> float:
        """Coverage of what is decided on at one of many looks."""
        return self.policy.level if self.once else level_of_each_look(self.policy.level)

    @property
    def wider(self) -> float:
        """How many times as wide an interval is that is looked at again and again."""
        many, one = (norm.ppf((1 + level) / 2) for level in (self.look_level, self.policy.level))
        return float(many / one)

    def improves(self, rows: pl.DataFrame, market: str) -> Finding:
        """Wholly below 0 passes, wholly above fails, at the last look; or the champion is refuted."""
        refuted, more = self._refuted(rows.drop_nulls("y")) if market != ALL else (False, "")

        def shown(found: Interval) -> Verdict:
            verdict = clear_of(low=found.low, high=found.high, limit=0.0, side="below")
            return "PASS" if refuted and found.estimate < 0 and verdict != "FAIL" else verdict

        seen = rows if self.once else until_last_look(rows, self.policy.min_weeks)
        scored, level = seen.drop_nulls("y"), self.look_level
        return self._found(
            IMPROVES, market, brier_excess, scored, 0.0, shown, level=level, more=more
        )

    def _refuted(self, scored: pl.DataFrame) -> tuple[bool, str]:
        """Whether the champion's calibration is refuted and the challenger's not in doubt; in words."""
        if scored.is_empty():
            return False, ""
        theirs = evidence_against(scored.with_columns(p_challenger="p_champion"))
        own = evidence_against(scored)
        limits = (
            f"(refuted at {self.monitor.evidence:g}, in doubt at {self.monitor.watch_evidence:g})"
        )
        words = f", evidence against the champion {theirs:.3g}, the challenger {own:.3g} {limits}"
        return theirs >= self.monitor.evidence and own < self.monitor.watch_evidence, words

    def calibrated(self, rows: pl.DataFrame, market: str) -> Finding:
        """Evidence and error of the challenger alone; evidence needs no least number of games."""
        scored, limit = rows.drop_nulls("y"), self.monitor.max_calibration_error
        evidence = evidence_against(scored) if scored.height else 0.0
        refuted = evidence >= self.monitor.evidence

        def shown(found: Interval) -> Verdict:
            if refuted or beyond(found, limit, wider=self.wider):
                return "FAIL"
            return "PASS" if found.estimate <= limit else "UNDERPOWERED"

        against = f"evidence against it {evidence:.3g} of {self.monitor.evidence:g}"
        more = f", {against}, {slope_in_words(scored)}" if scored.height else ""
        return self._found(
            CALIBRATED, market, own_error, scored, limit, shown, more=more, refuted=refuted
        )

    def skill(self, rows: pl.DataFrame, market: str, price: Finding) -> Finding:
        """Not worse by more than `max_extra_brier` than the champion, or than the price."""
        scored, limit = rows.drop_nulls("y"), self.policy.max_extra_brier
        found = self._found(SKILL, market, brier_excess, scored, limit)
        as_good = found.verdict == "UNDERPOWERED" and price.verdict == "PASS"
        return replace(found, holds_back=False) if as_good else found

    def price(self, rows: pl.DataFrame, market: str) -> Finding:
        """A version that is shown to forecast worse than the price must not be served."""
        priced = rows.drop_nulls(["y", "p_market"])
        measure = partial(brier_excess, over="p_market")
        return self._found(PRICE, market, measure, priced, self.policy.max_extra_brier)

    def churn(self, rows: pl.DataFrame) -> Finding:
        """Of the picks; where those are few, of all forecasts, unless too many of the few change side.

        Beside a model that hardly ever picks, few of the forecasts that are served can change.
        """
        priced, limit = rows.drop_nulls("p_market"), self.policy.max_churn
        picked = picks(priced)
        found = self._found(CHURN, ALL, churn, picked, limit)
        is_few = picked.height < self.policy.min_games or found.n_weeks < self.policy.min_weeks
        if not is_few or (found.value or 0.0) > limit:
            return found
        return self._found(replace(CHURN, unit="of the forecasts"), ALL, churn, priced, limit)

    def slippage(self, rows: pl.DataFrame) -> Finding:
        """Only games that were forecast before the close count."""
        return self._found(SLIPPAGE, ALL, extra_slippage, valued(rows), self.policy.max_slippage)

    def drawdown(self, rows: pl.DataFrame) -> Finding:
        """Where both stake: beside one that never leans (the price itself), every stake is a risk."""
        priced = both_lean(rows.drop_nulls(["p_market", "price_yes", "price_no"]))
        return self._found(DRAWDOWN, ALL, extra_drawdown, priced, self.policy.max_extra_drawdown)

    def _found(
        self,
        kind: Kind,
        market: str,
        measure: Measure,
        rows: pl.DataFrame,
        limit: float,
        shown: Callable[[Interval], Verdict] | None = None,
        *,
        more: str = "",
        refuted: bool = False,
        level: float | None = None,
    ) -> Finding:
        """`shown`: verdict on enough games, by default `within`; `refuted`: FAIL, whatever their number."""
        weeks, policy = rows.select("season", "week").n_unique(), self.policy
        level = level or policy.level
        if weeks < MIN_BLOCKS:
            why = f"{rows.height} forecasts in {weeks} weeks are too few"
            return nothing_found(kind, market, limit=limit, verdict="UNDERPOWERED", why=why)
        found = measure(rows, seed=self.seed, level=level)
        verdict: Verdict = "FAIL" if refuted else "UNDERPOWERED"
        if found.n >= policy.min_games and found.n_blocks >= policy.min_weeks:
            verdict = shown(found) if shown else within(found, limit, wider=self.wider)
        return finding(kind, market, found, limit=limit, verdict=verdict, level=level, more=more)
