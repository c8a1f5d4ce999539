"""Claims about home cities and the way to a game: `travel`."""

import polars as pl
import pytest

from nfl_signals.features.travel import CITY_SCHEMA, HOME_CITIES, add_travel, home_cities
from nfl_signals.ingest.teams import TEAM_IDS


def trip(
    team: str, opponent: str, season: int, *, at_home: bool, neutral: bool = False
) -> tuple[float, float]:
    row = pl.DataFrame(
        {
            "team": [team],
            "opponent": [opponent],
            "season": pl.Series([season], dtype=pl.Int32),
            "is_home": [at_home],
            "is_neutral": [float(neutral)],
        }
    )
    return add_travel(row).select("travel_km", "time_zones").row(0)


def test_every_franchise_has_a_home_city_in_every_season_it_played() -> None:
    assert set(HOME_CITIES) == TEAM_IDS
    cities = home_cities(list(range(2002, 2026)))
    assert cities.schema == CITY_SCHEMA
    assert cities.group_by("season").len()["len"].unique().to_list() == [32]
    assert "HOU" not in set(home_cities([2001])["team"])


def test_cities_lie_in_the_united_states_and_clocks_follow_the_longitude() -> None:
    cities = home_cities([2023])
    assert cities["latitude"].is_between(24, 49).all()
    assert cities["longitude"].is_between(-125, -67).all()
    solar = cities["longitude"] / 15
    assert ((cities["utc_offset"] - solar).abs() < 1.1).all()


def test_the_home_team_does_not_travel() -> None:
    assert trip("SEA", "NE", 2023, at_home=True) == (0.0, 0.0)


def test_seattle_to_boston_is_about_four_thousand_kilometres_and_three_hours_east() -> None:
    distance, hours = trip("SEA", "NE", 2023, at_home=False)
    assert distance == pytest.approx(3990, abs=30)  # great-circle distance of the two airports
    assert hours == 3.0
    back, hours_back = trip("NE", "SEA", 2023, at_home=False)
    assert (back, hours_back) == (pytest.approx(distance), -3.0)


def test_a_franchise_travels_from_where_it_lived_that_year() -> None:
    oakland, _ = trip("LV", "LAC", 2015, at_home=False)
    las_vegas, _ = trip("LV", "LAC", 2021, at_home=False)
    assert oakland == pytest.approx(730, abs=40)  # Oakland to San Diego
    assert las_vegas == pytest.approx(370, abs=40)  # Las Vegas to Los Angeles
    st_louis, hours = trip("LA", "KC", 2015, at_home=False)
    assert (st_louis, hours) == (pytest.approx(380, abs=40), 0.0)


def test_two_teams_of_one_stadium_do_not_travel_to_each_other() -> None:
    assert trip("NYJ", "NYG", 2023, at_home=False) == (0.0, 0.0)


def test_on_neutral_ground_the_way_is_unknown() -> None:
    assert trip("KC", "PHI", 2022, at_home=True, neutral=True) == (None, None)
    assert trip("PHI", "KC", 2022, at_home=False, neutral=True) == (None, None)
