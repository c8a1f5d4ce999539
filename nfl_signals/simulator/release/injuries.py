"""The weekly injury report: one row per player that a team lists before a game."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from nfl_signals.simulator.release.layout import INJURIES
from nfl_signals.simulator.release.team_weeks import TeamWeek
from nfl_signals.simulator.teams.people import ROSTER, Person, person, roster_player

LISTED_SHARE = 0.165  # of each team's players, about seven a week
STATUSES = ("Out", "Doubtful", "Questionable", None)
STATUS_SHARES = (0.18, 0.03, 0.28, 0.51)
ABSENT = "Did Not Participate In Practice"
PRACTICES = (ABSENT, "Limited Participation in Practice", "Full Participation in Practice")
# Practice given status: rows follow STATUSES, columns PRACTICES.
PRACTICE_SHARES = ((0.93, 0.06, 0.01), (0.75, 0.22, 0.03), (0.22, 0.53, 0.25), (0.16, 0.18, 0.66))
AILMENTS = tuple(
    "Knee Ankle Hamstring Shoulder Concussion Illness Foot Calf Back Groin Hip Toe Quadricep Neck "
    "Ribs Hand Elbow Wrist".split()
)
LATEST_UPDATE = 3 * 3600  # seconds between a player's last update and the final report

Row = tuple[str | int | datetime | None, ...]


def injuries(weeks: list[TeamWeek], *, rng: np.random.Generator) -> pl.DataFrame:
    """Reports on every team before each game of a season, nflverse's columns; by week, team, player."""
    listed = np.argwhere(rng.random((len(weeks), len(ROSTER))) < LISTED_SHARE)
    status = rng.choice(len(STATUSES), size=len(listed), p=STATUS_SHARES)
    limits = np.array(PRACTICE_SHARES).cumsum(axis=1)[status, :-1]
    practice = (rng.random(len(listed))[:, None] > limits).sum(axis=1)
    ailment = rng.integers(len(AILMENTS), size=len(listed))
    seconds = rng.integers(LATEST_UPDATE, size=len(listed))
    drawn = np.column_stack([listed, status, practice, ailment, seconds]).tolist()
    rows = [
        _row(
            weeks[index],
            roster_player(weeks[index].team, slot, weeks[index].season),
            position=ROSTER[slot],
            status=STATUSES[state],
            practice=PRACTICES[trained],
            ailment=AILMENTS[pain],
            updated=timedelta(seconds=early),
        )
        for index, slot, state, trained, pain, early in drawn
    ]
    rows += [
        _row(
            week,
            person(week.starter),
            position="QB",
            status="Out",
            practice=ABSENT,
            ailment=week.ailment,
            updated=timedelta(0),
        )
        for week in weeks
        if week.starter_out
    ]
    return pl.DataFrame(rows, schema=INJURIES, orient="row").sort("week", "team", "gsis_id")


def _row(
    week: TeamWeek,
    who: Person,
    *,
    position: str,
    status: str | None,
    practice: str,
    ailment: str,
    updated: timedelta,
) -> Row:
    reported = ailment if status else None
    return (
        *(week.season, week.game_type, week.code, week.week),
        *(who.gsis_id, position, who.full_name, who.first_name, who.last_name),
        *(reported, None, status, ailment, None, practice, week.reported_at - updated),
    )
