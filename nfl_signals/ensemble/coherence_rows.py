"""Between tables of three rows a game and the coherence of a game's three markets."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfl_signals.core.errors import InputError
from nfl_signals.markets.coherence import CoherenceInputs, make_coherent
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.markets.score_distribution import ScoreDistribution, fit_score_distribution


def settled_games(markets: pl.DataFrame) -> pl.DataFrame:
    """Played games that had a spread and a total: `season, margin, total, spread_line, total_line`."""
    played = markets.drop_nulls(["points", "line"])
    spread = played.filter(market="ats").select(
        "game_id", "season", margin="points", spread_line="line"
    )
    total = played.filter(market="total").select("game_id", total="points", total_line="line")
    return spread.join(total, on="game_id", how="inner", maintain_order="left")


def fit_scores(settled: pl.DataFrame) -> ScoreDistribution:
    """The score distribution fitted on `settled_games`; InputError where they are too few."""
    columns = ("margin", "total", "spread_line", "total_line")
    try:
        return fit_score_distribution(*(settled[name].to_numpy() for name in columns))
    except ValueError as error:
        raise InputError(f"gold_markets: {error}; widen the seasons.") from None


def coherent_rows(distribution: ScoreDistribution, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows (`game_id, market, line, p_calibrated`, ...; one to three a game) with `p_hat, p_push`."""
    games = rows.select("game_id").unique(maintain_order=True)
    tables = {
        name: games.join(
            rows.filter(market=name).select("game_id", "line", "p_calibrated"),
            on="game_id",
            how="left",
            maintain_order="left",
        )
        for name in MARKETS
    }

    def numbers(market: MarketName, column: str) -> NDArray[np.float64]:
        return tables[market][column].fill_null(float("nan")).to_numpy()

    found = make_coherent(
        distribution,
        CoherenceInputs(
            p_moneyline=numbers("moneyline", "p_calibrated"),
            p_ats=numbers("ats", "p_calibrated"),
            p_total=numbers("total", "p_calibrated"),
            spread_line=numbers("ats", "line"),
            total_line=numbers("total", "line"),
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
    return rows.join(forecasts, on=["game_id", "market"], how="left", maintain_order="left")


def coherent_season(settled: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """`walk_forward.MakeCoherent`: a season made coherent by the scores of seasons before it."""
    return coherent_rows(fit_scores(settled), rows)
