"""Hand-written releases: a few rows in nflverse's layout, kept in memory or written to a folder."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from nfl_signals.core.schema_columns import no_rows
from nfl_signals.ingest import raw
from nfl_signals.ingest.history import History
from nfl_signals.ingest.schemas import RAW_NOTES
from nfl_signals.ingest.source import MissingReleaseError, Release
from nfl_signals.simulator.release import layout

Row = dict[str, Any]

SCHEDULE = "schedules/games"
OPENER, SECOND = "2023_01_DET_KC", "2023_01_CIN_CLE"


def utc(text: str) -> datetime:
    """`utc("2023-09-10 17:00")` is that instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def game(
    game_id: str, gameday: str, *, score: tuple[float, float] | None = None, **columns: object
) -> Row:
    """A regular-season game between the teams of its id; `score` is home, away.

    Kickoff is 13:00 Eastern, the home team is favoured by 3 at -110 / -110, the total is 44.5, the
    moneylines are -150 / +130 and no starter is named, unless `columns` says otherwise.
    """
    season, week, away, home = game_id.split("_")
    row: Row = {
        "game_id": game_id,
        "season": int(season),
        "week": int(week),
        "game_type": "REG",
        "gameday": gameday,
        "gametime": "13:00",
        "home_team": home,
        "away_team": away,
        "location": "Home",
        "div_game": 0,
        "roof": "outdoors",
        "spread_line": 3.0,
        "total_line": 44.5,
        "home_moneyline": -150.0,
        "away_moneyline": 130.0,
        **dict.fromkeys(
            ["home_spread_odds", "away_spread_odds", "over_odds", "under_odds"], -110.0
        ),
    }
    if score is not None:
        home_score, away_score = score
        row |= {"home_score": home_score, "away_score": away_score}
        row |= {"result": home_score - away_score, "total": home_score + away_score}
    return row | columns


def starters(home: str | None, away: str | None) -> Row:
    """Columns of a game that name its quarterbacks."""
    return {"home_qb_id": home, "away_qb_id": away}


def stats(game_id: str, team: str, **columns: object) -> Row:
    """Statistics of one side: 60 plays, 18 first downs (0.3), no turnover, 50 penalty yards.

    32 attempts and 3 sacks are 35 dropbacks with 7 EPA (0.2 each), 25 carries have -2.5 (-0.1).
    """
    season, week, *teams = game_id.split("_")
    return {
        "season": int(season),
        "week": int(week),
        "team": team,
        "opponent_team": next(other for other in teams if other != team),
        "attempts": 32,
        "sacks_suffered": 3,
        "carries": 25,
        "passing_interceptions": 0,
        "sack_fumbles_lost": 0,
        "rushing_fumbles_lost": 0,
        "receiving_fumbles_lost": 0,
        "passing_first_downs": 12,
        "rushing_first_downs": 6,
        "penalty_yards": 50,
        "passing_epa": 7.0,
        "rushing_epa": -2.5,
    } | columns


def both_stats(game_id: str) -> list[Row]:
    """Plain statistics of both sides."""
    _, _, away, home = game_id.split("_")
    return [stats(game_id, away), stats(game_id, home)]


def injury(
    game_id: str,
    team: str,
    player: str = "00-0000001",
    *,
    position: str = "WR",
    status: str | None = "Out",
    modified: datetime | None = None,
) -> Row:
    """One player's row of a team's report."""
    season, week, *_ = game_id.split("_")
    return {
        "season": int(season),
        "week": int(week),
        "team": team,
        "gsis_id": player,
        "position": position,
        "full_name": "A Player",
        "report_status": status,
        "practice_status": None,
        "date_modified": modified,
    }


def note(game_id: str, team: str, published_at: datetime, *, note_id: str = "n1") -> Row:
    """One note about a team."""
    season, week, *_ = game_id.split("_")
    return {
        "season": int(season),
        "week": int(week),
        "team": team,
        "note_id": note_id,
        "published_at": published_at,
        "text": "practised in full",
    }


class MemoryRelease:
    """A release held in memory; `tables` may be changed to break it."""

    def __init__(self, tables: Mapping[str, pl.DataFrame]) -> None:
        self.tables = dict(tables)

    def locate(self, table: str) -> str:
        """See `Release.locate`."""
        return f"memory/{table}.parquet"

    def read(self, table: str) -> pl.DataFrame:
        """See `Release.read`."""
        if table not in self.tables:
            raise MissingReleaseError(f"{self.locate(table)}: no such file")
        return self.tables[table]

    def modified_at(self, table: str) -> None:
        """See `Release.modified_at`."""

    def change(self, table: str, *columns: pl.Expr) -> "MemoryRelease":
        """The same release with columns of one table replaced."""
        return MemoryRelease(self.tables | {table: self.tables[table].with_columns(*columns)})


def release(
    games: Iterable[Row],
    team_stats: Iterable[Row] = (),
    injuries: Iterable[Row] = (),
    notes: Iterable[Row] = (),
) -> MemoryRelease:
    """Tables in nflverse's layout and types; notes only where there are any."""
    games, notes = list(games), list(notes)
    seasons = {row["season"] for row in games}
    tables = {SCHEDULE: _table(games, layout.GAMES)}
    kinds = {
        "stats_team/stats_team_week": (list(team_stats), layout.TEAM_STATS),
        "injuries/injuries": (list(injuries), layout.INJURIES),
        **({"notes/notes": (notes, layout.NOTES)} if notes else {}),
    }
    for name, (rows, schema) in kinds.items():
        for season in seasons | {row["season"] for row in rows}:
            of_season = [row for row in rows if row["season"] == season]
            tables[f"{name}_{season}"] = _table(of_season, schema)
    return MemoryRelease(tables)


def _table(rows: list[Row], schema: layout.Schema) -> pl.DataFrame:
    given = {name: schema[name] for row in rows for name in row} or schema
    return layout.conform(pl.DataFrame(rows, schema=given), schema)


def opening_week() -> MemoryRelease:
    """`OPENER` 20-21 and `SECOND` 24-3, with statistics and one injury."""
    games = [game(OPENER, "2023-09-07", score=(20, 21)), game(SECOND, "2023-09-10", score=(24, 3))]
    return release(games, both_stats(OPENER) + both_stats(SECOND), [injury(OPENER, "KC")])


def write(memory: MemoryRelease, folder: Path) -> Path:
    """The release as a folder of parquet files."""
    for table, frame in memory.tables.items():
        path = folder / f"{table}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path)
    return folder


def read_history(source: Release, *, last_season: int = 2100) -> History:
    """Every season of a release through the ingest stage."""
    seasons = [season for season in raw.seasons_in(source) if season <= last_season]
    return History(
        games=pl.concat(raw.read_games(source, season) for season in seasons),
        team_stats=pl.concat(raw.read_team_stats(source, season) for season in seasons),
        injuries=pl.concat(raw.read_injuries(source, season) for season in seasons),
        notes=pl.concat(_notes(source, season) for season in seasons),
    )


def _notes(source: Release, season: int) -> pl.DataFrame:
    try:
        return raw.read_notes(source, season)
    except MissingReleaseError:
        return no_rows(RAW_NOTES)


def history(
    games: Iterable[Row],
    team_stats: Iterable[Row] = (),
    injuries: Iterable[Row] = (),
    notes: Iterable[Row] = (),
) -> History:
    """Hand-written rows as the stages see them."""
    return read_history(release(games, team_stats, injuries, notes))
