"""How good a forecast of the league can be: no better than the truth.

On untied games with a line and prices, the Brier score of the true probability is the best that
anybody can achieve, that of the base rate what knowing nothing achieves: at the close, and on Tuesday,
where the truth is what was settled by then and the price is what stood then.
"""

import numpy as np
import polars as pl

from nfl_signals.markets.definitions import MARKETS, MarketName, outcome_of
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.simulator.games.drift import PROBABILITIES
from nfl_signals.simulator.games.tuesday import quotes_on_tuesday
from nfl_signals.simulator.league import League
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.scores import NotEstimableError


def share_of_gap(p: Floats, truth_p: Floats, base: float, y: Floats) -> float:
    """Share of the way from the base rate to the truth that a forecast covers, in Brier score.

        share = (brier(base) - brier(p)) / (brier(base) - brier(truth_p))

    1 is the truth, 0 the base rate, below 0 worse than knowing nothing. Luck can push it above 1; give
    `truth_p` as `y` too for its expectation over outcomes, which is free of luck. Shapes (n,).

    Raises:
        NotEstimableError: the truth scored no better than the base rate on these games.

    Example:
        >>> truth = np.array([0.2, 0.8])
        >>> round(share_of_gap(np.array([0.35, 0.65]), truth, 0.5, truth), 4)
        0.75
    """
    gap = _brier(base, y) - _brier(truth_p, y)
    if gap <= 0:
        raise NotEstimableError(
            f"share of the gap: on these {len(y)} games the truth scored no better than the base rate"
        )
    return (_brier(base, y) - _brier(p, y)) / gap


def best_achievable(league: League) -> dict[MarketName, dict[str, float]]:
    """Brier scores of truth, no-vig close and base rate, for each market.

    Returns by market `n` (games), `truth`, `close`, `base_rate` (Brier scores on what happened),
    and `close_share_of_gap` (in expectation over outcomes).
    """
    both = league.games.join(league.truth, on="game_id", validate="1:1")
    return {name: _scores(both, name) for name in MARKETS}


def best_achievable_on_tuesday(league: League) -> dict[MarketName, dict[str, float]]:
    """Brier scores of Tuesday's truth, no-vig price and base rate, for each market.

    Returns by market `n` (games), `truth`, `price`, `base_rate` (Brier scores on what happened at
    Tuesday's line), and `price_share_of_gap` (in expectation over outcomes and the rest of the week).
    """
    quotes = quotes_on_tuesday(league.games, pl.concat(league.prices.values()))
    known_by = league.truth_tuesday.partition_by("known_by", as_dict=True)
    both = league.games.join(known_by["tuesday",], on="game_id").join(
        known_by["kickoff",], on="game_id", suffix="_at_kickoff"
    )
    found: dict[MarketName, dict[str, float]] = {}
    for name, market in MARKETS.items():
        yes, push = PROBABILITIES[name]
        games = both.join(quotes.filter(market=name), on="game_id")
        decided = games.select(
            truth=pl.col(yes) / (1 - pl.col(push)),
            price=no_vig_probability(pl.col("price_yes"), pl.col("price_no")),
            expected=pl.col(f"{yes}_at_kickoff") / (1 - pl.col(f"{push}_at_kickoff")),
            outcome=outcome_of(pl.col(market.outcome_column) - pl.col("line")),
        )
        y, truth, price, expected = _decided(decided, "truth", "price", "expected")
        base = float(y.mean())
        found[name] = {
            "n": len(y),
            "truth": _brier(truth, y),
            "price": _brier(price, y),
            "base_rate": _brier(base, y),
            "price_share_of_gap": share_of_gap(price, truth, base, expected),
        }
    return found


def _scores(games: pl.DataFrame, name: MarketName) -> dict[str, float]:
    market, (yes, push) = MARKETS[name], PROBABILITIES[name]
    prices = pl.col(market.price_yes_column), pl.col(market.price_no_column)
    stated = games.select(
        truth=pl.col(yes) / (1 - pl.col(push)),
        close=no_vig_probability(*prices),
        outcome=market.outcome(),
    )
    y, truth, close = _decided(stated, "truth", "close")
    base = float(y.mean())
    return {
        "n": len(y),
        "truth": _brier(truth, y),
        "close": _brier(close, y),
        "base_rate": _brier(base, y),
        "close_share_of_gap": share_of_gap(close, truth, base, truth),
    }


def _decided(stated: pl.DataFrame, *names: str) -> list[Floats]:
    """1.0 for YES and the named columns, of the games that are settled, complete and no push."""
    decided = stated.drop_nulls().filter(pl.col("outcome") != "push")
    y = (decided["outcome"] == "yes").cast(pl.Float64)
    return [y.to_numpy(), *(decided[name].to_numpy() for name in names)]


def _brier(p: float | Floats, y: Floats) -> float:
    return float(np.mean((p - y) ** 2))
