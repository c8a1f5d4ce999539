"""Closing-line value: did the market move towards the side the forecast leant to?

The close is the best forecast there is, so a lean that the market later moves towards was worth
something whether or not the game went its way: it shows in dozens of games what results show in
thousands. The lean is the side that the forecast rates higher than the price at the pick does.

Where the line moved too, the close says how likely the line taken is only together with how points
are distributed: home taken at -2.5 that closes at -3.5 and even gains every game won by exactly 3,
which is 9.1 % of them (`markets/score_distribution.py`; of 618 real games that closed at 3.5 the
favourite won 9.2 % by 3). A Normal has 3.0 % on every number.
"""

from math import nan

import numpy as np
import polars as pl

from nfl_signals.features.settled_games import fit_scores
from nfl_signals.markets.coherence import CoherenceInputs, probability_at
from nfl_signals.markets.decision_time import CLOSE
from nfl_signals.markets.definitions import KEYS, can_tie
from nfl_signals.markets.score_distribution import FEWEST_GAMES, ScoreDistribution

BET = [*KEYS, "line"]
CLOSED = ["line", "p_market"]
CARRIED = pl.Schema(
    {"game_id": pl.String(), "market": pl.String(), "line": pl.Float64(), "carried": pl.Float64()}
)
DIGITS = 9  # of a carried probability: the last ones depend on which games were solved together


def with_closing_line_value(
    graded: pl.DataFrame, close: pl.DataFrame, settled: pl.DataFrame
) -> pl.DataFrame:
    """`graded` with the columns `p_close` and `closing_line_value`.

    Args:
        graded: as `grading.grade` gives it.
        close: one row per game_id and market: line and p_market at the close; no row while the
            market is still open.
        settled: as `coherence_rows.settled_games` gives it. A season's lines are read from the
            scores of seasons before it, so that no later game changes a value.

    Returns:
        `graded` in its order. `p_close`: no-vig probability of YES at the close, at the line taken
        and given no push; null where unknown, also where the line moved and fewer than
        `FEWEST_GAMES` games were settled before the season. `closing_line_value`: by how much the
        probability of the side leant to rose from the price at the pick to `p_close`; positive, the
        market moved towards the lean, 0: not at all. Null where one of the two probabilities is
        unknown, there was no lean, or the forecast was made at the close itself.
    """
    both = graded.join(
        close.select("game_id", "market", *CLOSED),
        on=KEYS,
        how="left",
        suffix="_close",
        maintain_order="left",
        validate="m:1",
    )
    moved_line = both.filter(pl.col("line") != pl.col("line_close")).drop_nulls("p_market_close")
    bets = moved_line.select("season", *BET, can_tie=can_tie()).unique(maintain_order=True)
    carried = _carried(bets, close, settled)
    both = both.join(carried, on=BET, how="left", maintain_order="left").with_columns(
        # An unmoved line keeps the price itself: no move at equal prices is worth exactly nothing.
        p_close=pl.when(pl.col("line") == pl.col("line_close"))
        .then("p_market_close")
        .otherwise("carried")
    )
    earlier = pl.col("made_at") < pl.col("kickoff_at") - CLOSE
    lean = (pl.col("p_hat") - pl.col("p_market")).sign()
    value = pl.when(earlier, lean != 0).then(lean * (pl.col("p_close") - pl.col("p_market")))
    return both.with_columns(closing_line_value=value).select(
        *graded.columns, "p_close", "closing_line_value"
    )


def at_line_taken(
    distribution: ScoreDistribution, bets: pl.DataFrame, close: pl.DataFrame
) -> pl.DataFrame:
    """Probability of YES at lines other than the closing one, given no push: BET and `carried`.

    A game's scores are distributed as its closing spread and total imply with their prices. Its
    moneyline is left out: `make_coherent` would let it move the spread's own price.

    Args:
        distribution: of scores, fitted on earlier games.
        bets: BET and `can_tie`, each once, of games in `close`.
        close: one row per game_id and market: line and p_market.
    """
    found = [CARRIED.to_frame()]
    for market in bets["market"].unique(maintain_order=True):
        games = bets.filter(market=market).select(*BET, "can_tie")
        for name in ("ats", "total"):
            closed = close.filter(market=name).select(
                "game_id",
                pl.col("line").alias(f"line_{name}"),
                pl.col("p_market").alias(f"p_{name}"),
            )
            games = games.join(closed, on="game_id", how="left", maintain_order="left")
        numbers = [name for name, kind in games.schema.items() if kind == pl.Float64]
        column = {name: games[name].fill_null(nan).to_numpy() for name in numbers}
        implied = CoherenceInputs(
            p_moneyline=np.full(games.height, nan),
            p_ats=column["p_ats"],
            p_total=column["p_total"],
            spread_line=column["line_ats"],
            total_line=column["line_total"],
            can_tie=games["can_tie"].to_numpy(),
        )
        p = pl.Series("carried", probability_at(distribution, implied, market, column["line"]))
        found.append(games.select(*BET, p.fill_nan(None).round(DIGITS)))
    return pl.concat(found)


def _carried(bets: pl.DataFrame, close: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """`at_line_taken` season by season, each by the scores of seasons before it."""
    found = [CARRIED.to_frame()]
    for season in bets["season"].unique(maintain_order=True):
        earlier = settled.filter(pl.col("season") < season)
        if earlier.height >= FEWEST_GAMES:
            found.append(at_line_taken(fit_scores(earlier), bets.filter(season=season), close))
    return pl.concat(found)
