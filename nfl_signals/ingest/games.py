"""One season of the schedule: kickoffs, flags and results settled, by the rules of `rules.py`."""

import math
from datetime import timedelta

import polars as pl

from nfl_signals.core.errors import SchemaError
from nfl_signals.ingest.history import RESULTS
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.schemas import RAW_GAMES
from nfl_signals.ingest.teams import franchise
from nfl_signals.markets.bounds import SCORE, contradicted, unfair
from nfl_signals.markets.definitions import ATS, TOTAL
from nfl_signals.markets.odds import no_vig_probability

KICKOFF_ZONE = "America/New_York"
UNKNOWN_KICKOFF = "13:00"  # 1999 has no kickoff times; early Sunday afternoon is the usual slot
GAMES_FOR_SIGN_CHECK = 8
SIGN_Z = -3.0  # so far below 0 a correlation lies by chance once in 700 times
GAME_ID = r"^(\d{4})_(\d{1,2})_(\w+)_(\w+)$"  # season, week, away, home
LEAGUE_YEAR = (3, 15)  # month and day on which one begins
DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%Y%m%d", "%d.%m.%Y")
TIME_OF_DAY = r"[T ]\d{2}:\d{2}.*$|\.0$"
CLOCK = r"(?i)^(\d{1,2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?: ?E[DS]?T)?$"


def normalised_games(games: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    """One UTC kickoff, flags instead of codes, complete results; columns as in `RAW_GAMES`."""
    games = _with_results(_with_kickoffs(games, quality), quality)
    games = _with_flags(games, quality)
    return games.select(list(RAW_GAMES.columns)).sort("kickoff_at", "game_id", maintain_order=True)


def one_game_a_week(games: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    """One row for a game id and for a team's week: a game under two ids would double every join.

    A game whose id fits its week and teams goes before one where it does not; then a played game before
    one that is not, then a priced one, then the first listed.
    """
    numbered = games.with_row_index("__row")
    named = pl.format(
        "{}_{}_{}", pl.col("week").cast(pl.String).str.zfill(2), "away_team", "home_team"
    )
    week_of, *sides_of = (pl.col("game_id").str.extract(GAME_ID, at) for at in (2, 3, 4))
    priority = [
        pl.format("{}_{}_{}", week_of, *map(franchise, sides_of)).ne_missing(named),
        pl.col("result").is_null(),
        pl.col("spread_line").is_null(),
        pl.col("__row"),
    ]
    claimed: set[object] = set()
    second = []
    for row, game_id, week, *teams in (
        numbered.sort(priority).select("__row", "game_id", "week", "home_team", "away_team").rows()
    ):
        claims = {game_id, *((week, team) for team in teams)}
        if len(claims) == 1 + len(teams) and claimed.isdisjoint(claims):
            claimed |= claims
        else:
            second.append(row)
    return quality.set_aside(numbered, pl.col("__row").is_in(second), "two_games").drop("__row")


def check_spread_sign(games: pl.DataFrame, where: str) -> None:
    """A positive spread favours the home team: against prices and against results."""
    priced = games.with_columns(
        p_home=no_vig_probability(pl.col("home_moneyline"), pl.col("away_moneyline"))
    )
    for against in ("p_home", "result"):
        pairs = priced.select("spread_line", against).drop_nulls()
        if pairs.height < GAMES_FOR_SIGN_CHECK:
            continue
        correlation = pairs.select(pl.corr("spread_line", against)).item()
        if _below_zero(correlation, pairs.height):
            raise SchemaError(
                f"{where}: column spread_line, season {games['season'][0]}: correlation with "
                f"{against} is {correlation:.2f} over {pairs.height} games; expected above 0 "
                "(positive = home favoured). The sign is flipped: multiply the column by -1."
            )


def without_contradicted_lines(games: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    """Without spread and moneylines of games where they cannot both be meant, nor two such prices."""
    for market in (ATS, TOTAL):
        pair = [market.price_yes_column, market.price_no_column]
        games = quality.withhold(games, unfair(*map(pl.col, pair)), "impossible_price", pair)
    names = ["spread_line", "home_moneyline", "away_moneyline"]
    return quality.withhold(games, pl.lit(contradicted(games)), "line_against_price", names)


def day_of(season: pl.Expr) -> pl.Expr:
    """The date of `gameday`, in whichever of `DAYS` it is written; null outside the league year."""
    text = pl.col("gameday").str.replace(TIME_OF_DAY, "")
    day = pl.coalesce(text.str.to_date(form, strict=False) for form in DAYS)
    return pl.when(
        day.is_between(pl.date(season, *LEAGUE_YEAR), pl.date(season + 1, *LEAGUE_YEAR))
    ).then(day)


def _below_zero(correlation: float, pairs: int) -> bool:
    """Whether chance does not explain a correlation below 0, by Fisher's (1921) transformation."""
    if not -1 < correlation < 1:  # NaN where one of the two never varies
        return correlation <= -1
    return math.atanh(correlation) * math.sqrt(pairs - 3) < SIGN_Z


def kickoff_of(text: pl.Expr) -> pl.Expr:
    """The UTC instant of 'YYYY-MM-DD HH:MM' in US Eastern time; null where that is none."""
    local = text.str.to_datetime("%Y-%m-%d %H:%M", strict=False, time_unit="us")
    eastern = local.dt.replace_time_zone(KICKOFF_ZONE, ambiguous="earliest", non_existent="null")
    return eastern.dt.convert_time_zone("UTC")


def _with_kickoffs(games: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    twelve = pl.col("gametime").str.to_time("%I:%M %p", strict=False).dt.strftime("%H:%M")
    clock = pl.coalesce(pl.col("gametime").str.extract(CLOCK), twelve)
    games = games.with_columns(__day=day_of(pl.lit(quality.season)))
    quality.note("day_unknown", games.filter(pl.col("__day").is_null()), "gameday")
    day = pl.coalesce("__day", _usual_days(games)).dt.strftime("%Y-%m-%d") + " "
    games = games.with_columns(__kickoff=kickoff_of(day + clock))
    if games["gametime"].null_count() < games.height:  # a season without any time has none upstream
        quality.note("time_unknown", games.filter(pl.col("__kickoff").is_null()), "gametime")
    usual = kickoff_of(day + UNKNOWN_KICKOFF)
    return games.with_columns(kickoff_at=pl.coalesce("__kickoff", usual)).drop("__day", "__kickoff")


def _usual_days(games: pl.DataFrame) -> pl.Series:
    """The day on which most games of each row's week are played, else a week after the week before."""
    by_week = games.drop_nulls("__day").group_by("week").agg(pl.col("__day").mode().max())
    usual = dict(by_week.iter_rows())
    after = {week + 1: day + timedelta(days=7) for week, day in usual.items() if week is not None}
    days = [usual.get(week, after.get(week)) for week in games["week"]]
    return pl.Series(days, dtype=pl.Date)


def _with_results(games: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    home, away = pl.col("home_score"), pl.col("away_score")
    result, total = home - away, home + away
    some = pl.any_horizontal(pl.col(RESULTS).is_not_null())
    wrong = (
        (some & pl.any_horizontal(home.is_null(), away.is_null()))
        | (result != pl.col("result"))
        | (total != pl.col("total"))
        | ~SCORE.hold(home)
        | ~SCORE.hold(away)
        | (total == 0)  # none since 1943: a game that has not begun
        | (home % 1 + away % 1 != 0)
    )
    games = quality.withhold(games, wrong, "scores_contradict", RESULTS)
    lacking = home.is_not_null() & pl.any_horizontal(pl.col("result", "total").is_null())
    quality.note("result_from_scores", games.filter(lacking), "result")
    return games.with_columns(result=result, total=total)


def _with_flags(games: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    for name in ("location", "div_game"):
        quality.note("flag_unknown", games.filter(pl.col(name).is_null()), name)
    teams = pl.concat_list("home_team", "away_team").list.sort().list.join("-")
    meet_twice = pl.len().over(teams, pl.col("game_type")) > 1
    return games.with_columns(
        is_neutral=(pl.col("location").str.to_lowercase() == "neutral").fill_null(value=False),
        is_divisional=(pl.col("div_game") == 1).fill_null(meet_twice),
        # A retractable roof counts as covered: whether it opens is decided on the day.
        is_covered=pl.col("roof").str.to_lowercase().fill_null("outdoors") != "outdoors",
    )
