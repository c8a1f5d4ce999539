"""A download that was refused is not kept: the next run fetches it anew, whatever its server says."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
import stamina

from nfl_signals.core.errors import InputError, SchemaError, SourceError
from nfl_signals.core.files import read_json, write_json
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings
from nfl_signals.ingest.download import RECHECK_SECONDS, UrlRelease, judged
from nfl_signals.ingest.raw import FILES
from nfl_signals.workspace.run_context import RunContext, chosen_seasons
from nfl_signals.workspace.tables import build_gold, ingest
from nfl_signals_tests.support.builders import opening_week, utc, write
from nfl_signals_tests.support.http_release import Server, served

SEASON = 2023
NEEDED = {"games": "spread_line", "team_stats": "week", "injuries": "week"}
PUBLISHED = 1_700_000_000  # of every file, whatever it holds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(opening_week(), tmp_path / "release")


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with served(folder) as serving:
        yield serving


@pytest.fixture(autouse=True)
def _no_pauses_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1, cap=True):
        yield


def run(server: Server, tmp_path: Path, *, offline: bool = False) -> RunContext:
    """A run of its own, on a release that opens what earlier runs kept."""
    paths = Paths(tmp_path / "home")
    release = UrlRelease(server.url, cache=paths.downloads, attempts=1, offline=offline)
    settings = Settings(home=paths.home, source="nflverse", nflverse=server.url)
    return RunContext(
        settings=settings,
        paths=paths,
        release=release,
        seasons=(SEASON,),
        as_of=utc("2023-09-12 12:00"),
    )


def publish(folder: Path, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Path:
    """Put a version of a file there that its server's answers do not tell from any other."""
    path = folder / f"{FILES[table].format(season=SEASON)}.parquet"
    change(pl.read_parquet(path)).write_parquet(path, compression="uncompressed")
    os.utime(path, (PUBLISHED, PUBLISHED))
    return path


def misnamed(column: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda frame: frame.rename({column: column[:-1] + "X"})


def rightly_named(column: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda frame: frame.rename({column[:-1] + "X": column})


def much_later(context: RunContext, table: str) -> None:
    """The copy's server has to be asked about it."""
    note = context.paths.downloads / f"{FILES[table].format(season=SEASON)}.json"
    content = read_json(note)
    write_json(note, content | {"checked": content["checked"] - 2 * RECHECK_SECONDS})


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("table", NEEDED)
def test_the_next_run_gets_the_good_file_though_the_server_says_that_nothing_changed(
    folder: Path, server: Server, tmp_path: Path, table: str, later: bool
) -> None:
    size = publish(folder, table, misnamed(NEEDED[table])).stat().st_size
    first = run(server, tmp_path)
    with pytest.raises(SchemaError, match=rf"{NEEDED[table]}.* The next run downloads it anew\.$"):
        ingest(first, table, [SEASON])
    assert publish(folder, table, rightly_named(NEEDED[table])).stat().st_size == size
    if later:
        much_later(first, table)
    assert ingest(run(server, tmp_path), table, [SEASON])[SEASON] > 0
    again = server.requests.total()
    ingest(run(server, tmp_path), table, [SEASON])
    assert server.requests.total() == again  # what was accepted is kept


def test_a_schedule_that_names_no_season_is_fetched_anew(
    folder: Path, server: Server, tmp_path: Path
) -> None:
    def change(context: RunContext) -> tuple[int, ...]:
        return chosen_seasons(context.settings, context.release, context.as_of)

    whole = pl.read_parquet(folder / f"{FILES['games']}.parquet")
    publish(folder, "games", lambda games: games.clear())
    with pytest.raises(SourceError, match=r"no games at all.* The next run downloads it anew\.$"):
        change(run(server, tmp_path))
    publish(folder, "games", lambda _: whole)
    assert change(run(server, tmp_path)) == (SEASON,)


def test_tables_that_do_not_match_are_all_fetched_anew(
    folder: Path, server: Server, tmp_path: Path
) -> None:
    def unmatched(*_: object) -> None:
        raise SchemaError("team_stats: more has no match than the limit allows.")

    context = run(server, tmp_path)
    for table in NEEDED:
        ingest(context, table, [SEASON])
    ingest(context, "notes", [SEASON])
    patch = pytest.MonkeyPatch()
    patch.setattr("nfl_signals.workspace.tables.matched", unmatched)
    with patch.context(), pytest.raises(SchemaError, match=r"The next run downloads it anew\.$"):
        build_gold(context, [SEASON])
    patch.undo()
    before = server.requests.copy()
    for table in NEEDED:
        ingest(run(server, tmp_path), table, [SEASON])
        path = f"/{FILES[table].format(season=SEASON)}.parquet"
        assert server.requests[path] > before[path]


def test_offline_a_refused_copy_stays_and_the_way_to_another_is_told(
    folder: Path, server: Server, tmp_path: Path
) -> None:
    publish(folder, "games", misnamed("spread_line"))
    with pytest.raises(SchemaError):
        ingest(run(server, tmp_path), "games", [SEASON])
    for _ in range(2):
        with pytest.raises(
            SchemaError, match=r"The run is offline, on the copies below .*downloads"
        ):
            ingest(run(server, tmp_path, offline=True), "games", [SEASON])
    publish(folder, "games", rightly_named("spread_line"))
    assert ingest(run(server, tmp_path), "games", [SEASON])[SEASON] == 2
    assert ingest(run(server, tmp_path, offline=True), "games", [SEASON])[SEASON] == 2


def test_offline_a_truncated_copy_is_named_as_that(server: Server, tmp_path: Path) -> None:
    ingest(run(server, tmp_path), "games", [SEASON])
    copy = Paths(tmp_path / "home").downloads / f"{FILES['games']}.parquet"
    copy.write_bytes(copy.read_bytes()[:-100])
    with pytest.raises(SourceError, match=rf"{copy}: not readable .*offline.*run once without\.$"):
        ingest(run(server, tmp_path, offline=True), "games", [SEASON])
    assert ingest(run(server, tmp_path), "games", [SEASON])[SEASON] == 2


def test_a_server_that_is_out_of_reach_costs_no_copy(server: Server, tmp_path: Path) -> None:
    context = run(server, tmp_path)
    ingest(context, "games", [SEASON])
    much_later(context, "games")
    note = context.paths.downloads / f"{FILES['games']}.json"
    before = note.read_bytes()
    server.failures = [500] * 9
    with pytest.raises(SourceError, match=r"unreachable.*Nothing was changed\.$"):
        ingest(run(server, tmp_path), "games", [SEASON])
    assert note.read_bytes() == before


def test_a_copy_of_another_release_is_not_this_ones(
    folder: Path, server: Server, tmp_path: Path
) -> None:
    ingest(run(server, tmp_path), "games", [SEASON])
    other = write(opening_week(), tmp_path / "other")
    publish(other, "games", lambda games: games.head(1))
    with served(other) as elsewhere:
        assert ingest(run(elsewhere, tmp_path), "games", [SEASON])[SEASON] == 1
    note = Paths(tmp_path / "home").downloads / f"{FILES['games']}.json"
    assert elsewhere.url not in note.read_text()  # it may hold a password


@pytest.mark.parametrize(
    "content", ["[]", "{}", "text", '{"checked": "now"}', '{"checked": NaN}', ""]
)
def test_a_note_about_a_copy_that_is_none_means_no_copy(
    server: Server, tmp_path: Path, content: str
) -> None:
    ingest(run(server, tmp_path), "games", [SEASON])
    before, path = server.requests.copy(), f"/{FILES['games']}.parquet"
    (Paths(tmp_path / "home").downloads / f"{FILES['games']}.json").write_text(content)
    ingest(run(server, tmp_path), "games", [SEASON])
    assert server.requests[path] == before[path] + 1


def test_what_a_folder_holds_is_refused_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught, judged(opening_week(), FILES["games"]):
        raise SchemaError("games: column spread_line is missing.")
    assert str(caught.value) == "games: column spread_line is missing."
