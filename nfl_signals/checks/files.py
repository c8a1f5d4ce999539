"""Check of every stored file by itself: a damaged one is named, whether or not a table's check reads it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.files import read_json, read_parquet
from nfl_signals.workspace.run_context import RunContext

FOLDERS = ("data", "models", "reports")


def files_readable(context: RunContext) -> dict[str, Any]:
    """Every Parquet, JSON, JSON Lines, Markdown and HTML file of data, models and reports can be read.

    MLflow's own folder is left to the checks of the registry, downloads to the next run, which reads
    them again as a source.
    """
    paths, read = context.paths, dict.fromkeys(_READERS, 0)
    for folder in FOLDERS:
        for file in sorted((paths.home / folder).rglob("*")):
            ours = not any(map(file.is_relative_to, (paths.registry, paths.downloads)))
            if ours and file.suffix in _READERS and file.is_file():
                _READERS[file.suffix](file)
                read[file.suffix] += 1
    return {suffix.removeprefix("."): count for suffix, count in read.items()}


def _read_lines(path: Path) -> None:
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            json.loads(line)
        except (ValueError, RecursionError) as error:
            raise IntegrityError(f"{path}: line {number}: cannot be read as JSON.") from error


def _reader(read: Callable[[Path], object]) -> Callable[[Path], None]:
    def whole(path: Path) -> None:
        try:
            read(path)
        except InputError as error:
            raise IntegrityError(f"{error} Restore it, or let a run write it again.") from error

    return whole


def _read_text(path: Path) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise IntegrityError(
            f"{path}: cannot be read as text ({error}). A run writes it again."
        ) from error
    if not text.strip():
        raise IntegrityError(f"{path}: is empty. A run writes it again.")


_READERS: dict[str, Callable[[Path], None]] = {
    ".parquet": _reader(read_parquet),
    ".json": _reader(read_json),
    ".jsonl": _read_lines,
    ".md": _read_text,
    ".html": _read_text,
}
