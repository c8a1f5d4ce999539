"""A home that runs builds its own history of lines, whatever it is given and however many add to it."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings
from nfl_signals.workspace import tables
from nfl_signals.workspace.price_import import import_prices
from nfl_signals.workspace.prices import prices_of_game, store_prices
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import OPENER, MemoryRelease, game, release, utc

TUESDAY, KICKOFF = utc("2023-09-05 14:00"), utc("2023-09-07 17:00")
FILE = "game_id,market,observed_at,line,price_yes,price_no"


def run(home: Path, shown: MemoryRelease, *, as_of: str, clock: str = "as_of") -> RunContext:
    """A run of one season that knows a release as of an instant, with its schedule ingested."""
    settings = Settings(home=home, source="nflverse", clock=clock)
    context = RunContext(
        settings=settings, paths=Paths(home), release=shown, seasons=(2023,), as_of=utc(as_of)
    )
    for table in ("games", "prices"):
        tables.ingest(context, table, [2023])
    return context


def showing(spread: float, **columns: object) -> MemoryRelease:
    return release([game(OPENER, "2023-09-07", spread_line=spread, **columns)])


def spreads(context: RunContext) -> list[tuple[str, str, float]]:
    rows = prices_of_game(context, OPENER).filter(market="ats")
    return [
        (moment, f"{at:%d %H}", line)
        for moment, at, line in rows.select("moment", "observed_at", "line").iter_rows()
    ]


def test_a_season_of_runs_leaves_every_move_with_its_hour_and_the_close(tmp_path: Path) -> None:
    run(tmp_path, showing(3.0), as_of="2023-09-05 14:00")
    run(tmp_path, showing(3.0), as_of="2023-09-06 14:00")
    run(tmp_path, showing(4.5), as_of="2023-09-07 10:00")
    run(tmp_path, showing(4.0, **{"result": 1}), as_of="2023-09-08 14:00")
    last = run(tmp_path, showing(4.0), as_of="2023-09-12 14:00")
    assert spreads(last) == [
        ("snapshot", "05 14", 3.0),
        ("snapshot", "07 10", 4.5),
        ("close", "07 17", 4.0),
    ]
    assert set(prices_of_game(last, OPENER)["book"]) == {"nflverse"}


def test_a_run_dated_back_notes_no_line_of_today_as_one_of_then(tmp_path: Path) -> None:
    run(tmp_path, showing(3.0), as_of="2023-09-05 14:00", clock="system")
    assert read_parquet(Paths(tmp_path).raw("prices", 2023)).is_empty()
    later = run(tmp_path, showing(3.0), as_of="2023-09-12 14:00", clock="system")
    assert spreads(later) == [("close", "07 17", 3.0)]


def test_a_closing_line_that_is_corrected_is_added_and_what_was_there_stays(tmp_path: Path) -> None:
    run(tmp_path, showing(3.0), as_of="2023-09-12 14:00")
    corrected = run(tmp_path, showing(3.5), as_of="2023-09-13 14:00")
    assert spreads(corrected) == [("close", "07 17", 3.0), ("close", "07 17", 3.5)]


def test_a_price_file_that_cannot_be_used_loses_no_snapshot_and_is_told(tmp_path: Path) -> None:
    shown = showing(3.0)
    shown.tables["prices/prices_2023"] = pl.DataFrame({"game": [OPENER]})
    context = run(tmp_path, shown, as_of="2023-09-05 14:00")
    assert spreads(context) == [("snapshot", "05 14", 3.0)]
    (found,) = context.quality.filter(table="prices").to_dicts()
    assert (found["rule"], found["answer"]) == ("table_missing", "degrade")


def test_a_persons_file_is_added_beside_them_once_and_whole(tmp_path: Path) -> None:
    context = run(tmp_path / "home", showing(3.0), as_of="2023-09-05 14:00")
    mine = tmp_path / "mine.csv"
    mine.write_text(f"{FILE}\n{OPENER},ats,2023-09-06T09:00-04:00,3.5,-110,-110\n", "utf-8")
    assert import_prices(context, mine, book="mine", odds="american") == 1
    assert import_prices(context, mine, book="mine", odds="american") == 0
    assert spreads(context) == [("snapshot", "05 14", 3.0), ("snapshot", "06 13", 3.5)]
    stored = read_parquet(context.paths.raw("prices", 2023))
    mine.write_text(mine.read_text("utf-8") + f"{OPENER},ats,then,3.5,-110,-110\n", "utf-8")
    with pytest.raises(InputError, match=r"mine\.csv: 1 of 2 rows .*\n  line 3: "):
        import_prices(context, mine, book="mine", odds="american")
    assert read_parquet(context.paths.raw("prices", 2023)).equals(stored)


def test_the_price_that_the_forecast_has_is_marked_and_then_the_one_that_it_had(
    tmp_path: Path,
) -> None:
    """Until kickoff the newest one, afterwards the last one by Tuesday, 14:00 UTC."""

    def used(context: RunContext) -> list[tuple[str, float]]:
        rows = prices_of_game(context, OPENER).filter("is_used", market="ats")
        return rows.select("moment", "line").rows()

    assert used(run(tmp_path, showing(3.0), as_of="2023-09-05 14:00")) == [("snapshot", 3.0)]
    assert used(run(tmp_path, showing(4.5), as_of="2023-09-07 10:00")) == [("snapshot", 4.5)]
    after = run(tmp_path, showing(4.0, **{"result": 1}), as_of="2023-09-08 14:00")
    assert used(after) == [("snapshot", 3.0)]
    settings = after.settings.model_copy(update={"horizon": "kickoff"})
    assert used(replace(after, settings=settings)) == [("close", 4.0)]


def test_without_a_schedule_there_is_nothing_to_match_with(tmp_path: Path) -> None:
    context = RunContext(
        settings=Settings(home=tmp_path, source="nflverse"),
        paths=Paths(tmp_path),
        release=MemoryRelease({}),
        seasons=(2023,),
        as_of=TUESDAY,
    )
    with pytest.raises(InputError, match="no schedule is stored to match prices with; run first"):
        import_prices(context, tmp_path / "mine.csv", book="mine", odds="american")
    with pytest.raises(InputError, match=f"no price of {OPENER}"):
        prices_of_game(context, OPENER)


def test_the_prices_of_a_game_are_looked_for_in_its_season_alone(tmp_path: Path) -> None:
    context = run(tmp_path, showing(3.0), as_of="2023-09-05 14:00")
    context.paths.raw("prices", 2022).write_bytes(b"of another season, and damaged")
    assert spreads(context) == [("snapshot", "05 14", 3.0)]
    for name in ("2021_01_DET_KC", "DET at KC", ""):
        with pytest.raises(InputError, match="as in 2025_10_DAL_PHI"):
            prices_of_game(context, name)


def test_of_many_that_add_at_once_none_loses_a_row(tmp_path: Path) -> None:
    context = run(tmp_path, showing(3.0), as_of="2023-09-05 14:00")
    row = prices_of_game(context, OPENER).filter(market="ats").drop("is_used")

    def add(minute: int) -> int:
        at = TUESDAY + timedelta(minutes=minute)
        return store_prices(context, 2023, row.with_columns(observed_at=pl.lit(at)))[0]

    with ThreadPoolExecutor(8) as writers:
        assert sum(writers.map(add, range(1, 25))) == 24
    stored = read_parquet(context.paths.raw("prices", 2023)).filter(market="ats")
    assert stored["observed_at"].n_unique() == stored.height == 25


@pytest.mark.slow
def test_the_command_line_imports_shows_and_refuses(tmp_path: Path) -> None:
    context = run(tmp_path / "home", showing(3.0), as_of="2023-09-05 14:00")
    write_parquet(
        context.paths.features / "2023.parquet", pl.DataFrame({"season": [2023]})
    )  # it has run
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(f"{FILE}\n{OPENER},ats,2023-09-06T09:00-04:00,3.5,-110,-110\n", "utf-8")
    bad.write_text(f"{FILE}\n{OPENER},ats,2023-09-06T09:00,3.5,-110,-110\n", "utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "nfl_signals.cli.main", "prices", *arguments]
        where = ["--source", "nflverse", "--home", str(tmp_path / "home")]
        done = subprocess.run([*command, *where], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    code, out, _ = call("import", str(good), "--book", "mine")
    assert code == 0
    assert "good.csv: 1 new price added.\n" in out
    code, out, _ = call("show", OPENER)
    assert code == 0
    assert "2023-09-06 13:00  ats" in out
    code, _, err = call("import", str(bad), "--book", "mine")
    assert code == 2
    assert "line 2: observed_at has no time zone" in err
    assert call("show", "2023_01_A_B")[0] == 2
