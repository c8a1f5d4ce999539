"""One writer at a time: who comes second waits, is refused with a reason, or outlives a killed one."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nfl_signals.core.errors import StorageError
from nfl_signals.core.locks import exclusive, lock_beside

BUSY = "another writer holds it; try again when it is done."


def test_the_lock_lies_beside_what_it_protects() -> None:
    assert lock_beside(Path("models/history.jsonl")) == Path("models/history.jsonl.lock")


def test_a_second_writer_is_refused_with_the_file_and_what_to_do(tmp_path: Path) -> None:
    lock = tmp_path / "new folder" / "a.lock"
    with (
        exclusive(lock, busy=BUSY),
        pytest.raises(
            StorageError, match=r"a\.lock: another writer holds it; try again"
        ) as refused,
        exclusive(lock, busy=BUSY, seconds=0.0),
    ):
        pass
    assert refused.value.exit_code == 2


def test_a_block_that_fails_gives_the_lock_back_and_its_error_through(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    with pytest.raises(PermissionError), exclusive(lock, busy=BUSY):
        raise PermissionError
    with exclusive(lock, busy=BUSY, seconds=0.0):
        pass


def test_threads_take_turns(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def add_one(_: int) -> None:
        with exclusive(lock_beside(counter), busy=BUSY):
            counter.write_text(str(int(counter.read_text()) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(40)))
    assert counter.read_text() == "40"


@pytest.mark.parametrize("reentrant", [False, True])
def test_another_process_holds_the_lock_until_it_dies(tmp_path: Path, reentrant: bool) -> None:
    lock = tmp_path / "a.lock"
    script = (
        "import sys; from pathlib import Path; from nfl_signals.core.locks import exclusive\n"
        f"with exclusive(Path(sys.argv[1]), busy='', reentrant={reentrant}):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with (
            pytest.raises(StorageError),
            exclusive(lock, busy=BUSY, seconds=0.0, reentrant=reentrant),
        ):
            pass
        other.kill()
    with exclusive(lock, busy=BUSY, reentrant=reentrant):
        pass


def test_a_reentrant_lock_may_be_taken_again_by_the_thread_that_holds_it(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"

    def free() -> bool:
        try:
            with exclusive(lock, busy=BUSY, seconds=0.0, reentrant=True):
                return True
        except StorageError:
            return False

    with ThreadPoolExecutor(1) as other, exclusive(lock, busy=BUSY, reentrant=True):
        with exclusive(lock, busy=BUSY, seconds=0.0, reentrant=True):
            assert not other.submit(free).result()
        assert not other.submit(free).result()
    assert free()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with (
        pytest.raises(StorageError, match=r"a\.lock: cannot be locked"),
        exclusive(tmp_path / "models" / "a.lock", busy=BUSY),
    ):
        pass
