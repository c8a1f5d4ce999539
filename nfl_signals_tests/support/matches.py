"""Games as `ratings.rate` takes them: who scored how much on whom, under which quarterbacks."""

from datetime import UTC, datetime, timedelta

import polars as pl

from nfl_signals.features.ratings import RATING_SCHEMA, RatingModel, rate

DELAY = timedelta(hours=6)
LEVEL = 21.5
UNNAMED = -2.0
PAR = LEVEL + UNNAMED
"""What a team that nobody knows scores on another on neutral ground, no quarterback being named."""

Row = dict[str, object]
Ratings = dict[tuple[str, str], dict[str, float]]


def match(
    home: str,
    away: str,
    *,
    week: float,
    scored: tuple[float, float] | None = None,
    starters: tuple[str | None, str | None] = (None, None),
    season: int = 2022,
    neutral: bool = True,
) -> Row:
    """One game on neutral ground; `week` counts from 11 September; the id is `<season>.<week> A-B`."""
    home_scored, away_scored = scored or (None, None)
    return {
        "game_id": f"{season}.{week} {home}-{away}",
        "season": season,
        "kickoff_at": datetime(season, 9, 11, 17, tzinfo=UTC) + timedelta(weeks=week),
        "home_team": home,
        "away_team": away,
        "is_neutral": neutral,
        "home_starter": starters[0],
        "away_starter": starters[1],
        "home_scored": home_scored,
        "away_scored": away_scored,
    }


def table(rows: list[Row]) -> pl.DataFrame:
    """Games asked about at kickoff, with the starters that start."""
    texts = ["game_id", "home_team", "away_team", "home_starter", "away_starter"]
    return pl.DataFrame(
        rows,
        schema_overrides={
            **dict.fromkeys(texts, pl.String()),
            "kickoff_at": pl.Datetime("us", "UTC"),
            "home_scored": pl.Float64(),
            "away_scored": pl.Float64(),
        },
    ).with_columns(
        decision_at=pl.col("kickoff_at"), home_expected="home_starter", away_expected="away_starter"
    )


def rated(rows: list[Row], model: RatingModel | None = None) -> Ratings:
    """Ratings before each game, by game and team."""
    result = rate(table(rows), delay=DELAY, model=model)
    assert result.schema == RATING_SCHEMA
    return {(row["game_id"], row["team"]): row for row in result.iter_rows(named=True)}


def after(rows: list[Row], *extra: Row, model: RatingModel | None = None) -> Ratings:
    """Ratings before the games of `extra`, which follow `rows`."""
    ids = {row["game_id"] for row in extra}
    return {key: row for key, row in rated([*rows, *extra], model).items() if key[0] in ids}


def sides(ratings: Ratings, row: Row) -> tuple[dict[str, float], dict[str, float]]:
    """Home and away ratings of one game."""
    name, home, away = str(row["game_id"]), str(row["home_team"]), str(row["away_team"])
    return ratings[name, home], ratings[name, away]
