"""Form: how a team played its last games, as windows of averages.

A row of `window_states` is the state of a team *after* a game, stamped with the instant it became
known; `build.py` looks it up strictly before the next kickoff. Opponents are not accounted for here:
that is `ratings.py`.
"""

import polars as pl

from nfl_signals.features.game_statistics import SEASON_PRIOR_GAMES, STATS, WINDOWS
from nfl_signals.ingest.history import STATS_DELAY, History
from nfl_signals.ingest.joins import TEAM_WEEK, team_weeks

OPPONENTS = {
    "epa_pass_allowed": "epa_pass",
    "epa_rush_allowed": "epa_rush",
    "takeaways": "turnovers",
    "sack_rate_made": "sack_rate",
}
"""Statistics of a defense: what the opponent's offense did."""


def per_game(history: History) -> pl.DataFrame:
    """One row per team and played game, sorted by team and kickoff.

    The columns of `joins.team_weeks`, the names of `STATS`, and `epa_total` (expected points added,
    points); null where the source has no statistics.
    """
    stats = _offense(history.team_stats)
    against = stats.select("season", "week", opponent="team", **OPPONENTS)
    scores = history.games.select("game_id", "home_score", "away_score")
    at_home = pl.when("is_home")
    return (
        team_weeks(history.games)
        .filter(pl.col("result").is_not_null())
        .join(scores, on="game_id", how="left")
        .join(stats, on=TEAM_WEEK, how="left")
        .join(against, on=["season", "week", "opponent"], how="left")
        .with_columns(
            at_home.then("home_score").otherwise("away_score").alias("points_for"),
            at_home.then("away_score").otherwise("home_score").alias("points_against"),
            at_home.then("result").otherwise(-pl.col("result")).alias("margin"),
        )
        .sort("team", "kickoff_at")
    )


def window_states(games: pl.DataFrame) -> pl.DataFrame:
    """State of each team after each game of `per_game`.

    `team, form_season, known_at` and `<stat>_<window>` for every stat and window; the last games' mean
    is null where none of them is known.
    """
    averages = [
        _window(stat.name, stat.typical, games_back).alias(f"{stat.name}_{window}")
        for stat in STATS
        for window, games_back in WINDOWS.items()
    ]
    return games.select(
        "team",
        pl.col("season").alias("form_season"),
        (pl.col("kickoff_at") + STATS_DELAY).alias("known_at"),
        *averages,
    )


def _offense(team_stats: pl.DataFrame) -> pl.DataFrame:
    dropbacks = pl.col("attempts") + pl.col("sacks_suffered")
    first_downs = pl.col("passing_first_downs") + pl.col("rushing_first_downs")
    fumbles = ["sack_fumbles_lost", "rushing_fumbles_lost", "receiving_fumbles_lost"]
    return team_stats.select(
        *TEAM_WEEK,
        (pl.col("passing_epa") / dropbacks).alias("epa_pass"),
        (pl.col("rushing_epa") / pl.col("carries")).alias("epa_rush"),
        (pl.col("passing_epa") + pl.col("rushing_epa")).alias("epa_total"),
        pl.sum_horizontal("passing_interceptions", *fumbles, ignore_nulls=False).alias("turnovers"),
        (pl.col("sacks_suffered") / dropbacks).alias("sack_rate"),
        (first_downs / (dropbacks + pl.col("carries"))).alias("first_down_rate"),
        pl.col("penalty_yards").alias("penalty_yards"),
    ).with_columns(
        # A game without a single dropback or carry has no rate.
        pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name)
        for name in ("epa_pass", "epa_rush", "sack_rate", "first_down_rate")
    )


def _window(name: str, typical: float, games_back: int | None) -> pl.Expr:
    """Mean of the last games, or of the season to date shrunk towards the league average."""
    value = pl.col(name)
    if games_back is not None:
        return value.rolling_mean(games_back, min_samples=1).over("team", order_by="kickoff_at")
    known = value.is_not_null().cum_sum()
    total = value.fill_null(0.0).cum_sum()
    shrunk = (total + SEASON_PRIOR_GAMES * typical) / (known + SEASON_PRIOR_GAMES)
    return shrunk.over("team", "season", order_by="kickoff_at")
