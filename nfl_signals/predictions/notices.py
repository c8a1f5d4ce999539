"""What a person must know who finds fewer predictions than expected: in the terminal and in reports.

Pure functions over the markets and what is predicted; each notice is a sentence.
"""

from datetime import datetime, timedelta

import polars as pl

from nfl_signals.core.moment import Moment
from nfl_signals.core.settings import describe
from nfl_signals.ingest.history import RESULT_DELAY
from nfl_signals.markets.definitions import KEYS
from nfl_signals.predictions.football_week import end_of_football_week
from nfl_signals.predictions.week import skipped_games, upcoming_games

DEADLINE = timedelta(hours=24)  # after a game's end its result should be there
GIVEN_UP = timedelta(days=14)  # a game without a result for so long was cancelled


def notices(markets: pl.DataFrame, predicted: pl.DataFrame, moment: Moment) -> list[str]:
    """What is missing at a moment: results, games, lines, predictions.

    Args:
        markets: `GOLD_MARKETS`.
        predicted: stored predictions, of any week.
        moment: of which it is asked.
    """
    return [
        *_results_missing(markets, moment.as_of),
        *_no_game(markets, moment),
        *_no_line(markets, moment),
        *_not_predicted(markets, predicted, moment),
        *_backdated(moment),
    ]


def overdue(as_of: datetime) -> pl.Expr:
    """Whether a game's result should be there: it ended more than a day ago."""
    return pl.col("kickoff_at") + RESULT_DELAY + DEADLINE <= as_of


def results_missing(games: pl.DataFrame, as_of: datetime, result: str) -> pl.DataFrame:
    """Games that ended more than a day ago, were not given up, and have no `result`."""
    hoped_for = pl.col("kickoff_at") + RESULT_DELAY + GIVEN_UP > as_of
    return games.filter(overdue(as_of), hoped_for, pl.col(result).is_null())


def _results_missing(markets: pl.DataFrame, as_of: datetime) -> list[str]:
    missing = results_missing(markets, as_of, "points").sort("kickoff_at", "game_id")
    if missing.is_empty():
        return []
    games = missing["game_id"].unique(maintain_order=True)
    return [
        f"games without a result a day after their end: {games.len()}, the first one {games[0]}; the "
        "release is late, or was not read since; run `nfl-signals week`."
    ]


def _no_game(markets: pl.DataFrame, moment: Moment) -> list[str]:
    if upcoming_games(markets, moment).height:
        return []
    as_of = moment.bets_from
    ends, to_come = end_of_football_week(as_of), markets.filter(pl.col("kickoff_at") > as_of)
    first = to_come["kickoff_at"].min()
    then = f"the next one begins {describe(first)}" if isinstance(first, datetime) else "none later"
    return [f"the schedule shows no game from {describe(as_of)} to {describe(ends)}; {then}."]


def _no_line(markets: pl.DataFrame, moment: Moment) -> list[str]:
    skipped = {name: games for name, games in skipped_games(markets, moment).items() if games}
    return [
        f"not predicted, no usable line or price ({market}): {', '.join(games)}"
        for market, games in skipped.items()
    ]


def _not_predicted(markets: pl.DataFrame, predicted: pl.DataFrame, moment: Moment) -> list[str]:
    """Games of the week with a line that the stored predictions lack: they are of an earlier week."""
    complete = upcoming_games(markets, moment).drop_nulls(["line", "p_market"])
    lacking = complete.join(predicted, on=KEYS, how="anti")
    if lacking.is_empty():
        return []
    games = lacking["game_id"].unique().sort().to_list()
    return [
        f"not predicted yet, though with lines and prices: {', '.join(games)}; run `nfl-signals week`."
    ]


def _backdated(moment: Moment) -> list[str]:
    if not moment.backdated:
        return []
    return [
        f"as of {describe(moment.as_of)}, looked at {describe(moment.clock)}: such predictions are "
        "backdated, kept in the shadow book and counted nowhere, for their lines may be later ones; a "
        "season that is played week by week from files as they were takes `clock: as_of` and a home of "
        "its own."
    ]
