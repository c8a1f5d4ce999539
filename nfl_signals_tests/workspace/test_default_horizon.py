"""Where nobody names a horizon it is Tuesday's, unless too few seasons have a price of then."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.files import write_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.schema_columns import UTC_MICROSECONDS
from nfl_signals.core.setting_sections import LEAST_GAMES
from nfl_signals.core.settings import Settings, load_settings
from nfl_signals.workspace.data_home import BUILT_FOR
from nfl_signals.workspace.default_horizon import with_built_horizon, with_horizon
from nfl_signals_tests.support.builders import MemoryRelease

SEASONS = range(2011, 2021)
AS_OF = datetime(2021, 3, 1, tzinfo=UTC)


def prices(moment: str, *markets: str, games: int = LEAST_GAMES) -> pl.DataFrame:
    """Quotes of one book on a season's games, none with a time; a moneyline at the close."""
    shown = [(market, moment) for market in markets or ("ats", "total")]
    rows = [
        {"game_id": str(game), "market": market, "moment": when, "book": "consensus", "line": 3.0}
        for market, when in [*shown, ("moneyline", "close")]
        for game in range(games)
    ]
    return pl.DataFrame(rows).with_columns(
        observed_at=pl.lit(None, UTC_MICROSECONDS), price_yes=-110.0, price_no=-110.0
    )


def published(
    *seasons: int, moment: str = "open", markets: tuple[str, ...] = (), book: str = "consensus"
) -> MemoryRelease:
    shown = prices(moment, *markets).with_columns(book=pl.lit(book))
    return MemoryRelease({f"prices/prices_{season}": shown for season in seasons})


def changed(column: pl.Expr) -> MemoryRelease:
    """Openers of four seasons, with one column of them replaced."""
    release = published(2014, 2016, 2018, 2020)
    for table in release.tables:
        release = release.change(table, column)
    return release


def horizon(home: Path, release: MemoryRelease, **settings: object) -> str:
    named = load_settings(home=home, **{"source": "nflverse"} | settings)
    return with_horizon(named, Paths(home), release, SEASONS, AS_OF).horizon


def test_with_openers_of_enough_seasons_forecasts_are_of_tuesday(tmp_path: Path) -> None:
    assert horizon(tmp_path, published(*SEASONS)) == "tuesday"
    assert horizon(tmp_path, published(2014, 2016, 2018, 2020)) == "tuesday"


@pytest.mark.parametrize(
    "release",
    [
        published(),
        published(2014, 2016, 2018),
        published(2011, 2012, 2013, 2014),  # learners begin with 2011 to 2013
        published(*SEASONS, moment="close"),
        published(*SEASONS, markets=("ats", "moneyline")),
        published(*SEASONS, book="mybook"),
        changed(pl.col("game_id").replace("0", "1")),
        changed(pl.lit(AS_OF + timedelta(seconds=1)).alias("observed_at")),
        changed(pl.lit(None, pl.Float64).alias("line")),
        changed(pl.lit(1).alias("moment")),
        changed(pl.lit(b"\xff").alias("book")),
        MemoryRelease({f"prices/prices_{season}": pl.DataFrame({"a": [1]}) for season in SEASONS}),
    ],
    ids=[
        "none",
        "three seasons",
        "the first seasons",
        "closes",
        "no totals",
        "another book",
        "seven games",
        "seen later",
        "no lines",
        "moments as numbers",
        "bytes",
        "another table",
    ],
)
def test_without_them_forecasts_are_of_kickoff(tmp_path: Path, release: MemoryRelease) -> None:
    assert horizon(tmp_path, release) == "kickoff"


def test_openers_of_the_book_that_forecasts_are_made_at_count(tmp_path: Path) -> None:
    assert horizon(tmp_path, published(*SEASONS, book="mybook"), price_book="mybook") == "tuesday"


def test_every_game_that_carries_a_season_counts_once_however_it_was_seen(tmp_path: Path) -> None:
    release, paths = changed(pl.col("game_id").replace("0", "1")), Paths(tmp_path)
    for season in (2014, 2016, 2018, 2020):
        write_parquet(paths.raw("prices", season), prices("snapshot", games=1))
    assert horizon(tmp_path, release) == "tuesday"


def test_what_the_home_has_recorded_or_imported_counts_too(tmp_path: Path) -> None:
    for season in (2014, 2015):
        write_parquet(Paths(tmp_path).raw("prices", season), prices("snapshot"))
    assert horizon(tmp_path, published(2016)) == "kickoff"
    assert horizon(tmp_path, published(2016, 2017)) == "tuesday"


def test_a_horizon_that_was_named_and_that_of_a_simulated_league_stay(tmp_path: Path) -> None:
    assert horizon(tmp_path, published(), horizon="tuesday") == "tuesday"
    assert horizon(tmp_path, published(*SEASONS), horizon="kickoff") == "kickoff"
    assert horizon(tmp_path, published(), source="simulated") == "tuesday"


def test_a_home_stays_at_the_horizon_that_it_was_built_for(tmp_path: Path) -> None:
    paths, named = Paths(tmp_path), load_settings(home=tmp_path)
    assert with_built_horizon(named, paths) is named
    write_parquet(paths.features / "2020.parquet", prices("open"), notes={BUILT_FOR: "kickoff"})
    assert with_built_horizon(named, paths).horizon == "kickoff"
    chosen = load_settings(home=tmp_path, horizon="tuesday")
    assert with_built_horizon(chosen, paths) is chosen


def test_the_choice_is_one_that_later_steps_take_as_named(tmp_path: Path) -> None:
    named = load_settings(home=tmp_path, source="nflverse")
    chosen = with_horizon(named, Paths(tmp_path), published(), SEASONS, AS_OF)
    assert isinstance(chosen, Settings)
    assert with_horizon(chosen, Paths(tmp_path), published(*SEASONS), SEASONS, AS_OF) is chosen
