"""A release as it was at an hour: lines move once, between Tuesday and kickoff."""

from datetime import timedelta

import polars as pl
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.ingest.raw import SCHEDULE
from nfl_signals.markets.definitions import LINES, PRICES
from nfl_signals.simulator.feed.cut import LINE_MOVES, LINES_BEFORE, Feed
from nfl_signals.simulator.games.bookmaker import OPENING
from nfl_signals.simulator.league import League, simulate
from nfl_signals_tests.support.builders import MemoryRelease

QUOTES = [*LINES, *PRICES]
WEEK = (pl.col("season") == 2021) & (pl.col("week") == 5)


@pytest.fixture(scope="module")
def league() -> League:
    settings = SimulatorSettings(first_season=2020, n_seasons=2, weeks_played=22, missing_lines=0)
    return simulate(settings, seed=3)


def release(league: League) -> MemoryRelease:
    return MemoryRelease({SCHEDULE: league.games})


def shown(feed: Feed, after: timedelta) -> pl.DataFrame:
    """Quotes of each game of the week, so long after its own kickoff."""
    games = feed.games.filter(WEEK).sort("game_id")
    rows = [
        feed.at(kickoff + after).read(SCHEDULE).filter(game_id=game).select("game_id", *QUOTES)
        for game, kickoff in games.select("game_id", "kickoff").iter_rows()
    ]
    return pl.concat(rows)


def opened(league: League) -> pl.DataFrame:
    lines = league.lines_open.rename(OPENING)
    return lines.join(league.games.filter(WEEK), on="game_id", how="semi").sort("game_id")


def test_a_game_shows_its_opening_line_until_two_days_before_kickoff_and_then_moves_once(
    league: League,
) -> None:
    feed = Feed(release(league), league.lines_open)
    opening, closing = opened(league), league.games.filter(WEEK).sort("game_id")
    before = shown(feed, -LINE_MOVES - timedelta(minutes=1))
    assert before.equals(opening.select(before.columns).cast(dict(before.schema)))
    assert shown(feed, timedelta(0)).equals(closing.select(before.columns))
    moved = pl.Series([False] * before.height)
    for hours in range(48, -1, -3):
        now = shown(feed, -timedelta(hours=hours))
        closed = now["home_moneyline"] == closing["home_moneyline"]
        assert (closed | (now["home_moneyline"] == opening["home_moneyline"])).all()
        assert (closed | ~moved).all()
        moved = closed
    assert moved.all()


def test_no_line_is_shown_before_the_book_opens(league: League) -> None:
    early = shown(Feed(release(league), league.lines_open), -LINES_BEFORE - timedelta(minutes=1))
    assert early.select(pl.all_horizontal(pl.col(QUOTES).is_null()).all()).item()


def test_where_no_opening_lines_are_given_lines_never_move(league: League) -> None:
    feed, closing = Feed(release(league)), league.games.filter(WEEK).sort("game_id")
    for hours in (160, 30, 1):
        now = shown(feed, -timedelta(hours=hours))
        assert now.equals(closing.select(now.columns))


def test_opening_lines_change_nothing_else_and_no_game_that_has_none(league: League) -> None:
    some = league.lines_open.head(league.lines_open.height // 2)
    plain, moving = Feed(release(league)), Feed(release(league), some)
    for day in (1, 3, 5):
        at = plain.games.filter(WEEK)["kickoff"].min() - timedelta(days=day)
        one, two = (feed.at(at).read(SCHEDULE) for feed in (plain, moving))
        assert one.drop(QUOTES).equals(two.drop(QUOTES))
        without = two.join(some, on="game_id", how="anti")
        assert without.equals(one.join(some, on="game_id", how="anti"))
