"""Where nobody names a horizon it is Tuesday's, unless too few seasons have a price of then."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.files import write_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.schema_columns import UTC_MICROSECONDS
from nfl_signals.core.settings import Settings, load_settings
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals.workspace.data_home import BUILT_FOR
from nfl_signals.workspace.default_horizon import with_bound_horizon, with_horizon
from nfl_signals_tests.support.builders import MemoryRelease, game, release, utc

SEASONS = range(2011, 2021)
AS_OF = datetime(2021, 3, 1, tzinfo=UTC)
SUNDAY = utc("2021-09-12 12:00")


PAIRS = ("DAL_PHI", "BUF_MIA", "KC_DEN", "SEA_SF", "CHI_GB", "CLE_PIT", "ATL_NO", "IND_TEN")
"""As many games as make a season, all on its second Sunday."""


def games_of(season: int) -> list[str]:
    return [f"{season}_02_{pair}" for pair in PAIRS]


def prices(season: int, moment: str, *markets: str, games: slice = slice(None)) -> pl.DataFrame:
    """Quotes of one book on a season's games, openers without a time; a moneyline at the close."""
    shown = [(market, moment) for market in markets or ("ats", "total")]
    rows = [
        {"game_id": game, "market": market, "moment": when, "book": "consensus", "line": 3.0}
        | {"observed_at": None if when == "open" else SUNDAY.replace(year=season)}
        for market, when in [*shown, ("moneyline", "close")]
        for game in games_of(season)[games]
    ]
    line = pl.when(market="total").then(44.5).otherwise("line")
    table = pl.DataFrame(rows, schema_overrides={"observed_at": UTC_MICROSECONDS})
    return table.with_columns(line=line, price_yes=-110.0, price_no=-110.0)


def published(
    *seasons: int, moment: str = "open", markets: tuple[str, ...] = (), book: str = "consensus"
) -> MemoryRelease:
    """A schedule of `SEASONS`, all played, and price files of some."""
    played = [
        game(each, f"{season}-09-14", score=(20, 17))
        for season in SEASONS
        for each in games_of(season)
    ]
    files = {
        f"prices/prices_{season}": prices(season, moment, *markets).with_columns(book=pl.lit(book))
        for season in seasons
    }
    return MemoryRelease(release(played).tables | files)


def changed(column: pl.Expr) -> MemoryRelease:
    """Openers of four seasons, with one column of them replaced."""
    changing = published(2014, 2016, 2018, 2020)
    for table in [name for name in changing.tables if name.startswith("prices")]:
        changing = changing.change(table, column)
    return changing


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
        changed(pl.col("game_id").str.replace("DAL_PHI", "BUF_MIA")),
        changed(pl.lit(AS_OF + timedelta(seconds=1)).alias("observed_at")),
        published(*SEASONS, moment="snapshot"),
        changed(pl.lit(None, pl.Float64).alias("line")),
        changed(pl.lit(1).alias("moment")),
        changed(pl.lit(b"\xff").alias("book")),
        changed(pl.lit("2014_01_XX_YY").alias("game_id")),
        changed(pl.lit(9999.0).alias("line")),
        MemoryRelease(
            published().tables
            | {f"prices/prices_{season}": pl.DataFrame({"a": [1]}) for season in SEASONS}
        ),
        MemoryRelease(
            {name: table for name, table in published(*SEASONS).tables.items() if "price" in name}
        ),
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
        "seen on Sunday",
        "no lines",
        "moments as numbers",
        "bytes",
        "unknown games",
        "absurd lines",
        "another table",
        "no schedule",
    ],
)
def test_without_them_forecasts_are_of_kickoff(tmp_path: Path, release: MemoryRelease) -> None:
    assert horizon(tmp_path, release) == "kickoff"


def test_openers_of_the_book_that_forecasts_are_made_at_count(tmp_path: Path) -> None:
    assert horizon(tmp_path, published(*SEASONS, book="mybook"), price_book="mybook") == "tuesday"


def test_what_release_and_home_know_of_a_season_counts_together(tmp_path: Path) -> None:
    """Seven games in price files, the eighth recorded at the opening, or imported without a time."""
    shown, paths = changed(pl.col("game_id").str.replace("DAL_PHI", "BUF_MIA")), Paths(tmp_path)
    assert horizon(tmp_path, shown) == "kickoff"
    for season in (2014, 2016, 2018, 2020):
        recorded = prices(season, "open", games=slice(1))
        write_parquet(paths.raw("prices", season), recorded.select(list(RAW_PRICES.columns)))
    assert horizon(tmp_path, shown) == "tuesday"
    for season in (2014, 2016):
        paths.raw("prices", season).write_bytes(b"damaged")
    assert horizon(tmp_path, shown) == "kickoff"


def test_a_consensus_counts_however_its_name_is_written(tmp_path: Path) -> None:
    assert horizon(tmp_path, published(*SEASONS, book="CONSENSUS")) == "tuesday"


def test_a_season_that_is_not_played_yet_does_not_count(tmp_path: Path) -> None:
    shown = published(2014, 2016, 2018, 2020)
    named = load_settings(home=tmp_path, source="nflverse")
    before = utc("2020-09-08 14:00")
    assert with_horizon(named, Paths(tmp_path), shown, SEASONS, before).horizon == "kickoff"


def test_a_horizon_that_was_named_and_that_of_a_simulated_league_stay(tmp_path: Path) -> None:
    assert horizon(tmp_path, published(), horizon="tuesday") == "tuesday"
    assert horizon(tmp_path, published(*SEASONS), horizon="kickoff") == "kickoff"
    assert horizon(tmp_path, published(), source="simulated") == "tuesday"


def test_a_home_in_which_something_was_fitted_stays_at_its_horizon(tmp_path: Path) -> None:
    paths, named = Paths(tmp_path), load_settings(home=tmp_path)
    write_parquet(
        paths.features / "2020.parquet", prices(2020, "open"), notes={BUILT_FOR: "kickoff"}
    )
    assert with_bound_horizon(named, paths) is named
    paths.oof.mkdir(parents=True)
    assert with_bound_horizon(named, paths).horizon == "kickoff"
    chosen = load_settings(home=tmp_path, horizon="tuesday")
    assert with_bound_horizon(chosen, paths) is chosen


def test_the_choice_is_one_that_later_steps_take_as_named(tmp_path: Path) -> None:
    named = load_settings(home=tmp_path, source="nflverse")
    chosen = with_horizon(named, Paths(tmp_path), published(), SEASONS, AS_OF)
    assert isinstance(chosen, Settings)
    assert with_horizon(chosen, Paths(tmp_path), published(*SEASONS), SEASONS, AS_OF) is chosen
