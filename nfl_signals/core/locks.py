"""One writer at a time: an exclusive lock on a file, whoever holds it and in whatever process.

The operating system drops a lock when its process ends, so a killed run never blocks the next one.
The lock file stays behind, empty and unlocked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from nfl_signals.core.errors import StorageError
from nfl_signals.core.storage import storage_error

WRITER_SECONDS = 60.0  # a writer of one file holds its lock for well under a second


def lock_beside(path: Path) -> Path:
    """Lock file of `path`, in the same folder."""
    return path.with_name(path.name + ".lock")


@contextmanager
def exclusive(
    lock: Path, *, busy: str, seconds: float = WRITER_SECONDS, reentrant: bool = False
) -> Iterator[None]:
    """Hold a lock file inside the block; it and its folder are made where missing.

    `busy` names its holder and what to do, for the StorageError after `seconds` of waiting; `reentrant`
    lets the thread that holds it take it again: one choice for each file.
    """
    held = FileLock(lock, is_singleton=reentrant)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held.acquire(timeout=seconds)
    except Timeout:
        raise StorageError(f"{lock}: {busy}") from None
    except OSError as error:
        failed = "cannot be locked"
        refused = storage_error(error, lock, failed) or StorageError(
            f"{lock}: {failed} ({error.strerror or error}); choose a home that can be made."
        )
        raise refused from error
    try:
        yield
    finally:
        held.release()
