"""Promotion and rollback by hand.

The gate judges first. A person may decide against it where its evidence is insufficient or it rejects,
with a reason that stays in the decision log; but no version is promoted that cannot be served, or that
is shown to be uncalibrated.
"""

import logging
from dataclasses import asdict, dataclass, replace
from typing import Any

from nfl_signals.core.errors import InputError
from nfl_signals.monitoring.noted import ledger_head, require_noted_heads
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.predictions.champion import CHAMPION_SOURCE, configured_version, load_version
from nfl_signals.promotion.books import (
    PRICE,
    STANDS_IN,
    WALK_FORWARD,
    Books,
    forecast_by,
    production,
    rows_of,
)
from nfl_signals.promotion.comparison import judge_pair, pairs_of
from nfl_signals.promotion.findings import Finding
from nfl_signals.promotion.gate import Answer
from nfl_signals.promotion.gate_findings import CALIBRATED
from nfl_signals.promotion.measures import PAIRS_SCHEMA
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import LEDGER_HEAD, Decision
from nfl_signals.registry.model_card import CARD, read_card
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)

PERSON: decision_log.Step = "person"
ANSWERS: dict[str, Answer] = {"promoted": "promote", "rejected": "reject"}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A version that can be served, and what the gate finds."""

    version: str
    card: dict[str, Any]
    champion: str | None  # when it was judged
    answer: Answer = "insufficient"
    sentence: str = "Insufficient evidence: none of its forecasts has been settled yet."
    findings: tuple[Finding, ...] = ()

    @property
    def uncalibrated(self) -> tuple[Finding, ...]:
        """What shows that it must not be served, whatever the reason."""
        shown = (each for each in self.findings if each.name == CALIBRATED.name)
        return tuple(each for each in shown if each.verdict == "FAIL")


def candidate(context: RunContext, version: str) -> Candidate:
    """Load a version and judge it; nothing is changed.

    It is judged by its own forecasts, as champion and as challenger; where a trained version has none, by
    those of its recipe in the shadow book, and a recalibrated copy by what the gate found when it was made.

    Raises:
        InputError: there is no such version, or it was fitted on games that are still to come.
        IntegrityError: its files, features, labels or horizons are not what its card and this program
            say, or its forecasts leak.
        RewrittenError: the ledger is not what was noted or signed.
    """
    require_noted_heads(context)  # it is judged by the ledger, and the registry notes its head
    version = version.removeprefix("model_")
    _load(context, version)
    found = Candidate(
        version=version,
        card=read_card(context.paths.ensemble(version)),
        champion=decision_log.champion(context.decisions),
    )
    books = _books_of(context, found)
    return _judged(context, found, books) if books else _with_last_findings(context, found)


def promote(
    context: RunContext,
    found: Candidate,
    *,
    reason: str | None = None,
    against_the_gate: bool = False,
) -> Decision:
    """Make a version champion; one that is champion already stays it, and nothing is written.

    Raises:
        InputError: it is uncalibrated, the gate does not promote it and is not overruled, it is
            overruled without a reason, or the champion has changed since `candidate`.
        IntegrityError: the decision log was tampered with, or knows other files by the version's name.
    """
    held = decision_log.champion_decision(context.decisions)
    if held is not None and held.champion == found.version == found.champion:
        return held
    _refuse(found, reason, against_the_gate=against_the_gate)
    how = "with" if found.answer == "promote" else "against"
    because = f": {reason.rstrip('.')}" if reason else ""
    decision = Decision(
        at=context.as_of,
        kind="promoted",
        version=found.version,
        model_hash=str(found.card["model_hash"]),
        champion=found.version,
        step=PERSON,
        sentence=f"Promoted by hand, {how} the gate{because}. The gate: {found.sentence}",
        measures={
            "gate": found.answer,
            "findings": [asdict(each) for each in found.findings],
            LEDGER_HEAD: ledger_head(context),
        },
    )
    _log.info("promoted by hand, %s the gate: %s, before it %s", how, found.version, found.champion)
    return decision_log.record(context.paths.history, decision, expected_champion=found.champion)


def roll_back(
    context: RunContext, version: str | None = None, *, reason: str | None = None
) -> Decision:
    """Make a former champion champion again, by default the one before; the gate does not judge it.

    One that is champion already stays it, and nothing is written.

    Raises:
        InputError: it never was champion, there was none before, or it is gone.
        IntegrityError: the decision log was tampered with, or the version cannot be served.
    """
    require_noted_heads(context)
    held = decision_log.champion_decision(context.decisions)
    champion = held.champion if held else None
    version = version.removeprefix("model_") if version else before_champion(context)
    if held is not None and version == champion:
        return held
    _load(context, version)
    because = f" {reason}" if reason else ""
    decision = Decision(
        at=context.as_of,
        kind="rolled_back",
        version=version,
        model_hash=str(read_card(context.paths.ensemble(version))["model_hash"]),
        champion=version,
        step=PERSON,
        sentence=f"Rolled back by hand to {version}, from {champion}.{because}",
        measures={LEDGER_HEAD: ledger_head(context)},
    )
    _log.info("rolled back by hand: %s, before it %s", version, champion)
    return decision_log.record(context.paths.history, decision, expected_champion=champion)


def before_champion(context: RunContext) -> str:
    """The champion before this one; a version that was rolled back from is not gone back to.

    Raises:
        InputError: there was none.
    """
    line: list[str] = []
    promoting = (each for each in context.decisions if each.kind in decision_log.PROMOTING)
    for each in sorted(promoting, key=lambda decision: decision.at):
        if each.kind == "rolled_back" and each.champion in line:
            del line[line.index(each.champion) + 1 :]
        elif line[-1:] != [each.champion]:
            line.append(each.champion)
    if len(line) < 2:
        raise InputError(
            f"{context.paths.history}: there was no champion before "
            f"{line[0] if line else 'the first one'}; name a version, or set signal_source to proxy."
        )
    return line[-2]


def why_not_served(context: RunContext) -> str | None:
    """Why a promoted champion is not served; None where it is."""
    source = context.settings.signal_source
    if source == CHAMPION_SOURCE:
        return None
    return (
        f"signal_source is {source}: the decision is recorded, but {configured_version(context)} "
        f"is served until that one line of signals.yaml is {CHAMPION_SOURCE}."
    )


def _load(context: RunContext, version: str) -> None:
    """Read a version as if it were served now."""
    store = context.paths.ensembles
    stored = sorted(card.parent.name for card in store.glob(f"v*/{CARD}"))
    if version not in stored:
        known = f"there are {', '.join(stored)}" if stored else "none is there yet"
        raise InputError(f"{store}: no version {version}; {known}.")
    load_version(context, version)


def _books_of(context: RunContext, found: Candidate) -> Books:
    """Whose settled rows stand for the version; none where there are none."""
    if not context.paths.ledger.exists():
        return ()
    own = forecast_by(found.version)
    books = (own,) if "recalibrated_from" in found.card else (own, STANDS_IN, WALK_FORWARD)
    return books if rows_of(books, graded_ledger(context)).height else ()


def _with_last_findings(context: RunContext, found: Candidate) -> Candidate:
    """With what the gate found when the version was decided about last, if ever it was."""
    mine = (each for each in context.decisions if each.version == found.version)
    judged = [each for each in mine if each.measures.get("findings")]
    if not judged:
        return found
    last = judged[-1]
    answer = last.measures.get("gate", ANSWERS.get(last.kind, "insufficient"))
    findings = tuple(Finding(**each) for each in last.measures["findings"])
    return replace(found, answer=answer, sentence=last.sentence, findings=findings)


def _judged(context: RunContext, found: Candidate, books: Books) -> Candidate:
    pairs = PAIRS_SCHEMA.to_frame()
    if found.champion not in (None, found.version):
        pairs = pairs_of(context, (production(str(found.champion)),), books)
    alone = judge_pair(pairs_of(context, (PRICE,), books), context.settings)
    report = judge_pair(pairs, context.settings)
    # A market that both forecast alike, or on which they share no game, must be calibrated too.
    calibrated = [each for each in alone.findings if each.name == CALIBRATED.name]
    others = [each for each in report.findings if each.name != CALIBRATED.name]
    judged = replace(
        found, answer=report.answer, sentence=report.sentence, findings=(*calibrated, *others)
    )
    if not (wrong := judged.uncalibrated):
        return judged
    sentence = " ".join(["Rejected.", *(each.sentence for each in wrong)])
    return replace(judged, answer="reject", sentence=sentence)


def _refuse(found: Candidate, reason: str | None, *, against_the_gate: bool) -> None:
    if found.uncalibrated:
        raise InputError(
            f"{found.version} is not calibrated, so it cannot be promoted: "
            + " ".join(each.sentence for each in found.uncalibrated)
        )
    if found.answer == "promote":
        return
    if not against_the_gate:
        raise InputError(
            f"{found.version} was not promoted. The gate: {found.sentence} To promote it all the "
            "same, give --against-the-gate and --reason."
        )
    if not reason:
        raise InputError(
            f"{found.version}: --against-the-gate needs a --reason, for the decision log."
        )
