"""A person gives the seat to a version, or gives it back to one that held it before.

The gate is asked first. A person may decide against it where it cannot tell or finds a change for the
worse, with a reason that stays in the history; but nobody seats a version that cannot speak, or one
that is shown to be uncalibrated.
"""

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.predictions.champion import CHAMPION_SOURCE, configured_version, load_served_model
from nfl_signals.promotion.comparison import PROXY, Book, pairs_of, refuse_too_good
from nfl_signals.promotion.findings import Finding
from nfl_signals.promotion.gate import CALIBRATED, Answer, judge
from nfl_signals.promotion.measures import PAIRS_SCHEMA
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision
from nfl_signals.registry.model_card import CARD, read_card
from nfl_signals.workspace.run_context import RunContext

PERSON: decision_log.Step = "person"
WALK_FORWARD = Book(signal_source="model", book="learning")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A version that can speak, and what the gate thinks of it.

    Attributes:
        version: its name.
        card: of its folder.
        champion: who held the seat when it was looked at; None: nobody.
        answer: of the gate.
        sentence: why.
        findings: behind the answer; none where nothing that it said has been settled.
    """

    version: str
    card: dict[str, Any]
    champion: str | None
    answer: Answer
    sentence: str
    findings: tuple[Finding, ...]

    @property
    def uncalibrated(self) -> tuple[Finding, ...]:
        """What shows that it must not speak, whoever wants it to."""
        wrong = (each for each in self.findings if each.name == CALIBRATED.name)
        return tuple(each for each in wrong if each.verdict == "FAIL")


def candidate(context: RunContext, version: str) -> Candidate:
    """Load a version and ask the gate about it; nothing is changed.

    It is judged by what it said in production; before it has spoken, a trained version by its
    recipe's walk-forward replay in the learning book, and a recalibrated copy by what the gate found
    when it was made.

    Args:
        context: whose models, ledger and history.
        version: v202409 or model_v202409.

    Raises:
        InputError: there is no such version, or games that are still to come taught it.
        IntegrityError: its files, features, labels or horizons are not what its card and this program
            say, or what it said leaks.
    """
    version = version.removeprefix("model_")
    _load(context, version)
    decisions = _decisions(context)
    champion = decision_log.champion(decisions)
    found = Candidate(
        version=version,
        card=read_card(context.paths.ensemble(version)),
        champion=champion,
        answer="insufficient",
        sentence="Insufficient evidence: nothing that it said has been settled yet.",
        findings=(),
    )
    voice = _book_of(context, found)
    return (
        _with_last_findings(found, decisions) if voice is None else _judged(context, found, voice)
    )


def promote(
    context: RunContext,
    found: Candidate,
    *,
    reason: str | None = None,
    against_the_gate: bool = False,
) -> Decision:
    """Give the seat to a version; one that holds it already keeps it, and nothing is written.

    Args:
        context: whose history.
        found: what `candidate` gave.
        reason: in words, for the history.
        against_the_gate: whether an answer other than promote is overruled.

    Returns:
        The decision by which it holds the seat.

    Raises:
        InputError: it is uncalibrated, the gate does not agree and is not overruled, it is overruled
            without a reason, or the seat changed hands since `candidate`.
        IntegrityError: the history was tampered with, or knows other files by the version's name.
    """
    held = decision_log.champion_decision(_decisions(context))
    if held is not None and held.champion == found.version == found.champion:
        return held
    _refuse(found, reason, against_the_gate=against_the_gate)
    decision = Decision(
        at=context.as_of,
        kind="promoted",
        version=found.version,
        model_hash=str(found.card["model_hash"]),
        champion=found.version,
        step=PERSON,
        sentence=_sentence(found, reason),
        measures={"gate": found.answer, "findings": [asdict(each) for each in found.findings]},
    )
    return decision_log.record(context.paths.history, decision, expected_champion=found.champion)


def roll_back(
    context: RunContext, version: str | None = None, *, reason: str | None = None
) -> Decision:
    """Give the seat back to a version that held it; the gate is not asked.

    Args:
        context: whose history.
        version: a former champion; None: the one before the champion.
        reason: in words, for the history.

    Returns:
        The decision; that by which it holds the seat where it is champion already.

    Raises:
        InputError: it never was champion, there was none before, or it is gone.
        IntegrityError: the history was tampered with, or the version cannot speak.
    """
    decisions = _decisions(context)
    held = decision_log.champion_decision(decisions)
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
        sentence=f"A person gave the seat back to {version}, from {champion}.{because}",
    )
    return decision_log.record(context.paths.history, decision, expected_champion=champion)


def before_champion(context: RunContext) -> str:
    """Who held the seat before the champion; whoever was rolled back from is not gone back to.

    Raises:
        InputError: nobody did.
    """
    line: list[str] = []
    seated = (each for each in _decisions(context) if each.kind in decision_log.PROMOTING)
    for each in sorted(seated, key=lambda decision: decision.at):
        if each.kind == "rolled_back" and each.champion in line:
            del line[line.index(each.champion) + 1 :]
        elif line[-1:] != [each.champion]:
            line.append(each.champion)
    if len(line) < 2:
        raise InputError(
            f"{context.paths.history}: nobody was champion before {line[0] if line else 'anybody'}; "
            "name a version, or set signal_source to proxy."
        )
    return line[-2]


def why_not_served(context: RunContext) -> str | None:
    """Why a promotion is not heard; None where the champion speaks."""
    asked = context.settings.signal_source
    if asked == CHAMPION_SOURCE:
        return None
    return (
        f"signal_source is {asked}: the decision is recorded, but {configured_version(context)} goes on "
        f"speaking until that one line of signals.yaml says {CHAMPION_SOURCE}."
    )


def _decisions(context: RunContext) -> list[Decision]:
    """Those that are known at the run's as_of."""
    return [each for each in decision_log.read(context.paths.history) if each.at <= context.as_of]


def _load(context: RunContext, version: str) -> None:
    """Read a version as if it had to speak now; raises what would keep it from it."""
    shelf = context.paths.ensemble(version).parent
    there = sorted(card.parent.name for card in shelf.glob(f"v*/{CARD}"))
    if version not in there:
        known = f"there are {', '.join(there)}" if there else "none is there yet"
        raise InputError(f"{shelf}: no version {version}; {known}.")
    pinned = context.settings.model_copy(update={"signal_source": f"model_{version}"})
    load_served_model(replace(context, settings=pinned))


def _book_of(context: RunContext, found: Candidate) -> Book | None:
    """Whose settled rows stand for the version; None where there are none."""
    own = Book(signal_source="model", book="production", model_version=found.version)
    voices = [own] if "recalibrated_from" in found.card else [own, WALK_FORWARD]
    if not context.paths.ledger.exists():
        return None
    graded = graded_ledger(context)
    return next((each for each in voices if each.rows(graded).height), None)


def _with_last_findings(found: Candidate, decisions: list[Decision]) -> Candidate:
    """With what the gate found when the version was decided about last, if ever it was."""
    judged = [
        each
        for each in decisions
        if each.version == found.version and each.measures.get("findings")
    ]
    if not judged:
        return found
    last = judged[-1]
    answers: dict[str, Answer] = {"promoted": "promote", "rejected": "reject"}
    answer = last.measures.get("gate", answers.get(last.kind, "insufficient"))
    findings = tuple(Finding(**each) for each in last.measures["findings"])
    return replace(found, answer=answer, sentence=last.sentence, findings=findings)


def _judged(context: RunContext, found: Candidate, voice: Book) -> Candidate:
    settings = context.settings
    ask = partial(
        judge, policy=settings.gate, focus=None, seed=settings.seed, monitor=settings.monitor
    )
    priced = pairs_of(context, PROXY, voice)
    refuse_too_good(priced, settings.gate, seed=settings.seed)
    report, alone = ask(_against_champion(context, found, voice)), ask(priced)
    # A market that says what the champion says, or that shares no game with it, must be calibrated too.
    calibrated = [each for each in alone.findings if each.name == CALIBRATED.name]
    others = [each for each in report.findings if each.name != CALIBRATED.name]
    wrong = [each.sentence for each in calibrated if each.verdict == "FAIL"]
    return replace(
        found,
        answer="reject" if wrong else report.answer,
        sentence=" ".join(["Rejected.", *wrong]) if wrong else report.sentence,
        findings=(*calibrated, *others),
    )


def _against_champion(context: RunContext, found: Candidate, voice: Book) -> pl.DataFrame:
    if found.champion in (None, found.version):
        return PAIRS_SCHEMA.to_frame()
    champion = Book(signal_source="model", book="production", model_version=str(found.champion))
    try:
        return pairs_of(context, champion, voice)
    except InputError:  # they share no game yet
        return PAIRS_SCHEMA.to_frame()


def _refuse(found: Candidate, reason: str | None, *, against_the_gate: bool) -> None:
    if found.uncalibrated:
        raise InputError(
            f"{found.version} is not calibrated, and whoever is not cannot be promoted: "
            + " ".join(each.sentence for each in found.uncalibrated)
        )
    if found.answer == "promote":
        return
    if not against_the_gate:
        raise InputError(
            f"{found.version} was not promoted, the gate says: {found.sentence} To promote it "
            "all the same, say --against-the-gate and --reason why."
        )
    if not reason:
        raise InputError(f"{found.version}: --against-the-gate needs a --reason, for the history.")


def _sentence(found: Candidate, reason: str | None) -> str:
    how = "with" if found.answer == "promote" else "against"
    because = f": {reason.rstrip('.')}" if reason else ""
    return f"A person promoted it, {how} the gate{because}. The gate said: {found.sentence}"
