"""From two team rows a game to one row of numbers for a learner.

Margins are about differences (home minus away), totals about sums; that halves the columns and
makes home and away interchangeable. No line and no price ever enters: the line is only the
threshold of the event.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from nfl_signals.features.declarations import FEATURES, Feature
from nfl_signals.learners.neutral_ground import DIFFERENCE
from nfl_signals.learners.protocol import Combine, Inputs
from nfl_signals.learners.sequences import sequences
from nfl_signals.markets.decision_time import Horizon
from nfl_signals.markets.definitions import Market
from nfl_signals.stats.arrays import Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class GameMatrix:
    """One row per game, ordered by season, week, kickoff and game id."""

    games: pl.DataFrame  # `game_id, season, week, kickoff_at`, n rows
    names: tuple[str, ...]  # of the d columns of `x`
    inputs: Inputs  # what learners see of the n games
    monotone: tuple[int, ...]  # per column +1, -1 or 0: how the outcome may move with it
    weight: tuple[float, ...]  # per column, prior belief in its use, above 0 and at most 1

    @property
    def x(self) -> Floats:
        """Float64 array, n x d, finite."""
        return self.inputs.x


def combine_of(market: Market) -> Combine:
    """Margins are about differences, totals about sums."""
    return "difference" if market.away_sign < 0 else "sum"


def game_matrix(
    features: pl.DataFrame, market: Market, *, played: tuple[pl.DataFrame, Horizon] | None = None
) -> GameMatrix:
    """One row a game as the market needs it.

    `played`, gold markets and the horizon that they are at, adds the sequences of earlier games.
    """
    combine = combine_of(market)
    order = ["season", "week", "kickoff_at", "game_id"]
    home = features.filter(pl.col("is_home")).sort(order)
    away = features.filter(~pl.col("is_home"))
    games = home.join(away, on="game_id", suffix="_away", maintain_order="left")
    matrix = games.select(_combined(feature, combine) for feature in FEATURES)
    x = np.ascontiguousarray(matrix.to_numpy(), dtype=np.float64)
    return GameMatrix(
        games=games.select("game_id", "season", "week", "kickoff_at"),
        names=tuple(matrix.columns),
        inputs=(
            Inputs.tabular(x)
            if played is None
            else Inputs(x=x, sequence=sequences(features, played[0], games["game_id"], played[1]))
        ),
        monotone=tuple(
            feature.on_margin if combine == "difference" else feature.on_total
            for feature in FEATURES
        ),
        weight=tuple(feature.weight for feature in FEATURES),
    )


def _combined(feature: Feature, combine: Combine) -> pl.Expr:
    own, other = pl.col(feature.name), pl.col(f"{feature.name}_away")
    if feature.kind == "game":
        return own
    if combine == "difference":
        return (own - other).alias(f"{feature.name}{DIFFERENCE}")
    return (own + other).alias(f"{feature.name}_sum")
