"""A home belongs to one source: another one is refused, and nothing that is stored is touched."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfl_signals.core.errors import InputError, SettingsError
from nfl_signals.core.files import read_json, write_json, write_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings, load_settings
from nfl_signals.workspace.data_home import (
    BUILT_FOR,
    built_horizon,
    claim_home,
    data_home_name,
    refuse_other_home,
    remembered,
)
from nfl_signals.workspace.last_run import as_last_run, of_this_home
from nfl_signals.workspace.run_context import open_home, open_run
from nfl_signals_tests.support.homes import copy_of
from nfl_signals_tests.support.run_contexts import (
    LEAGUE,
    contents,
    copy_context,
    rewrite,
    settings_of,
)

SIMULATED = {seed: Settings(seed=seed) for seed in (1, 2)}
NFLVERSE = Settings(source="nflverse")
OTHERS = [SIMULATED[2], NFLVERSE, Settings(seed=1, simulator={"hold": 0.05})]


def home_of(folder: Path, settings: Settings) -> Paths:
    """A home in which a run of these settings stored a table."""
    paths = Paths(folder)
    claim_home(paths, settings)
    (folder / "data/raw").mkdir(parents=True)
    league = {"as_of": "2024-11-05", "seed": settings.seed, **settings.simulator.model_dump()}
    if settings.source == "simulated":
        write_json(paths.league, league)
    return paths


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"simulator": {"weeks_played": 10}}, True),
        ({"threads": 1, "seasons": "2014-2020", "signal_source": "proxy"}, True),
        ({"seed": 2}, False),
        ({"simulator": {"hold": 0.05}}, False),
        ({"simulator": {"n_seasons": 13}}, False),
        ({"source": "nflverse"}, False),
        ({"clock": "as_of"}, True),  # a league has its own
    ],
)
def test_a_data_home_is_named_by_what_its_past_depends_on(
    changes: dict[str, Any], same: bool
) -> None:
    assert (
        data_home_name(Settings(**{"seed": 1, **changes})) == data_home_name(Settings(seed=1))
    ) is same


def test_a_home_from_before_a_bookmaker_could_be_ignorant_keeps_its_name() -> None:
    assert data_home_name(Settings(seed=1)) == "simulated-1ef035ae"
    ignorant = {"drift_known": False}
    assert data_home_name(Settings(seed=1, simulator=ignorant)) != data_home_name(Settings(seed=1))


def test_a_home_in_which_nothing_is_stored_may_become_anyones(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    for settings in (SIMULATED[1], NFLVERSE, SIMULATED[2]):
        claim_home(paths, settings)
        assert read_json(paths.data_home) == {"data_home": data_home_name(settings)}
        assert remembered(paths) == {}


@pytest.mark.parametrize("other", OTHERS)
def test_another_source_or_league_is_refused_and_told_where_to_go(
    tmp_path: Path, other: Settings
) -> None:
    paths = home_of(tmp_path, SIMULATED[1])
    before = contents(tmp_path)
    for look in (claim_home, refuse_other_home):
        with pytest.raises(
            SettingsError, match=r"needs? a home of (its|their) own: add --home FOLDER"
        ):
            look(paths, other)
    assert contents(tmp_path) == before


def test_real_games_are_not_mixed_with_a_league(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds real games; a simulated league needs a home"):
        claim_home(home_of(tmp_path, NFLVERSE), SIMULATED[1])


PLAYED = Settings(source="nflverse", clock="as_of")
TUESDAY = {BUILT_FOR: "tuesday"}


@pytest.mark.parametrize(
    ("held", "other", "words"),
    [
        (NFLVERSE, PLAYED, "written by the system's clock; with clock as_of they need a home"),
        (PLAYED, NFLVERSE, "of a season that is played; with clock system they need a home"),
    ],
)
def test_live_predictions_and_a_season_that_is_played_are_not_mixed(
    tmp_path: Path, held: Settings, other: Settings, words: str
) -> None:
    paths = home_of(tmp_path, held)
    before = contents(tmp_path)
    with pytest.raises(SettingsError, match=words):
        claim_home(paths, other)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("fitted", ["oof", "ensembles", "history", "ledger"])
def test_a_home_keeps_its_horizon_once_anything_is_fitted(tmp_path: Path, fitted: str) -> None:
    paths = home_of(tmp_path, NFLVERSE)
    write_parquet(paths.features / "2020.parquet", pl.DataFrame({"a": [1]}), notes=TUESDAY)
    getattr(paths, fitted).mkdir(parents=True)
    before = contents(tmp_path)
    for look in (claim_home, refuse_other_home):
        with pytest.raises(SettingsError, match="are of horizon tuesday; horizon kickoff needs a"):
            look(paths, NFLVERSE.model_copy(update={"horizon": "kickoff"}))
    assert contents(tmp_path) == before


def test_before_that_another_horizon_builds_its_tables_anew_and_keeps_what_was_read(
    tmp_path: Path,
) -> None:
    paths = home_of(tmp_path, NFLVERSE)
    for folder in (paths.features, paths.markets, paths.llm_signals, paths.raw_folder("games")):
        write_parquet(folder / "2020.parquet", pl.DataFrame({"a": [1]}), notes=TUESDAY)
    claim_home(paths, NFLVERSE)
    assert paths.features.exists()
    claim_home(paths, NFLVERSE.model_copy(update={"horizon": "kickoff"}))
    assert built_horizon(paths) is None
    assert not any(place.exists() for place in (paths.markets, paths.llm_signals))
    assert paths.raw("games", 2020).exists()


def test_without_its_stamp_a_home_of_real_games_is_known_by_its_ledger(
    nflverse_home: Path, tmp_path: Path
) -> None:
    """A season that is played by the as-of; then the same rows as a live run would have written them."""
    paths = Paths(copy_of(nflverse_home / "home", tmp_path / "home"))
    paths.data_home.unlink()
    claim_home(paths, PLAYED)
    paths.data_home.unlink()
    with pytest.raises(SettingsError, match="of a season that is played; with clock system"):
        claim_home(paths, NFLVERSE)
    seconds = pl.when(book="production").then(timedelta(seconds=1309)).otherwise(timedelta(0))
    rewrite(paths.ledger, pl.col("written_at") + seconds)
    for look in (claim_home, refuse_other_home):
        with pytest.raises(SettingsError, match=r"with clock as_of they .* Or set clock: system"):
            look(paths, PLAYED)
    with pytest.raises(SettingsError, match="holds real games; a simulated league needs a home"):
        claim_home(paths, SIMULATED[1])
    assert not paths.data_home.exists()
    assert of_this_home(home=str(paths.home)).source == "nflverse"
    claim_home(paths, NFLVERSE)


def test_backdated_rows_alone_are_those_of_a_live_home(nflverse_home: Path, tmp_path: Path) -> None:
    paths = Paths(copy_of(nflverse_home / "home", tmp_path / "home"))
    paths.data_home.unlink()
    backdated = {"book": pl.lit("learning"), "period_flag": pl.lit("backdated")}
    made = pl.col("book") == "production"
    rewrite(
        paths.ledger,
        *(
            pl.when(made).then(value).otherwise(name).alias(name)
            for name, value in backdated.items()
        ),
        pl.when(made)
        .then(datetime(2026, 1, 7, 14, 3, 2, tzinfo=UTC))
        .otherwise("written_at")
        .cast(pl.Datetime("us", "UTC"))
        .alias("written_at"),
    )
    with pytest.raises(SettingsError, match="with clock as_of they need a home"):
        claim_home(paths, PLAYED)


@pytest.mark.parametrize("content", [None, b"", b"no parquet"])
def test_a_ledger_that_tells_nothing_leaves_the_stamp_to_the_next_run(
    tmp_path: Path, content: bytes | None
) -> None:
    paths = Paths(tmp_path)
    paths.ledger.parent.mkdir(parents=True)
    if content is not None:
        paths.ledger.write_bytes(content)
    claim_home(paths, PLAYED)


def test_what_differs_from_the_stored_league_is_named(tmp_path: Path) -> None:
    paths = home_of(tmp_path, SIMULATED[1])
    with pytest.raises(SettingsError, match=r"another simulated league \(seed 1, not 2\)"):
        claim_home(paths, SIMULATED[2])
    with pytest.raises(SettingsError, match=r"another simulated league \(hold 0\.045, not 0\.05\)"):
        claim_home(paths, OTHERS[2])


def test_another_week_of_the_same_league_is_the_same_home(tmp_path: Path) -> None:
    paths = home_of(tmp_path, SIMULATED[1])
    before = contents(tmp_path)
    claim_home(paths, Settings(seed=1, simulator={"weeks_played": 10}))
    assert contents(tmp_path) == before


@pytest.mark.parametrize("content", [[], {}, {"data_home": 3}, "text", None])
def test_a_stamp_that_no_run_wrote_is_named(tmp_path: Path, content: object) -> None:
    write_json(Paths(tmp_path).data_home, content)
    with pytest.raises(InputError, match=r"data_home\.json: not what a run wrote"):
        claim_home(Paths(tmp_path), NFLVERSE)


# --- a home remembers what it is


def test_a_simulated_home_remembers_its_league_and_how_far_it_is_played(tmp_path: Path) -> None:
    league = Settings(seed=7, simulator={"n_seasons": 8, "weeks_played": 12})
    paths = home_of(tmp_path, league)
    for settings in (of_this_home(home=str(tmp_path)), as_last_run(home=str(tmp_path))):
        assert (settings.seed, settings.simulator) == (league.seed, league.simulator)
    assert data_home_name(of_this_home(home=str(paths.home))) == data_home_name(league)


@pytest.mark.parametrize("settings", [NFLVERSE, PLAYED])
def test_a_home_of_real_games_is_one_without_being_told(tmp_path: Path, settings: Settings) -> None:
    home_of(tmp_path, settings)
    for found in (of_this_home(home=str(tmp_path)), as_last_run(home=str(tmp_path), source=None)):
        assert (found.source, found.clock) == ("nflverse", settings.clock)


def test_the_file_of_settings_and_options_win_over_what_is_remembered(tmp_path: Path) -> None:
    home_of(tmp_path, SIMULATED[1])
    (tmp_path / "signals.yaml").write_text("simulator:\n  weeks_played: 12\n")
    settings = of_this_home(home=str(tmp_path))
    assert (settings.seed, settings.simulator.weeks_played) == (1, 12)
    assert of_this_home(home=str(tmp_path), source="nflverse").source == "nflverse"


def test_the_clock_and_the_seasons_of_the_last_run_hold_until_a_run_goes_on(tmp_path: Path) -> None:
    paths = home_of(tmp_path, NFLVERSE)
    given = "2023-11-14T00:00:00+00:00"
    write_json(paths.run_record, {"seasons": "2010-2023", "given_as_of": given})
    looking = as_last_run(home=str(tmp_path))
    assert looking.as_of == load_settings(as_of=given).as_of
    assert looking.seasons == "2010-2023"
    going_on = as_last_run(home=str(tmp_path), as_of=None)
    assert (going_on.as_of, going_on.seasons) == (None, "2010-")
    anew = of_this_home(home=str(tmp_path))
    assert (anew.as_of, anew.seasons) == (None, None)


@pytest.mark.parametrize("content", [[], "text", {"seasons": 2010}, {"given_as_of": ["now"]}])
def test_a_record_that_no_run_wrote_is_named(tmp_path: Path, content: object) -> None:
    write_json(Paths(tmp_path).run_record, content)
    with pytest.raises(InputError, match=r"run\.json: not what a run wrote"):
        as_last_run(home=str(tmp_path))


# --- looking


def test_looking_opens_no_source_and_writes_nothing(finished_home: Path, tmp_path: Path) -> None:
    run = copy_context(finished_home, tmp_path)
    before = contents(tmp_path)
    looked = open_home(settings_of(tmp_path))
    assert (looked.seasons, looked.as_of) == (run.seasons, run.as_of)
    with pytest.raises(InputError, match="not read by a command that only looks"):
        looked.release.read("schedules/games")
    assert contents(tmp_path) == before


def test_looking_at_an_empty_folder_leaves_it_empty(tmp_path: Path) -> None:
    assert open_home(settings_of(tmp_path / "home")).seasons == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("opened", [open_home, open_run])
def test_another_leagues_settings_open_nothing(
    finished_home: Path, tmp_path: Path, opened: Callable[[Settings], object]
) -> None:
    copy_context(finished_home, tmp_path)
    before = contents(tmp_path)
    for other in ({"seed": 1}, {"source": "nflverse"}, {"simulator": {**LEAGUE, "hold": 0.1}}):
        with pytest.raises(SettingsError, match=r"a home of (its|their) own"):
            opened(settings_of(tmp_path, **other))
    assert contents(tmp_path) == before
