"""One season of the schedule: kickoffs, flags and results settled, by the rules of `rules.py`."""

from datetime import timedelta

import polars as pl

from nfl_signals.core.errors import SchemaError
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.schemas import RAW_GAMES
from nfl_signals.markets.odds import no_vig_probability

KICKOFF_ZONE = "America/New_York"
UNKNOWN_KICKOFF = "13:00"  # 1999 has no kickoff times; early Sunday afternoon is the usual slot
GAMES_FOR_SIGN_CHECK = 30  # below this the sign of a correlation means nothing
DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%Y%m%d")
RESULTS = ["home_score", "away_score", "result", "total"]


def normalised_games(games: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    """One UTC kickoff, flags instead of codes, complete results; columns as in `RAW_GAMES`."""
    games = _with_results(_with_kickoffs(games, quality), quality)
    games = _with_flags(games, quality)
    return games.select(list(RAW_GAMES.columns)).sort("kickoff_at", "game_id")


def one_game_a_week(games: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    """One game under two ids (a moved team's old and new code) would double every join."""
    numbered = games.with_row_index("place")
    sides = [
        numbered.select("place", "game_id", "week", team=f"{at}_team") for at in ("home", "away")
    ]
    twice = pl.concat(sides).filter(pl.struct("week", "team").is_duplicated())
    later = twice.filter(pl.col("place") > pl.col("place").min().over("week", "team"))
    itself = pl.col("home_team") == pl.col("away_team")
    second = pl.col("game_id").is_in(later["game_id"].implode())
    return quality.set_aside(games, second | itself, "two_games")


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
        if correlation < 0:
            raise SchemaError(
                f"{where}: column spread_line, season {games['season'][0]}: correlation with "
                f"{against} is {correlation:.2f} over {pairs.height} games; expected above 0 "
                "(positive = home favoured). The sign is flipped: multiply the column by -1."
            )


def day_of() -> pl.Expr:
    """The date of `gameday`, in whichever of `DAYS` it is written; null where in none."""
    return pl.coalesce(pl.col("gameday").str.to_date(form, strict=False) for form in DAYS)


def kickoff_of(text: pl.Expr) -> pl.Expr:
    """The UTC instant of 'YYYY-MM-DD HH:MM' in US Eastern time; null where that is none."""
    local = text.str.to_datetime("%Y-%m-%d %H:%M", strict=False, time_unit="us")
    eastern = local.dt.replace_time_zone(KICKOFF_ZONE, ambiguous="earliest", non_existent="null")
    return eastern.dt.convert_time_zone("UTC")


def _with_kickoffs(games: pl.DataFrame, quality: Quality) -> pl.DataFrame:
    clock = pl.col("gametime").str.extract(r"^(\d{1,2}:\d{2})(?::\d{2})?$")
    games = games.with_columns(__day=day_of(), __clock=clock)
    quality.note("day_unknown", games.filter(pl.col("__day").is_null()), "gameday")
    if games["__clock"].null_count() < games.height:  # a season without any time has none upstream
        quality.note("time_unknown", games.filter(pl.col("__clock").is_null()), "gametime")
    text = pl.coalesce("__day", _usual_days(games)).dt.strftime("%Y-%m-%d")
    text = text + " " + pl.col("__clock").fill_null(UNKNOWN_KICKOFF)
    return games.with_columns(kickoff_at=kickoff_of(text)).drop("__day", "__clock")


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
        is_neutral=(pl.col("location") == "Neutral").fill_null(value=False),
        is_divisional=(pl.col("div_game") == 1).fill_null(meet_twice),
        # A retractable roof counts as covered: whether it opens is decided on the day.
        is_covered=pl.col("roof").fill_null("outdoors") != "outdoors",
    )
