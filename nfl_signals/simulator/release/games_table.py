"""The schedule table: a season's games in nflverse's columns."""

import numpy as np
import polars as pl

from nfl_signals.simulator.teams.franchises import INDOORS, TEAMS
from nfl_signals.simulator.teams.people import FIRST_REFEREE, N_REFEREES, coach, person
from nfl_signals.stats.arrays import Floats

WARMEST, COLDEST = 78.0, 36.0  # usual degrees Fahrenheit on opening day and from January on
SEASON_DAYS = 130
TEMPERATURE_SD = 10.0
WIND_SHAPE, WIND_SCALE = 2.6, 3.2  # gamma distribution, mean 8 miles per hour


def games_table(
    games: pl.DataFrame, *, season: int, codes: tuple[str, ...], rng: np.random.Generator
) -> pl.DataFrame:
    """A season's games, with lines and prices, in nflverse's schedule columns; by week and kickoff."""
    home, away = (
        pl.col(side).replace_strict(range(len(codes)), codes, return_dtype=pl.String)
        for side in ("home", "away")
    )
    week = pl.col("week").cast(pl.String).str.zfill(2)
    indoors = pl.col("home").is_in([TEAMS.index(team) for team in sorted(INDOORS)])
    outdoors = pl.col("neutral") | ~indoors
    temperature, wind = _weather(games, rng)
    in_the_open, on_neutral_ground = pl.when(outdoors), pl.when("neutral")
    return games.with_columns(
        season=pl.lit(season),
        game_id=pl.format("{}_{}_{}_{}", pl.lit(season), week, away, home),
        home_team=home,
        away_team=away,
        weekday=pl.col("gameday").dt.strftime("%A"),
        gameday=pl.col("gameday").dt.to_string("iso"),
        location=on_neutral_ground.then(pl.lit("Neutral")).otherwise(pl.lit("Home")),
        result=pl.col("home_score") - pl.col("away_score"),
        total=pl.col("home_score") + pl.col("away_score"),
        div_game=pl.col("home") // 4 == pl.col("away") // 4,
        roof=in_the_open.then(pl.lit("outdoors")).otherwise(pl.lit("dome")),
        surface=in_the_open.then(pl.lit("grass")).otherwise(pl.lit("fieldturf")),
        temp=in_the_open.then(pl.lit(pl.Series(temperature))),
        wind=in_the_open.then(pl.lit(pl.Series(wind))),
        stadium_id=on_neutral_ground.then(pl.lit("NEU00")).otherwise(pl.format("{}00", home)),
        stadium=on_neutral_ground.then(pl.lit("Neutral Ground")).otherwise(
            pl.format("{} Stadium", home)
        ),
        **_people(games, season),
    ).sort("week", "gameday", "gametime", "home")


def _people(games: pl.DataFrame, season: int) -> dict[str, pl.Series]:
    referees = [person(FIRST_REFEREE + i % N_REFEREES).full_name for i in range(len(games))]
    columns = {"referee": pl.Series(referees)}
    for side in ("home", "away"):
        passers = [person(number) for number in games[f"{side}_qb"]]
        columns[f"{side}_qb_id"] = pl.Series([who.gsis_id for who in passers])
        columns[f"{side}_qb_name"] = pl.Series([who.full_name for who in passers])
        columns[f"{side}_coach"] = pl.Series([coach(team, season) for team in games[side]])
    return columns


def _weather(games: pl.DataFrame, rng: np.random.Generator) -> tuple[Floats, Floats]:
    days = (games["gameday"] - games["gameday"].min()).dt.total_days().to_numpy()
    usual = WARMEST + (COLDEST - WARMEST) * np.minimum(days / SEASON_DAYS, 1.0)
    temperature = np.round(rng.normal(usual, TEMPERATURE_SD))
    return temperature, np.round(rng.gamma(WIND_SHAPE, WIND_SCALE, size=len(games)))
