"""Heads of the ledger, noted outside of it: what a chain cannot show of itself, they do.

Whoever cuts a chain's last rows off, or writes it anew from some row on, leaves a chain that is sound. It
does not hold the heads, seals of its last row, that were noted before. Every append notes one in
`heads.txt` beside the ledger; decisions, signatures and the MLflow registry note theirs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nfl_signals.core.errors import RewrittenError
from nfl_signals.core.files import write_text
from nfl_signals.core.hash_chain import GENESIS

SHORT = 16
"""Hex digits of a head that are printed and enough as an anchor."""
RESTORE = (
    "restore that file from a backup of then or later (or go on in another home, NFL_SIGNALS_HOME); "
    "nothing was written."
)


@dataclass(frozen=True, kw_only=True)
class NotedHead:
    """A head of the ledger as it once was."""

    head: str  # seal of the last row then; whatever the place holds, if that is no head
    place: str  # where it is noted: file and line, or tag


def heads_beside(ledger: Path) -> Path:
    """The file in which the heads of a ledger are noted, in the same folder."""
    return ledger.with_name("heads.txt")


def note_head(path: Path, head: str) -> None:
    """Add a head as the last line, unless it is that already; the holder of the ledger's lock calls it.

    Raises:
        StorageError: the file cannot be written.
    """
    lines = _lines(path)
    if lines[-1:] != [head]:
        write_text(path, "".join(f"{line}\n" for line in (*lines, head)))


def noted_heads(path: Path) -> list[NotedHead]:
    """Heads noted in a file, in the order written; none where there is no such file."""
    lines = enumerate(_lines(path), start=1)
    return [NotedHead(head=line, place=f"{path}, line {number}") for number, line in lines]


def missing_heads(noted: Iterable[NotedHead], seals: Iterable[str]) -> list[str]:
    """Which noted heads are not among the seals of a chain, a sentence each."""
    known = {GENESIS, *seals}
    return [
        f"noted head {each.head[:SHORT]} ({each.place}) is missing: rows were cut off or rewritten"
        for each in noted
        if each.head not in known
    ]


def require_there(ledger: Path, noted: Sequence[NotedHead]) -> None:
    """Raise RewrittenError where heads of a ledger were noted and it is gone."""
    if noted and not ledger.exists():
        last = noted[-1]
        raise RewrittenError(
            f"{ledger}: is gone, though {last.place} holds its head {last.head[:SHORT]}; {RESTORE}"
        )


def _lines(path: Path) -> list[str]:
    # What is no UTF-8 becomes another sign, and the line one that is no head.
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
