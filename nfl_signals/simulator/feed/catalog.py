"""Every alteration by its name; what each does, and the answer that is owed, stand beside it."""

from datetime import UTC, datetime
from functools import partial

import polars as pl

from nfl_signals.simulator.feed.trouble import Alter, Expected, Trouble

FIRST = pl.int_range(pl.len()) == 0  # of a season's rows
TWO = pl.int_range(pl.len()) < 2


def _set(name: str, value: object, where: pl.Expr | None = None) -> Alter:
    """One column set to a value, in the rows chosen or in all of them."""

    def alter(frame: pl.DataFrame) -> pl.DataFrame:
        given = pl.lit(value)
        if where is None:
            return frame.with_columns(given.alias(name))
        kept = pl.col(name).cast(pl.String) if isinstance(value, str) else pl.col(name)
        return frame.with_columns(pl.when(where).then(given).otherwise(kept).alias(name))

    return alter


def _doubled(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame, frame.head(4)])


def _added(**values: object) -> Alter:
    """The season's first row once more, with other values."""

    def alter(frame: pl.DataFrame) -> pl.DataFrame:
        changed = [
            pl.lit(value).cast(frame.schema[name]).alias(name) for name, value in values.items()
        ]
        return pl.concat([frame, frame.head(1).with_columns(changed)])

    return alter


def _dropped(name: str) -> Alter:
    return lambda frame: frame.drop(name)


def _gone(_: pl.DataFrame) -> None:
    return None


def _empty(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.clear()


def _replaced(name: str, codes: dict[str, str]) -> Alter:
    return lambda frame: frame.with_columns(pl.col(name).replace(codes))


def _last_week(frame: pl.DataFrame) -> pl.Expr:
    return pl.col("week") == frame.filter(pl.col("game_type") == "REG")["week"].max()


def _in_last_week(name: str, value: object) -> Alter:
    return lambda frame: _changed(frame, _set(name, value, _last_week(frame)))


def _changed(frame: pl.DataFrame, alter: Alter) -> pl.DataFrame:
    altered = alter(frame)
    assert altered is not None
    return altered


def _flipped(name: str) -> Alter:
    return lambda frame: frame.with_columns(-pl.col(name))


def _one_flipped(frame: pl.DataFrame) -> pl.DataFrame:
    lines = {"spread_line": -9.5, "home_moneyline": -450, "away_moneyline": 350}
    return frame.with_columns(
        pl.when(FIRST).then(pl.lit(value)).otherwise(name).alias(name)
        for name, value in lines.items()
    )


def _one_day_unknown(frame: pl.DataFrame) -> pl.DataFrame:
    first = frame.filter(_last_week(frame))["game_id"][0]
    return _changed(frame, _set("gameday", None, pl.col("game_id") == first))


def _as_time(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("gametime").str.to_time("%H:%M", strict=False))


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("date_modified").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _moved_a_week(frame: pl.DataFrame) -> pl.DataFrame:
    first = frame.filter(pl.col("result").is_not_null())["game_id"][0]
    moved = pl.when(pl.col("game_id") == first).then(pl.col("week").max() + 1).otherwise("week")
    return frame.with_columns(moved.cast(frame.schema["week"]).alias("week"))


def _cancelled(frame: pl.DataFrame) -> pl.DataFrame:
    played = frame.filter(pl.col("result").is_not_null())["game_id"]
    return frame.filter(pl.col("game_id") != played[len(played) // 2])


def _as_seconds(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("date_modified").dt.epoch("s"))


def _two_reports(frame: pl.DataFrame) -> pl.DataFrame:
    update = frame.head(1).with_columns(
        report_status=pl.lit("Out"), date_modified=pl.col("date_modified") + pl.duration(hours=1)
    )
    return pl.concat([frame, update.select(frame.columns)])


def _nameless(frame: pl.DataFrame) -> pl.DataFrame:
    names = pl.format("Rookie {}", pl.int_range(pl.len()))
    return frame.with_columns(
        pl.when(TWO).then(None).otherwise("gsis_id").alias("gsis_id"),
        pl.when(TWO).then(names).otherwise("full_name").alias("full_name"),
    )


def _of_a_bye(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(
        [frame, frame.head(1).with_columns(week=pl.lit(22).cast(frame.schema["week"]))]
    )


def _late_game(frame: pl.DataFrame) -> pl.DataFrame:
    first = frame.row(0, named=True)
    sides = [first["team"], first["opponent_team"]]
    return frame.filter(~((pl.col("week") == first["week"]) & pl.col("team").is_in(sides)))


def _other_sport(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("season", innings=pl.lit(9))


def _trouble(table: str, answer: Expected, rule: str, what: str, alter: Alter) -> Trouble:
    return Trouble(table=table, answer=answer, rule=rule, what=what, alter=alter)


_games, _stats, _injuries, _notes = (
    partial(_trouble, table) for table in ("games", "team_stats", "injuries", "notes")
)
OTHER_CODES = {"GB": "GNB", "KC": "KAN", "NE": "NWE", "NO": "NOR", "SF": "SFO", "TB": "TAM"}
NAMES = {"GB": "Green Bay Packers", "KC": "Kansas City Chiefs", "NYG": "New York Giants"}

TROUBLES: dict[str, Trouble] = {
    "day_unknown": _games(
        "repair", "day_unknown", "A game of the last week has no day.", _one_day_unknown
    ),
    "time_tbd": _games(
        "repair",
        "time_unknown",
        "The last week has TBD for times.",
        _in_last_week("gametime", "TBD"),
    ),
    "time_impossible": _games(
        "repair",
        "time_unknown",
        "The last week kicks off at 25:00.",
        _in_last_week("gametime", "25:00"),
    ),
    "day_of_another_year": _games(
        "repair", "day_unknown", "A year is misspelt.", _set("gameday", "2042-10-11", FIRST)
    ),
    "season_misspelt": _games(
        "repair", "from_game_id", "A season is misspelt.", _set("season", 2042, FIRST)
    ),
    "division_null": _games(
        "repair", "flag_unknown", "div_game is null.", _set("div_game", None, FIRST)
    ),
    "location_null": _games(
        "repair", "flag_unknown", "location is null.", _set("location", None, FIRST)
    ),
    "odds_zero": _games(
        "quarantine", "impossible_price", "Odds of 0.", _set("over_odds", 0, FIRST)
    ),
    "moneyline_99": _games(
        "quarantine", "impossible_price", "A moneyline of -99.", _set("home_moneyline", -99, FIRST)
    ),
    "odds_infinite": _games(
        "quarantine", "unusable_value", "Infinite odds.", _set("over_odds", float("inf"), FIRST)
    ),
    "line_400": _games(
        "quarantine", "impossible_line", "A total of 400.", _set("total_line", 400.0, FIRST)
    ),
    "pro_bowl": _games(
        "quarantine",
        "game_type",
        "The Pro Bowl is listed.",
        _added(game_id="pro_bowl", game_type="PRO", home_team="AFC", away_team="NFC"),
    ),
    "preseason": _games(
        "quarantine", "game_type", "A preseason game.", _added(game_id="pre", game_type="PRE")
    ),
    "opponent_tbd": _games(
        "quarantine", "team", "An opponent TBD.", _added(game_id="tbd", away_team="TBD")
    ),
    "game_twice": _games("repair", "duplicate_row", "Rows are listed twice.", _doubled),
    "game_two_versions": _games(
        "quarantine", "two_games", "A game is listed with two times.", _added(gametime="23:00")
    ),
    "result_missing": _games(
        "repair", "result_from_scores", "Scores are there, results not yet.", _set("result", None)
    ),
    "score_wrong": _games(
        "quarantine",
        "scores_contradict",
        "A score contradicts its result.",
        _set("home_score", 99, FIRST),
    ),
    "result_flipped": _games(
        "refuse", "scores_contradict", "result is away minus home.", _flipped("result")
    ),
    "spread_flipped": _games(
        "refuse", "sign is flipped", "The spread has a bettor's sign.", _flipped("spread_line")
    ),
    "one_line_flipped": _games(
        "quarantine", "line_against_price", "One spread has the other sign.", _one_flipped
    ),
    "gametime_is_time": _games("repair", "cast", "gametime is a time.", _as_time),
    "na_text": _games("repair", "na_text", "NA is written out.", _set("home_qb_id", "NA", FIRST)),
    "blank_text": _games("repair", "na_text", "A roof is a blank.", _set("roof", " ", FIRST)),
    "roof_dropped": _games(
        "repair", "column_missing", "The column roof is gone.", _dropped("roof")
    ),
    "home_team_dropped": _games(
        "refuse", "home_team is missing", "The column home_team is gone.", _dropped("home_team")
    ),
    "other_sport": _games("refuse", "is missing", "The file is of another sport.", _other_sport),
    "other_codes": _games(
        "repair",
        "team_code",
        "Teams by another source's code.",
        _replaced("home_team", OTHER_CODES),
    ),
    "full_names": _games(
        "repair", "team_code", "Teams by their names.", _replaced("away_team", NAMES)
    ),
    "postponed": _games(
        "quarantine", "no_game", "A game moved to another week; its rows did not.", _moved_a_week
    ),
    "cancelled": _games(
        "quarantine", "no_game", "A game was cancelled; its rows stayed.", _cancelled
    ),
    "penalty_null": _stats(
        "repair",
        "missing_statistic",
        "One penalty_yards is null.",
        _set("penalty_yards", None, FIRST),
    ),
    "penalties_null": _stats(
        "repair",
        "missing_statistic",
        "penalty_yards is null all season.",
        _set("penalty_yards", None),
    ),
    "penalties_dropped": _stats(
        "repair", "column_missing", "The column penalty_yards is gone.", _dropped("penalty_yards")
    ),
    "stats_late": _stats(
        "degrade", "late_statistics", "One game's statistics are days late.", _late_game
    ),
    "stats_twice": _stats("repair", "duplicate_row", "Rows are listed twice.", _doubled),
    "stats_conflict": _stats(
        "quarantine", "conflicting_rows", "Two rows of one team-week differ.", _added(carries=1)
    ),
    "stats_stranger": _stats("quarantine", "team", "Statistics of a team XYZ.", _added(team="XYZ")),
    "stats_opponent": _stats(
        "quarantine",
        "opponent",
        "Another opponent than scheduled.",
        _set("opponent_team", "LAC", FIRST),
    ),
    "opponent_stranger": _stats(
        "quarantine", "unusable_value", "An opponent XYZ.", _set("opponent_team", "XYZ", FIRST)
    ),
    "stats_missing": _stats(
        "degrade", "table_missing", "The season's statistics answer 404.", _gone
    ),
    "two_reports": _injuries(
        "repair",
        "newest_report",
        "An update from Questionable to Out is a second row.",
        _two_reports,
    ),
    "player_null": _injuries(
        "repair", "player_unknown", "gsis_id is null twice (unmatched rookies).", _nameless
    ),
    "new_status": _injuries(
        "quarantine", "report_status", "A new status.", _set("report_status", "Reserve", FIRST)
    ),
    "bye_team": _injuries("quarantine", "no_game", "A report of a team on its bye.", _of_a_bye),
    "stamps_as_text": _injuries("repair", "cast", "date_modified is a string.", _as_text),
    "stamps_as_numbers": _injuries(
        "repair", "cast", "date_modified is in seconds since 1970.", _as_seconds
    ),
    "stamp_placeholder": _injuries(
        "quarantine",
        "unusable_value",
        "A stamp is of year 1.",
        _set("date_modified", datetime(1, 1, 1, tzinfo=UTC), FIRST),
    ),
    "file_stamped": _injuries(
        "quarantine",
        "stamp_of_file",
        "All reports have the stamp of the file.",
        _set("date_modified", datetime(2030, 2, 1, tzinfo=UTC)),
    ),
    "all_stars": _injuries(
        "quarantine", "team", "Reports of AFC and NFC.", _set("team", "AFC", TWO)
    ),
    "week_null": _injuries(
        "quarantine", "key_missing", "A week is null.", _set("week", None, FIRST)
    ),
    "injuries_missing": _injuries(
        "degrade", "table_missing", "The season's reports answer 404.", _gone
    ),
    "injuries_empty": _injuries("degrade", "table_missing", "The file has no rows.", _empty),
    "note_twice": _notes("repair", "duplicate_row", "Notes are listed twice.", _doubled),
    "notes_missing": _notes("degrade", "table_missing", "The season's notes answer 404.", _gone),
    "note_unstamped": _notes(
        "quarantine", "key_missing", "A note without a stamp.", _set("published_at", None, FIRST)
    ),
}
