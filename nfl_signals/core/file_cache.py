"""Stored files, each read once: while a file on disk is the same, the same object is handed out.

Every writer replaces whole files (`files.py`), so a file's inode, size and time of change tell
whether it is still the one that was read, whichever process wrote it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Signature = tuple[tuple[str, int, int, int], ...]

DERIVED = 32  # results that are kept; a step needs about ten


class FileCache:
    """What has been read and what was derived from it."""

    def __init__(self) -> None:
        self.reads: list[Path] = []  # in the order in which they were read from disk
        self._stored: dict[Path, tuple[Signature, Any]] = {}
        self._derived: dict[tuple[Any, ...], tuple[tuple[Any, ...], Any]] = {}

    def read(self, path: Path, reader: Callable[[Path], T]) -> T:
        """What `reader` makes of a file or of a folder; callers must not change it."""
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        facts = ((str(file), file.stat()) for file in files if file.exists())
        signature = tuple((name, s.st_ino, s.st_size, s.st_mtime_ns) for name, s in facts)
        held = self._stored.get(path)
        if held is None or held[0] != signature:
            self.reads.append(path)
            self._stored[path] = held = (signature, reader(path))
        found: T = held[1]
        return found

    def derive(self, function: Callable[..., T], *inputs: object) -> T:
        """`function(*inputs)`, computed once for the same objects."""
        key = (function, *map(id, inputs))
        if key not in self._derived:
            while len(self._derived) >= DERIVED:
                del self._derived[next(iter(self._derived))]
            # Inputs are kept with the result, so that their ids stay theirs.
            self._derived[key] = (inputs, function(*inputs))
        found: T = self._derived[key][1]
        return found
