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
- `churn` (must be shown): no more picks change side than the limit allows. One of
  the two differs there from the price by a point or more: leans of less change side with every fit.
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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from nfl_signals.core.setting_sections import GateSettings, MonitorSettings
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.promotion.findings import ALL, Finding
from nfl_signals.promotion.gate_findings import IMPROVES, GateFindings

Answer = Literal["promote", "reject", "insufficient"]
SAME = "Insufficient evidence: both have the same forecast of every game."


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
    case = GateFindings(policy=policy, monitor=monitor or MonitorSettings(), seed=seed, once=once)
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
