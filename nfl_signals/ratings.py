"""Team ratings from results alone: Elo with margin of victory.

Method and constants: FiveThirtyEight, "How our NFL predictions work" (K = 20, a third of the way
back to the mean between seasons, margin multiplier ln(|m| + 1) * 2.2 / (0.001 * gap + 2.2)).
"""

import math

import polars as pl

MEAN_RATING = 1500.0  # Elo points
K_FACTOR = 20.0  # Elo points per unexpected win
HOME_FIELD = 48.0  # Elo points, about two points of margin
REGRESSION = 1 / 3  # share of the gap to the mean that closes between two seasons
SCALE = 400.0  # Elo points per factor ten in the odds


def expected_win(gap: float) -> float:
    """Chance of winning for a team rated `gap` Elo points above its opponent.

    Example:
        >>> expected_win(0.0), round(expected_win(100.0), 4)
        (0.5, 0.6401)
    """
    return 1 / (1 + 10 ** (-gap / SCALE))


def rating_change(gap: float, margin: float) -> float:
    """Elo points the home team gains from one game.

    Args:
        gap: home rating plus home field minus away rating, before the game.
        margin: home score minus away score, points.

    Returns:
        Change; the away team gets its negative.
    """
    outcome = 0.5 if margin == 0 else float(margin > 0)
    winner_gap = gap if margin >= 0 else -gap
    # A tie moves ratings by the surprise alone: ln(0 + 1) would freeze them.
    size = math.log(abs(margin) + 1) if margin != 0 else 1.0
    multiplier = size * 2.2 / (0.001 * winner_gap + 2.2)
    return K_FACTOR * multiplier * (outcome - expected_win(gap))


def between_seasons(rating: float) -> float:
    """Rating carried into a new season.

    Example:
        >>> between_seasons(1650.0)
        1600.0
    """
    return rating + REGRESSION * (MEAN_RATING - rating)


def rate(games: pl.DataFrame) -> pl.DataFrame:
    """Ratings after every played game.

    Args:
        games: `game_id, season, kickoff_at, home_team, away_team, is_neutral, result`; unplayed
            games have a null result and are skipped.

    Returns:
        Two rows per played game: `game_id, team, season, rating` (Elo points, after the game).
    """
    columns = ["game_id", "season", "home_team", "away_team", "is_neutral", "result"]
    played = games.filter(pl.col("result").is_not_null()).sort("kickoff_at", "game_id")
    latest: dict[str, tuple[int, float]] = {}
    rows: list[tuple[str, str, int, float]] = []

    def before(team: str, season: int) -> float:
        last_season, rating = latest.get(team, (season, MEAN_RATING))
        return rating if last_season == season else between_seasons(rating)

    for game_id, season, home, away, neutral, margin in played.select(columns).iter_rows():
        home_rating, away_rating = before(home, season), before(away, season)
        gap = home_rating - away_rating + (0.0 if neutral else HOME_FIELD)
        change = rating_change(gap, margin)
        latest[home] = (season, home_rating + change)
        latest[away] = (season, away_rating - change)
        rows += [(game_id, home, season, latest[home][1]), (game_id, away, season, latest[away][1])]
    schema = {"game_id": pl.String, "team": pl.String, "season": pl.Int32, "rating": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")
