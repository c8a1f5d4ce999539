"""Columns and dtypes of nflverse's release files, in their order.

A release file always has all of its columns; what the simulator cannot know is null.
"""

import polars as pl

Schema = dict[str, pl.DataType | type[pl.DataType]]

UTC_TIME = pl.Datetime("us", "UTC")


def _columns(*groups: tuple[pl.DataType | type[pl.DataType], str]) -> Schema:
    return {name: dtype for dtype, names in groups for name in names.split()}


GAMES = _columns(
    (pl.String, "game_id"),
    (pl.Int64, "season"),
    (pl.String, "game_type"),
    (pl.Int64, "week"),
    (pl.String, "gameday weekday gametime away_team"),
    (pl.Float64, "away_score"),
    (pl.String, "home_team"),
    (pl.Float64, "home_score"),
    (pl.String, "location"),
    (pl.Float64, "result total overtime"),
    (pl.Int64, "old_game_id"),
    (pl.Float64, "gsis"),
    (pl.String, "nfl_detail_id pfr"),
    (pl.Float64, "pff"),
    (pl.Int64, "espn"),
    (pl.Float64, "ftn"),
    (pl.Int64, "away_rest home_rest"),
    (
        pl.Float64,
        "away_moneyline home_moneyline spread_line away_spread_odds home_spread_odds "
        "total_line under_odds over_odds",
    ),
    (pl.Int64, "div_game"),
    (pl.String, "roof surface"),
    (pl.Float64, "temp wind"),
    (
        pl.String,
        "away_qb_id home_qb_id away_qb_name home_qb_name away_coach home_coach referee "
        "stadium_id stadium",
    ),
)
TEAM_STATS = _columns(
    (pl.Int32, "season week"),
    (pl.String, "team season_type opponent_team"),
    (
        pl.Int32,
        "completions attempts passing_yards passing_tds passing_interceptions "
        "sacks_suffered sack_yards_lost sack_fumbles sack_fumbles_lost passing_air_yards "
        "passing_yards_after_catch passing_first_downs",
    ),
    (pl.Float64, "passing_epa passing_cpoe"),
    (
        pl.Int32,
        "passing_2pt_conversions carries rushing_yards rushing_tds rushing_fumbles "
        "rushing_fumbles_lost rushing_first_downs",
    ),
    (pl.Float64, "rushing_epa"),
    (
        pl.Int32,
        "rushing_2pt_conversions receptions targets receiving_yards receiving_tds "
        "receiving_fumbles receiving_fumbles_lost receiving_air_yards "
        "receiving_yards_after_catch receiving_first_downs",
    ),
    (pl.Float64, "receiving_epa"),
    (
        pl.Int32,
        "receiving_2pt_conversions special_teams_tds def_tackles_solo "
        "def_tackles_with_assist def_tackle_assists def_tackles_for_loss "
        "def_tackles_for_loss_yards def_fumbles_forced",
    ),
    (pl.Float64, "def_sacks def_sack_yards"),
    (
        pl.Int32,
        "def_qb_hits def_interceptions def_interception_yards def_pass_defended def_tds "
        "def_fumbles def_safeties misc_yards fumble_recovery_own "
        "fumble_recovery_yards_own fumble_recovery_opp fumble_recovery_yards_opp "
        "fumble_recovery_tds penalties penalty_yards timeouts punt_returns "
        "punt_return_yards kickoff_returns kickoff_return_yards fg_made fg_att fg_missed "
        "fg_blocked fg_long",
    ),
    (pl.Float64, "fg_pct"),
    (
        pl.Int32,
        "fg_made_0_19 fg_made_20_29 fg_made_30_39 fg_made_40_49 fg_made_50_59 fg_made_60_ "
        "fg_missed_0_19 fg_missed_20_29 fg_missed_30_39 fg_missed_40_49 fg_missed_50_59 "
        "fg_missed_60_",
    ),
    (pl.String, "fg_made_list fg_missed_list fg_blocked_list"),
    (
        pl.Int32,
        "fg_made_distance fg_missed_distance fg_blocked_distance pat_made pat_att "
        "pat_missed pat_blocked",
    ),
    (pl.Float64, "pat_pct"),
    (pl.Int32, "gwfg_made gwfg_att gwfg_missed gwfg_blocked gwfg_distance"),
)
INJURIES = _columns(
    (pl.Int32, "season"),
    (pl.String, "game_type team"),
    (pl.Int32, "week"),
    (
        pl.String,
        "gsis_id position full_name first_name last_name report_primary_injury "
        "report_secondary_injury report_status practice_primary_injury "
        "practice_secondary_injury practice_status",
    ),
    (UTC_TIME, "date_modified"),
)
NOTES = _columns(
    (pl.Int32, "season week"),
    (pl.String, "team note_id"),
    (UTC_TIME, "published_at"),
    (pl.String, "text"),
)


def conform(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """All columns of a release file, in order and type; absent ones are null, others are dropped."""
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema.items()
    )
