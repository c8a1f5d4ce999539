"""Heads noted outside the chains that they seal: what a chain cannot show of itself, they do.

Whoever rewrites a chain from some row on, or cuts its last rows off, makes a chain that is sound. It does
not hold the head that was noted before. Decisions and the MLflow registry note the ledger's; a person notes
both, as `run` and `verify` print them.
"""

from collections.abc import Sequence

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.monitoring import ledger
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import LEDGER_HEAD
from nfl_signals.registry.mlflow_store import tag_of
from nfl_signals.workspace.run_context import RunContext

SHORT = 16
"""Hex digits of a head that are printed and enough as an anchor."""


def noted_heads(context: RunContext) -> list[str]:
    """Heads of the ledger that the decision log and the MLflow registry hold."""
    heads = [each.measures.get(LEDGER_HEAD) for each in context.decision_log]
    return [str(head) for head in (*heads, tag_of(context.paths, LEDGER_HEAD)) if head]


def heads(context: RunContext) -> dict[str, str]:
    """The last seal of ledger and decision log, of those that there are."""
    found = {
        "ledger": _ledger_seals(context),
        "decision log": decision_log.seals(context.paths.history),
    }
    return {name: seals[-1][:SHORT] for name, seals in found.items() if seals}


def require_anchors(context: RunContext, anchors: Sequence[str]) -> None:
    """Hold ledger and decision log to heads that were noted earlier.

    Raises:
        InputError: an anchor is no head, or too short to be told from chance.
        IntegrityError: neither chain holds it.
    """
    known = [*_ledger_seals(context), *decision_log.seals(context.paths.history)]
    for anchor in anchors:
        if len(anchor) < SHORT or not set(anchor.lower()) <= set("0123456789abcdef"):
            raise InputError(
                f"--anchor {anchor}: expected at least {SHORT} hex digits, as `nfl-signals verify` "
                "prints them."
            )
        if not any(seal.startswith(anchor.lower()) for seal in known):
            raise IntegrityError(
                f"noted head {anchor} is in neither ledger nor decision log: rows were cut off or "
                "rewritten since it was noted; restore a copy of that time or later."
            )


def _ledger_seals(context: RunContext) -> list[str]:
    if not context.paths.ledger.exists():
        return []
    found: list[str] = context.load(context.paths.ledger, ledger.read)["seal"].to_list()
    return found
