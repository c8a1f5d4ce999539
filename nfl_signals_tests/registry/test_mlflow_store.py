"""Claims about what a registry's store says of places: `registry_store`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from nfl_signals.core.errors import IntegrityError
from nfl_signals.registry.mlflow_store import artifacts_uri, registry_lock, relocate, store_uri

OLD, NEW = "file:///old/registry/artifacts", "file:///new%20place/registry/artifacts"


def store(path: Path, *locations: str) -> Path:
    """A store whose experiment 'mine' lies at `OLD`, with runs at the given locations."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE experiments (name, artifact_location);
            CREATE TABLE runs (artifact_uri);
            CREATE TABLE logged_models (artifact_location);
            CREATE TABLE model_versions (source, storage_location);
            INSERT INTO experiments VALUES ('Default', '/where/i/stood/mlruns/0');
            """
        )
        connection.execute("INSERT INTO experiments VALUES ('mine', ?)", [OLD])
        rows = [[location] for location in locations]
        connection.executemany("INSERT INTO runs VALUES (?)", rows)
        connection.executemany("INSERT INTO logged_models VALUES (?)", rows)
        connection.executemany(
            "INSERT INTO model_versions VALUES (?, ?)", [row * 2 for row in rows]
        )
    return path


def read(path: Path, query: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [value for row in connection.execute(query) for value in row]


def test_every_location_below_the_old_place_is_below_the_new_one(tmp_path: Path) -> None:
    file = store(tmp_path / "a.db", f"{OLD}/1/artifacts")
    relocate(file, experiment="mine", artifacts=NEW)
    assert read(file, "SELECT artifact_location FROM experiments") == [NEW, NEW]
    for table in ("runs", "logged_models", "model_versions"):
        assert set(read(file, f"SELECT * FROM {table}")) == {f"{NEW}/1/artifacts"}


@pytest.mark.parametrize(
    "elsewhere", [f"{OLD}-2/1", "s3://bucket/1", "file:///x/old/registry/artifacts/1", ""]
)
def test_locations_elsewhere_stay_as_they_are(tmp_path: Path, elsewhere: str) -> None:
    file = store(tmp_path / "a.db", elsewhere)
    relocate(file, experiment="mine", artifacts=NEW)
    assert read(file, "SELECT artifact_uri FROM runs") == [elsewhere]


def test_there_and_back_is_where_one_was(tmp_path: Path) -> None:
    file = store(tmp_path / "a.db", f"{OLD}/1", f"{OLD}/2/b%20c")
    relocate(file, experiment="mine", artifacts=NEW)
    relocate(file, experiment="mine", artifacts=OLD)
    assert read(file, "SELECT artifact_uri FROM runs") == [f"{OLD}/1", f"{OLD}/2/b%20c"]


def test_a_store_that_lacks_a_table_is_left_as_it_was(tmp_path: Path) -> None:
    """All locations move in one transaction, or none."""
    file = store(tmp_path / "a.db", f"{OLD}/1")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DROP TABLE model_versions")
    with pytest.raises(IntegrityError, match=r"a\.db: not a readable registry .*model_versions"):
        relocate(file, experiment="mine", artifacts=NEW)
    assert read(file, "SELECT artifact_uri FROM runs") == [f"{OLD}/1"]
    assert OLD in read(file, "SELECT artifact_location FROM experiments")


def test_a_store_without_the_experiment_moves_nothing(tmp_path: Path) -> None:
    file = store(tmp_path / "a.db", f"{OLD}/1")
    relocate(file, experiment="another", artifacts=NEW)
    assert read(file, "SELECT artifact_uri FROM runs") == [f"{OLD}/1"]


def test_uris_escape_what_would_end_a_path() -> None:
    assert store_uri(Path("/a b/[1]/x?y#z%.db")) == "sqlite:////a b/[1]/x%3Fy%23z%25.db"
    assert artifacts_uri(Path("/a b")) == "file:///a%20b/artifacts"


def test_one_process_may_take_the_lock_twice(tmp_path: Path) -> None:
    elsewhere = FileLock(tmp_path / ".lock")
    with registry_lock(tmp_path), registry_lock(tmp_path), pytest.raises(Timeout):
        elsewhere.acquire(timeout=0)
    with elsewhere.acquire(timeout=0):
        pass
