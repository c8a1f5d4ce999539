"""What a disk, a folder or an SQLite file refuses, told in one line: place, reason and remedy.

Whatever library was writing: its own error is looked through for the refusal that it was caused by. An
error with another cause is a fault of the program, and stays what it is.
"""

import errno
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nfl_signals.core.errors import NflSignalsError, StorageError

FULL = "free disk space, then run again."
DENIED = "make it writable for this user or choose another folder, then run again."
NO_FOLDER = "a part of this path is not what it should be; choose another place, then run again."
BUSY = "another program has it open; wait or close that one, then run again."
FAILED = "the disk is full or fails; check it, then run again."
TOO_MANY = "too many files are open; close other programs or raise the limit, then run again."
DAMAGED = "it is damaged; restore a copy."

NUMBER = re.compile(r"\[Errno (\d+)\]")
REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), DENIED),
    **dict.fromkeys((errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP), NO_FOLDER),
    **dict.fromkeys((errno.EBUSY, errno.ETXTBSY), BUSY),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), TOO_MANY),
    errno.EIO: FAILED,
}
"""By the number of an OSError. ENOENT is not among them: a file that is not there may be a fault."""
SQLITE_REMEDIES = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FAILED,
    **dict.fromkeys(
        (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN), DENIED
    ),
    **dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED), BUSY),
    **dict.fromkeys((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB), DAMAGED),
}
"""By SQLite's primary result code, the last byte of an error's."""


def storage_error(
    error: BaseException, place: Path | None = None, failed: str = "cannot be used"
) -> StorageError | None:
    """The refusal behind an error; None where there is none.

    `place` is named where the refusal does not say which file it was about.
    """
    cause: BaseException | None = error
    while cause is not None:
        if refusal := _refusal(cause):
            named, reason, remedy = refusal
            return StorageError(f"{named or place or 'output'}: {failed} ({reason}); {remedy}")
        cause = cause.__cause__
    return None


@contextmanager
def storing(place: Path) -> Iterator[None]:
    """What a disk refuses inside the block becomes a StorageError; see `storage_error`."""
    try:
        yield
    except NflSignalsError:
        raise
    except Exception as error:
        refused = storage_error(error, place)
        if refused is None:
            raise
        raise refused from error


def _refusal(error: BaseException) -> tuple[str | None, str, str] | None:
    """File where it is told, reason and remedy; None for what no disk says."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        _, file, why = error.args[0][0]  # of a tree; the errors themselves are kept as text
        number = NUMBER.match(str(why))
        remedy = REMEDIES.get(int(number[1])) if number else None
        return None if remedy is None else (str(file), str(why).split(": ")[0], remedy)
    if isinstance(error, OSError):
        remedy = REMEDIES.get(error.errno or 0)
        file = None if error.filename is None else os.fsdecode(error.filename)
        return None if remedy is None else (file, str(error.strerror), remedy)
    if isinstance(error, sqlite3.Error):
        remedy = SQLITE_REMEDIES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        return None if remedy is None else (None, str(error), remedy)
    return None
