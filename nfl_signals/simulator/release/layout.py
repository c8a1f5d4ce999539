"""Columns and dtypes of nflverse's release files, in their order.

A release file always has all of its columns; what the simulator cannot know is null.
"""

import polars as pl

Schema = dict[str, pl.DataType | type[pl.DataType]]

_DTYPES: Schema = {
    "i32": pl.Int32,
    "i64": pl.Int64,
    "f64": pl.Float64,
    "str": pl.String,
    "utc": pl.Datetime("us", "UTC"),
}


def _columns(lines: str) -> Schema:
    """A schema of lines that hold a dtype and the columns that have it."""
    groups = (line.split() for line in lines.strip().splitlines())
    return {name: _DTYPES[dtype] for dtype, *names in groups for name in names}


GAMES = _columns("""
    str game_id
    i64 season
    str game_type
    i64 week
    str gameday weekday gametime away_team
    f64 away_score
    str home_team
    f64 home_score
    str location
    f64 result total overtime
    i64 old_game_id
    f64 gsis
    str nfl_detail_id pfr
    f64 pff
    i64 espn
    f64 ftn
    i64 away_rest home_rest
    f64 away_moneyline home_moneyline spread_line away_spread_odds home_spread_odds total_line
    f64 under_odds over_odds
    i64 div_game
    str roof surface
    f64 temp wind
    str away_qb_id home_qb_id away_qb_name home_qb_name away_coach home_coach referee stadium_id
    str stadium
""")
TEAM_STATS = _columns("""
    i32 season week
    str team season_type opponent_team
    i32 completions attempts passing_yards passing_tds passing_interceptions sacks_suffered
    i32 sack_yards_lost sack_fumbles sack_fumbles_lost passing_air_yards passing_yards_after_catch
    i32 passing_first_downs
    f64 passing_epa passing_cpoe
    i32 passing_2pt_conversions carries rushing_yards rushing_tds rushing_fumbles
    i32 rushing_fumbles_lost rushing_first_downs
    f64 rushing_epa
    i32 rushing_2pt_conversions receptions targets receiving_yards receiving_tds receiving_fumbles
    i32 receiving_fumbles_lost receiving_air_yards receiving_yards_after_catch receiving_first_downs
    f64 receiving_epa
    i32 receiving_2pt_conversions special_teams_tds def_tackles_solo def_tackles_with_assist
    i32 def_tackle_assists def_tackles_for_loss def_tackles_for_loss_yards def_fumbles_forced
    f64 def_sacks def_sack_yards
    i32 def_qb_hits def_interceptions def_interception_yards def_pass_defended def_tds def_fumbles
    i32 def_safeties misc_yards fumble_recovery_own fumble_recovery_yards_own fumble_recovery_opp
    i32 fumble_recovery_yards_opp fumble_recovery_tds penalties penalty_yards timeouts punt_returns
    i32 punt_return_yards kickoff_returns kickoff_return_yards fg_made fg_att fg_missed fg_blocked
    i32 fg_long
    f64 fg_pct
    i32 fg_made_0_19 fg_made_20_29 fg_made_30_39 fg_made_40_49 fg_made_50_59 fg_made_60_
    i32 fg_missed_0_19 fg_missed_20_29 fg_missed_30_39 fg_missed_40_49 fg_missed_50_59 fg_missed_60_
    str fg_made_list fg_missed_list fg_blocked_list
    i32 fg_made_distance fg_missed_distance fg_blocked_distance pat_made pat_att pat_missed
    i32 pat_blocked
    f64 pat_pct
    i32 gwfg_made gwfg_att gwfg_missed gwfg_blocked gwfg_distance
""")
INJURIES = _columns("""
    i32 season
    str game_type team
    i32 week
    str gsis_id position full_name first_name last_name report_primary_injury
    str report_secondary_injury report_status practice_primary_injury practice_secondary_injury
    str practice_status
    utc date_modified
""")
NOTES = _columns("""
    i32 season week
    str team note_id
    utc published_at
    str text
""")


def conform(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """All columns of a release file, in order and type; absent ones are null, others are dropped."""
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema.items()
    )
