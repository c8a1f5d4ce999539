"""One market's games as numbers: features, points, lines, and which games a model may be fitted on."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.learners.baseline import SEQUENCE_LEARNERS
from nfl_signals.learners.game_matrix import GameMatrix, game_matrix
from nfl_signals.markets.decision_time import Horizon
from nfl_signals.markets.definitions import MARKETS, Market, MarketName
from nfl_signals.registry.model_card import TrainingWindow
from nfl_signals.registry.model_version import ModelVersion
from nfl_signals.stats.arrays import Bools, Floats, Ints
from nfl_signals.workspace.run_context import RunContext


@dataclass(frozen=True, kw_only=True, eq=False)
class MarketGames:
    """All games of the gold tables, for one market."""

    market: Market
    matrix: GameMatrix  # features, n games in time order
    table: pl.DataFrame  # the market's rows of gold_markets, same order
    points: Floats  # home margin or total, NaN where unplayed
    line: Floats  # threshold, NaN where there is none

    @property
    def played(self) -> Bools:
        """Games that a model may be fitted on."""
        return np.isfinite(self.points)

    @property
    def has_line(self) -> Bools:
        """Games that can be forecast."""
        return np.isfinite(self.line)

    def window(self, rows: Ints) -> TrainingWindow:
        """The training window that the given rows span."""
        first, last = self.matrix.games.row(rows[0]), self.matrix.games.row(rows[-1])
        return TrainingWindow(
            first=f"{first[1]}-w{first[2]:02d}", last=f"{last[1]}-w{last[2]:02d}", n_games=len(rows)
        )

    def version(self) -> str:
        """Name of a model fitted on every played game: v, season and week of the last one.

        Raises:
            InputError: no game has been played.
        """
        played = np.flatnonzero(self.played)
        if not len(played):
            raise InputError("gold_markets: no played game to learn from; widen the seasons.")
        _, season, week, _ = self.matrix.games.row(int(played[-1]))
        return ModelVersion(trained=season * 100 + week).name


def load_market_games(context: RunContext, name: MarketName) -> MarketGames:
    """One market's games of the gold tables, computed once a run."""
    wanted = not SEQUENCE_LEARNERS.isdisjoint(context.settings.training.learners)
    horizon = context.settings.horizon
    return context.derive(
        market_games, context.features, context.markets, MARKETS[name], wanted, horizon
    )


def market_games(
    features: pl.DataFrame,
    markets: pl.DataFrame,
    market: Market,
    with_sequences: bool,
    horizon: Horizon,
) -> MarketGames:
    """Every game of the gold tables for one market.

    `with_sequences` lays out each team's earlier games, for learners that read them.
    """
    matrix = game_matrix(features, market, played=(markets, horizon) if with_sequences else None)
    mine = markets.filter(pl.col("market") == market.name)
    table = matrix.games.select("game_id").join(
        mine, on="game_id", how="left", maintain_order="left"
    )
    return MarketGames(
        market=market,
        matrix=matrix,
        table=table,
        points=table["points"].fill_null(float("nan")).to_numpy(),
        line=table["line"].fill_null(float("nan")).to_numpy(),
    )
