"""The three markets: label, line, YES side and push rule, defined once; horizons are `decision_time.py`.

Sign convention (nflverse data dictionary, `spread_line`): positive means the home team is favoured
by that many points. The YES side is: home wins (moneyline), home covers (ats), over (total).
Prices and their no-vig probabilities are `odds.py`; nothing here reads data.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

MarketName = Literal["ats", "moneyline", "total"]
KEYS = ["game_id", "market"]  # of one bet, in every table that has a row for each
ODDS = ["price_yes", "price_no"]
QUOTE = ["line", *ODDS]  # what a book shows on a bet
LEAST_EDGE = 0.01
"""Difference to the price, probability, from which a forecast is a pick: below a point it is rounding."""
CONSENSUS = ("consensus", "nflverse", "simulated")
"""Books that stand for the market: what is no sportsbook's own."""


@dataclass(frozen=True, kw_only=True)
class Market:
    """One bet on a game."""

    name: MarketName  # key used in every table and path
    title: str  # how reports call it
    yes: str  # the event whose probability `p_hat` is
    outcome_column: Literal["result", "total"]  # schedule column that decides it, in points
    line_column: str | None  # schedule column with the threshold, in points; None means 0
    price_yes_column: str  # American odds on YES at the close
    price_no_column: str  # American odds on NO at the close
    push: str  # when neither side wins

    @property
    def label(self) -> str:
        """The label definition that travels with every artifact."""
        line = self.line_column or "0"
        return f"YES if {self.outcome_column} > {line}; NO if <; push if equal"

    @property
    def away_sign(self) -> float:
        """Sign of the away team's number: taken off a margin, added to a total."""
        return -1.0 if self.outcome_column == "result" else 1.0

    def quoted(self, line: float, home: str) -> str:
        """The line as bettors write it, the home team's for a spread; empty without one."""
        if self.line_column is None:
            return ""
        if self.outcome_column == "total":
            return f"{line:g}"
        # nflverse's sign is positive for a home favourite; bettors quote the favourite with a minus.
        return f"{home} {-line:+g}" if line else f"{home} pick'em"

    def side(self, *, yes: bool, home: str, away: str) -> str:
        """What a bettor on YES or on NO calls the side: a team, or over and under."""
        if self.outcome_column == "total":
            return "over" if yes else "under"
        return home if yes else away

    def line(self) -> pl.Expr:
        """Threshold in points: the line, or 0 for the moneyline."""
        return pl.lit(0.0) if self.line_column is None else pl.col(self.line_column)

    def quote(self) -> list[pl.Expr]:
        """The columns of `QUOTE` from those of the schedule."""
        odds = zip((self.price_yes_column, self.price_no_column), ODDS, strict=True)
        return [self.line().alias("line"), *(pl.col(name).alias(side) for name, side in odds)]

    def outcome(self) -> pl.Expr:
        """'yes', 'no', 'push', or null while the game or the line is unknown."""
        return outcome_of(pl.col(self.outcome_column) - self.line())


SEVENTEEN_GAMES_FROM = 2021
"""Season; it has 18 regular weeks, seasons before it 17."""


def can_tie() -> pl.Expr:
    """Whether the game of a row's `season, week` may end in a tie: a playoff game is played on."""
    last = pl.when(pl.col("season") >= SEVENTEEN_GAMES_FROM).then(18).otherwise(17)
    return pl.col("week") <= last


def can_push() -> pl.Expr:
    """Whether a bet on a row's `market, line, season, week` may end in a push.

    Example:
        >>> game = {"season": 2023, "week": 19, "market": ["moneyline", "ats", "total"], "line": [0, 3, 44]}
        >>> pl.DataFrame(game).select(can_push()).to_series().to_list()
        [False, True, True]
    """
    margins = [market.name for market in MARKETS.values() if market.outcome_column == "result"]
    is_tie = pl.col("market").is_in(margins) & (pl.col("line") == 0)
    return (pl.col("line") == pl.col("line").floor()) & (can_tie() | ~is_tie)


def outcome_of(excess: pl.Expr) -> pl.Expr:
    """'yes', 'no', 'push' or null, by the points above the line."""
    won = pl.when(excess > 0).then(pl.lit("yes")).when(excess < 0).then(pl.lit("no"))
    return won.when(excess == 0).then(pl.lit("push"))


ATS = Market(
    name="ats",
    title="Against the spread",
    yes="the home team covers",
    outcome_column="result",
    line_column="spread_line",
    price_yes_column="home_spread_odds",
    price_no_column="away_spread_odds",
    push="the home margin equals the spread",
)
MONEYLINE = Market(
    name="moneyline",
    title="Moneyline",
    yes="the home team wins",
    outcome_column="result",
    line_column=None,
    price_yes_column="home_moneyline",
    price_no_column="away_moneyline",
    push="the game is tied; no playoff game is",
)
TOTAL = Market(
    name="total",
    title="Total",
    yes="the points of both teams go over the line",
    outcome_column="total",
    line_column="total_line",
    price_yes_column="over_odds",
    price_no_column="under_odds",
    push="the points equal the line",
)

MARKETS: dict[MarketName, Market] = {market.name: market for market in (ATS, MONEYLINE, TOTAL)}
LINES = [market.line_column for market in MARKETS.values() if market.line_column]
PRICES = [column for m in MARKETS.values() for column in (m.price_yes_column, m.price_no_column)]
OUTCOMES = sorted({market.outcome_column for market in MARKETS.values()})
