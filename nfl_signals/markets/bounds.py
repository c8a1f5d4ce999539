"""Which numbers a game can have: stated once, for every place at which a number comes in.

Raw tables withhold what is out of bounds, a request with such a number is refused, a ledger does not take
it. They lie well outside of what 25 real seasons held, which stands beside each; a NaN and an infinity lie
outside of all.
"""

from dataclasses import dataclass, replace

import polars as pl
from scipy.special import ndtr

from nfl_signals.markets.definitions import ATS, MARKETS, MONEYLINE, PRICES, MarketName
from nfl_signals.markets.odds import implied_probability, no_vig_probability

ROUNDING = 1e-9  # of the sums of a season, whose largest terms are hundreds


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The lowest and the highest value of a number, both allowed."""

    what: str  # in words, with its unit
    low: float
    high: float
    gap: float = 0.0  # no value is nearer to 0 than this

    def hold(self, values: pl.Expr) -> pl.Expr:
        """Whether each value is within; null where it is null.

        Example:
            >>> frame = pl.DataFrame({"price": [-110.0, 52.0, float("nan"), float("-inf"), None]})
            >>> frame.select(PRICE.hold(pl.col("price"))).to_series().to_list()
            [True, False, False, False, None]
        """
        return values.is_between(self.low, self.high) & (values.abs() >= self.gap)

    def of_sums(self) -> "Bounds":
        """For numbers that were added up and taken apart, which loses the last digits."""
        return replace(self, low=self.low - ROUNDING, high=self.high + ROUNDING)

    def __str__(self) -> str:
        apart = f", and not between {-self.gap:,g} and {self.gap:,g}" if self.gap else ""
        return f"{self.what}, {self.low:,g} to {self.high:,g}{apart}"


PROBABILITY = Bounds(what="a probability", low=0, high=1)
SIGNAL = Bounds(what="a signal", low=-1, high=1)
SEASON = Bounds(what="a season", low=1920, high=2100)
WEEK = Bounds(what="a week", low=1, high=30)  # 22
SCORE = Bounds(what="a team's points", low=0, high=100)  # 0 to 70
BOTH_SCORES = Bounds(what="points of both teams", low=0, high=2 * SCORE.high)  # 3 to 106
MARGIN = Bounds(what="a margin in points", low=-SCORE.high, high=SCORE.high)  # -49 to 59
SPREAD = Bounds(what="a spread in points", low=-40, high=40)  # -19 to 27
TOTAL_LINE = Bounds(what="a total in points", low=10, high=100)  # 28.5 to 63.5
PRICE = Bounds(what="American odds", low=-1e5, high=1e5, gap=100)  # -5,000 to 2,173
PLAYS = Bounds(what="a count", low=0, high=200)  # 87 attempts
YARDS = Bounds(what="yards", low=0, high=500)  # 212
EPA = Bounds(what="expected points", low=-150, high=150)  # -44 to 42
# From a touchdown at hand to one against no play is worth more; a game's mean: -2.4 to 1.6.
EPA_OF_A_PLAY = Bounds(what="expected points of a play", low=-14, high=14)
RATING = Bounds(what="points per game", low=2 * EPA.low, high=2 * EPA.high)  # -22 to 23
TURNOVERS = Bounds(what="a count", low=0, high=4 * PLAYS.high)  # of four kinds
SHARE = Bounds(what="a share", low=0, high=1)
GAMES = Bounds(what="games of a season", low=0, high=WEEK.high)
REST = Bounds(what="days", low=0, high=16)
PLAYERS = Bounds(what="players", low=0, high=1_000)
TRAVEL = Bounds(what="km", low=0, high=20_040)  # half way around
CLOCKS = Bounds(what="hours", low=-24, high=24)
SCALED = Bounds(what="a scaled number", low=-100, high=100)  # of a game in a sequence

LINES_TAKEN: dict[MarketName, Bounds] = {
    "ats": SPREAD,
    "moneyline": Bounds(what="no line but 0", low=0, high=0),
    "total": TOTAL_LINE,
}
"""Of the line of a bet, by market."""
QUOTES = {
    **{
        market.line_column: LINES_TAKEN[name]
        for name, market in MARKETS.items()
        if market.line_column
    },
    **dict.fromkeys(PRICES, PRICE),
}
"""Of every line and price of the schedule, by its column."""

FAR_APART = 0.25
MARGIN_SD = 13.3  # points around the closing spread (nflverse 2006-2023, 4,861 games)
BOTH_SIDES = Bounds(
    what="both implied probabilities together", low=0.95, high=1.15
)  # 0.981 to 1.059


def unfair(price_yes: pl.Expr, price_no: pl.Expr) -> pl.Expr:
    """Whether two prices cannot be those of one market; false where one is null.

    Example:
        >>> frame = pl.DataFrame({"yes": [-110.0, -9999.0, None], "no": [-110.0, -110.0, 150.0]})
        >>> frame.select(unfair(pl.col("yes"), pl.col("no"))).to_series().to_list()
        [False, True, False]
    """
    both = implied_probability(price_yes) + implied_probability(price_no)
    return (~BOTH_SIDES.hold(both)).fill_null(value=False)


def contradicted(games: pl.DataFrame) -> pl.Series:
    """Whether each game's spread and moneylines cannot both be meant; nobody knows then which is.

    A home favourite by `s` points wins with probability Phi(s / MARGIN_SD) or so; over 5,407 real
    games the no-vig moneyline is never further from that than 0.102.
    """
    prices = pl.col(MONEYLINE.price_yes_column), pl.col(MONEYLINE.price_no_column)
    p_line = ndtr(games.select(ATS.line() / MARGIN_SD).to_series().to_numpy())
    p_spread = pl.lit(pl.Series(p_line, dtype=pl.Float64).fill_nan(None))
    apart = (no_vig_probability(*prices) - p_spread).abs() > FAR_APART
    return games.select(apart.fill_null(value=False) | unfair(*prices)).to_series()
