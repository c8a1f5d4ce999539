"""Normalise and check what a source gives, one season at a time.

Types are cast, team codes of any year become franchise ids, kickoff becomes one UTC instant, and
the classic errors of the field (spread sign, score arithmetic, duplicated games) are refused.
Nothing is derived from football here: features are `features/build.py`. Joins are checked in `joins.py`.
"""

import polars as pl

from nfl_signals.core.errors import SchemaError, SourceError
from nfl_signals.core.validation import validate
from nfl_signals.ingest.casting import cast_columns
from nfl_signals.ingest.known_exceptions import FIRST_INJURY_SEASON
from nfl_signals.ingest.release_columns import GAMES, INJURIES, NOTES, TEAM_STATS, Column
from nfl_signals.ingest.schemas import RAW_GAMES, RAW_INJURIES, RAW_NOTES, RAW_TEAM_STATS
from nfl_signals.ingest.source import MissingReleaseError, Release
from nfl_signals.ingest.teams import franchise
from nfl_signals.markets.odds import no_vig_probability

SCHEDULE = "schedules/games"
KICKOFF_ZONE = "America/New_York"
UNKNOWN_KICKOFF = "13:00"  # 1999 has no kickoff times; early Sunday afternoon is the usual slot
GAMES_FOR_SIGN_CHECK = 30  # below this the sign of a correlation means nothing


def seasons_in(release: Release) -> list[int]:
    """Seasons that the schedule holds, ascending; SourceError where it holds none."""
    where = release.locate(SCHEDULE)
    table = cast_columns(release.read(SCHEDULE), {"season": GAMES["season"]}, where)
    seasons = table["season"].drop_nulls()
    if seasons.is_empty():
        raise SourceError(f"{where}: holds no games at all; fetch the release again.")
    return [int(season) for season in seasons.unique().sort()]


def read_games(release: Release, season: int) -> pl.DataFrame:
    """One season's schedule, results and closing lines: `RAW_GAMES`, by kickoff and game id."""
    where = release.locate(SCHEDULE)
    published = cast_columns(release.read(SCHEDULE), GAMES, where)
    # A game without a season belongs to none, so each season's schema has to refuse it.
    games = published.filter((pl.col("season") == season) | pl.col("season").is_null())
    if games.is_empty():
        first, last = seasons_in(release)[0], seasons_in(release)[-1]
        raise SourceError(
            f"{where}: season {season} has no games (the file holds {first}-{last}); "
            "choose a season that it has, or fetch a newer release."
        )
    games = validate(_normalise_games(games, where), RAW_GAMES, where)
    _check_one_game_a_week(games, where)
    _check_arithmetic(games, where)
    _check_spread_sign(games, where)
    return games


def read_team_stats(release: Release, season: int) -> pl.DataFrame:
    """One season's team statistics by game, schema `schemas.RAW_TEAM_STATS`."""
    table = f"stats_team/stats_team_week_{season}"
    stats = _read_season(release, table, TEAM_STATS, season)
    stats = stats.with_columns(franchise(pl.col("team")), franchise(pl.col("opponent_team")))
    return validate(stats.sort("week", "team"), RAW_TEAM_STATS, release.locate(table))


def read_injuries(release: Release, season: int) -> pl.DataFrame:
    """One season's injury reports, schema `schemas.RAW_INJURIES`; empty before the first one."""
    table = f"injuries/injuries_{season}"
    if season < FIRST_INJURY_SEASON:
        return pl.DataFrame(schema={name: spec.dtype for name, spec in INJURIES.items()})
    injuries = _read_season(release, table, INJURIES, season)
    injuries = injuries.with_columns(franchise(pl.col("team")))
    return validate(injuries.sort("week", "team", "gsis_id"), RAW_INJURIES, release.locate(table))


def read_notes(release: Release, season: int) -> pl.DataFrame:
    """One season's notes, schema `schemas.RAW_NOTES`; empty where there are none, as in nflverse."""
    table = f"notes/notes_{season}"
    try:
        notes = _read_season(release, table, NOTES, season)
    except MissingReleaseError:
        return pl.DataFrame(schema={name: spec.dtype for name, spec in NOTES.items()})
    notes = notes.with_columns(franchise(pl.col("team"))).sort("published_at", "note_id")
    return validate(notes, RAW_NOTES, release.locate(table))


def _read_season(
    release: Release, table: str, columns: dict[str, Column], season: int
) -> pl.DataFrame:
    where = release.locate(table)
    frame = cast_columns(release.read(table), columns, where)
    strangers = frame.filter(pl.col("season") != season)
    if strangers.height:
        raise SchemaError(
            f"{where}: column season: {strangers.height} rows of season {strangers['season'][0]} in "
            f"the file of {season}; fetch the file again."
        )
    return frame


def _normalise_games(games: pl.DataFrame, where: str) -> pl.DataFrame:
    """Franchise ids, one UTC kickoff, flags instead of codes; columns as in `RAW_GAMES`."""
    clock = pl.col("gameday") + " " + pl.col("gametime").fill_null(UNKNOWN_KICKOFF)
    kickoff = clock.str.to_datetime("%Y-%m-%d %H:%M", strict=False, time_unit="us")
    games = games.with_columns(
        franchise(pl.col("home_team")),
        franchise(pl.col("away_team")),
        kickoff.dt.replace_time_zone(KICKOFF_ZONE, ambiguous="null", non_existent="null")
        .dt.convert_time_zone("UTC")
        .alias("kickoff_at"),
        (pl.col("location") == "Neutral").alias("is_neutral"),
        (pl.col("div_game") == 1).alias("is_divisional"),
        # A retractable roof counts as covered: whether it opens is decided on the day.
        (pl.col("roof").fill_null("outdoors") != "outdoors").alias("is_covered"),
    )
    unclear = games.filter(pl.col("kickoff_at").is_null())
    if unclear.height:
        game = unclear.row(0, named=True)
        raise SchemaError(
            f"{where}: column gameday/gametime, game {game['game_id']}: {game['gameday']!r} "
            f"{game['gametime']!r} is not a date and time; expected YYYY-MM-DD and HH:MM."
        )
    return games.select(list(RAW_GAMES.columns)).sort("kickoff_at", "game_id")


def _check_one_game_a_week(games: pl.DataFrame, where: str) -> None:
    """One game under two ids (a moved team's old and new code) would double every join."""
    keys = ["week", "team", "game_id"]
    sides = [games.rename({f"{side}_team": "team"}).select(keys) for side in ("home", "away")]
    repeated = pl.concat(sides).filter(pl.struct("week", "team").is_duplicated()).sort(keys)
    if repeated.height:
        (week, team, one), (_, _, other) = repeated.rows()[:2]
        raise SchemaError(
            f"{where}: column home_team/away_team, week {week}: {team} plays {one} and {other}; "
            "expected one game a week, against another team: remove the one that is wrong."
        )


def _check_arithmetic(games: pl.DataFrame, where: str) -> None:
    home, away = pl.col("home_score"), pl.col("away_score")
    wrong = games.filter(
        (home - away != pl.col("result"))
        | (home + away != pl.col("total"))
        | pl.any_horizontal(
            pl.col(name).is_null() != home.is_null() for name in ("away_score", "result", "total")
        )
    )
    if wrong.height:
        game = wrong.row(0, named=True)
        raise SchemaError(
            f"{where}: column result/total, game {game['game_id']}: {game['home_score']} home and "
            f"{game['away_score']} away give result {game['result']} and total {game['total']} "
            f"({wrong.height} such games); result is home minus away, total their sum."
        )


def _check_spread_sign(games: pl.DataFrame, where: str) -> None:
    """A positive spread favours the home team: against prices and against results."""
    priced = games.with_columns(
        p_home=no_vig_probability(pl.col("home_moneyline"), pl.col("away_moneyline"))
    )
    for against in ("p_home", "result"):
        pairs = priced.select("spread_line", against).drop_nulls()
        if pairs.height < GAMES_FOR_SIGN_CHECK:
            continue
        correlation = pairs.select(pl.corr("spread_line", against)).item()
        if correlation < 0:
            raise SchemaError(
                f"{where}: column spread_line, season {games['season'][0]}: correlation with "
                f"{against} is {correlation:.2f} over {pairs.height} games; expected above 0 "
                "(positive = home favoured). The sign is flipped: multiply the column by -1."
            )
