"""Where franchises play, and what it takes to get there.

City coordinates in degrees and the standard-time offset from UTC in hours, by franchise and first
season at the place. Good to a few kilometres: a flight is not affected by more. Neutral grounds are
not listed; nobody is at home there.
"""

import polars as pl

HOME_CITIES: dict[str, tuple[tuple[int, float, float, int], ...]] = {
    "ARI": ((1988, 33.5, -112.1, -7),),
    "ATL": ((1966, 33.8, -84.4, -5),),
    "BAL": ((1996, 39.3, -76.6, -5),),
    "BUF": ((1970, 42.8, -78.8, -5),),
    "CAR": ((1995, 35.2, -80.9, -5),),
    "CHI": ((1920, 41.9, -87.6, -6),),
    "CIN": ((1968, 39.1, -84.5, -5),),
    "CLE": ((1946, 41.5, -81.7, -5),),
    "DAL": ((1960, 32.7, -97.1, -6),),
    "DEN": ((1960, 39.7, -105.0, -7),),
    "DET": ((1934, 42.3, -83.0, -5),),
    "GB": ((1921, 44.5, -88.1, -6),),
    "HOU": ((2002, 29.7, -95.4, -6),),
    "IND": ((1984, 39.8, -86.2, -5),),
    "JAX": ((1995, 30.3, -81.6, -5),),
    "KC": ((1963, 39.0, -94.5, -6),),
    "LA": ((1995, 38.6, -90.2, -6), (2016, 34.0, -118.3, -8)),
    "LAC": ((1961, 32.8, -117.1, -8), (2017, 34.0, -118.3, -8)),
    "LV": ((1995, 37.8, -122.2, -8), (2020, 36.1, -115.2, -8)),
    "MIA": ((1966, 26.0, -80.2, -5),),
    "MIN": ((1961, 45.0, -93.3, -6),),
    "NE": ((1971, 42.1, -71.3, -5),),
    "NO": ((1967, 30.0, -90.1, -6),),
    "NYG": ((1976, 40.8, -74.1, -5),),
    "NYJ": ((1984, 40.8, -74.1, -5),),
    "PHI": ((1933, 39.9, -75.2, -5),),
    "PIT": ((1933, 40.4, -80.0, -5),),
    "SEA": ((1976, 47.6, -122.3, -8),),
    "SF": ((1946, 37.7, -122.4, -8), (2014, 37.4, -122.0, -8)),
    "TB": ((1976, 28.0, -82.5, -5),),
    "TEN": ((1998, 36.2, -86.8, -6),),
    "WAS": ((1937, 38.9, -76.9, -5),),
}

EARTH_RADIUS = 6371.0  # km, mean

CITY_SCHEMA = pl.Schema(
    {
        "team": pl.String(),
        "season": pl.Int32(),
        "latitude": pl.Float64(),  # degrees north
        "longitude": pl.Float64(),  # degrees east
        "utc_offset": pl.Float64(),  # hours, standard time
    }
)


def home_cities(seasons: list[int]) -> pl.DataFrame:
    """Home city of every franchise in each of the given seasons, CITY_SCHEMA."""
    rows = [
        (team, season, *next(place[1:] for place in reversed(places) if place[0] <= season))
        for team, places in HOME_CITIES.items()
        for season in seasons
        if places[0][0] <= season
    ]
    return pl.DataFrame(rows, schema=CITY_SCHEMA, orient="row")


def add_travel(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `travel_km` and `time_zones` (hours ahead of home), both null on neutral ground."""
    cities = home_cities(rows["season"].unique().sort().to_list())
    venue = cities.rename(
        {name: f"{name}_venue" for name in ("latitude", "longitude", "utc_offset")}
    )
    placed = (
        rows.with_columns(host=pl.when("is_home").then("team").otherwise("opponent"))
        .join(cities, on=["team", "season"], how="left", maintain_order="left")
        .join(venue, left_on=["host", "season"], right_on=["team", "season"], how="left")
    )
    away_from_home = pl.when(pl.col("is_neutral") == 0)
    return placed.with_columns(
        away_from_home.then(_great_circle()).alias("travel_km"),
        away_from_home.then(pl.col("utc_offset_venue") - pl.col("utc_offset")).alias("time_zones"),
    ).drop("host", "^(latitude|longitude|utc_offset).*$")


def _great_circle() -> pl.Expr:
    """Haversine distance in km between home and venue."""
    home, venue = pl.col("latitude").radians(), pl.col("latitude_venue").radians()
    east = (pl.col("longitude_venue") - pl.col("longitude")).radians()
    half = ((venue - home) / 2).sin().pow(2) + home.cos() * venue.cos() * (east / 2).sin().pow(2)
    return 2 * EARTH_RADIUS * half.sqrt().arcsin()
