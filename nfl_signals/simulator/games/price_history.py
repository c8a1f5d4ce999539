"""What three bookmakers showed on each game, from the opening to kickoff: two moves in between.

`consensus` is the bookmaker of the schedule. `sharp` errs less and keeps less of the handle, `soft` errs
more and keeps more. All three learn at the same time what the opening did not know.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.ingest.games import kickoff_of
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.simulator.games.bookmaker import OPENING, Board, prices_of
from nfl_signals.stats.arrays import Floats

OPENS_AT = timedelta(hours=22)  # on the Monday of the game's week, UTC
OPEN_FOR = timedelta(days=2, hours=22)  # at least, so that every game has a price on its Tuesday
MOVES = (
    0.6,
    0.9,
)  # shares of the time from opening to kickoff, which a third of the news has come by each
GAME = ["season", "week", "home", "away"]
CONSENSUS = "consensus"


@dataclass(frozen=True, kw_only=True)
class Bookmaker:
    """How one differs from the consensus."""

    shared: float  # of the consensus' error at the close
    own: float  # sd of its own error, in `line_noise`
    hold: float  # of the consensus' hold


BOOKS = {
    CONSENSUS: Bookmaker(shared=1.0, own=0.0, hold=1.0),
    "sharp": Bookmaker(shared=0.7, own=0.0, hold=0.5),
    "soft": Bookmaker(shared=1.0, own=0.8, hold=1.4),
}


def price_history(
    games: pl.DataFrame, board: Board, *, settings: SimulatorSettings, rng: np.random.Generator
) -> pl.DataFrame:
    """Prices of a season's games as in `Season`, one row for each game, book and time.

    Columns `GAME`, `book`, `moment`, `way` (share of the time from opening to kickoff), and the columns of
    `board.closing`.
    """
    unknown = _still_unknown(board.opening_error - board.closing_error, rng)
    shown = []
    for name, book in BOOKS.items():
        own = book.own * settings.line_noise * rng.standard_normal(board.closing_error.shape)
        error, hold = book.shared * board.closing_error + own, book.hold * settings.hold
        for way, ahead in unknown.items():
            if name == CONSENSUS and way in (0.0, 1.0):
                prices = board.closing if way else board.opening.rename(OPENING)
            else:
                prices = prices_of(games, error + ahead, hold=hold)
            moment = {0.0: "open", 1.0: "close"}.get(way, "snapshot")
            shown.append(
                pl.concat([games.select(GAME[1:]), prices], how="horizontal").with_columns(
                    book=pl.lit(name), moment=pl.lit(moment), way=pl.lit(way)
                )
            )
    return pl.concat(shown, how="diagonal")


def as_published(shown: pl.DataFrame, games: pl.DataFrame) -> pl.DataFrame:
    """Rows of `price_history` in the columns of a release; `games` as listed, with `GAME` and `game_id`."""
    kickoff = kickoff_of(pl.concat_str("gameday", "gametime", separator=" "))
    listed = games.select(*GAME, "game_id", kickoff_at=kickoff)
    opens_at = (pl.col("kickoff_at") - OPEN_FOR).dt.truncate("1w") + OPENS_AT
    rows = shown.join(listed, on=GAME, maintain_order="left").with_columns(
        observed_at=(opens_at + (pl.col("kickoff_at") - opens_at) * pl.col("way")).dt.truncate("1s")
    )
    markets = [
        rows.select(
            "game_id",
            pl.lit(market.name).alias("market"),
            "book",
            "moment",
            "observed_at",
            *market.quote(),
        )
        for market in MARKETS.values()
    ]
    priced = pl.concat(markets).drop_nulls()
    return priced.sort("observed_at", "game_id", "market", "book")


def _still_unknown(at_open: Floats, rng: np.random.Generator) -> dict[float, Floats]:
    """What the market has yet to learn, by share of the way: a Brownian bridge from the opening to 0."""
    sd = float(np.std(at_open))
    first = 2 / 3 * at_open + sd * np.sqrt(2 / 9) * rng.standard_normal(at_open.shape)
    second = first / 2 + sd * np.sqrt(1 / 6) * rng.standard_normal(at_open.shape)
    return {0.0: at_open, MOVES[0]: first, MOVES[1]: second, 1.0: np.zeros_like(at_open)}
