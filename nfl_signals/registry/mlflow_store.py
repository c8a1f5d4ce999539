"""What a registry's SQLite store holds, and what it says of places after its home was moved.

MLflow writes absolute locations into its store. They are brought up to date in one transaction when
the registry is opened, so a home can be moved, copied or unpacked elsewhere. No mlflow here.
"""

import sqlite3
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path

from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.locks import exclusive

CHAMPION, CHALLENGER = "champion", "challenger"
ALIASES = (CHAMPION, CHALLENGER)
REGISTRY_SECONDS = 600.0  # MLflow copies a model and tries it out while the lock is held

_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Every column of MLflow's tables that holds a location."""
_LOCATION = "SELECT artifact_location FROM experiments WHERE name = ?"
_MOVE = (
    "UPDATE {table} SET {column} = :new || substr({column}, length(:old) + 1) "
    "WHERE {column} = :old OR substr({column}, 1, length(:old) + 1) = :old || '/'"
)
_SET_DEFAULT = "UPDATE experiments SET artifact_location = ? WHERE name = 'Default'"


@dataclass(frozen=True, kw_only=True)
class RegisteredVersion:
    """One registered ensemble.

    Attributes:
        number: MLflow's, counted from 1.
        version: the ensemble's own name; one that was trained again has two numbers.
        model_hash: of its files, as on its card.
        feature_version: of the features that it was fitted on.
        aliases: those of `ALIASES` that point here.
        folder: the MLflow model, loadable by its path alone.
    """

    number: int
    version: str
    model_hash: str
    feature_version: str
    aliases: tuple[str, ...]
    folder: Path


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
    return (root / "artifacts").as_uri()


def registry_lock(root: Path) -> AbstractContextManager[None]:
    """Held while a registry is opened or written to; the thread that holds it may take it again.

    Raises:
        StorageError: another run has been writing to it for ten minutes.
    """
    busy = "another run is writing to the registry; try again when it is done."
    return exclusive(root / ".lock", busy=busy, seconds=REGISTRY_SECONDS, reentrant=True)


def relocate(store: Path, *, experiment: str, artifacts: str) -> None:
    """Let every location in the store begin where its artifacts lie now.

    Args:
        store: SQLite file of MLflow.
        experiment: name of the one whose recorded location says where artifacts lay before.
        artifacts: where they lie now, as `artifacts_uri`.

    Raises:
        IntegrityError: the file is no database, or lacks a table that it should have.
    """
    try:
        with closing(sqlite3.connect(store, timeout=60)) as connection, connection:
            before = connection.execute(_LOCATION, [experiment]).fetchone()
            if before is not None and before[0] != artifacts:
                for table, column in _PLACES:
                    move = _MOVE.format(table=table, column=column)
                    connection.execute(move, {"old": before[0], "new": artifacts})
            # MLflow makes this one for itself, in whatever folder the process stood.
            connection.execute(_SET_DEFAULT, [artifacts])
    except sqlite3.DatabaseError as error:
        raise IntegrityError(
            f"{store}: not a readable registry ({error}); restore it, or remove {store.parent} and "
            "run the retraining job again."
        ) from None
