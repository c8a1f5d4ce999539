"""Who starts at quarterback, as far as it is known before kickoff.

nflverse's schedule names the quarterbacks who started; that is public about 90 minutes before
kickoff (`history.STARTER_LEAD`). Until then the team's last starter is expected, unless the latest
injury report lists him Out or Doubtful.
"""

from collections import defaultdict, deque

import polars as pl

from nfl_signals.ingest.history import History, reports_before_kickoff
from nfl_signals.ingest.joins import TEAM_WEEK

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


def expected_starters(history: History) -> pl.DataFrame:
    """The quarterback of each team in each game, and how settled he is in the job.

    Named by the schedule's `home_qb_id, away_qb_id`; else the last starter who is not listed. His share
    is of the team's last `RECENT_GAMES` starts before this game: 1.0 where the team has none yet, 0.0
    for an unnamed replacement.
    """
    recent: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=RECENT_GAMES))
    missing = _unavailable(history)
    columns = ["game_id", "season", "week", "result", "home_team", "home_qb_id", "away_team"]
    games = history.games.sort("kickoff_at", "game_id").select(*columns, "away_qb_id")
    rows = []
    for game_id, season, week, result, home, home_qb, away, away_qb in games.iter_rows():
        for team, named in ((home, home_qb), (away, away_qb)):
            starts, out = recent[team], missing.get((season, week, team), frozenset())
            starter = named or next((one for one in reversed(starts) if one not in out), None)
            share = starts.count(starter) / len(starts) if starts else 1.0  # type: ignore[arg-type]
            rows.append((game_id, team, starter, share))
            if named is not None and result is not None:
                starts.append(named)
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _unavailable(history: History) -> dict[tuple[int, int, str], frozenset[str]]:
    """Players listed Out or Doubtful before kickoff, by season, week and team."""
    reports = reports_before_kickoff(history)
    listed = reports.filter(pl.col("report_status").is_in(UNAVAILABLE))
    grouped = listed.group_by(TEAM_WEEK).agg(pl.col("gsis_id"))
    return {
        (season, week, team): frozenset(players)
        for season, week, team, players in grouped.iter_rows()
    }
