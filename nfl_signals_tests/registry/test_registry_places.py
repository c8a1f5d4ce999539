"""A registry on a disk that refuses, in use elsewhere, or copied: said in one line, and nothing is lost."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nfl_signals.core.errors import InputError, IntegrityError, StorageError
from nfl_signals.core.paths import Paths
from nfl_signals.registry import mlflow_store
from nfl_signals.registry.mlflow_model import STORE, check_same_registry, loading_own
from nfl_signals.registry.mlflow_registry import open_registry
from nfl_signals.registry.mlflow_store import registry_lock, store_uri
from nfl_signals.registry.version_store import staging

MODEL = "artifacts/models/m-1/artifacts/artifacts/v202409"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A registry's store, as far as any program that opens it can tell."""
    path = Paths(tmp_path).registry_store
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE runs (run_uuid TEXT)")
    return path


@pytest.fixture
def holder(store: Path) -> Iterator[sqlite3.Connection]:
    """Another program that has the store open."""
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        yield connection


def test_a_store_that_another_program_holds_is_waited_for_and_not_removed(
    tmp_path: Path, store: Path, holder: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow_store, "BUSY_SECONDS", 0)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError) as caught:
        open_registry(Paths(tmp_path))
    assert str(caught.value) == (
        f"{store}: cannot be used (database is locked); another program has it open; wait or close "
        "that one, then run again."
    )


def test_a_store_that_is_damaged_is_still_told_as_damage(tmp_path: Path, store: Path) -> None:
    store.write_bytes(b"overwritten" * 1000)
    with pytest.raises(IntegrityError, match=r"not a readable registry .*builds it anew"):
        open_registry(Paths(tmp_path))


def test_what_mlflow_cannot_write_is_told_with_its_store(store: Path) -> None:
    from mlflow.exceptions import MlflowException
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import OperationalError

    full = pytest.raises(StorageError, match=rf"{store}: .*is full\); free disk space")
    with (
        full,
        registry_lock(store.parent),
        create_engine(f"sqlite:///{store}").begin() as connection,
    ):
        connection.execute(text("PRAGMA max_page_count=2"))
        try:
            connection.execute(text("INSERT INTO runs VALUES (zeroblob(99999))"))
        except OperationalError as error:
            raise MlflowException(error) from error


@pytest.fixture
def copied(tmp_path: Path) -> tuple[Path, Path]:
    """A registry with a model, and the copy of its store."""
    for name in ("home", "copy"):
        (tmp_path / name / MODEL).mkdir(parents=True)
        (tmp_path / name / STORE).touch()
    return tmp_path / "home", tmp_path / "copy"


def test_the_store_of_a_copied_home_does_not_serve_the_originals_files(
    copied: tuple[Path, Path],
) -> None:
    home, copy = copied
    check_same_registry(home / MODEL, store_uri(home / STORE))
    check_same_registry(copy / MODEL, store_uri(copy / STORE))
    with pytest.raises(InputError, match=r"copy/mlflow\.db: is a copy that names .*home; run `nfl"):
        check_same_registry(home / MODEL, store_uri(copy / STORE))


def test_a_model_that_no_store_named_is_served_wherever_mlflow_is_set_to(
    copied: tuple[Path, Path], tmp_path: Path
) -> None:
    home, copy = copied
    check_same_registry(home / MODEL, "http://127.0.0.1:5000")
    check_same_registry(home / MODEL, store_uri(tmp_path / "elsewhere" / STORE))
    check_same_registry(tmp_path / "carried away", store_uri(copy / STORE))
    with loading_own():
        check_same_registry(home / MODEL, store_uri(copy / STORE))


def fill_the_disk(folder: Path) -> None:
    (folder / "stacker").mkdir(parents=True)
    raise OSError(errno.ENOSPC, "No space left on device", str(folder / "model.txt"))


def test_a_version_that_a_killed_run_had_begun_is_begun_anew(tmp_path: Path) -> None:
    staged = tmp_path / ".v202409.staged"
    (staged / "half").mkdir(parents=True)
    with staging(staged):
        assert not staged.exists()


def test_a_version_for_which_there_is_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    staged = tmp_path / ".v202409.staged"
    with (
        pytest.raises(StorageError, match=r"staged/model\.txt: .*free disk space"),
        staging(staged),
    ):
        fill_the_disk(staged)
    assert list(tmp_path.iterdir()) == []
