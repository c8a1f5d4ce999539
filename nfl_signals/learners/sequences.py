"""What each team did in its last games, laid out for a learner that reads sequences.

A game counts once its result was known at the decision time of the game to be forecast; its
expectations are those of its own decision time. Numbers are scaled by constants alone, so nothing is
fitted and nothing can leak from other games. Windows reach back across seasons; `earlier_season` marks
the gap.

A team with fewer than `WINDOW` such games has zeros first: `played` is 0 there. No game is left out
for a short history.
"""

import numpy as np
import polars as pl

from nfl_signals.ingest.history import RESULT_DELAY
from nfl_signals.markets.decision_time import Horizon, decision_at
from nfl_signals.stats.arrays import Floats

WINDOW = 8  # games: half a season, about as long as form lasts
POINTS = 14.0  # about one standard deviation of a margin or a total
TYPICAL_TOTAL = 44.0  # points of both teams, the middle of all seasons
WEEK = 7.0  # days

CHANNELS = (
    "played",  # 1 for a game, 0 before the first
    "margin",  # own points minus the opponent's
    "total",  # points of both
    "expected_margin",  # by ratings from scores, home field included
    "expected_margin_epa",  # by ratings from expected points added
    "expected_total",  # by both teams' offense and defense
    "quarterback",  # own starter's part of the rating
    "site",  # +1 at home, -1 away, 0 on neutral ground
    "rest",  # weeks since the game before, less one
    "earlier_season",  # 1 where it belongs to a season before that of the game to be forecast
)


def sequences(
    features: pl.DataFrame, markets: pl.DataFrame, game_id: pl.Series, horizon: Horizon
) -> Floats:
    """The last games of both teams before each of `game_id`: n x 2 x WINDOW x channels.

    Home team then away team, newest game last. Both tables are gold; in `markets`, `points` of ats are
    home margins, of total the points of both.
    """
    games = _team_games(features, markets).with_columns(decision_at(horizon))
    played = games.drop_nulls("margin").with_row_index("position")
    newest = games.join_asof(
        played.select("team_id", "position", known_at=pl.col("kickoff_at") + RESULT_DELAY),
        left_on="decision_at",
        right_on="known_at",
        by="team_id",
        check_sortedness=False,  # both are in the order of `_team_games`
    )["position"]
    oldest = played.group_by("team_id").agg(first=pl.col("position").min())
    first = games.join(oldest, on="team_id", how="left", maintain_order="left")["first"]
    # Without any game the window ends before every first position.
    positions = newest.cast(pl.Int64).fill_null(-1).to_numpy()[:, None] + np.arange(1 - WINDOW, 1)
    there = positions >= first.cast(pl.Int64).fill_null(0).to_numpy()[:, None]
    windows = np.zeros((*positions.shape, len(CHANNELS)))
    if played.height:
        rows = np.where(there, positions, 0)
        windows[..., :-1] = played.select(CHANNELS[:-1]).to_numpy()[rows]
        earlier = played["season"].to_numpy()[rows] < games["season"].to_numpy()[:, None]
        windows[..., -1] = earlier
    windows[~there] = 0.0
    places = games.select("game_id", "is_home").with_row_index("row")
    wanted = game_id.to_frame("game_id")
    sides = [
        wanted.join(places.filter(is_home=home), on="game_id", how="left", maintain_order="left")
        for home in (True, False)
    ]
    return np.stack([windows[side["row"].to_numpy()] for side in sides], axis=1)


def _team_games(features: pl.DataFrame, markets: pl.DataFrame) -> pl.DataFrame:
    """One row per team and game, by team and time, with the channels of the game itself."""
    points = markets.pivot(on="market", index="game_id", values="points")
    other = features.select(
        "game_id", "rating", "epa_rating", "offense", "defense", "home_field", ~pl.col("is_home")
    )
    both = features.join(other, on=["game_id", "is_home"], suffix="_other").join(
        points.select("game_id", home_margin="ats", points="total"), on="game_id", how="left"
    )
    side = pl.when("is_home").then(1.0).otherwise(-1.0)
    field = pl.col("home_field") - pl.col("home_field_other")
    scoring = pl.sum_horizontal("offense", "offense_other", "defense", "defense_other")
    return both.select(
        "game_id",
        "team_id",
        "is_home",
        "season",
        "kickoff_at",
        played=pl.lit(1.0),
        margin=side * pl.col("home_margin") / POINTS,
        total=(pl.col("points") - TYPICAL_TOTAL) / POINTS,
        expected_margin=(pl.col("rating") - pl.col("rating_other") + field) / POINTS,
        expected_margin_epa=(pl.col("epa_rating") - pl.col("epa_rating_other") + field) / POINTS,
        expected_total=scoring / POINTS,
        quarterback=pl.col("quarterback") / POINTS,
        site=side * (1.0 - pl.col("is_neutral")),
        rest=pl.col("rest_days") / WEEK - 1.0,
    ).sort("team_id", "kickoff_at", "game_id")
