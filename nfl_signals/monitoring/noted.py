"""Every place of a home that notes heads of the ledger, and what is done before another is noted."""

import polars as pl

from nfl_signals.monitoring import heads, ledger, signatures
from nfl_signals.monitoring.heads import NotedHead
from nfl_signals.registry.decision_log import LEDGER_HEAD
from nfl_signals.registry.mlflow_store import tag_of
from nfl_signals.workspace.run_context import RunContext


def noted_heads(context: RunContext) -> list[NotedHead]:
    """Heads noted in decision log, MLflow registry, signatures and `heads.txt`, in that order."""
    paths = context.paths
    decided = [
        NotedHead(head=str(head), place=f"{paths.history}, line {number}")
        for number, each in enumerate(context.decision_log, start=1)
        if (head := each.measures.get(LEDGER_HEAD))
    ]
    tag = tag_of(paths, LEDGER_HEAD)
    return [
        *decided,
        *([NotedHead(head=tag, place=f"{paths.registry_store}, tag {LEDGER_HEAD}")] if tag else []),
        *signatures.signed_heads(paths.signatures),
        *heads.noted_heads(heads.heads_beside(paths.ledger)),
    ]


def stored_ledger(context: RunContext) -> pl.DataFrame:
    """The ledger as it is stored, sound or not.

    Raises:
        NotThereYetError: no run has written one.
        RewrittenError: one was written, for its heads are noted, and it is gone.
    """
    heads.require_there(context.paths.ledger, noted_heads(context))
    return context.load(context.paths.ledger, ledger.read)


def require_noted_heads(context: RunContext) -> None:
    """Hold the ledger to its seals, to every head that was noted and, with a key, to its signatures.

    Asked before anything is appended, decided or noted: a head of other rows would hide the old ones.

    Raises:
        RewrittenError: the ledger is gone or not what it was; names file and place.
    """
    path, noted = context.paths.ledger, noted_heads(context)
    heads.require_there(path, noted)
    if not path.exists():
        return
    rows = context.load(path, ledger.read)
    ledger.require_chain(path, rows, noted)
    if key := context.settings.ledger_key:
        signatures.require_key(context.paths.signatures, rows, key)


def ledger_head(context: RunContext) -> str | None:
    """The ledger's last seal, to be noted outside of it; None where there is no ledger yet.

    Raises:
        RewrittenError: as `require_noted_heads`.
    """
    require_noted_heads(context)
    if not context.paths.ledger.exists():
        return None
    return ledger.head_of(context.load(context.paths.ledger, ledger.read))
