"""Heads that a person noted, of ledger and decision log, as `run` and `verify` print them.

Where runs note the ledger's by themselves: `monitoring/noted.py`.
"""

from collections.abc import Sequence

from nfl_signals.core.errors import InputError, IntegrityError, NflSignalsError
from nfl_signals.core.hash_chain import GENESIS
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.heads import SHORT
from nfl_signals.registry import decision_log
from nfl_signals.workspace.run_context import RunContext


def heads(context: RunContext) -> dict[str, str]:
    """The last seal of ledger and decision log, of those that there are."""
    found = {"ledger": _ledger_seals(context), "decision log": _decision_seals(context)}
    return {name: seals[-1][:SHORT] for name, seals in found.items() if seals}


def refuse_no_heads(anchors: Sequence[str]) -> None:
    """Raise InputError where an anchor is no head, or too short to be told from chance."""
    for anchor in anchors:
        whole = SHORT <= len(anchor) <= len(GENESIS)
        if not whole or not set(anchor.lower()) <= set("0123456789abcdef"):
            raise InputError(
                f"--anchor {anchor}: expected at least {SHORT} hex digits, and at most {len(GENESIS)}, as "
                "`nfl-signals verify` prints them."
            )


def anchors_held(context: RunContext, anchors: Sequence[str]) -> dict[str, int]:
    """Hold ledger and decision log to heads that were noted earlier; returns how many.

    Raises:
        InputError: an anchor is no head.
        IntegrityError: neither chain holds it, of those that can be read.
    """
    refuse_no_heads(anchors)
    known, unread = [], ""
    for seals in (_ledger_seals, _decision_seals):
        try:
            known += seals(context)
        except NflSignalsError as error:
            unread = f" ({error})"
    for anchor in anchors:
        if not any(seal.startswith(anchor.lower()) for seal in known):
            raise IntegrityError(
                f"noted head {anchor} is in neither ledger nor decision log: rows were cut off or "
                f"rewritten since it was noted; restore a copy of that time or later{unread}."
            )
    return {"noted_heads": len(anchors)}


def limits(context: RunContext, anchors: Sequence[str]) -> str:
    """What `verify` cannot find with what it was given, in a sentence."""
    if context.settings.ledger_key is not None:
        return (
            "Not to be found: what someone rewrote who has the key; and rows cut off together with their "
            "signatures and noted heads, but by --anchor."
        )
    if anchors:
        return (
            "Not to be found without a key: rows after the heads given as --anchor, if ledger, heads.txt, "
            "registry and decision log were rewritten all together."
        )
    return (
        "Not to be found without --anchor or a key (NFL_SIGNALS_LEDGER_KEY): ledger, heads.txt, registry and "
        "decision log rewritten, or rows and noted heads cut off, all together."
    )


def _ledger_seals(context: RunContext) -> list[str]:
    if not context.paths.ledger.exists():
        return []
    found: list[str] = context.load(context.paths.ledger, ledger.read)["seal"].to_list()
    return found


def _decision_seals(context: RunContext) -> list[str]:
    return decision_log.seals(context.paths.history)
