"""Signatures of the ledger's head, with a key that is kept outside of the home.

Whoever can write a home can write a sound chain of other rows there, and other heads beside it; without
the key no signature of them, and a run with the key adds nothing to such a chain. Each is HMAC-SHA-256
(RFC 2104) over the number of rows, the head and the clock. Whoever holds the key can sign
anything: for a proof against yourself let somebody else hold it, a scheduler's secret store for one.
"""

import hashlib
import hmac
import json
from datetime import datetime
from pathlib import Path

import polars as pl
from pydantic import SecretStr

from nfl_signals.core.errors import RewrittenError
from nfl_signals.core.files import write_text
from nfl_signals.core.locks import exclusive, lock_beside
from nfl_signals.core.settings import describe
from nfl_signals.monitoring.heads import RESTORE, NotedHead
from nfl_signals.monitoring.ledger import AppendResult

FIELDS = {"rows": int, "head": str, "signed_at": str, "signature": str}
Signature = dict[str, int | str]


def sign(path: Path, appended: AppendResult, *, key: SecretStr, clock: datetime) -> None:
    """Add a signature of the ledger as an append left it, one line of JSON; once for each head.

    Raises:
        StorageError: the file cannot be written, or another writer holds it for a minute.
    """
    busy = "another run signs the ledger; try again when it is done."
    with exclusive(lock_beside(path), busy=busy):
        lines = _lines(path)
        last = _read(lines[-1]) if lines else None
        if last is not None and last["head"] == appended.head:
            return
        signed: Signature = {
            "rows": appended.total,
            "head": appended.head,
            "signed_at": describe(clock),
        }
        line = json.dumps(signed | {"signature": _signature(signed, key)})
        write_text(path, "".join(f"{each}\n" for each in (*lines, line)))


def problems(path: Path, ledger: pl.DataFrame, key: SecretStr) -> list[str]:
    """Why the signatures are not those of this ledger and this key; empty where they are.

    Args:
        path: the signatures.
        ledger: as read.
        key: the one that they were made with.
    """
    found, covered = _compared(path, ledger, key)
    if covered < ledger.height:
        found.append(
            f"{ledger.height - covered} rows at the end are not signed; the next run with the key signs them"
        )
    return found


def require_key(path: Path, ledger: pl.DataFrame, key: SecretStr) -> None:
    """Hold a ledger to its signatures, before anything is added; one that is not signed yet is held to none.

    Raises:
        RewrittenError: a signature is not by this key, or not of this ledger; names its line.
    """
    found, _ = _compared(path, ledger, key)
    if found:
        raise RewrittenError(
            f"{path}: {found[0]}. Either ledger_key is not the key used before: give that one (README, How a "
            f"key is changed); or ledger or signatures were rewritten: {RESTORE}"
        )


def signed_heads(path: Path) -> list[NotedHead]:
    """Heads of the ledger that were signed, whether or not the signatures are sound."""
    lines = ((number, _read(line)) for number, line in enumerate(_lines(path), start=1))
    return [
        NotedHead(head=str(each["head"]), place=f"{path}, line {number}")
        for number, each in lines
        if each is not None
    ]


def _compared(path: Path, ledger: pl.DataFrame, key: SecretStr) -> tuple[list[str], int]:
    """What is wrong with each signature, and how many rows the sound ones cover."""
    seals, found, covered = ledger["seal"].to_list(), [], 0
    for number, line in enumerate(_lines(path), start=1):
        signed = _read(line)
        if signed is None or not hmac.compare_digest(
            str(signed["signature"]), _signature(signed, key)
        ):
            found.append(f"line {number}: altered, or made with another key")
            continue
        rows = int(signed["rows"])
        if rows > len(seals) or (rows and seals[rows - 1] != signed["head"]):
            found.append(
                f"line {number}, of {rows} rows at {signed['signed_at']}: the ledger does not hold "
                "them any more; rows were cut off or rewritten"
            )
        covered = max(covered, rows)
    return found, covered


def count(path: Path) -> int:
    """How many signatures there are."""
    return len(_lines(path))


def _lines(path: Path) -> list[str]:
    # What is no UTF-8 becomes another sign, and the line one that was altered.
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


def _read(line: str) -> Signature | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    sound = isinstance(found, dict) and set(found) == set(FIELDS)
    if not sound or not all(type(found[name]) is kind for name, kind in FIELDS.items()):
        return None
    return {str(name): value for name, value in found.items()}


def _signature(signed: Signature, key: SecretStr) -> str:
    text = f"{signed['rows']}|{signed['head']}|{signed['signed_at']}"
    secret = key.get_secret_value().encode()
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
