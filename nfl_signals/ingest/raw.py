"""Read what a source gives, one season at a time: cast, repaired, and without what cannot be used.

Types are cast, team codes of any year become franchise ids, kickoff becomes one UTC instant. What is
wrong is answered by `rules.py` and noted in the `Quality` that is given; the errors that would make
numbers wrong (a missing key column, a flipped spread) are refused. Nothing is derived from football here.
Rows that belong to no game are `joins.py`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time

import polars as pl

from nfl_signals.core.errors import SourceError
from nfl_signals.core.schema_columns import no_rows
from nfl_signals.ingest.answers import conforming
from nfl_signals.ingest.casting import cast_columns
from nfl_signals.ingest.games import (
    GAME_ID,
    LEAGUE_YEAR,
    check_spread_sign,
    day_of,
    normalised_games,
    one_game_a_week,
    without_contradicted_lines,
)
from nfl_signals.ingest.history import PLAYER_WEEK
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.release_columns import GAMES, INJURIES, NOTES, TEAM_STATS, Column
from nfl_signals.ingest.schemas import RAW_GAMES, RAW_INJURIES, RAW_NOTES, RAW_TEAM_STATS
from nfl_signals.ingest.source import Release
from nfl_signals.ingest.teams import CURRENT_CODE, franchise
from nfl_signals.markets import bounds

SCHEDULE = "schedules/games"
FILES = {
    "games": SCHEDULE,
    "team_stats": "stats_team/stats_team_week_{season}",
    "injuries": "injuries/injuries_{season}",
    "notes": "notes/notes_{season}",
    "prices": "prices/prices_{season}",
}
FIRST_INJURY_SEASON = 2009  # nflverse publishes injury reports from this season on
NOON = time(12)
SEASON = {"season": GAMES["season"]}
ANY_GAMES = RAW_GAMES.update_column("game_id", unique=False)


def seasons_in(release: Release) -> list[int]:
    """Seasons that the schedule holds, ascending; SourceError where it holds none."""
    where = release.locate(SCHEDULE)
    seasons = _seasons(release.read(SCHEDULE), where).drop_nulls()
    if seasons.is_empty():
        raise SourceError(f"{where}: holds no games at all; fetch the release again.")
    return [int(season) for season in seasons.unique().sort()]


def openings(release: Release) -> dict[int, datetime]:
    """About when each season begins: noon UTC of its first day with a game; none without days."""
    where, published = release.locate(SCHEDULE), release.read(SCHEDULE)
    days = cast_columns(published, {"gameday": GAMES["gameday"]}, where, Quality("games", 0))
    days = days.with_columns(_seasons(published, where)).drop_nulls("season")
    first = days.group_by("season").agg(day_of(pl.col("season")).min().alias("day")).drop_nulls()
    return {season: datetime.combine(day, NOON, tzinfo=UTC) for season, day in first.iter_rows()}


def read_games(release: Release, season: int, quality: Quality | None = None) -> pl.DataFrame:
    """One season's schedule, results and closing lines: `RAW_GAMES`, by kickoff and game id.

    Raises:
        SourceError: unreadable, or no games in that season.
        SchemaError: a column or the sign of the spread is wrong, or too many rows are.
    """
    quality, where = quality or Quality("games", season), release.locate(SCHEDULE)
    games = _read(release, SCHEDULE, GAMES, quality, whole=True)
    if games.is_empty():
        held = seasons_in(release)
        raise SourceError(
            f"{where}: season {season} has no games (the file holds {held[0]}-{held[-1]}); "
            "choose a season that it has, or fetch a newer release."
        )
    games = _with_franchises(_named_by_id(games, quality), ["home_team", "away_team"], quality)
    published = games.height
    games = conforming(normalised_games(games, quality), ANY_GAMES, where, quality)
    games = one_game_a_week(games, quality)
    check_spread_sign(games, where)
    games = without_contradicted_lines(games, quality)
    quality.refuse_too_much(published, where)
    return games


def read_team_stats(release: Release, season: int, quality: Quality | None = None) -> pl.DataFrame:
    """One season's team statistics by game, schema `schemas.RAW_TEAM_STATS`.

    Raises:
        SourceError: missing (`MissingReleaseError`) or unreadable.
        SchemaError: a column is wrong, or too many rows are.
    """
    quality = quality or Quality("team_stats", season)
    table = FILES["team_stats"].format(season=season)
    stats = _read(release, table, TEAM_STATS, quality)
    stats = _with_franchises(stats, ["team", "opponent_team"], quality)
    stats = _one_row_each(stats.sort("week", "team"), list(RAW_TEAM_STATS.unique or ()), quality)
    counted = [name for name, spec in TEAM_STATS.items() if spec.known_at == "stats"]
    stats = _with_possible_plays(stats, counted, quality)
    for name in counted:
        if stats[name].null_count() and not name.endswith("_epa"):
            quality.note("missing_statistic", stats.filter(pl.col(name).is_null()), name)
    return conforming(stats, RAW_TEAM_STATS, release.locate(table), quality)


def read_injuries(release: Release, season: int, quality: Quality | None = None) -> pl.DataFrame:
    """One season's injury reports, schema `schemas.RAW_INJURIES`; empty before the first one.

    Raises:
        SourceError: missing (`MissingReleaseError`) or unreadable.
        SchemaError: a column is wrong, or too many rows are.
    """
    quality, table = quality or Quality("injuries", season), FILES["injuries"].format(season=season)
    if season < FIRST_INJURY_SEASON:
        return no_rows(RAW_INJURIES)
    injuries = _with_franchises(_read(release, table, INJURIES, quality), ["team"], quality)
    nameless = pl.col("gsis_id").is_null() & pl.col("full_name").is_not_null()
    quality.note("player_unknown", injuries.filter(nameless), "full_name")
    injuries = injuries.with_columns(
        pl.coalesce("gsis_id", "full_name").alias("gsis_id"),
        pl.col("position").str.to_uppercase(),
        pl.col("report_status").str.to_titlecase(),
    )
    injuries = quality.set_aside(injuries, pl.col("gsis_id").is_null(), "key_missing")
    injuries = _one_report_a_stamp(_stamped(injuries, "date_modified", quality), quality)
    injuries = injuries.sort("week", "team", "gsis_id", "date_modified")
    return conforming(injuries, RAW_INJURIES, release.locate(table), quality)


def read_notes(release: Release, season: int, quality: Quality | None = None) -> pl.DataFrame:
    """One season's notes, schema `schemas.RAW_NOTES`.

    Raises:
        SourceError: missing (`MissingReleaseError`; nflverse has none) or unreadable.
        SchemaError: a column is wrong, or too many rows are.
    """
    quality, table = quality or Quality("notes", season), FILES["notes"].format(season=season)
    notes = _with_franchises(_read(release, table, NOTES, quality), ["team"], quality)
    notes = _stamped(notes, "published_at", quality)
    notes = _one_row_each(notes.sort("published_at", "note_id"), ["note_id"], quality)
    return conforming(notes, RAW_NOTES, release.locate(table), quality)


def _with_possible_plays(stats: pl.DataFrame, counted: list[str], quality: Quality) -> pl.DataFrame:
    """Without rows that have no play (not there yet), and without what so many plays cannot bring."""
    dropbacks, carries = pl.col("attempts") + pl.col("sacks_suffered"), pl.col("carries")
    downs, most = ["passing_first_downs", "rushing_first_downs"], bounds.EPA_OF_A_PLAY.high
    possible = bounds.PLAYS.hold(pl.max_horizontal(downs))  # else one of them is lost below
    impossible = (
        (pl.col("attempts") + carries == 0, counted),
        (pl.col("passing_epa").abs() > most * dropbacks.abs(), ["passing_epa"]),
        (pl.col("rushing_epa").abs() > most * carries.abs(), ["rushing_epa"]),
        (possible & (pl.sum_horizontal(downs) > dropbacks.abs() + carries.abs()), downs),
    )
    for bad, columns in impossible:
        stats = quality.withhold(stats, bad, "unusable_value", columns)
    return stats


def _read(
    release: Release,
    table: str,
    columns: Mapping[str, Column],
    quality: Quality,
    *,
    whole: bool = False,
) -> pl.DataFrame:
    """A season's rows of a file, cast; of a file that holds one season, others are set aside."""
    where, published, season = release.locate(table), release.read(table), quality.season
    if whole:
        published = published.filter((_seasons(published, where) == season).fill_null(value=False))
    quality.read = published.height
    frame = cast_columns(published, columns, where, quality)
    if whole:
        return frame
    other = pl.col("season") != season
    return quality.set_aside(frame, other, "other_season")


def _seasons(published: pl.DataFrame, where: str) -> pl.Series:
    """Season of every row of the schedule: its id's where the id begins with one, else as it says."""
    told = cast_columns(published, SEASON, where, Quality("games", 0)).with_columns(
        pl.when(bounds.SEASON.hold(pl.col("season"))).then("season")
    )["season"]
    if "game_id" not in published.columns or published["game_id"].dtype != pl.String:
        return told
    year = published.select(pl.col("game_id").str.extract(GAME_ID, 1).cast(pl.Int32))["game_id"]
    return year.fill_null(told).alias("season")


def _named_by_id(games: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    """With season, and missing week and teams, of ids such as 2023_01_DET_KC."""
    parts = {"week": 2, "away_team": 3, "home_team": 4}
    told = {
        name: pl.coalesce(name, pl.col("game_id").str.extract(GAME_ID, at).cast(GAMES[name].dtype))
        for name, at in parts.items()
    }
    repaired = games.with_columns(season=pl.lit(quality.season, pl.Int32), **told)
    for name in ("season", *parts):
        changed = repaired[name].ne_missing(games[name])
        quality.note("from_game_id", games.filter(changed), name)
    return repaired


def _with_franchises(frame: pl.DataFrame, columns: list[str], quality: Quality) -> pl.DataFrame:
    named = frame.with_columns(franchise(pl.col(name)) for name in columns)
    for name in columns:
        other = (named[name] != frame[name]) & ~frame[name].is_in(list(CURRENT_CODE))
        if other.any():
            quality.note("team_code", frame.filter(other), name)
    return quality.distinct(named)


def _one_row_each(frame: pl.DataFrame, key: list[str], quality: Quality) -> pl.DataFrame:
    """Without rows of one key that contradict each other: none can be believed."""
    return quality.set_aside(frame, pl.struct(key).is_duplicated(), "conflicting_rows")


def _stamped(frame: pl.DataFrame, name: str, quality: Quality) -> pl.DataFrame:
    """Without stamps that tell no row's time: placeholders before the league year, and the file's own."""
    begins = datetime(quality.season, *LEAGUE_YEAR, tzinfo=UTC)
    frame = quality.withhold(frame, pl.col(name) < begins, "unusable_value", [name])
    of_the_file = pl.col(name).is_not_null() & (pl.col("week").n_unique().over(name) > 2)
    return quality.withhold(frame, of_the_file, "stamp_of_file", [name])


def _one_report_a_stamp(injuries: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    """Of reports of one stamp the last listed; which of several stamps counts depends on the instant."""
    ordered = injuries.sort("date_modified", nulls_last=False, maintain_order=True)
    older = ~pl.struct(PLAYER_WEEK).is_last_distinct()
    quality.note("newest_report", ordered.filter(older), "report_status")
    return ordered.filter(pl.struct(*PLAYER_WEEK, "date_modified").is_last_distinct())
