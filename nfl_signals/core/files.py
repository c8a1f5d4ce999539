"""Atomic files: every write is complete or did not happen.

Bytes are prepared in memory, written beside their destination, flushed, and renamed over it, so a
killed process, a full disk or a failing serializer leaves the previous version in place. What goes
where is `paths.py`; what tables contain is each stage's `schemas.py`.
"""

import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any

import polars as pl

from nfl_signals.core.errors import InputError, NotThereYetError, StorageError

Json = dict[str, Any]  # an object
BRIEF = 60  # characters of a value in a message


def write_bytes(path: Path, content: bytes) -> Path:
    """Replace `path` by `content` in one step; a StorageError leaves the old file untouched."""
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise StorageError(
            f"{path}: could not be written ({error.strerror or error}); "
            "the previous version is untouched. Free disk space or check permissions, then run again."
        ) from error
    return path


def write_parquet(path: Path, frame: pl.DataFrame, *, notes: dict[str, str] | None = None) -> Path:
    """Write `frame` atomically; the same frame and notes always give the same bytes.

    `notes` are kept in the file beside the rows; `read_notes` finds them.
    """
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=True, metadata=notes)
    return write_bytes(path, buffer.getvalue())


def read_notes(path: Path) -> dict[str, str]:
    """What `write_parquet` noted in a file; nothing where there is no file that can be read."""
    try:
        return pl.read_parquet_metadata(path)
    except (pl.exceptions.PolarsError, OSError):
        return {}


def write_text(path: Path, text: str) -> Path:
    """Write `text` atomically as UTF-8 with Unix line ends."""
    return write_bytes(path, text.encode())


def write_json(path: Path, content: Any) -> Path:  # noqa: ANN401 - any JSON value
    """Write `content` atomically as sorted, indented JSON; NaN is refused."""
    text = json.dumps(content, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False)
    return write_text(path, text + "\n")


def read_parquet(path: Path) -> pl.DataFrame:
    """Read an earlier stage's table (a file, or a folder of seasons); InputError where it cannot be."""
    if not path.exists() or (path.is_dir() and not any(path.glob("*.parquet"))):
        raise NotThereYetError(
            f"{path}: not there yet; `nfl-signals run` makes it, and so does its asset in Dagster."
        )
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    try:
        # Globbing off: a home whose name holds brackets is a home like any other.
        return pl.read_parquet(files, glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        damaged = next((file for file in files if not _is_parquet(file)), path)
        raise InputError(
            f"{damaged}: cannot be read as parquet ({error}); materialize it again."
        ) from error


def _is_parquet(path: Path) -> bool:
    try:
        pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, OSError):
        return False
    return True


def read_json(path: Path) -> Any:  # noqa: ANN401 - any JSON value
    """Read a JSON file of an earlier stage; InputError where it is missing or malformed."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotThereYetError(f"{path}: not there yet ({error}).") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error}).") from error


def read_object(path: Path, kinds: Mapping[str, type | UnionType], *, remedy: str) -> Json:
    """Read a JSON object whose named fields are of their kind (null: missing); others may be there too.

    Raises:
        InputError: it is missing, malformed or of another shape; ends with `remedy`.
    """
    try:
        found = read_json(path)
    except NotThereYetError:
        raise
    except InputError as error:
        raise InputError(f"{error} {remedy.capitalize()}") from None
    wrong = None if isinstance(found, dict) else f"{_brief(found)} is no object"
    for name, kind in kinds.items() if wrong is None else ():
        if not isinstance(found.get(name), kind):
            wrong = f"{name}: {_brief(found.get(name))} is not {_named(kind)}"
    if wrong is not None:
        raise InputError(f"{path}: not what a run wrote ({wrong}); {remedy}")
    return found  # type: ignore[no-any-return]


def _named(kind: type | UnionType) -> str:
    return getattr(kind, "__name__", str(kind))


def _brief(value: Any) -> str:  # noqa: ANN401 - any JSON value
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= BRIEF else f"{text[:BRIEF]}..."
