"""The decision log: which version is champion, since when, and why.

`models/history.jsonl` holds one decision a line, append-only. Each line carries the hash of the line
before it and the hash of its own content, so an edited, removed or reordered line breaks the chain at
its place; what a chain cannot show is that its *last* lines were cut off. A line takes its place by one
replacement of the file: a process killed on the way leaves the old champion or the new one.

The champion is the version that the newest promoting decision names. Decisions are dated: a run as of
an earlier day finds the champion of that day.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.files import write_text
from nfl_signals.core.hash_chain import GENESIS, seal_of
from nfl_signals.core.locks import exclusive, lock_beside

Kind = Literal["first", "promoted", "rejected", "insufficient", "rolled_back"]
Step = Literal["training", "recalibration", "retraining", "person"]

PROMOTING = ("first", "promoted", "rolled_back")
"""Kinds that make the version that was decided about champion."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided about one version."""

    at: datetime  # the run's as_of, zone aware
    kind: Kind  # first (there was no champion), promoted, rejected, insufficient (evidence), rolled_back
    version: str
    model_hash: str
    champion: str  # after the decision
    step: Step  # what was judged, or 'person'
    sentence: str
    alerts: tuple[str, ...] = ()  # ids of the alerts that caused it
    # figures behind the sentence, as JSON can hold them
    measures: dict[str, Any] = field(default_factory=dict)


LEDGER_HEAD = "ledger_head"
"""In `measures`: the last seal of the ledger when it was decided, which the ledger must still hold."""
NAMES = [each.name for each in fields(Decision)]


def record(path: Path, decision: Decision, *, expected_champion: str | None) -> Decision:
    """Add a decision to the log, which is made where missing; the same one twice is one line.

    `expected_champion` is the one that it was decided against; None: there was none.

    Returns the decision as it is in the log.

    Raises:
        InputError: the champion has changed since, or the decision contradicts itself.
        IntegrityError: the log was tampered with, or knows other files by the version's name.
        StorageError: it cannot be written, or another writer holds it for a minute.
    """
    if decision.at.tzinfo is None:
        raise InputError(f"decision about {decision.version}: at: expected a time zone.")
    if decision.kind in PROMOTING and decision.champion != decision.version:
        raise InputError(
            f"decision about {decision.version}: {decision.kind} makes it champion, and "
            f"{decision.champion} is named as champion."
        )
    busy = "another writer holds the decision log; try again when it is done."
    with exclusive(lock_beside(path), busy=busy):
        return _extend(path, decision, expected_champion)


def read(path: Path) -> tuple[Decision, ...]:
    """Decisions in the order written; none where there is no log yet.

    Raises:
        IntegrityError: a line is not what was written.
    """
    lines = _lines(path)
    if problems := _problems(lines):
        raise IntegrityError(f"{path}: {problems[0]}; restore a copy.")
    return tuple(map(_decision, lines))


def known_at(decisions: Sequence[Decision], as_of: datetime) -> tuple[Decision, ...]:
    """Decisions made by an instant; what was decided later does not exist."""
    return tuple(each for each in decisions if each.at <= as_of)


def verify(path: Path) -> list[str]:
    """Problems that show the log is not what was written; empty when it is sound."""
    return _problems(_lines(path))


def seals(path: Path) -> list[str]:
    """The seal of every line, in order.

    Raises:
        IntegrityError: a line is not what was written.
    """
    read(path)
    return [_seal_of(line) for line in _lines(path)]


def champion_decision(decisions: Sequence[Decision]) -> Decision | None:
    """The decision that made the champion; None where there is none."""
    promoting = [each for each in decisions if each.kind in PROMOTING]
    # Of decisions of the same instant the line written last counts; `max` keeps the first it meets.
    return max(reversed(promoting), key=lambda each: each.at, default=None)


def champion(decisions: Sequence[Decision]) -> str | None:
    """The version that is champion; None where there is none."""
    held = champion_decision(decisions)
    return held.champion if held else None


def known_hash(decisions: Sequence[Decision], version: str) -> str | None:
    """Hash of the files that the log knows by a version's name; None where it knows none."""
    return next((each.model_hash for each in decisions if each.version == version), None)


def _extend(path: Path, decision: Decision, expected: str | None) -> Decision:
    lines, decisions = _lines(path), read(path)
    held = champion_decision(known_at(decisions, decision.at))
    now = held.champion if held else None
    if now == decision.champion and _content(decision) in map(_content, decisions):
        return decision
    if now != expected:
        today = "there is no champion"
        if held is not None:
            today = f"{held.champion} is champion since {held.at.isoformat()} ({held.kind})"
        raise InputError(
            f"{path}: {decision.kind} {decision.version} was decided while the champion was "
            f"{expected or 'none'}, but {today}; nothing was changed, judge it against the champion of "
            "today."
        )
    _refuse(path, decision, decisions, now)
    sealed = _sealed(decision, _seal_of(lines[-1]) if lines else GENESIS)
    write_text(path, "".join(f"{line}\n" for line in [*lines, sealed]))
    return decision


def _refuse(path: Path, decision: Decision, known: Sequence[Decision], now: str | None) -> None:
    name = decision.version
    files = known_hash(known, name)
    if files not in (None, decision.model_hash):
        raise IntegrityError(
            f"{path}: {name} is the name of the files {str(files)[:12]}, these are "
            f"{decision.model_hash[:12]}; a name is never given to other files, choose a new one."
        )
    if decision.kind not in PROMOTING and decision.champion != now:
        raise InputError(
            f"decision about {name}: {decision.kind} leaves the champion, {now or 'none'}."
        )
    if decision.kind == "first" and now is not None:
        raise InputError(f"decision about {name}: there is a champion already, {now}.")
    if decision.kind == "rolled_back" and name not in {each.champion for each in known}:
        raise InputError(f"decision about {name}: it never was champion; promote it instead.")


def _lines(path: Path) -> list[str]:
    # What is no UTF-8 becomes another sign, and the line one that was edited.
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return text.removesuffix("\n").split("\n") if text else []


def _problems(lines: Sequence[str]) -> list[str]:
    problems, before = [], GENESIS
    for number, line in enumerate(lines, start=1):
        try:
            written = _sealed(_decision(line), before)
            before = _seal_of(line)
        except (ValueError, KeyError, TypeError, AttributeError):
            problems.append(f"line {number}: not a decision")
            continue
        if written != line:
            problems.append(
                f"line {number}: edited, or what came before it was removed or reordered"
            )
    return problems


def _sealed(decision: Decision, before: str) -> str:
    text = _content(decision)
    line = {**json.loads(text), "before": before, "seal": seal_of(text, before)}
    return json.dumps(line, sort_keys=True, ensure_ascii=False)


def _content(decision: Decision) -> str:
    """Canonical form: JSON with sorted names; NaN is refused."""
    content = {**asdict(decision), "at": decision.at.astimezone(UTC).isoformat()}
    return json.dumps(content, sort_keys=True, allow_nan=False, ensure_ascii=False)


def _seal_of(line: str) -> str:
    return str(json.loads(line)["seal"])


def _decision(line: str) -> Decision:
    found = json.loads(line)
    content = {name: found[name] for name in NAMES}
    at, alerts = datetime.fromisoformat(content["at"]), tuple(content["alerts"])
    return Decision(**{**content, "at": at, "alerts": alerts})
