"""The line and the prices that stood at decision time, from observations of books.

Where a book's odds were not recorded with its line, or no moneyline was, the row says so in
`price_source`: `standard` odds of -110 on both sides, or odds `derived` from spread and total.
"""

from datetime import datetime
from math import nan

import numpy as np
import polars as pl

from nfl_signals.features.settled_games import fit_scores, settled_games
from nfl_signals.markets.coherence import CoherenceInputs, probability_at
from nfl_signals.markets.decision_time import Horizon, decision_at
from nfl_signals.markets.definitions import (
    CONSENSUS,
    KEYS,
    MONEYLINE,
    ODDS,
    QUOTE,
    can_tie,
    outcome_of,
)
from nfl_signals.markets.odds import fair_odds, no_vig_probability
from nfl_signals.markets.score_distribution import FEWEST_GAMES

SEEN = ["book", "moment", "observed_at"]  # of a quote: by whom, what it was, and when
STANDARD_ODDS = -110.0
RECORDED, STANDARD, DERIVED = "recorded", "standard", "derived"


def at_decision(horizon: Horizon) -> pl.Expr:
    """Whether a row of gold markets has a price of its decision time: at `tuesday` the close is none."""
    if horizon == "kickoff":
        return pl.lit(value=True)
    return pl.col("price_moment") != "close"


def decided_markets(
    closing: pl.DataFrame,
    prices: pl.DataFrame,
    horizon: Horizon,
    *,
    as_of: datetime,
    book: str | None = None,
) -> pl.DataFrame:
    """Gold markets at another horizon than kickoff, from those at kickoff and observed prices.

    A played game has the last quote at or before its decision time, a game to come the newest one. One
    that nobody observed keeps the schedule's, and `price_moment` says which that is.

    Args:
        closing: gold markets at kickoff.
        prices: `RAW_PRICES`.
        horizon: of the rows that are made.
        as_of: nothing observed later is used.
        book: whose quotes count before the market's (`CONSENSUS`); None: the market's alone.
    """
    asked = closing.with_columns(decision_at(horizon), horizon=pl.lit(horizon))
    by = pl.when(pl.col("kickoff_at") <= as_of).then("decision_at").otherwise(pl.lit(as_of))
    quotes = last_quotes(prices, asked.select(*KEYS, by=by), book)
    rows = asked.join(quotes, on=KEYS, how="left", suffix="_seen", maintain_order="left")
    seen = pl.col("moment").is_not_null()
    rows = rows.with_columns(
        *(pl.when(seen).then(f"{name}_seen").otherwise(name).alias(name) for name in QUOTE),
        price_moment=pl.coalesce("moment", "price_moment"),
    )
    bare = seen & pl.any_horizontal(pl.col(ODDS).is_null())
    rows = rows.with_columns(
        *(pl.when(bare).then(pl.lit(STANDARD_ODDS)).otherwise(name).alias(name) for name in ODDS),
        price_source=pl.when(bare).then(pl.lit(STANDARD)).otherwise("price_source"),
    )
    rows = rows.with_columns(p_market=no_vig_probability(*map(pl.col, ODDS)))
    return (
        _with_moneylines(rows, closing)
        .with_columns(outcome=outcome_of(pl.col("points") - pl.col("line")))
        .select(closing.columns)
    )


def last_quotes(prices: pl.DataFrame, asked: pl.DataFrame, book: str | None) -> pl.DataFrame:
    """Of each game and market the last quote at or before `by`: KEYS, QUOTE and `SEEN`.

    An opener without a time was known by every decision time, before whatever carries one.
    """
    chosen = pl.lit(value=False) if book is None else pl.col("book") == book
    rank = pl.when(chosen).then(0).when(pl.col("book").is_in(CONSENSUS)).then(1)
    return (
        prices.with_columns(rank=rank)
        .drop_nulls("rank")
        .join(asked, on=KEYS, maintain_order="left")
        .filter(pl.col("observed_at").is_null() | (pl.col("observed_at") <= pl.col("by")))
        .sort(
            "rank", "observed_at", descending=[True, False], nulls_last=False, maintain_order=True
        )
        .unique(KEYS, keep="last", maintain_order=True)
        .select(*KEYS, *QUOTE, *SEEN)
    )


def _with_moneylines(rows: pl.DataFrame, closing: pl.DataFrame) -> pl.DataFrame:
    """The rows, moneylines that nobody observed derived from spread and total of the same moment.

    A season's by the scores of seasons before it; where those are too few the schedule's stay.
    """
    settled, derived = settled_games(closing), []
    unseen = (pl.col("market") == MONEYLINE.name) & (pl.col("price_moment") == "close")
    wanted = _located(rows).join(rows.filter(unseen).select("game_id"), on="game_id", how="semi")
    for season in wanted["season"].unique().sort():
        earlier, games = settled.filter(pl.col("season") < season), wanted.filter(season=season)
        if earlier.height >= FEWEST_GAMES:
            column = {name: games[name].fill_null(nan).to_numpy() for name in _LOCATED}
            implied = CoherenceInputs(
                p_moneyline=np.full(games.height, nan),
                can_tie=games["can_tie"].to_numpy(),
                **column,
            )
            p = probability_at(fit_scores(earlier), implied, "moneyline", np.zeros(games.height))
            derived.append(games.select("game_id", "moment").with_columns(p=pl.Series(p)))
    if not derived:
        return rows
    found = pl.concat(derived).with_columns(market=pl.lit(MONEYLINE.name))
    yes, no = fair_odds(pl.col("p"))
    new = {
        "price_yes": yes,
        "price_no": no,
        "p_market": pl.col("p"),
        "price_moment": pl.col("moment"),
        "price_source": pl.lit(DERIVED),
    }
    both = rows.drop("moment").join(found, on=KEYS, how="left", maintain_order="left")
    known = pl.col("p").is_not_null()
    return both.with_columns(
        pl.when(known).then(each).otherwise(name).alias(name) for name, each in new.items()
    )


_LOCATED = ("p_ats", "p_total", "spread_line", "total_line")


def _located(rows: pl.DataFrame) -> pl.DataFrame:
    """Games whose spread was observed: season, `can_tie`, `moment` and the columns of `_LOCATED`."""
    ats, total = (
        rows.filter(pl.col("price_moment") != "close", market=m) for m in ("ats", "total")
    )
    spread = ats.drop_nulls("line").select(
        *("game_id", "season"),
        can_tie=can_tie(),
        moment="price_moment",
        spread_line="line",
        p_ats="p_market",
    )
    scored = total.select("game_id", total_line="line", p_total="p_market")
    return spread.join(scored, on="game_id", how="left", maintain_order="left")
