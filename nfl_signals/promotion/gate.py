"""The promotion gate: may a challenger replace the champion? Promote, reject, or insufficient evidence.

Seven findings on games that both forecast before kickoff, each with an interval over redrawn weeks:

- `improves` (must be shown): the paired difference of Brier scores. Two forecasts p, q of the same
  games share r = P(y = 1 | p, q), and Brier(p) = E(p - r)^2 + E r(1 - r). The last term is common, so
  that the difference of two Brier scores *is* the difference of two calibration errors, held against
  all that both know (cross-calibration: Strahl, Ziegel 2017, doi 10.1214/17-EJS1244). It is a mean
  over games without bias, unlike a difference of binned errors; it is all calibration where a forecast
  is merely recalibrated; and a forecast that is calibrated but useless, the base rate, loses it. In a
  market that is asked about it is also shown where the champion's calibration is refuted on these games
  (e-value at the monitor's limit, valid however often one looks), the challenger's is not in doubt on the
  same ones, and the difference found is in its favour: outcomes are so noisy that logits 1.6 times too large
  are refuted in weeks, while the difference of scores needs seasons.
- `calibrated` (must hold, every market that changes): a better score is not enough, the champion may
  be worse yet. FAIL where the evidence against the challenger reaches the monitor's limit, or its
  error is shown to exceed the monitor's. PASS asks that the error found, bias removed, is within the
  limit: a forecast that is too sure mostly shows more before there is evidence, and is then not passed but
  UNDERPOWERED.
- `skill` (must be shown, every market that changes): the Brier score is not worse by more than a
  small amount, than the champion's or than that of the price, to which one would fall back.
- `churn` (must be shown): no more picks change side than the limit allows.
- `price`, `slippage`, `drawdown` (need not be shown): the Brier score of the price, closing-line value
  and flat stakes. A walk-forward at the close has no closing-line value, and results are so noisy that after
  four seasons the drawdown of an equal challenger is still known to 16 units only: to ask for evidence
  would be never to promote. They reject where shown to be beyond the limit, and hold back while what
  was seen is beyond it and shown to be worse at all.

For the last five FAIL means that the whole interval is beyond the limit, PASS that all of it is
within, UNDERPOWERED that these games cannot show either, or are too few. Any FAIL rejects, anything
that holds back is insufficient, all else promotes. An equal challenger so ends as insufficient, and
one with the very same forecasts always does.

The gate may be asked every week, so what it decides on is for many looks. `improves` counts games up to the
last of its looks, after 8, 11, 16, 23... weeks, and its interval is wider, so that the level holds over all
of them (`stats/group_sequential.py`): without it nothing is promoted. What may hold back is read on all games
at the level of one look; to reject, its interval has to be beyond the limit widened likewise. Asked `once`,
nothing is widened and all games count.
How often it errs is measured in `benchmarks/gate.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import polars as pl
from scipy.stats import norm

from nfl_signals.core.setting_sections import GateSettings, MonitorSettings
from nfl_signals.markets.definitions import MARKETS, MarketName
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
    slope_in_words,
    valued,
)
from nfl_signals.reports.shared.targets import Verdict
from nfl_signals.reports.shared.targets import verdict as clear_of
from nfl_signals.stats.bootstrap import Interval
from nfl_signals.stats.group_sequential import level_of_each_look, weeks_seen

Answer = Literal["promote", "reject", "insufficient"]
Measure = Callable[..., Interval]
MIN_BLOCKS = 2  # one week cannot be redrawn
SAME = "Insufficient evidence: both have the same forecast of every game."

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


@dataclass(frozen=True, kw_only=True)
class GateReport:
    """The gate's answer, the reason in words, and what it rests on."""

    answer: Answer
    sentence: str
    findings: tuple[Finding, ...]
    n_games: int
    n_weeks: int


def judge(
    pairs: pl.DataFrame,
    policy: GateSettings,
    *,
    focus: Sequence[MarketName] | None,
    seed: int,
    monitor: MonitorSettings | None = None,
    record: pl.DataFrame | None = None,
    once: bool = False,
) -> GateReport:
    """Hold a challenger against the champion.

    A market in which both have the same forecasts is not looked at: nothing would change there.

    Args:
        pairs: `measures.PAIRS_SCHEMA`, in any order.
        policy: the limits.
        focus: markets whose calibration must improve, each of them; None: all markets pooled.
        seed: of the redrawn weeks.
        monitor: whose limits on error and evidence a challenger must keep; None: the defaults.
        record: all that the challenger is judged calibrated by: market, season, week, y and
            p_challenger; None: the pairs.
        once: nobody looks at these games again.

    Raises:
        ValueError: a forecast is outside (0, 1), or an outcome is neither 0, 1 nor null.
    """
    case = _Case(policy=policy, monitor=monitor or MonitorSettings(), seed=seed, once=once)
    pairs = pairs.sort("season", "week", "game_id", "market")
    own = pairs if record is None else record
    by_market: dict[str, pl.DataFrame] = {name: pairs.filter(market=name) for name in MARKETS}
    changed = {
        name: rows
        for name, rows in by_market.items()
        if not rows["p_champion"].equals(rows["p_challenger"])
    }
    focused = {name: by_market[name] for name in focus} if focus else {ALL: pairs}
    prices = [case.price(rows, name) for name, rows in changed.items()]
    findings = (
        *(case.improves(rows, name) for name, rows in focused.items()),
        *(case.calibrated(own.filter(market=name), name) for name in changed),
        *(
            case.skill(rows, name, price)
            for (name, rows), price in zip(changed.items(), prices, strict=True)
        ),
        *prices,
        case.churn(pairs),
        case.slippage(pairs),
        case.drawdown(pairs),
    )
    answer = _answer(findings) if changed else "insufficient"
    return GateReport(
        answer=answer,
        sentence=_sentence(answer, findings) if changed or pairs.is_empty() else SAME,
        findings=findings,
        n_games=pairs["game_id"].n_unique(),
        n_weeks=pairs.select("season", "week").n_unique(),
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
class _Case:
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
        """No pick can change side where one of the two never leans."""
        leant, limit = both_lean(rows.drop_nulls("p_market")), self.policy.max_churn
        if leant.is_empty() and rows.height:
            why = "one of the two leans nowhere, so no pick can"
            return nothing_found(CHURN, ALL, limit=limit, verdict="PASS", why=why)
        return self._found(CHURN, ALL, churn, leant, limit)

    def slippage(self, rows: pl.DataFrame) -> Finding:
        """Only games whose market moved after the pick count."""
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


def _answer(findings: Sequence[Finding]) -> Answer:
    if any(finding.verdict == "FAIL" for finding in findings):
        return "reject"
    return "insufficient" if any(finding.holds_back for finding in findings) else "promote"


def _sentence(answer: Answer, findings: Sequence[Finding]) -> str:
    if answer == "reject":
        return "Rejected. " + " ".join(f.sentence for f in findings if f.verdict == "FAIL")
    if answer == "insufficient":
        held = (f.sentence for f in findings if f.holds_back)
        return "Insufficient evidence to promote or reject. " + " ".join(held)
    gained = (f.sentence for f in findings if f.name == IMPROVES.name)
    return " ".join(["Promoted.", *gained, "Nothing else is materially worse."])
