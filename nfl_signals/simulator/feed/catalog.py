"""Every alteration by its name; what each does, and the answer that is owed, stand beside it."""

from datetime import UTC, datetime
from functools import partial

import polars as pl

from nfl_signals.simulator.feed.alterations import (
    FIRST,
    TWO,
    added,
    cancelled,
    doubled,
    dropped,
    in_last_week,
    late_game,
    moved_a_week,
    nameless,
    one_day_unknown,
    one_flipped,
    replaced,
    time_as_time,
    two_reports,
    with_value,
)
from nfl_signals.simulator.feed.trouble import Alter, Expected, Trouble


def _trouble(table: str, answer: Expected, rule: str, what: str, alter: Alter) -> Trouble:
    return Trouble(table=table, answer=answer, rule=rule, what=what, alter=alter)


_games, _stats, _injuries, _notes, _prices = (
    partial(_trouble, table) for table in ("games", "team_stats", "injuries", "notes", "prices")
)
OTHER_CODES = {"GB": "GNB", "KC": "KAN", "NE": "NWE", "NO": "NOR", "SF": "SFO", "TB": "TAM"}
NAMES = {"GB": "Green Bay Packers", "KC": "Kansas City Chiefs", "NYG": "New York Giants"}

TROUBLES: dict[str, Trouble] = {
    "day_unknown": _games(
        "repair", "day_unknown", "A game of the last week has no day.", one_day_unknown
    ),
    "time_tbd": _games(
        "repair",
        "time_unknown",
        "The last week has TBD for times.",
        in_last_week("gametime", "TBD"),
    ),
    "time_impossible": _games(
        "repair",
        "time_unknown",
        "The last week kicks off at 25:00.",
        in_last_week("gametime", "25:00"),
    ),
    "day_of_another_year": _games(
        "repair", "day_unknown", "A year is misspelt.", with_value("gameday", "2042-10-11", FIRST)
    ),
    "season_misspelt": _games(
        "repair", "from_game_id", "A season is misspelt.", with_value("season", 2042, FIRST)
    ),
    "division_null": _games(
        "repair", "flag_unknown", "div_game is null.", with_value("div_game", None, FIRST)
    ),
    "location_null": _games(
        "repair", "flag_unknown", "location is null.", with_value("location", None, FIRST)
    ),
    "odds_zero": _games(
        "quarantine", "impossible_price", "Odds of 0.", with_value("over_odds", 0, FIRST)
    ),
    "moneyline_99": _games(
        "quarantine",
        "impossible_price",
        "A moneyline of -99.",
        with_value("home_moneyline", -99, FIRST),
    ),
    "odds_infinite": _games(
        "quarantine",
        "unusable_value",
        "Infinite odds.",
        with_value("over_odds", float("inf"), FIRST),
    ),
    "line_400": _games(
        "quarantine", "impossible_line", "A total of 400.", with_value("total_line", 400.0, FIRST)
    ),
    "pro_bowl": _games(
        "quarantine",
        "game_type",
        "The Pro Bowl is listed.",
        added(game_id="pro_bowl", game_type="PRO", home_team="AFC", away_team="NFC"),
    ),
    "preseason": _games(
        "quarantine", "game_type", "A preseason game.", added(game_id="pre", game_type="PRE")
    ),
    "opponent_tbd": _games(
        "quarantine", "team", "An opponent TBD.", added(game_id="tbd", away_team="TBD")
    ),
    "game_twice": _games("repair", "duplicate_row", "Rows are listed twice.", doubled),
    "game_two_versions": _games(
        "quarantine", "two_games", "A game is listed with two times.", added(gametime="23:00")
    ),
    "result_missing": _games(
        "repair",
        "result_from_scores",
        "Scores are there, results not yet.",
        with_value("result", None),
    ),
    "score_wrong": _games(
        "quarantine",
        "scores_contradict",
        "A score contradicts its result.",
        with_value("home_score", 99, FIRST),
    ),
    "result_flipped": _games(
        "refuse",
        "scores_contradict",
        "result is away minus home.",
        lambda frame: frame.with_columns(-pl.col("result")),
    ),
    "spread_flipped": _games(
        "refuse",
        "sign is flipped",
        "The spread has a bettor's sign.",
        lambda frame: frame.with_columns(-pl.col("spread_line")),
    ),
    "one_line_flipped": _games(
        "quarantine", "line_against_price", "One spread has the other sign.", one_flipped
    ),
    "gametime_is_time": _games("repair", "cast", "gametime is a time.", time_as_time),
    "na_text": _games(
        "repair", "na_text", "NA is written out.", with_value("home_qb_id", "NA", FIRST)
    ),
    "blank_text": _games("repair", "na_text", "A roof is a blank.", with_value("roof", " ", FIRST)),
    "roof_dropped": _games("repair", "column_missing", "The column roof is gone.", dropped("roof")),
    "home_team_dropped": _games(
        "refuse", "home_team is missing", "The column home_team is gone.", dropped("home_team")
    ),
    "other_sport": _games(
        "refuse",
        "is missing",
        "The file is of another sport.",
        lambda frame: frame.select("season", innings=pl.lit(9)),
    ),
    "other_codes": _games(
        "repair", "team_code", "Teams by another source's code.", replaced("home_team", OTHER_CODES)
    ),
    "full_names": _games(
        "repair", "team_code", "Teams by their names.", replaced("away_team", NAMES)
    ),
    "postponed": _games(
        "quarantine", "no_game", "A game moved to another week; its rows did not.", moved_a_week
    ),
    "cancelled": _games(
        "quarantine", "no_game", "A game was cancelled; its rows stayed.", cancelled
    ),
    "penalty_null": _stats(
        "repair",
        "missing_statistic",
        "One penalty_yards is null.",
        with_value("penalty_yards", None, FIRST),
    ),
    "penalties_null": _stats(
        "repair",
        "missing_statistic",
        "penalty_yards is null all season.",
        with_value("penalty_yards", None),
    ),
    "penalties_dropped": _stats(
        "repair", "column_missing", "The column penalty_yards is gone.", dropped("penalty_yards")
    ),
    "stats_late": _stats(
        "degrade", "late_statistics", "One game's statistics are days late.", late_game
    ),
    "stats_twice": _stats("repair", "duplicate_row", "Rows are listed twice.", doubled),
    "stats_conflict": _stats(
        "quarantine", "conflicting_rows", "Two rows of one team-week differ.", added(carries=1)
    ),
    "stats_stranger": _stats("quarantine", "team", "Statistics of a team XYZ.", added(team="XYZ")),
    "stats_opponent": _stats(
        "quarantine",
        "opponent",
        "Another opponent than scheduled.",
        with_value("opponent_team", "LAC", FIRST),
    ),
    "opponent_stranger": _stats(
        "quarantine",
        "unusable_value",
        "An opponent XYZ.",
        with_value("opponent_team", "XYZ", FIRST),
    ),
    "stats_missing": _stats(
        "degrade", "table_missing", "The season's statistics answer 404.", lambda _: None
    ),
    "two_reports": _injuries(
        "repair",
        "newest_report",
        "An update from Questionable to Out is a second row.",
        two_reports,
    ),
    "player_null": _injuries(
        "repair", "player_unknown", "gsis_id is null twice (unmatched rookies).", nameless
    ),
    "new_status": _injuries(
        "quarantine",
        "report_status",
        "A new status.",
        with_value("report_status", "Reserve", FIRST),
    ),
    "bye_team": _injuries(
        "quarantine", "no_game", "A report of a team on its bye.", added(week=22)
    ),
    "stamps_as_text": _injuries(
        "repair",
        "cast",
        "date_modified is a string.",
        lambda frame: frame.with_columns(pl.col("date_modified").dt.strftime("%Y-%m-%dT%H:%M:%SZ")),
    ),
    "stamps_as_numbers": _injuries(
        "repair",
        "cast",
        "date_modified is in seconds since 1970.",
        lambda frame: frame.with_columns(pl.col("date_modified").dt.epoch("s")),
    ),
    "stamp_placeholder": _injuries(
        "quarantine",
        "unusable_value",
        "A stamp is of year 1.",
        with_value("date_modified", datetime(1, 1, 1, tzinfo=UTC), FIRST),
    ),
    "file_stamped": _injuries(
        "quarantine",
        "stamp_of_file",
        "All reports have the stamp of the file.",
        with_value("date_modified", datetime(2030, 2, 1, tzinfo=UTC)),
    ),
    "all_stars": _injuries(
        "quarantine", "team", "Reports of AFC and NFC.", with_value("team", "AFC", TWO)
    ),
    "week_null": _injuries(
        "quarantine", "key_missing", "A week is null.", with_value("week", None, FIRST)
    ),
    "injuries_missing": _injuries(
        "degrade", "table_missing", "The season's reports answer 404.", lambda _: None
    ),
    "injuries_empty": _injuries(
        "degrade", "table_missing", "The file has no rows.", pl.DataFrame.clear
    ),
    "note_twice": _notes("repair", "duplicate_row", "Notes are listed twice.", doubled),
    "notes_missing": _notes(
        "degrade", "table_missing", "The season's notes answer 404.", lambda _: None
    ),
    "note_unstamped": _notes(
        "quarantine",
        "key_missing",
        "A note without a stamp.",
        with_value("published_at", None, FIRST),
    ),
    "price_decimal": _prices(
        "quarantine",
        "impossible_price",
        "Decimal odds among American ones.",
        with_value("price_yes", 1.91, FIRST),
    ),
    "price_line_400": _prices(
        "quarantine", "impossible_line", "A line of 400.", with_value("line", 400, FIRST)
    ),
    "price_lineless": _prices(
        "quarantine", "price_missing", "A spread has no line.", with_value("line", None, FIRST)
    ),
    "price_unstamped": _prices(
        "quarantine",
        "key_missing",
        "A price that is no opener has no time.",
        added(moment="snapshot", observed_at=None),
    ),
    "price_late": _prices(
        "quarantine",
        "after_kickoff",
        "A price was observed after its game.",
        with_value("observed_at", datetime(2030, 2, 1, tzinfo=UTC), FIRST),
    ),
    "price_of_nothing": _prices(
        "quarantine",
        "no_game",
        "A price of a game that there is not.",
        added(game_id="2024_01_A_B"),
    ),
    "price_twice": _prices("repair", "duplicate_row", "Prices are listed twice.", doubled),
    "price_contradicted": _prices(
        "quarantine", "conflicting_rows", "One book, one time, two lines.", added(line=0.5)
    ),
    "prices_unnamed": _prices(
        "degrade", "table_missing", "The column market is gone.", dropped("market")
    ),
}
