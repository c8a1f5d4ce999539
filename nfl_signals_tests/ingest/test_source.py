"""A folder and a server in the same layout give the same tables; every failure names what and where."""

import os
import shutil
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stamina

from nfl_signals.core.errors import SourceError
from nfl_signals.core.files import read_json, write_json
from nfl_signals.ingest.download import RECHECK_SECONDS, UrlRelease, open_release
from nfl_signals.ingest.source import DirectoryRelease, MissingReleaseError
from nfl_signals_tests.support.builders import SCHEDULE, both_stats, game, release, write
from nfl_signals_tests.support.http_release import Server, served

GAME = "2023_01_DET_KC"
STATS = "stats_team/stats_team_week_2023"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    memory = release([game(GAME, "2023-09-07", score=(20, 21))], both_stats(GAME))
    return write(memory, tmp_path / "release")


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with served(folder) as serving:
        yield serving


@pytest.fixture(autouse=True)
def _no_pauses_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=99, cap=True):
        yield


def client(url: str, tmp_path: Path, *, attempts: int = 3, offline: bool = False) -> UrlRelease:
    return UrlRelease(url, cache=tmp_path / "cache", attempts=attempts, offline=offline)


def a_day_later(tmp_path: Path, table: str = SCHEDULE) -> None:
    """The copy was checked so long ago that its server has to be asked."""
    facts = tmp_path / "cache" / f"{table}.json"
    content = read_json(facts)
    write_json(facts, content | {"checked": content["checked"] - 2 * RECHECK_SECONDS})


def test_a_folder_and_a_server_give_equal_tables(
    folder: Path, server: Server, tmp_path: Path
) -> None:
    local, remote = DirectoryRelease(folder), client(server.url, tmp_path)
    for table in (SCHEDULE, STATS):
        assert remote.read(table).equals(local.read(table))
    assert local.locate(STATS) == str(folder / f"{STATS}.parquet")
    assert remote.locate(STATS) == f"{server.url}/{STATS}.parquet"


def test_the_steps_of_one_run_download_a_file_once(server: Server, tmp_path: Path) -> None:
    first = client(server.url, tmp_path).read(SCHEDULE)
    assert client(server.url, tmp_path).read(SCHEDULE).equals(first)
    assert server.requests == {f"/{SCHEDULE}.parquet": 1}
    assert not server.asked


def test_a_copy_from_before_the_runs_now_is_asked_about_however_young(
    server: Server, tmp_path: Path
) -> None:
    client(server.url, tmp_path).read(SCHEDULE)
    for since, asked in ((datetime.now(UTC) - timedelta(seconds=60), 0), (datetime.now(UTC), 1)):
        later = UrlRelease(server.url, cache=tmp_path / "cache", attempts=3, since=since)
        later.read(SCHEDULE)
        assert server.asked.total() == asked


def test_a_file_that_is_still_the_same_is_asked_about_and_not_downloaded_again(
    server: Server, tmp_path: Path
) -> None:
    first = client(server.url, tmp_path).read(SCHEDULE)
    for asked in (1, 2):
        a_day_later(tmp_path)
        assert client(server.url, tmp_path).read(SCHEDULE).equals(first)
        assert server.asked == {f"/{SCHEDULE}.parquet": asked}
    assert server.requests.total() == 1


def test_a_file_that_has_changed_is_downloaded_however_young_its_copy(
    folder: Path, server: Server, tmp_path: Path
) -> None:
    assert client(server.url, tmp_path).read(SCHEDULE).height == 1
    a_day_later(tmp_path)
    rows = [game(GAME, "2023-09-07"), game("2023_02_KC_JAX", "2023-09-17")]
    write(release(rows), folder)
    os.utime(folder / f"{SCHEDULE}.parquet", (0, 1_700_000_000))
    assert client(server.url, tmp_path).read(SCHEDULE).height == 2
    assert client(server.url, tmp_path).modified_at(SCHEDULE) == datetime.fromtimestamp(
        1_700_000_000, UTC
    )


def test_a_server_that_stamps_nothing_is_always_asked_for_the_file(
    server: Server, tmp_path: Path
) -> None:
    server.stamps = False
    for _ in range(2):
        client(server.url, tmp_path).read(SCHEDULE)
        a_day_later(tmp_path)
    assert server.requests[f"/{SCHEDULE}.parquet"] == 2


def test_offline_the_copy_is_used_and_nobody_is_asked(server: Server, tmp_path: Path) -> None:
    first = client(server.url, tmp_path).read(SCHEDULE)
    a_day_later(tmp_path)
    assert client(server.url, tmp_path, offline=True).read(SCHEDULE).equals(first)
    with pytest.raises(MissingReleaseError, match="no copy of this file, and the run is offline"):
        client(server.url, tmp_path, offline=True).read(STATS)
    assert server.requests.total() == 1
    assert not server.asked


def test_a_file_that_the_server_lacks_is_requested_once(server: Server, tmp_path: Path) -> None:
    with pytest.raises(MissingReleaseError, match=r"notes/notes_2023\.parquet: no such file.*404"):
        client(server.url, tmp_path).read("notes/notes_2023")
    assert server.requests.total() == 1


def test_a_passing_server_error_is_tried_again(server: Server, tmp_path: Path) -> None:
    server.failures = [500, 503]
    assert client(server.url, tmp_path).read(SCHEDULE).height == 1
    assert server.requests.total() == 3


def test_a_lasting_server_error_ends_after_the_stated_attempts(
    server: Server, tmp_path: Path
) -> None:
    server.failures = [500] * 9
    with pytest.raises(SourceError, match=r"unreachable after 2 attempts.*500") as caught:
        client(server.url, tmp_path, attempts=2).read(SCHEDULE)
    assert f"{server.url}/{SCHEDULE}.parquet" in str(caught.value)
    assert server.requests.total() == 2


def test_an_unreachable_server_is_named_with_the_number_of_attempts(tmp_path: Path) -> None:
    unused = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    url = f"http://127.0.0.1:{unused.server_address[1]}"
    unused.server_close()
    with pytest.raises(SourceError, match="unreachable after 3 attempts") as caught:
        client(url, tmp_path).read(SCHEDULE)
    assert f"{url}/{SCHEDULE}.parquet" in str(caught.value)
    assert caught.value.exit_code == 2


def test_no_failure_of_a_download_shows_the_password_of_its_url(
    folder: Path, server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does what it was caused by, which Dagster stores with the run."""
    truncate(folder)
    url = server.url.replace("http://", "http://user:hunter2@")
    closed = "http://user:hunter2@127.0.0.1:9"
    for where, table, failures in (
        (url, SCHEDULE, []),
        (url, STATS, [500] * 3),
        (url, "notes/notes_2023", []),
        (closed, SCHEDULE, []),
    ):
        server.failures = failures
        with pytest.raises(SourceError, match=r"http://\*\*\*@127") as caught:
            client(where, tmp_path).read(table)
        assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert {record.name for record in caplog.records} == {"stamina"}
    assert "hunter2" not in str([vars(record) for record in caplog.records])


def truncate(folder: Path) -> Path:
    path = folder / f"{SCHEDULE}.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    return path


def test_a_truncated_file_is_named_and_not_kept(
    folder: Path, server: Server, tmp_path: Path
) -> None:
    whole = (folder / f"{SCHEDULE}.parquet").read_bytes()
    path = truncate(folder)
    for broken in (DirectoryRelease(folder), client(server.url, tmp_path)):
        with pytest.raises(SourceError, match=r"games\.parquet: not readable as parquet"):
            broken.read(SCHEDULE)
    path.write_bytes(whole)
    assert client(server.url, tmp_path).read(SCHEDULE).height == 1


def test_a_damaged_cache_is_fetched_again(server: Server, tmp_path: Path) -> None:
    client(server.url, tmp_path).read(SCHEDULE)
    (tmp_path / "cache" / f"{SCHEDULE}.parquet").write_bytes(b"PAR1")
    assert client(server.url, tmp_path).read(SCHEDULE).height == 1
    assert server.requests.total() == 2


def test_a_missing_file_in_a_folder_is_an_error_that_names_what_to_check(folder: Path) -> None:
    with pytest.raises(
        MissingReleaseError, match=r"injuries_1998\.parquet: no such file; check NFL"
    ):
        DirectoryRelease(folder).read("injuries/injuries_1998")


def test_an_address_is_a_url_a_folder_or_nflverse_itself(folder: Path, tmp_path: Path) -> None:
    options = {"cache": tmp_path, "attempts": 1}
    assert isinstance(open_release(str(folder), **options), DirectoryRelease)
    assert open_release("https://example.org/r/", **options).locate("a/b") == (
        "https://example.org/r/a/b.parquet"
    )
    assert open_release(None, **options).locate(SCHEDULE).startswith("https://github.com/nflverse/")


def test_a_folder_that_is_not_there_is_named(folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(folder)
    with pytest.raises(SourceError, match="release: no such folder; point NFL_SIGNALS_NFLVERSE"):
        open_release(str(folder), cache=tmp_path, attempts=1)
