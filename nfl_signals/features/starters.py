"""Who starts at quarterback, as far as it is known at decision time.

nflverse's schedule names the quarterbacks who started; that is public about 90 minutes before
kickoff (`history.STARTER_LEAD`). Until then the team's last starter is expected, unless the latest
injury report lists him Out or Doubtful.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl

from nfl_signals.ingest.history import RESULT_DELAY, STARTER_LEAD, History, reports_before
from nfl_signals.ingest.joins import TEAM_WEEK
from nfl_signals.markets.decision_time import Horizon, decision_at

RECENT_GAMES = 6  # starts looked back at; 5 and 6 explain margins of 2003-2008 best
UNAVAILABLE = ("Out", "Doubtful")

SCHEMA = pl.Schema(
    {
        "game_id": pl.String(),
        "team": pl.String(),
        "quarterback": pl.String(),  # null: a replacement nobody has named yet
        "starter_share": pl.Float64(),
    }
)


def expected_starters(history: History, horizon: Horizon) -> pl.DataFrame:
    """The quarterback of each team in each game, and how settled he is in the job.

    Named by the schedule's `home_qb_id, away_qb_id` where decision time is late enough; else the last
    starter who is not listed. His share is of the team's last `RECENT_GAMES` starts that were over by
    decision time: 1.0 where the team has none yet, 0.0 for an unnamed replacement.
    """
    recent: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=RECENT_GAMES))
    coming: dict[str, deque[tuple[datetime, str]]] = defaultdict(deque)
    missing = _unavailable(history, horizon)
    rows = []
    for game_id, season, week, result, kickoff, decided, *sides in _games(history, horizon):
        public = kickoff - STARTER_LEAD < decided
        for team, started in (sides[:2], sides[2:]):
            starts, out = recent[team], missing.get((season, week, team), frozenset())
            while coming[team] and coming[team][0][0] <= decided:
                starts.append(coming[team].popleft()[1])
            named = started if public else None
            starter = named or next((one for one in reversed(starts) if one not in out), None)
            share = starts.count(starter) / len(starts) if starts else 1.0  # type: ignore[arg-type]
            rows.append((game_id, team, starter, share))
            if started is not None and result is not None:
                coming[team].append((kickoff + RESULT_DELAY, started))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _games(history: History, horizon: Horizon) -> Iterator[tuple[Any, ...]]:
    """Games by kickoff: id, season, week, result, kickoff, decision time, both teams with their starter."""
    columns = ["game_id", "season", "week", "result", "kickoff_at", "decision_at"]
    sides = ["home_team", "home_qb_id", "away_team", "away_qb_id"]
    games = history.games.with_columns(decision_at(horizon)).sort("kickoff_at", "game_id")
    yield from games.select(*columns, *sides).iter_rows()


def _unavailable(history: History, horizon: Horizon) -> dict[tuple[int, int, str], frozenset[str]]:
    """Players listed Out or Doubtful by decision time, by season, week and team."""
    reports = reports_before(history, horizon)
    listed = reports.filter(pl.col("report_status").is_in(UNAVAILABLE))
    grouped = listed.group_by(TEAM_WEEK).agg(pl.col("gsis_id"))
    return {
        (season, week, team): frozenset(players)
        for season, week, team, players in grouped.iter_rows()
    }
