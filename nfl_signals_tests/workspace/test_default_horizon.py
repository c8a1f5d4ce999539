"""Where nobody names a horizon it is Tuesday's, unless too few seasons have a price of then."""

from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.files import write_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings, load_settings
from nfl_signals.workspace.data_home import BUILT_FOR
from nfl_signals.workspace.default_horizon import with_built_horizon, with_horizon
from nfl_signals_tests.support.builders import MemoryRelease

SEASONS = range(2011, 2021)


def prices(moment: str, *markets: str) -> pl.DataFrame:
    markets = markets or ("ats", "total")
    rows = [{"market": market, "moment": moment, "book": "consensus"} for market in markets]
    return pl.DataFrame([*rows, {"market": "moneyline", "moment": "close", "book": "consensus"}])


def published(
    *seasons: int, moment: str = "open", markets: tuple[str, ...] = (), book: str = "consensus"
) -> MemoryRelease:
    shown = prices(moment, *markets).with_columns(book=pl.lit(book))
    return MemoryRelease({f"prices/prices_{season}": shown for season in seasons})


def horizon(home: Path, release: MemoryRelease, **settings: object) -> str:
    named = load_settings(home=home, **{"source": "nflverse"} | settings)
    return with_horizon(named, Paths(home), release, SEASONS).horizon


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
    ],
    ids=["none", "three seasons", "the first seasons", "closes", "no totals", "another book"],
)
def test_without_them_forecasts_are_of_kickoff(tmp_path: Path, release: MemoryRelease) -> None:
    assert horizon(tmp_path, release) == "kickoff"


def test_openers_of_the_book_that_forecasts_are_made_at_count(tmp_path: Path) -> None:
    assert horizon(tmp_path, published(*SEASONS, book="mybook"), price_book="mybook") == "tuesday"


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
    chosen = with_horizon(named, Paths(tmp_path), published(), SEASONS)
    assert isinstance(chosen, Settings)
    assert with_horizon(chosen, Paths(tmp_path), published(*SEASONS), SEASONS) is chosen
