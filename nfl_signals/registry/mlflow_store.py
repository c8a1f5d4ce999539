"""Where MLflow keeps the registry: one SQLite file and a folder of artifacts, and how both are reached."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.locks import exclusive
from nfl_signals.core.paths import Paths
from nfl_signals.core.storage import storing
from nfl_signals.registry.mlflow_model import STORE

MODEL = "nfl_signals"
COMPLETE = "complete_in"  # tag: where a registry was built to its end
LOCK, ARTIFACTS = ".lock", "artifacts"  # below the registry's folder
BUSY_SECONDS = 60.0  # another program may write to the store, but not for so long
LOCK_SECONDS = 600.0  # MLflow copies a model and tries it out while the lock is held


def built_elsewhere(paths: Paths) -> bool:
    """Whether the home was moved or copied since its registry was built; told without MLflow."""
    found = tag_of(paths, COMPLETE)
    return found is not None and found != artifacts_uri(paths.registry.absolute())


def tag_of(paths: Paths, key: str) -> str | None:
    """A tag of the registered model, read without MLflow; None where there is none."""
    if not paths.registry_store.exists():
        return None
    store = f"{paths.registry_store.absolute().as_uri()}?mode=ro"
    wanted = "SELECT value FROM registered_model_tags WHERE name = ? AND key = ?"
    try:
        with closing(sqlite3.connect(store, uri=True, timeout=BUSY_SECONDS)) as connection:
            found = connection.execute(wanted, (MODEL, key)).fetchone()
    except sqlite3.Error:
        return None  # whoever opens it finds out what is wrong
    return None if found is None else str(found[0])


@contextmanager
def registry_lock(root: Path) -> Iterator[None]:
    """Held while a registry is opened or written to; the thread that holds it may take it again.

    StorageError: somebody else holds it for long, or the disk refuses what MLflow reads or writes.
    """
    busy = "another run is writing to the registry; try again when it is done."
    held = exclusive(root / LOCK, busy=busy, seconds=LOCK_SECONDS, reentrant=True)
    with held, storing(root / STORE):
        yield


def store_uri(store: Path) -> str:
    """The store as MLflow's commands take it: `mlflow server --backend-store-uri URI`.

    Only signs that would end or change the path are escaped: of others MLflow makes a second folder.

    Example:
        >>> store_uri(Path("/homes/50% mine/mlflow.db"))
        'sqlite:////homes/50%25 mine/mlflow.db'
    """
    return "sqlite:///" + store.as_posix().translate(
        {ord(sign): f"%{ord(sign):X}" for sign in "%?#"}
    )


def artifacts_uri(root: Path) -> str:
    """Below which MLflow puts the artifacts of a registry."""
    return (root / ARTIFACTS).as_uri()


def check_readable(store: Path) -> None:
    """Find damage at once: MLflow by itself would try to read for more than a minute."""
    try:
        with closing(sqlite3.connect(store, timeout=BUSY_SECONDS)) as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise  # the disk refuses, or a program holds the store: what is in it may be sound
        found = str(error)
    if found != "ok":
        raise IntegrityError(
            f"{store}: not a readable registry ({found}); restore it, or remove {store.parent}: the "
            "retraining job builds it anew."
        )
