"""A write is all or nothing, and equal content gives equal bytes."""

import math
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError, NotThereYetError, StorageError
from nfl_signals.core.files import (
    read_json,
    read_parquet,
    write_bytes,
    write_json,
    write_parquet,
    write_text,
)

FRAME = pl.DataFrame({"game_id": ["a", "b"], "p_hat": [0.25, None]})

# A limit on the file size fails a write half way, as a full disk does.
WRITE_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from nfl_signals.core.errors import StorageError
from nfl_signals.core.files import write_bytes

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_bytes(Path(sys.argv[1]), b"new" * 100_000)
except StorageError as error:
    print(error)
    sys.exit(error.exit_code)
"""


def names_in(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = write_bytes(tmp_path / "table.parquet", b"old")
    command = [sys.executable, "-c", WRITE_ON_A_FULL_DISK, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert str(path) in done.stdout
    assert "the previous version is untouched" in done.stdout
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["table.parquet"]


def test_a_folder_that_cannot_be_made_is_a_storage_error_that_names_the_file(
    tmp_path: Path,
) -> None:
    blocked = write_text(tmp_path / "file", "not a folder") / "below" / "table.json"
    with pytest.raises(StorageError, match=r"table\.json.*could not be written"):
        write_json(blocked, {})
    assert names_in(tmp_path) == ["file"]


def test_a_destination_that_cannot_be_replaced_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "table.parquet").mkdir()
    with pytest.raises(StorageError, match=r"table\.parquet"):
        write_parquet(tmp_path / "table.parquet", FRAME)
    assert names_in(tmp_path) == ["table.parquet"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into read-only folders")
def test_a_read_only_folder_is_a_storage_error(tmp_path: Path) -> None:
    path = write_bytes(tmp_path / "locked" / "table.parquet", b"old")
    path.parent.chmod(0o555)
    try:
        with pytest.raises(StorageError, match="check permissions"):
            write_bytes(path, b"new")
        assert path.read_bytes() == b"old"
        assert names_in(path.parent) == ["table.parquet"]
    finally:
        path.parent.chmod(0o755)


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a" / "b" / "note.txt", "Müller\n")
    assert path.read_bytes() == "Müller\n".encode()


def test_a_second_write_replaces_the_first(tmp_path: Path) -> None:
    path = write_text(tmp_path / "note.txt", "a long first version")
    assert write_text(path, "short").read_text() == "short"
    assert names_in(tmp_path) == ["note.txt"]


def test_others_may_read_what_was_written(tmp_path: Path) -> None:
    assert write_text(tmp_path / "note.txt", "x").stat().st_mode & 0o777 == 0o644


def test_the_same_frame_gives_the_same_bytes_and_comes_back_equal(tmp_path: Path) -> None:
    one, two = (write_parquet(tmp_path / name, FRAME.clone()) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert read_parquet(one).equals(FRAME)


def test_a_folder_of_partitions_reads_as_one_table(tmp_path: Path) -> None:
    write_parquet(tmp_path / "gold" / "2022.parquet", FRAME.head(1))
    write_parquet(tmp_path / "gold" / "2023.parquet", FRAME.tail(1))
    assert read_parquet(tmp_path / "gold").sort("game_id").equals(FRAME)


def test_the_order_of_keys_does_not_change_the_json(tmp_path: Path) -> None:
    one = write_json(tmp_path / "one.json", {"b": 1, "a": {"d": 2, "c": 3}})
    two = write_json(tmp_path / "two.json", {"a": {"c": 3, "d": 2}, "b": 1})
    assert one.read_bytes() == two.read_bytes()
    assert read_json(one) == {"a": {"c": 3, "d": 2}, "b": 1}


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_json_does_not_have_is_refused_before_a_byte_is_written(
    tmp_path: Path, value: float
) -> None:
    path = write_json(tmp_path / "metrics.json", {"brier": 0.21})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"brier": value})
    assert read_json(path) == {"brier": 0.21}
    assert names_in(tmp_path) == ["metrics.json"]


def test_a_missing_table_is_an_error_that_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"features\.parquet: not there yet; `nfl-signals run` makes it"
    ):
        read_parquet(tmp_path / "features.parquet")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: not there yet"):
        read_parquet(tmp_path / "empty")


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "table.parquet", FRAME)
    write_bytes(path, path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"table\.parquet: cannot be read as parquet"):
        read_parquet(path)


def test_of_a_folder_of_seasons_the_damaged_one_is_named(tmp_path: Path) -> None:
    for season in (2019, 2020, 2021):
        write_parquet(tmp_path / "table.parquet" / f"{season}.parquet", FRAME)
    write_text(tmp_path / "table.parquet" / "2020.parquet", "garbage")
    with pytest.raises(InputError, match=r"table\.parquet/2020\.parquet: cannot be read"):
        read_parquet(tmp_path / "table.parquet")


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe{}"])
def test_a_damaged_or_missing_json_file_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NotThereYetError, match=r"card\.json: not there yet"):
        read_json(tmp_path / "card.json")
    with pytest.raises(InputError, match=r"card\.json: cannot be read as JSON"):
        read_json(write_bytes(tmp_path / "card.json", content))
