"""Gold tables: features known before kickoff, and the markets they are asked about.

Every feature is a *state* that a team had after an earlier game, stamped with the instant it became
known and looked up by an as-of join that is strictly before kickoff. A game's own row can therefore
never enter its own features. Lines, prices and starters are not features; models are `baselines.py`.
"""

import polars as pl

from nfl_signals.boundary import validate
from nfl_signals.feature_list import EPA_HALF_LIFE, FEATURES, STATS, WINDOWS
from nfl_signals.history import RESULT_DELAY, History, report_known_at
from nfl_signals.joins import TEAM_WEEK, team_weeks
from nfl_signals.markets import MARKETS, Market
from nfl_signals.odds import no_vig_probability
from nfl_signals.ratings import MEAN_RATING, REGRESSION, rate
from nfl_signals.schemas import GOLD_MARKETS, gold_features_schema

LONGEST_REST = 16.0  # days; longer pauses are byes plus postponements, no extra rest


def build_features(history: History) -> pl.DataFrame:
    """Features of every scheduled game, two rows each.

    Args:
        history: what was known at the run's `as_of`.

    Returns:
        Keys `game_id, team_id, opponent_id, season, week, kickoff_at, is_home` and the columns of
        `feature_list.FEATURES` as Float64 without nulls; ordered by season, week, kickoff, game.

    Raises:
        SchemaError: a column is incomplete or a key repeats.
    """
    rows = team_weeks(history.games).drop("result")
    rows = _look_up(rows, _form(history), "team")
    rows = _look_up(rows, _ratings(history), "team")
    rows = _look_up(rows, _availability(history), "team", season_only=True)
    rows = rows.join(_venue(history.games), on="game_id", how="left", maintain_order="left")
    features = (
        rows.with_columns(*_context())
        .pipe(_fill)
        .select(
            "game_id",
            pl.col("team").alias("team_id"),
            pl.col("opponent").alias("opponent_id"),
            "season",
            "week",
            "kickoff_at",
            "is_home",
            *(feature.name for feature in FEATURES),
        )
    )
    order = ["season", "week", "kickoff_at", "game_id", "is_home"]
    return validate(features.sort(order), gold_features_schema(), "gold_features")


def build_markets(history: History) -> pl.DataFrame:
    """Line, prices, no-vig probability, points and outcome of every game and market.

    Args:
        history: what was known at the run's `as_of`.

    Returns:
        Schema `schemas.GOLD_MARKETS`. `line` and `p_market` are null where the bookmaker's are;
        `points` (home
        margin, or total) is null while the game is unplayed, `outcome` also where the line is.
    """
    tables = [_market_rows(history.games, market) for market in MARKETS.values()]
    markets = pl.concat(tables).sort("season", "week", "kickoff_at", "game_id", "market")
    return validate(markets, GOLD_MARKETS, "gold_markets")


def _market_rows(games: pl.DataFrame, market: Market) -> pl.DataFrame:
    yes, no = pl.col(market.price_yes_column), pl.col(market.price_no_column)
    return games.select(
        "game_id",
        pl.lit(market.name).alias("market"),
        "season",
        "week",
        "kickoff_at",
        market.line().alias("line"),
        yes.alias("price_yes"),
        no.alias("price_no"),
        no_vig_probability(yes, no).alias("p_market"),
        pl.col(market.outcome_column).alias("points"),
        market.outcome().alias("outcome"),
    )


def _look_up(
    rows: pl.DataFrame, states: pl.DataFrame, by: str, *, season_only: bool = False
) -> pl.DataFrame:
    """Latest state of each team known strictly before kickoff.

    `states` carries `team, known_at` and the state's columns; with `season_only` also `season`,
    and states of earlier seasons do not count.
    """
    keys = [by, "season"] if season_only else [by]
    return (
        rows.sort("kickoff_at")
        .join_asof(
            states.sort("known_at"),
            left_on="kickoff_at",
            right_on="known_at",
            by=keys,
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
            suffix="_state",
        )
        .drop("known_at")
    )


def _per_game(history: History) -> pl.DataFrame:
    """One row per team and played game with the columns of `STATS` (null where unknown)."""
    plays = pl.col("attempts") + pl.col("sacks_suffered") + pl.col("carries")
    stats = history.team_stats.select(
        *TEAM_WEEK,
        ((pl.col("passing_epa") + pl.col("rushing_epa")) / plays).alias("epa_offense"),
        pl.sum_horizontal(
            "passing_interceptions",
            "sack_fumbles_lost",
            "rushing_fumbles_lost",
            "receiving_fumbles_lost",
        ).alias("turnovers"),
        ((pl.col("passing_first_downs") + pl.col("rushing_first_downs")) / plays).alias(
            "first_down_rate"
        ),
    )
    against = stats.select(
        "season",
        "week",
        opponent="team",
        epa_allowed="epa_offense",
        takeaways="turnovers",
    )
    scores = history.games.select("game_id", "home_score", "away_score")
    sign = pl.when("is_home").then(1.0).otherwise(-1.0)
    return (
        team_weeks(history.games)
        .filter(pl.col("result").is_not_null())
        .join(scores, on="game_id", how="left")
        .join(stats, on=TEAM_WEEK, how="left")
        .join(against, on=["season", "week", "opponent"], how="left")
        .with_columns(
            pl.when("is_home").then("home_score").otherwise("away_score").alias("points_for"),
            pl.when("is_home").then("away_score").otherwise("home_score").alias("points_against"),
            (sign * pl.col("result")).alias("margin"),
        )
        .sort("team", "kickoff_at")
    )


def _form(history: History) -> pl.DataFrame:
    """State after each game: window means, weighted EPA, games played, last kickoff."""
    averages = [
        _window_mean(stat.name, games).alias(f"{stat.name}_{window}")
        for stat in STATS
        for window, games in WINDOWS.items()
    ]
    weighted = [
        pl.col(name)
        .ewm_mean(half_life=EPA_HALF_LIFE, ignore_nulls=True)
        .forward_fill()  # a game without EPA leaves the average where it was
        .over("team", order_by="kickoff_at")
        .alias(f"{name}_ewm")
        for name in ("epa_offense", "epa_allowed")
    ]
    games_played = pl.int_range(1, pl.len() + 1).over("team", "season", order_by="kickoff_at")
    return _per_game(history).select(
        "team",
        pl.col("season").alias("form_season"),
        (pl.col("kickoff_at") + RESULT_DELAY).alias("known_at"),
        pl.col("kickoff_at").alias("last_kickoff_at"),
        games_played.cast(pl.Float64).alias("games_played"),
        *averages,
        *weighted,
    )


def _window_mean(name: str, games: int | None) -> pl.Expr:
    """Mean over the last `games` games, or over the season to date; unknown values are skipped."""
    value = pl.col(name)
    if games is not None:
        return value.rolling_mean(games, min_samples=1).over("team", order_by="kickoff_at")
    known = value.is_not_null().cum_sum()
    total = value.fill_null(0.0).cum_sum()
    mean = pl.when(known > 0).then(total / known)
    return mean.over("team", "season", order_by="kickoff_at")


def _ratings(history: History) -> pl.DataFrame:
    """Elo state after each game."""
    kickoffs = history.games.select("game_id", known_at=pl.col("kickoff_at") + RESULT_DELAY)
    return (
        rate(history.games)
        .join(kickoffs, on="game_id")
        .select("team", "known_at", "rating", rating_season="season")
    )


def _availability(history: History) -> pl.DataFrame:
    """Players out by team report; a report is known when its last row is."""
    out = pl.col("report_status").is_in(["Out", "Doubtful"])
    kickoffs = team_weeks(history.games).select(*TEAM_WEEK, "kickoff_at")
    return (
        history.injuries.join(kickoffs, on=TEAM_WEEK, how="inner")
        .with_columns(known_at=report_known_at())
        .filter(pl.col("known_at") < pl.col("kickoff_at"))
        .group_by(TEAM_WEEK)
        .agg(pl.col("known_at").max(), out.sum().cast(pl.Float64).alias("players_out"))
        .sort("team", "known_at", "week")
        .select("team", "season", "known_at", "players_out")
    )


def _venue(games: pl.DataFrame) -> pl.DataFrame:
    flags = ["is_neutral", "is_divisional", "is_covered"]
    return games.select(
        "game_id",
        *(pl.col(flag).cast(pl.Float64) for flag in flags),
        (pl.col("game_type") != "REG").cast(pl.Float64).alias("is_playoff"),
    )


def _context() -> list[pl.Expr]:
    """Columns that follow from the row and the looked-up state."""
    new_season = pl.col("form_season") != pl.col("season")
    regressed = pl.col("rating") + REGRESSION * (MEAN_RATING - pl.col("rating"))
    days = (pl.col("kickoff_at") - pl.col("last_kickoff_at")).dt.total_seconds() / 86_400
    to_date = [
        pl.when(~new_season)
        .then(pl.col(f"{stat.name}_season"))
        .otherwise(pl.col(f"{stat.name}_last10"))
        .alias(f"{stat.name}_season")
        for stat in STATS
    ]
    return [
        *to_date,
        pl.when(~new_season).then("games_played").otherwise(0.0).alias("games_played"),
        pl.when(pl.col("rating_season") == pl.col("season"))
        .then("rating")
        .otherwise(regressed)
        .alias("rating"),
        pl.when(~new_season).then(days.clip(upper_bound=LONGEST_REST)).alias("rest_days"),
        (pl.col("is_home").cast(pl.Float64) * (1 - pl.col("is_neutral"))).alias("home_field"),
        pl.col("week").cast(pl.Float64).alias("week_of_season"),
    ]


def _fill(rows: pl.DataFrame) -> pl.DataFrame:
    """Fill rules of `feature_list`: season to date falls back to last 10, all else to a constant."""
    last10 = [
        pl.col(f"{stat.name}_season").fill_null(pl.col(f"{stat.name}_last10")) for stat in STATS
    ]
    constants = [pl.col(feature.name).fill_null(feature.fill_value) for feature in FEATURES]
    return rows.with_columns(last10).with_columns(constants)
