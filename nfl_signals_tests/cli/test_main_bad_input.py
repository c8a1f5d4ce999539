"""`run` on a release that cannot be used: one clear line, exit code 2, and everything stays."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from nfl_signals.checks.tables import stacked_contract
from nfl_signals.core.files import write_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import load_settings
from nfl_signals.predictions.week import skipped_games
from nfl_signals.workspace.run_context import open_run
from nfl_signals_tests.support.homes import (
    AS_OF,
    SCHEDULE,
    UPCOMING,
    CommandResult,
    copy_of,
    environment_of,
    fingerprints,
    nfl_signals,
)

pytestmark = pytest.mark.slow

RESULTS = ("data", "models", "reports")
STATS, INJURIES = "stats_team/stats_team_week_2021.parquet", "injuries/injuries_2022.parquet"
RUN = ["run", "--source", "nflverse", "--as-of", AS_OF]
MEBIBYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Place:
    """A finished home, and the release it was made from; a test may break both."""

    home: Path
    release: Path

    def run(self, *options: str, **extra: str) -> CommandResult:
        """`run` on the release."""
        variables = {"NFL_SIGNALS_NFLVERSE": str(self.release)} | extra
        return nfl_signals(*RUN, *options, home=self.home, extra=variables)

    def change(self, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        """Publish another version of a table."""
        change(pl.read_parquet(self.release / table)).write_parquet(self.release / table)


@pytest.fixture
def place(nflverse_home: Path, tmp_path: Path) -> Place:
    return Place(
        home=copy_of(nflverse_home / "home", tmp_path / "home"),
        release=shutil.copytree(nflverse_home / "league" / "release", tmp_path / "release"),
    )


def refused(done: CommandResult, *parts: str) -> None:
    """Exit 2, and one line that holds every part."""
    assert done.code == 2, done.err
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert [part for part in parts if part not in done.err] == [], done.err


def truncate(place: Place) -> None:
    path = place.release / STATS
    path.write_bytes(path.read_bytes()[:-100])


def rename_column(place: Place) -> None:
    place.change(SCHEDULE, lambda games: games.rename({"spread_line": "spread"}))


def change_type(place: Place) -> None:
    place.change(STATS, lambda stats: stats.with_columns(carries=pl.lit("many")))


def flip_spreads(place: Place) -> None:
    sign = pl.when(pl.col("season") == 2020).then(-1).otherwise(1)
    place.change(SCHEDULE, lambda games: games.with_columns(pl.col("spread_line") * sign))


WHOLE_TABLES: dict[str, tuple[Callable[[Place], None], list[str]]] = {
    "truncated file": (truncate, [f"{STATS}: not readable as parquet", "fetch it again"]),
    "renamed column": (rename_column, [f"{SCHEDULE}: ", "column spread_line", "missing"]),
    "wrong type": (change_type, [f"{STATS}: column carries, row 0: 'many' is not a Float64"]),
    "flipped spread": (flip_spreads, [f"{SCHEDULE}: column spread_line, season 2020", "-1"]),
}


@pytest.mark.parametrize("mistake", WHOLE_TABLES)
def test_a_bad_table_is_refused_by_file_and_column_with_what_to_do(
    place: Place, mistake: str
) -> None:
    break_it, parts = WHOLE_TABLES[mistake]
    before = fingerprints(place.home, *RESULTS)
    break_it(place)
    refused(place.run(), *parts)
    assert fingerprints(place.home, *RESULTS) == before


def test_a_season_that_the_source_lacks_is_refused(place: Place) -> None:
    before = fingerprints(place.home, *RESULTS)
    refused(place.run("--seasons", "2018-2031"), "seasons 2018-2031", "holds 2018-2024")
    assert fingerprints(place.home, *RESULTS) == before


def test_too_few_seasons_to_learn_blend_and_calibrate_are_refused(place: Place) -> None:
    before = fingerprints(place.home, *RESULTS)
    refused(place.run("--seasons", "2020-2024"), "5 seasons, at least 7 are needed")
    assert fingerprints(place.home, *RESULTS) == before


def test_an_unreachable_address_is_refused(place: Place) -> None:
    unused = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    url = f"http://127.0.0.1:{unused.server_address[1]}"
    unused.server_close()
    before = fingerprints(place.home, *RESULTS)
    done = place.run(NFL_SIGNALS_NFLVERSE=url, NFL_SIGNALS_DOWNLOAD_ATTEMPTS="1")
    refused(done, f"{url}/{SCHEDULE}: unreachable after 1 attempts", "check the network")
    assert fingerprints(place.home, *RESULTS) == before


def at_most_two_mebibytes_a_file() -> None:
    """A write beyond that fails as it does on a full disk; a run's own files are smaller."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MEBIBYTE, 2 * MEBIBYTE))


def test_a_disk_that_fills_up_while_writing_leaves_the_old_file(place: Place) -> None:
    long = pl.lit(os.urandom(2 * MEBIBYTE).hex())
    place.change(
        "notes/notes_2024.parquet",
        lambda notes: (
            notes.with_row_index("row")
            .with_columns(text=pl.when(pl.col("row") == 0).then(long).otherwise("text"))
            .drop("row")
        ),
    )
    before = fingerprints(place.home, *RESULTS)
    done = subprocess.run(
        [sys.executable, "-m", "nfl_signals.cli.main", *RUN],
        env=os.environ | environment_of(place.home, {"NFL_SIGNALS_NFLVERSE": str(place.release)}),
        preexec_fn=at_most_two_mebibytes_a_file,
        capture_output=True,
        text=True,
        check=False,
    )
    printed = CommandResult(code=done.returncode, out=done.stdout, err=done.stderr)
    written = Paths(place.home).raw("notes", 2024)
    refused(printed, f"{written}: could not be written", "Free disk space", "untouched")
    assert fingerprints(place.home, *RESULTS) == before
    assert list(written.parent.glob(".*")) == []


def test_a_game_without_lines_is_skipped_in_those_markets_and_counted(
    nflverse_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, release = nflverse_home / "home", nflverse_home / "league" / "release"
    games = pl.read_parquet(release / SCHEDULE).filter(UPCOMING)
    (unpriced,) = games.filter(pl.col("spread_line").is_null())["game_id"]
    upcoming = pl.read_parquet(Paths(home).upcoming)
    markets = upcoming.group_by("game_id").agg(pl.col("market").sort())
    done = {game: tuple(names) for game, names in markets.iter_rows()}
    assert done.pop(unpriced) == ("total",)
    assert set(done.values()) == {("ats", "moneyline", "total")}
    assert len(done) == games.height - 1

    monkeypatch.setenv("NFL_SIGNALS_NFLVERSE", str(release))
    context = open_run(load_settings(home=home, source="nflverse", as_of=AS_OF, clock="as_of"))
    assert skipped_games(context.markets, context.moment) == {
        "ats": [unpriced],
        "moneyline": [unpriced],
        "total": [],
    }

    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster_home"))
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("upcoming_predictions"))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    counts = {name: metadata[f"skipped_{name}"].value for name in ("ats", "moneyline", "total")}
    assert counts == {"ats": 1, "moneyline": 1, "total": 0}


def test_a_spread_missing_beside_published_odds_breaks_no_contract(place: Place) -> None:
    paths = Paths(place.home)
    markets = pl.read_parquet(paths.trained_on.markets)
    stacked = pl.read_parquet(paths.stacked)
    lost = (pl.col("game_id") == stacked["game_id"][-1]) & (pl.col("market") == "ats")
    line = pl.when(~lost).then(pl.col("line")).alias("line")
    write_parquet(paths.trained_on.markets, markets.with_columns(line))
    write_parquet(paths.stacked, stacked.filter(~lost))
    release = str(place.release)
    settings = load_settings(home=place.home, source="nflverse", nflverse=release, clock="as_of")
    assert stacked_contract(open_run(settings))["rows"] == stacked.height - 1
