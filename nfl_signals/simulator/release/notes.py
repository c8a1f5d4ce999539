"""Short notes of beat writers: the news in prose, among notes that mean nothing.

A starting quarterback's absence is first reported on the day after the game in which he was hurt, so
it is known before the injury report:

    "Quarterback NAME left DAY's game hurt (AILMENT) and will miss time."
    "Quarterback NAME did not practice DAY (AILMENT)."
    "Quarterback NAME (AILMENT) is ruled out; NAME will start."

How the rest of the offence practised is reported on the day before the final report; `news.PHRASES`
lists the four sentences and their levels. Everything else (`CHATTER`, `SCARE`) is worth nothing.
"""

from datetime import UTC, datetime, time, timedelta

import numpy as np
import polars as pl

from nfl_signals.simulator.release.layout import NOTES
from nfl_signals.simulator.release.team_weeks import TeamWeek
from nfl_signals.simulator.teams.news import PHRASES, UNITS
from nfl_signals.simulator.teams.people import coach, person

MORNING_AFTER = time(9, tzinfo=UTC)
LATEST_MINUTE = 180
CHATTER_SHARE = 0.5
CHATTER = (
    "Coach {coach} praised the effort in practice on {day}.",
    "{code} held a closed walkthrough on {day}; no changes to the depth chart.",
    "Quarterback {quarterback} took every first-team snap on {day}.",
    "Coach {coach} would not discuss the game plan after practice on {day}.",
)
SCARE = (
    "Quarterback {quarterback} was limited on {day} with a minor ailment but is expected to play."
)
SCARE_SHARE = 0.06


def notes(weeks: list[TeamWeek], *, rng: np.random.Generator) -> pl.DataFrame:
    """Notes on every team before each of its games of a season, by week, team and publication.

    `season, week, team, note_id, published_at, text`; `week` is that of the game looked ahead to.
    """
    chatter = rng.random(len(weeks)) < CHATTER_SHARE
    topics = rng.integers(len(CHATTER), size=len(weeks))
    scares = rng.random(len(weeks)) < SCARE_SHARE
    minutes = rng.integers(LATEST_MINUTE, size=(len(weeks), 3))
    rows = []
    for i, week in enumerate(weeks):
        written = _absence(week)
        if week.practised:
            written.append(_practice_note(week, PHRASES[week.practised]))
        if scares[i] and not week.starter_out:
            written.append(_practice_note(week, SCARE))
        if chatter[i]:
            written.append(_practice_note(week, CHATTER[topics[i]]))
        for number, (published, text) in enumerate(sorted(written)):
            note_id = f"{week.season}_{week.week:02d}_{week.code}_{number}"
            later = timedelta(minutes=int(minutes[i, number % minutes.shape[1]]))
            rows.append((week.season, week.week, week.code, note_id, published + later, text))
    order = ["week", "team", "published_at", "note_id"]
    return pl.DataFrame(rows, schema=NOTES, orient="row").sort(order)


def _absence(week: TeamWeek) -> list[tuple[datetime, str]]:
    """Notes on a starter who misses the game: the injury, the practice, the verdict."""
    if not week.starter_out:
        return []
    starter, backup = person(week.starter).full_name, person(week.quarterback).full_name
    pain = week.ailment.lower()
    practice = week.reported_at - timedelta(days=1)
    written = [
        (practice, f"Quarterback {starter} did not practice {practice:%A} ({pain})."),
        (week.reported_at, f"Quarterback {starter} ({pain}) is ruled out; {backup} will start."),
    ]
    if week.game_before:
        morning = datetime.combine(week.game_before + timedelta(days=1), MORNING_AFTER)
        text = f"Quarterback {starter} left {week.game_before:%A}'s game hurt ({pain}) and will miss time."
        written.append((morning, text))
    return written


def _practice_note(week: TeamWeek, template: str) -> tuple[datetime, str]:
    practice = week.reported_at - timedelta(days=1)
    return practice, template.format(
        coach=coach(week.team, week.season),
        code=week.code,
        quarterback=person(week.quarterback).full_name,
        day=f"{practice:%A}",
        unit=UNITS[(week.team + week.week) % len(UNITS)],
    )
