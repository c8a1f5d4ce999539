"""What was written about a team before its game: injury rows and notes, as plain documents.

A document counts only if it was known before that game's decision time. A reader sees nothing else, so it
cannot know more. What documents mean is not decided here.
"""

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import polars as pl

from nfl_signals.features.starters import RECENT_GAMES
from nfl_signals.ingest.history import STARTER_LEAD, History, reports_before
from nfl_signals.ingest.joins import TEAM_WEEK, team_weeks
from nfl_signals.markets.decision_time import Horizon, decision_at

REPORT_LEAD = timedelta(days=1)
"""Before its kickoff a team's report is out: two days before a Sunday's game, one before a Thursday's."""
MAX_TEXT = 1000  # characters of a document that are read; a note has one or two sentences
MAX_DOCUMENTS = 60  # newest documents of a team that are read; a real week has at most about 25

_COLUMNS = [*TEAM_WEEK, "document_id", "known_at", "kind", "text"]
_TEAM_WEEK = {"season": pl.Int32, "week": pl.Int32, "team": pl.String}
_STARTS = {**_TEAM_WEEK, "gsis_id": pl.String, "starts": pl.Int64, "recent": pl.Int64}


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One thing that was written."""

    document_id: str  # unique within the league
    known_at: datetime  # when it could be read
    kind: str  # injury or note
    text: str  # untrusted; at most `MAX_TEXT` characters


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """A team before a game, and what had been written about it by decision time."""

    game_id: str
    team_id: str
    season: int
    week: int
    kickoff_at: datetime
    documents: tuple[Document, ...]  # known before decision time, oldest first
    week_had_documents: bool  # by then something was written about some team of this week
    report_due: bool = True  # its own report must be out by now, if there is one

    @property
    def known_at(self) -> datetime | None:
        """When the newest document was known; None without documents."""
        return self.documents[-1].known_at if self.documents else None

    @cached_property
    def content(self) -> str:
        """The documents as one line of JSON: what a language model is shown."""
        return json.dumps(
            [
                {
                    "id": item.document_id,
                    "known_at": item.known_at.isoformat(timespec="seconds"),
                    "kind": item.kind,
                    "text": item.text,
                }
                for item in self.documents
            ],
            ensure_ascii=False,
        )

    @property
    def documents_hash(self) -> str:
        """SHA-256 of `content`, the empty string without documents."""
        return hashlib.sha256(self.content.encode()).hexdigest() if self.documents else ""


def dossiers(
    history: History, seasons: Collection[int], *, as_of: datetime | None = None, horizon: Horizon
) -> list[Dossier]:
    """Dossiers of both teams of every game of the seasons, by kickoff and game, away team first.

    `as_of` is the instant until which `history` is known; None: all games are over.
    """
    games = team_weeks(history.games).filter(pl.col("season").is_in(list(seasons)))
    table = _documents(history, seasons, horizon)
    by_team = table.rows_by_key(TEAM_WEEK, named=True)
    read = {key: tuple(Document(**row) for row in rows) for key, rows in by_team.items()}
    earliest = table.group_by("season", "week").agg(pl.col("known_at").min())
    first = {(season, week): known_at for season, week, known_at in earliest.iter_rows()}
    columns = ["game_id", "team", "season", "week", "kickoff_at", decision_at(horizon)]
    return [
        Dossier(
            game_id=game_id,
            team_id=team,
            season=season,
            week=week,
            kickoff_at=kickoff_at,
            documents=read.get((season, week, team), ())[-MAX_DOCUMENTS:],
            # Another team's document counts only if it, too, was there by this team's decision time.
            week_had_documents=first.get((season, week), decided) < decided,
            report_due=kickoff_at - REPORT_LEAD <= (min(decided, as_of) if as_of else decided),
        )
        for game_id, team, season, week, kickoff_at, decided in games.select(columns).iter_rows()
    ]


def _documents(history: History, seasons: Collection[int], horizon: Horizon) -> pl.DataFrame:
    """Season, week, team and one document a row, in order of publication within each team."""
    chosen = pl.col("season").is_in(list(seasons))
    past = History(
        games=history.games.filter(chosen),
        team_stats=history.team_stats.clear(),
        injuries=history.injuries.filter(chosen),
        notes=history.notes.filter(chosen),
    )
    starts = _recent_starts(history.games, horizon).filter(chosen)
    kickoffs = team_weeks(past.games).select(*TEAM_WEEK, decision_at(horizon))
    notes = (
        past.notes.join(kickoffs, on=TEAM_WEEK, how="inner")
        .filter(pl.col("published_at") < pl.col("decision_at"))
        .with_columns(document_id="note_id", known_at="published_at", kind=pl.lit("note"))
        .select(_COLUMNS)
    )
    documents = pl.concat([_injuries(past, starts, horizon), notes])
    read = documents.with_columns(pl.col("text").str.slice(0, MAX_TEXT))
    return read.sort(*TEAM_WEEK, "known_at", "document_id")


def _injuries(history: History, starts: pl.DataFrame, horizon: Horizon) -> pl.DataFrame:
    """One sentence a row; the name stands last, so that nothing in it can pass for a status.

    For example: 'QB, Out, started 5 of the last 6 games, Full Participation in Practice: A Name'.
    """
    started = pl.format("started {} of the last {} games", "starts", "recent")
    parts = [
        pl.col("position").fill_null("player"),
        pl.col("report_status").fill_null("no status"),
        pl.when(pl.col("position") == "QB").then(started.fill_null("no recent starter")),
        pl.col("practice_status").str.strip_chars().replace("", None),
    ]
    return (
        reports_before(history, horizon)
        .join(starts, on=[*TEAM_WEEK, "gsis_id"], how="left")
        .with_columns(
            document_id=pl.format("{}_{}_{}_{}", *TEAM_WEEK, "gsis_id"),
            kind=pl.lit("injury"),
            text=pl.concat_str(parts, separator=", ", ignore_nulls=True)
            + pl.format(": {}", pl.col("full_name").fill_null("unnamed")),
        )
        .select(_COLUMNS)
    )


def _recent_starts(games: pl.DataFrame, horizon: Horizon) -> pl.DataFrame:
    """Who started how many of a team's last `RECENT_GAMES` games, at decision time of each of its games."""
    recent: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=RECENT_GAMES))
    coming: dict[str, deque[tuple[datetime, str]]] = defaultdict(deque)
    rows = []
    columns = ["season", "week", "kickoff_at", "decision_at"]
    sides = ["home_team", "home_qb_id", "away_team", "away_qb_id"]
    ordered = games.with_columns(decision_at(horizon)).sort("kickoff_at", "game_id")
    for season, week, kickoff, decided, home, home_starter, away, away_starter in ordered.select(
        *columns, *sides
    ).iter_rows():
        for team, starter in ((home, home_starter), (away, away_starter)):
            starts = recent[team]
            while coming[team] and coming[team][0][0] <= decided:
                starts.append(coming[team].popleft()[1])
            rows += [
                (season, week, team, player, starts.count(player), len(starts))
                for player in sorted(set(starts))
            ]
            if starter is not None:
                coming[team].append((kickoff - STARTER_LEAD, starter))
    return pl.DataFrame(rows, schema=_STARTS, orient="row")
