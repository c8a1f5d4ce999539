"""Expected texts, committed next to the tests; `NFL_SIGNALS_RENEW_SNAPSHOTS=1` writes them anew."""

import os
from pathlib import Path

VARIABLE = "NFL_SIGNALS_RENEW_SNAPSHOTS"
RENEW = os.environ.get(VARIABLE) == "1"  # read on import: tests run without such variables


def check_snapshot(path: Path, text: str) -> None:
    """Compare with the committed file byte for byte."""
    if RENEW:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert path.is_file(), f"no snapshot {path}; set {VARIABLE}=1 to write it, then read it"
    assert text == path.read_bytes().decode(), f"differs from {path}; if meant, set {VARIABLE}=1"
