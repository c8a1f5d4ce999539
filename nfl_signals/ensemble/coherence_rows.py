"""Between tables of three rows a game and the coherence of a game's three markets."""

import polars as pl

from nfl_signals.features.settled_games import fit_scores
from nfl_signals.markets.coherence import CoherenceInputs, make_coherent
from nfl_signals.markets.definitions import KEYS, MARKETS
from nfl_signals.markets.score_distribution import ScoreDistribution
from nfl_signals.stats.arrays import Floats


def coherent_rows(distribution: ScoreDistribution, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one to three markets a game with `p_hat, p_push`.

    They hold `game_id, market, line, can_tie, p_calibrated`, and what else there is stays.
    """
    known = rows.select("game_id", "can_tie").unique(maintain_order=True)
    games = known.select("game_id")

    def numbers(market: str, column: str) -> Floats:
        mine = rows.filter(market=market).select("game_id", column)
        aligned = games.join(mine, on="game_id", how="left", maintain_order="left")
        return aligned[column].fill_null(float("nan")).to_numpy()

    found = make_coherent(
        distribution,
        CoherenceInputs(
            can_tie=known["can_tie"].to_numpy(),
            **{f"p_{name}": numbers(name, "p_calibrated") for name in MARKETS},
            **{m.line_column: numbers(m.name, "line") for m in MARKETS.values() if m.line_column},
        ),
    )
    forecasts = pl.concat(
        games.with_columns(
            pl.lit(name).alias("market"),
            pl.Series("p_hat", found.p_hat[name], dtype=pl.Float64),
            pl.Series("p_push", found.p_push[name], dtype=pl.Float64),
        )
        for name in MARKETS
    )
    return rows.join(forecasts, on=KEYS, how="left", maintain_order="left")


def coherent_season(settled: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """`walk_forward.MakeCoherent`: a season made coherent by the scores of seasons before it."""
    return coherent_rows(fit_scores(settled), rows)
