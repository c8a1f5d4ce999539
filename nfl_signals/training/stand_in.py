"""What a recipe would have forecast of past games at other lines and prices than the close.

A version that was not there yet when a game was played cannot be asked; its recipe fitted on the seasons
before it can. The walk-forward in `data/stacker` forecasts at the close. A champion's forecasts are made
earlier in the week, at other lines, and only answers to one question can be compared: here the walk-forward
is asked again, each game at the line, the prices and the moment of the champion's forecast.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from nfl_signals.ensemble.coherence_rows import coherent_season
from nfl_signals.features.settled_games import settled_games
from nfl_signals.llm.documents import REPORT_LEAD
from nfl_signals.markets.definitions import KEYS, MARKETS, QUOTE, MarketName, can_tie
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.stacking.oof import OofTask, out_of_fold
from nfl_signals.stats.arrays import Bools
from nfl_signals.training.baselines import oof_tasks
from nfl_signals.training.stacks import rows_of_stack, walked_forward
from nfl_signals.workspace.market_games import load_market_games
from nfl_signals.workspace.run_context import RunContext

FORECASTS = pl.Schema(
    {"game_id": pl.String, "market": pl.String, "p_hat": pl.Float64, "p_push": pl.Float64}
)


def stand_in_forecasts(context: RunContext, asked: pl.DataFrame) -> pl.DataFrame:
    """The walk-forward's forecasts of past games, each at its own quote and moment.

    Learners, blend, calibrator and coherence of a game are fitted on the seasons before its own; a
    signal counts where its documents were out when the question was asked.

    Args:
        context: whose gold tables, signals and out-of-fold forecasts.
        asked: `season, game_id, market, line, price_yes, price_no, made_at`, a row per game and market.

    Returns:
        `FORECASTS`; games of seasons that the walk-forward does not reach, or without a price, are left out.
    """
    seasons = asked["season"].unique().sort().to_list()
    with threadpool_limits(limits=1):  # sums in another order would change the last bits
        answers = [_season(context, asked.filter(season=season), season) for season in seasons]
    return pl.concat([FORECASTS.to_frame(), *answers])


def _season(context: RunContext, asked: pl.DataFrame, season: int) -> pl.DataFrame:
    # What is stored of earlier seasons was forecast at the lines that the training had.
    earlier = context.as_trained.markets.filter(pl.col("season") < season)
    markets = _quoted(pl.concat([earlier, context.markets.filter(season=season)]), asked)
    oof = _out_of_fold(context, asked, season)
    if oof.is_empty():
        return FORECASTS.to_frame()
    signals = _out_by_then(context.signals, asked)
    rows = pl.concat(_stacked(context, name, oof, markets, signals) for name in MARKETS)
    rows = rows.filter(season=season).join(asked.select(KEYS), on=KEYS, how="semi")
    if rows.is_empty():
        return FORECASTS.to_frame()
    lined = rows.join(markets.select(*KEYS, "line"), on=KEYS, maintain_order="left")
    settled = settled_games(context.as_trained.closing.filter(pl.col("season") < season))
    coherent = coherent_season(settled, lined.with_columns(can_tie=can_tie()))
    return coherent.select(FORECASTS.names())


def _quoted(markets: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Gold markets with the lines and prices that are asked about."""
    quotes = asked.select(
        *KEYS,
        *(pl.col(name).alias(f"{name}_asked") for name in QUOTE),
        p_market_asked=no_vig_probability(pl.col("price_yes"), pl.col("price_no")),
    )
    both = markets.join(quotes, on=KEYS, how="left", maintain_order="left")
    unasked = pl.col("line_asked").is_null()
    return both.with_columns(
        *(
            pl.when(unasked).then(name).otherwise(f"{name}_asked").alias(name)
            for name in (*QUOTE, "p_market")
        ),
        price_moment=pl.when(unasked).then("price_moment").otherwise(pl.lit("snapshot")),
    ).select(markets.columns)


def _out_of_fold(context: RunContext, asked: pl.DataFrame, season: int) -> pl.DataFrame:
    """The walk-forward of the learners: earlier seasons as stored, the asked games at their lines."""
    tasks: list[OofTask] = []
    for name in MARKETS:
        found = load_market_games(context, name)
        lines = found.matrix.games.select("game_id").join(
            asked.filter(market=name), on="game_id", how="left", maintain_order="left"
        )["line"]
        wanted = lines.is_not_null().to_numpy()
        line = np.where(wanted, lines.fill_null(0.0).to_numpy(), found.line)
        moved = replace(found, line=line, table=_quoted(found.table, asked))
        tasks += _of_season(oof_tasks(moved, context.settings), season, wanted)
    if not tasks:
        return pl.DataFrame()
    answers = out_of_fold(tasks, found.matrix.games["game_id"], threads=context.settings.threads)
    stored = context.read(context.paths.oof).filter(
        pl.col("scheme") == "walk_forward", pl.col("fold") < season
    )
    return pl.concat([stored, answers.select(stored.columns)])


def _of_season(tasks: list[OofTask], season: int, wanted: Bools) -> Iterator[OofTask]:
    for task in tasks:
        folds = [fold for fold in task.folds if fold.number == season]
        if task.scheme == "walk_forward" and folds:
            yield replace(task, folds=folds, eligible=task.eligible & wanted)


def _out_by_then(signals: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Signals whose documents were out when the question was asked.

    A quiet team has none (null `known_at`); that it is quiet is known when its own report is due.
    """
    moments = asked.group_by("game_id").agg(pl.col("made_at").max())
    known_at = pl.coalesce("known_at", pl.col("kickoff_at") - REPORT_LEAD)
    out = known_at <= pl.col("made_at")
    return (
        signals.join(moments, on="game_id", how="left", maintain_order="left")
        .with_columns(
            available=pl.col("available")
            & (pl.col("made_at").is_null() | out.fill_null(value=False))
        )
        .drop("made_at")
    )


def _stacked(
    context: RunContext,
    name: MarketName,
    oof: pl.DataFrame,
    markets: pl.DataFrame,
    signals: pl.DataFrame,
) -> pl.DataFrame:
    rows = rows_of_stack(context, name, "walk_forward", oof=oof, markets=markets, signals=signals)
    return walked_forward(context, name, rows)
