"""Gold tables: features known at decision time, and the markets to be forecast.

Form is a *state* that a team had after an earlier game, stamped with the instant it became known and
looked up by an as-of join strictly before decision time; ratings are what the filter believed at that
moment. A game's own row can therefore never enter its own features. What the schedule says is taken
from the schedule: a game that is still to be played counts for the rest before the next one, though
nobody knows its result. Lines and prices are not features; models are `learners/baseline.py`.
"""

from datetime import datetime

import polars as pl

from nfl_signals.core.validation import validate
from nfl_signals.features.decision_prices import RECORDED
from nfl_signals.features.declarations import FEATURES, LONGEST_REST, POSITION_GROUPS
from nfl_signals.features.game_statistics import STATS
from nfl_signals.features.ratings import EPA_MODEL, rate, soft_margin
from nfl_signals.features.rolling_form import per_game, window_states
from nfl_signals.features.schemas import GOLD_MARKETS, gold_features_schema
from nfl_signals.features.starters import UNAVAILABLE, expected_starters
from nfl_signals.features.travel import add_travel
from nfl_signals.ingest.history import RESULT_DELAY, STATS_DELAY, History, reports_before
from nfl_signals.ingest.joins import TEAM_WEEK, team_weeks
from nfl_signals.markets.decision_time import Horizon, decision_at
from nfl_signals.markets.definitions import MARKETS, Market
from nfl_signals.markets.odds import no_vig_probability

SIDES = ("home", "away")


def build_features(history: History, horizon: Horizon) -> pl.DataFrame:
    """Features of every scheduled game, two rows each, by season, week, kickoff and game.

    What was known at the game's decision time, in one pass over the history.

    Keys `game_id, team_id, opponent_id, season, week, kickoff_at, is_home` and the columns of
    `declarations.FEATURES` as Float64 without nulls.
    """
    rows = team_weeks(history.games).drop("result").with_columns(decision_at(horizon))
    played = per_game(history)
    rows = _look_up(rows, window_states(played), by=["team"])
    rows = _look_up(rows, _availability(history, horizon), by=["team", "season"])
    rows = rows.join(_rated(history, played, horizon), on=["game_id", "team"], how="left")
    rows = rows.join(_venue(history.games), on="game_id", how="left")
    features = (
        add_travel(rows)
        .with_columns(*_season_to_date(), *_of_schedule())
        .with_columns(pl.col(item.name).fill_null(item.fill_value) for item in FEATURES)
        .rename({"team": "team_id", "opponent": "opponent_id"})
        .select(
            *("game_id", "team_id", "opponent_id", "season", "week", "kickoff_at", "is_home"),
            *(feature.name for feature in FEATURES),
        )
    )
    order = ["season", "week", "kickoff_at", "game_id", "is_home"]
    return validate(features.sort(order), gold_features_schema(), "gold_features")


def build_markets(history: History, *, as_of: datetime | None = None) -> pl.DataFrame:
    """Line, prices, no-vig probability, points and outcome of every game and market, at kickoff.

    What the schedule shows: of a game that kicked off by `as_of` (None: of every game) the close. `line`
    and `p_market` are null where the bookmaker's are; `points` (home margin, or total) is null while the
    game is unplayed, `outcome` also where the line is. Other horizons are `decision_prices.py`.
    """
    tables = (_market_rows(history.games, market, as_of) for market in MARKETS.values())
    markets = pl.concat(tables).sort("season", "week", "kickoff_at", "game_id", "market")
    return validate(markets, GOLD_MARKETS, "gold_markets")


def _market_rows(games: pl.DataFrame, market: Market, as_of: datetime | None) -> pl.DataFrame:
    yes, no = pl.col(market.price_yes_column), pl.col(market.price_no_column)
    begun = pl.lit(value=True) if as_of is None else pl.col("kickoff_at") <= as_of
    return games.select(
        "game_id",
        pl.lit(market.name).alias("market"),
        "season",
        "week",
        "kickoff_at",
        pl.lit("kickoff").alias("horizon"),
        decision_at("kickoff"),
        *market.quote(),
        no_vig_probability(yes, no).alias("p_market"),
        pl.when(begun).then(pl.lit("close")).otherwise(pl.lit("snapshot")).alias("price_moment"),
        pl.lit(RECORDED).alias("price_source"),
        pl.col(market.outcome_column).alias("points"),
        market.outcome().alias("outcome"),
    )


def _look_up(rows: pl.DataFrame, states: pl.DataFrame, *, by: list[str]) -> pl.DataFrame:
    """Latest state known strictly before decision time among those with the same `by` columns."""
    return (
        rows.sort("decision_at")
        .join_asof(
            states.sort("known_at"),
            left_on="decision_at",
            right_on="known_at",
            by=by,
            strategy="backward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .drop("known_at")
    )


def _rated(history: History, played: pl.DataFrame, horizon: Horizon) -> pl.DataFrame:
    starters = expected_starters(history, horizon)
    games = _on_both_sides(history.games, starters, "quarterback", "expected").with_columns(
        decision_at(horizon),
        # Who started is in the schedule; where it does not say, he who was expected.
        *(
            pl.coalesce(f"{side}_qb_id", f"{side}_expected").alias(f"{side}_starter")
            for side in SIDES
        ),
    )
    home, away = soft_margin(pl.col("home_score"), pl.col("away_score"))
    by_score = rate(games.with_columns(home_scored=home, away_scored=away), delay=RESULT_DELAY)
    games = _on_both_sides(games, played, "epa_total", "scored")
    by_epa = rate(games, delay=STATS_DELAY, model=EPA_MODEL)
    offense, defense = pl.col("offense"), pl.col("defense")
    rating = offense - defense
    epa = {"epa_rating": rating, "epa_offense": offense, "epa_defense": defense}
    return (
        by_score.with_columns(rating=rating)
        .join(by_epa.select("game_id", "team", **epa), on=["game_id", "team"])
        .join(starters.select("game_id", "team", "starter_share"), on=["game_id", "team"])
    )


def _on_both_sides(
    games: pl.DataFrame, teams: pl.DataFrame, column: str, name: str
) -> pl.DataFrame:
    """Games with a column of the team rows for either side, as `home_<name>` and `away_<name>`."""
    for side in SIDES:
        renamed = {"team": f"{side}_team", column: f"{side}_{name}"}
        own = teams.select("game_id", "team", column).rename(renamed)
        games = games.join(own, on=["game_id", f"{side}_team"], how="left")
    return games


def _availability(history: History, horizon: Horizon) -> pl.DataFrame:
    """Players out by team, report and position group; a report is known when its last row is.

    Of a week's report the part that was out by decision time is a state of its own.
    """
    out = pl.col("report_status").is_in(UNAVAILABLE)
    counts = [
        (out & pl.col("position").is_in(positions)).sum().cast(pl.Float64).alias(f"out_{group}")
        for group, positions in POSITION_GROUPS.items()
    ]
    states = [
        reports_before(history, seen).group_by(TEAM_WEEK).agg(pl.col("known_at").max(), *counts)
        for seen in sorted({horizon, "kickoff"})
    ]
    return (
        pl.concat(states)
        .unique()
        .sort("team", "known_at", "week")
        .select("team", "season", "known_at", *(f"out_{group}" for group in POSITION_GROUPS))
    )


def _venue(games: pl.DataFrame) -> pl.DataFrame:
    flags = ["is_neutral", "is_divisional", "is_covered"]
    return games.select(
        "game_id",
        *(pl.col(flag).cast(pl.Float64) for flag in flags),
        (pl.col("game_type") != "REG").cast(pl.Float64).alias("is_playoff"),
    )


def _season_to_date() -> list[pl.Expr]:
    """Form of the season that the row is of; null where the looked-up state is of an earlier one."""
    this_season = pl.col("form_season") == pl.col("season")
    names = [f"{stat.name}_season" for stat in STATS]
    return [pl.when(this_season).then(name).alias(name) for name in names]


def _of_schedule() -> list[pl.Expr]:
    """Columns that the schedule alone gives, from a row for every scheduled game of a team."""
    rest = pl.col("kickoff_at").diff().dt.total_seconds() / 86_400
    earlier = pl.int_range(pl.len()).cast(pl.Float64)
    of_team = {"rest_days": rest.clip(upper_bound=LONGEST_REST), "games_played": earlier}
    return [
        *(e.over("team", "season", order_by="kickoff_at").alias(n) for n, e in of_team.items()),
        pl.col("week").cast(pl.Float64).alias("week_of_season"),
    ]
