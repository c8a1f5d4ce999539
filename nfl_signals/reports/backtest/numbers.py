"""Every number of the backtest, as one JSON value; nothing here formats text.

The games, their bets and the close are `games.py`, what is measured of a group of them `measures.py`.
Sizes of edge, the limit of belief and the rule of a bet are constants: none was chosen by what it gave.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import inf

import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.features.decision_prices import RECORDED
from nfl_signals.markets.definitions import LEAST_EDGE, MARKETS, Market
from nfl_signals.reports.backtest.games import backtest_games
from nfl_signals.reports.backtest.measures import FEWEST_GAMES, FEWEST_WEEKS, line_value, measured
from nfl_signals.reports.shared.score_card import LEVEL
from nfl_signals.reports.shared.targets import BREAK_EVEN, Target

EDGES = (0.0, LEAST_EDGE, 0.02, 0.04, 0.08)
"""Lower ends of the sizes of edge, |p_hat - p_market| given no push, in probability.

Below one point a difference to the price is rounding; from there each bin is
twice as wide as the one before, for large differences are rare.
"""
DIGITS = 9  # of an edge before it is put into a bin: 0.58 - 0.50 is 0.08
CONSTANTS_CHOSEN_ON = (2003, 2008)
"""First and last real season on which the program's constants were chosen."""
TOO_GOOD_ACCURACY = Target(
    key="too_good_accuracy",
    title="Accuracy that is believed",
    limit=0.54,
    unit="share of games whose side above one half won, pushes out",
    markets=("ats", "total"),
    reason=f"Break-even at -110 is {100 * BREAK_EVEN:.2f} %. Over whole seasons more than 54 % is a "
    "leak, or chance where the interval reaches below, until shown otherwise.",
)


@dataclass(frozen=True, kw_only=True)
class EdgeBin:
    """Games whose edge is at least `low` and below `high`, probability."""

    low: float
    high: float | None  # None: without end


def backtest_numbers(
    *, stacked: pl.DataFrame, markets: pl.DataFrame, closing: pl.DataFrame | None, seed: int
) -> Json:
    """Forecast, price, bets, closing-line value and close of every market, whole and in parts.

    Args:
        stacked: walk-forward stacked predictions.
        markets: gold markets at the horizon of those forecasts.
        closing: gold markets at kickoff; None where the forecasts were made at the close.
        seed: of every interval.

    Returns:
        `level, break_even, fewest_games, fewest_weeks, constants_chosen_on, scores_those_seasons,
        too_good_accuracy, at_close, too_good, markets`; a market has `prices` (moments and sources with
        their games), `overall`, `by_season` and `by_edge`, each row as `measured` gives it.

    Raises:
        JoinError: a forecast is of a game that `markets` does not have.
    """
    games = backtest_games(stacked=stacked, markets=markets, closing=closing)
    parts = [
        _market(market, games.filter(market=name), seed=seed) for name, market in MARKETS.items()
    ]
    return {
        "level": LEVEL,
        "break_even": BREAK_EVEN,
        "fewest_games": FEWEST_GAMES,
        "fewest_weeks": FEWEST_WEEKS,
        "constants_chosen_on": list(CONSTANTS_CHOSEN_ON),
        "scores_those_seasons": any(
            season <= CONSTANTS_CHOSEN_ON[-1] for part in parts for season in part["seasons"]
        ),
        "too_good_accuracy": asdict(TOO_GOOD_ACCURACY),
        "at_close": closing is None,
        "too_good": [row for part in parts for row in too_good(part)],
        "markets": parts,
    }


def too_good(part: Json) -> Iterator[Json]:
    """What is to be doubted of one market: `market, title, measure, estimate, low, high`.

    An `accuracy` above `TOO_GOOD_ACCURACY`, and a `difference` of Brier to the price whose whole
    interval is below zero.
    """
    overall, named = part["overall"], {"market": part["market"], "title": part["title"]}
    accuracy, difference = overall["accuracy"], overall["difference"]
    is_bounded = overall["n"] > 0 and part["market"] in TOO_GOOD_ACCURACY.markets
    if is_bounded and accuracy["estimate"] > TOO_GOOD_ACCURACY.limit:
        yield {**named, "measure": "accuracy", **accuracy}
    if difference["high"] is not None and difference["high"] < 0:
        yield {**named, "measure": "difference", **difference}


def edge_bins() -> list[EdgeBin]:
    """The sizes of edge, smallest first; together they hold every edge."""
    ends: list[float | None] = [*EDGES[1:], None]
    return [EdgeBin(low=low, high=high) for low, high in zip(EDGES, ends, strict=True)]


def _market(market: Market, games: pl.DataFrame, *, seed: int) -> Json:
    seasons = games["season"].unique().sort().to_list()
    edge = (pl.col("p_hat") - pl.col("p_market")).abs().round(DIGITS)
    assumed = pl.col("price_source") != RECORDED
    return {
        "market": market.name,
        "title": market.title,
        "yes": market.yes,
        "seasons": [seasons[0], seasons[-1]] if seasons else [],
        "prices": games.group_by("price_moment", "price_source")
        .agg(n=pl.len())
        .sort("price_moment", "price_source")
        .to_dicts(),
        "overall": measured(games, seed=seed),
        "no_movement": line_value(games.filter("stood_still", assumed), seed=seed),
        "by_season": [
            {"season": season, **measured(games.filter(season=season), seed=seed)}
            for season in seasons
        ],
        "by_edge": [
            {
                **asdict(each),
                **measured(games.filter(edge >= each.low, edge < (each.high or inf)), seed=seed),
            }
            for each in edge_bins()
        ],
    }
