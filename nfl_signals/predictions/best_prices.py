"""The best price across books for the side that a forecast leans to, beside the price it was made at."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from nfl_signals.markets.definitions import CONSENSUS, KEYS, MARKETS
from nfl_signals.markets.odds import payout_per_unit

BEST = pl.Schema({"best_line": pl.Float64(), "best_price": pl.Float64(), "best_book": pl.String()})
"""Line and American odds for the side leant to, and the sportsbook that shows them; null without any."""

CURRENT = timedelta(days=7)
"""How long a quote counts as shown: a book that has been silent for longer is not offering it."""


def with_best_prices(rows: pl.DataFrame, prices: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The forecasts with the columns of `BEST`.

    Of each sportsbook the last quote by `as_of` counts, where it was seen within `CURRENT` and is no close,
    also where it has no odds and so is no offer; of those the one with the best line for the side that the
    forecast rates above the price, at equal lines the best odds, at equal odds the first by name. A better
    line wins at any odds: compare them yourself. A consensus is no sportsbook, and an opener without a time
    is left out, as nobody knows whether it still stands.

    Args:
        rows: forecasts with KEYS, `p_hat` and `p_market`, each game and market once.
        prices: `RAW_PRICES`.
        as_of: nothing observed later is used.
    """
    age = pl.lit(as_of) - pl.col("observed_at")
    last = (
        prices.filter(~pl.col("book").is_in(CONSENSUS), age.is_between(timedelta(0), CURRENT))
        .sort("observed_at", maintain_order=True)
        .unique([*KEYS, "book"], keep="last", maintain_order=True)
        .filter(pl.col("moment") != "close")
    )
    yes = pl.col("p_hat") > pl.col("p_market")
    # A favourite that gives fewer points and an over at a lower total are better; YES is both.
    points = pl.when(yes).then(-pl.col("line")).otherwise("line")
    odds = pl.when(yes).then("price_yes").otherwise("price_no")
    quotes = (
        last.join(rows.select(*KEYS, "p_hat", "p_market"), on=KEYS)
        .filter(pl.col("p_hat") != pl.col("p_market"))
        .select(*KEYS, "book", "line", points=points, odds=odds)
        .drop_nulls(["line", "odds"])
    )
    best = (
        quotes.sort(
            "points", payout_per_unit(pl.col("odds")), "book", descending=[True, True, False]
        )
        .unique(KEYS, keep="first", maintain_order=True)
        .select(*KEYS, best_line="line", best_price="odds", best_book="book")
    )
    return rows.join(best, on=KEYS, how="left", maintain_order="left")


def best_in_words(row: Mapping[str, Any], home: str, away: str) -> str:
    """The side leant to with line, odds and book of its best price; '' where no book shows one.

    Example:
        >>> best = {"best_line": 6.5, "best_price": -109.0, "best_book": "sharp"}
        >>> best_in_words(best | {"market": "ats", "p_hat": 0.4, "p_market": 0.5}, "MIN", "DAL")
        'DAL +6.5 -109 sharp'
    """
    if row["best_book"] is None or row["p_market"] is None:
        return ""  # no offer, or no price to lean away from
    market, line, yes = MARKETS[row["market"]], row["best_line"], row["p_hat"] > row["p_market"]
    bet = side = market.side(yes=yes, home=home, away=away)
    if market.outcome_column == "total":
        bet = f"{side} {market.quoted(line, home)}"
    elif market.line_column is not None:
        # The away team's number is the home team's, its sign turned.
        bet = market.quoted(line if yes else -line, side)
    return f"{bet} {row['best_price']:+.0f} {row['best_book']}"
