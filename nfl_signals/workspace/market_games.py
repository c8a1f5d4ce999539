"""One market's games as numbers: features, points, lines, and which games may teach."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfl_signals.core.errors import InputError
from nfl_signals.learners.game_matrix import GameMatrix, game_matrix
from nfl_signals.markets.definitions import MARKETS, Market, MarketName
from nfl_signals.registry.model_card import TrainingWindow
from nfl_signals.workspace.run_context import RunContext
from nfl_signals.workspace.tables import load_features, load_markets

Floats = NDArray[np.float64]
SEQUENCE_LEARNERS = frozenset({"lstm"})
TRAINED = re.compile(r"v\d{6}\d*")  # season, week, from the second on which training of that week


@dataclass(frozen=True, kw_only=True, eq=False)
class MarketGames:
    """All games of the gold tables, asked one market's question.

    Attributes:
        market: the question.
        matrix: features, n games in time order.
        table: the market's rows of gold_markets, same order.
        points: home margin or total, NaN where unplayed.
        line: threshold, NaN where there is none.
    """

    market: Market
    matrix: GameMatrix
    table: pl.DataFrame
    points: Floats
    line: Floats

    @property
    def played(self) -> NDArray[np.bool_]:
        """Games that may teach."""
        return np.isfinite(self.points)

    @property
    def has_line(self) -> NDArray[np.bool_]:
        """Games whose question has a threshold."""
        return np.isfinite(self.line)

    def window(self, rows: NDArray[np.int64]) -> TrainingWindow:
        """The training window that the given rows span."""
        first, last = self.matrix.games.row(rows[0]), self.matrix.games.row(rows[-1])
        return TrainingWindow(
            first=f"{first[1]}-w{first[2]:02d}",
            last=f"{last[1]}-w{last[2]:02d}",
            n_games=len(rows),
        )

    def version(self) -> str:
        """Name of a model taught by every played game: v, season and week of the last one.

        Raises:
            InputError: no game has been played.
        """
        played = np.flatnonzero(self.played)
        if not len(played):
            raise InputError("gold_markets: no played game to learn from; widen the seasons.")
        _, season, week, _ = self.matrix.games.row(int(played[-1]))
        return f"v{season}{week:02d}"


def load_market_games(context: RunContext, name: MarketName) -> MarketGames:
    """Load the gold tables and pose one market's question to every game.

    Sequences of earlier games are laid out only where a learner of the settings reads them.
    """
    market, markets = MARKETS[name], load_markets(context)
    wanted = not SEQUENCE_LEARNERS.isdisjoint(context.settings.training.learners)
    matrix = game_matrix(load_features(context), market, markets=markets if wanted else None)
    mine = markets.filter(pl.col("market") == name)
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


def latest_version(folder: Path) -> str:
    """Newest trained version below a model folder; a recalibrated copy of one is not trained.

    Raises:
        InputError: nothing was trained yet.
    """
    versions = trained_versions(folder)
    if not versions:
        raise InputError(f"{folder}: holds no model yet; run the retraining job first.")
    return versions[-1]


def trained_versions(folder: Path, *, after: str | None = None) -> list[str]:
    """Trained versions below a model folder, oldest first; recalibrated copies are not trained.

    Args:
        folder: one folder a version.
        after: leave out what is not newer than this version, or than what it is a copy of.
    """
    versions = (
        path.name
        for path in folder.glob("v*")
        if TRAINED.fullmatch(path.name) and (path / "card.json").exists()
    )
    eldest = (0, 0) if after is None else _age(after.split("r")[0])
    return sorted((version for version in versions if _age(version) > eldest), key=_age)


def _age(version: str) -> tuple[int, int]:
    """Week taught until, then which training of that week: v202409, v20240902, v202410."""
    week = len("v202409")
    return int(version[1:week]), int(version[week:] or 1)
