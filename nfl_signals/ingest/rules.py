"""What may be wrong with a table as published, and the answer to each: repair, quarantine or degrade.

A repair changes a value to the one that was meant. Quarantine takes a row, or one value of it, out of the
table and keeps it as published; what it would have told is missing, and is filled as the data dictionary
says. Degrade goes on without what is not there yet. What would make numbers wrong is refused: a missing
key column, a spread with its sign turned, and more in quarantine than the settings allow.
"""

from dataclasses import dataclass
from typing import Literal

Answer = Literal["repair", "quarantine", "degrade"]


@dataclass(frozen=True)
class Rule:
    """One fault that is known to happen, and what is done about it."""

    answer: Answer
    what: str  # as a sentence
    each: bool = False  # whether every row is named, not the first one alone; so in quarantine
    counted: bool = True  # among what `ingest.max_quarantined` limits


RULES: dict[str, Rule] = {
    "na_text": Rule("repair", "NA written as text, or a blank, is a missing value."),
    "cast": Rule("repair", "A value of another type, or a date in another format, is converted."),
    "column_missing": Rule(
        "repair", "A column that one feature needs is absent: it is all missing."
    ),
    "duplicate_row": Rule("repair", "A row that repeats another in every column counts once."),
    "team_code": Rule(
        "repair", "A team by another source's code, or by its name, gets its own code."
    ),
    "from_game_id": Rule(
        "repair",
        "Season, week and teams of a game that are missing or differ are those of its id.",
        each=True,
    ),
    "day_unknown": Rule(
        "repair", "A game without a day in its season is put on its week's usual day.", each=True
    ),
    "time_unknown": Rule(
        "repair", "A game without a possible kickoff time kicks off at 13:00 US Eastern.", each=True
    ),
    "flag_unknown": Rule(
        "repair",
        "Without location a game is at home; divisional are teams that meet twice a season.",
        each=True,
    ),
    "result_from_scores": Rule("repair", "Result and total are computed from both scores."),
    "newest_report": Rule(
        "repair", "Of several reports on a player and week the newest known counts."
    ),
    "player_unknown": Rule("repair", "A player without an id is known by his name."),
    "missing_statistic": Rule(
        "repair", "A statistic that is missing leaves the mean of the others."
    ),
    "unusable_value": Rule("quarantine", "A value that cannot be is missing."),
    "impossible_price": Rule(
        "quarantine",
        "A price between -100 and 100, beyond 100,000, or that its other side cannot have, is missing.",
    ),
    "impossible_line": Rule("quarantine", "A line outside the range of lines is missing."),
    "price_missing": Rule(
        "quarantine",
        "A price of a spread or total without its line, or of a moneyline without both odds, is set aside.",
    ),
    "after_kickoff": Rule(
        "quarantine", "A price observed after kickoff is set aside.", counted=False
    ),
    "event_unknown": Rule(
        "quarantine",
        "An event of an odds feed that is no scheduled game, or has its sides swapped, is set aside.",
        counted=False,
    ),
    "market_sides": Rule(
        "quarantine",
        "A market of an odds feed that has not two sides, priced at one line, is set aside.",
        counted=False,
    ),
    "line_against_price": Rule(
        "quarantine",
        "A spread and moneylines that favour different teams, by far, are all missing.",
    ),
    "stamp_of_file": Rule(
        "quarantine",
        "A stamp shared by reports of three weeks is the file's: they count from a day before kickoff.",
        counted=False,
    ),
    "report_status": Rule("quarantine", "A status that nobody has declared says nothing."),
    "scores_contradict": Rule(
        "quarantine",
        "A game whose scores, result and total contradict each other, or cannot be, has none of them.",
    ),
    "key_missing": Rule("quarantine", "A row without a part of its key is set aside."),
    "other_season": Rule("quarantine", "A row of another season is set aside."),
    "team": Rule("quarantine", "A row about no team of the league is set aside."),
    "game_type": Rule(
        "quarantine",
        "A game that is no league game (Pro Bowl, preseason) is set aside.",
        counted=False,
    ),
    "two_games": Rule(
        "quarantine",
        "Of rows for one game, or of a team's games in one week, one counts: the one that its id fits, else "
        "the played one, else the priced one, else the first.",
    ),
    "conflicting_rows": Rule(
        "quarantine", "Rows of one key that contradict each other are set aside."
    ),
    "opponent": Rule(
        "quarantine", "Statistics against another team than the schedule's are set aside."
    ),
    "no_game": Rule(
        "quarantine", "A row about no scheduled game, or a team without one that week, is not used."
    ),
    "late_statistics": Rule(
        "degrade", "A game played without statistics counts by its score alone.", each=True
    ),
    "table_missing": Rule(
        "degrade",
        "A file that is not there, is empty or cannot be used: the last good version, or none, is used.",
    ),
    "feed_failed": Rule(
        "degrade", "An odds feed that gives no usable answer: its prices of this run are missing."
    ),
    "rows_vanished": Rule(
        "degrade",
        "A listed game that is not any more; many rows that are gone: the stored ones are used.",
        each=True,
    ),
}
