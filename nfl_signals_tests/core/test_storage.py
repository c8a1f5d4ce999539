"""What a disk refuses is one line with place and remedy; a fault of the program stays one."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from nfl_signals.core.errors import InputError, StorageError
from nfl_signals.core.storage import BUSY, DAMAGED, DENIED, FULL, REMEDIES, storage_error, storing


@pytest.mark.parametrize("number", REMEDIES)
def test_every_refusal_of_the_system_names_file_reason_and_remedy(
    number: int, tmp_path: Path
) -> None:
    with pytest.raises(StorageError) as caught, storing(tmp_path):
        raise OSError(number, os.strerror(number), str(tmp_path / "table.parquet"))
    expected = (
        f"{tmp_path}/table.parquet: cannot be used ({os.strerror(number)}); {REMEDIES[number]}"
    )
    assert str(caught.value) == expected
    assert caught.value.exit_code == 2


def execute(*statements: str, **options: object) -> Callable[[Path], None]:
    """Run statements on the store `path`."""

    def run(path: Path) -> None:
        with closing(sqlite3.connect(path, timeout=0, **options)) as connection:  # type: ignore[call-overload]
            for statement in statements:
                connection.execute(statement)

    return run


def read_only(path: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.execute("CREATE TABLE other (x)")


def held_by_another(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        execute("SELECT * FROM numbers")(path)


def overwritten(path: Path) -> None:
    path.write_bytes(b"no store at all" * 100)
    execute("SELECT * FROM numbers")(path)


def without_its_folder(path: Path) -> None:
    execute("SELECT 1")(path / "below" / "a file")


def wrapped(use: Callable[[Path], None], store: Path) -> None:
    try:
        use(store)
    except sqlite3.Error as error:
        raise RuntimeError("a library's own") from error


STORES: dict[str, tuple[Callable[[Path], None], str]] = {
    "full": (
        execute("PRAGMA max_page_count=2", "INSERT INTO numbers VALUES (zeroblob(99999))"),
        FULL,
    ),
    "read-only": (read_only, DENIED),
    "held by another": (held_by_another, BUSY),
    "overwritten": (overwritten, DAMAGED),
    "without its folder": (without_its_folder, DENIED),
}


@pytest.mark.parametrize("fault", STORES)
def test_what_sqlite_refuses_is_told_however_deep_a_library_wrapped_it(
    fault: str, tmp_path: Path
) -> None:
    use, remedy = STORES[fault]
    store = tmp_path / "store.db"
    execute("CREATE TABLE numbers (x)")(store)
    with pytest.raises(StorageError) as caught, storing(store):
        wrapped(use, store)
    assert str(caught.value).startswith(f"{store}: cannot be used (")
    assert str(caught.value).endswith(remedy)
    assert "\n" not in str(caught.value)


def test_a_folder_of_files_that_cannot_be_copied_is_told_by_its_first_one(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "model.txt").touch()

    def refused(source: str, target: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), target)

    told = r"to/model\.txt: .*No space left.*free disk"
    with pytest.raises(StorageError, match=told) as caught, storing(tmp_path):
        shutil.copytree(tmp_path / "from", tmp_path / "to", copy_function=refused)
    assert str(caught.value).count("model.txt") == 1


FAULTS = [
    KeyError("model"),
    FileNotFoundError(errno.ENOENT, "No such file", "typo.parquet"),
    sqlite3.ProgrammingError("Cannot operate on a closed database."),
    sqlite3.OperationalError("no such table: numbers"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: type(each).__name__)
def test_a_fault_of_the_program_stays_what_it_is(fault: Exception, tmp_path: Path) -> None:
    assert storage_error(fault, tmp_path) is None
    with pytest.raises(type(fault)) as caught, storing(tmp_path):
        raise fault
    assert caught.value is fault


def test_an_error_of_this_package_passes_unchanged(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 3"), storing(tmp_path):
        raise InputError("line 3") from OSError(errno.ENOSPC, "full")
