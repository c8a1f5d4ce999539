"""The blend's inputs, one row a game: learners' and market's probabilities, signals of both teams.

A blend sees logits of probabilities and signals as they are; `logit_matrix` makes that matrix. Signals
are combined like features: home minus away for margins, the sum for totals.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from nfl_signals.markets.definitions import Market
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import logit

SIGNALS = ("quarterback", "offense", "defense")
"""What documents become: per team and game in [-1, 1]; 0 is nothing new, below 0 bad news for the team."""


def stack_inputs(
    oof: pl.DataFrame, markets: pl.DataFrame, *, market: str, scheme: str, learners: Sequence[str]
) -> pl.DataFrame:
    """`game_id, market, season, week, kickoff_at, outcome, p_market, p_<learner>...` in time order.

    From out-of-fold predictions and gold markets; games without price or line are left out.
    """
    mine = oof.filter((pl.col("market") == market) & (pl.col("scheme") == scheme))
    wide = mine.pivot(on="learner", index="game_id", values="p_hat").rename(
        {name: f"p_{name}" for name in learners}
    )
    keys = ["game_id", "market", "season", "week", "kickoff_at", "outcome", "p_market"]
    return (
        markets.filter((pl.col("market") == market) & pl.col("p_market").is_not_null())
        .select(keys)
        .join(wide, on="game_id")
        .select(*keys, *(f"p_{name}" for name in learners))
        .sort("season", "week", "kickoff_at", "game_id")
    )


def game_signals(signals: pl.DataFrame, home_teams: pl.DataFrame, market: Market) -> pl.DataFrame:
    """`game_id, signal_<name>...` as the market's outcome needs them; null unless both teams have theirs.

    `signals` has two rows per game with `game_id, team_id, available, confidence` and SIGNALS,
    `home_teams` the `game_id, team_id` of each home team. A game with one row is left out.
    """
    weighed = weighed_signals(signals)
    home = weighed.join(home_teams, on=["game_id", "team_id"], how="semi")
    away = weighed.join(home_teams, on=["game_id", "team_id"], how="anti")
    return home.join(away, on="game_id", suffix="_away", maintain_order="left").select(
        "game_id",
        *(pl.col(f"signal_{n}") + market.away_sign * pl.col(f"signal_{n}_away") for n in SIGNALS),
    )


def weighed_signals(signals: pl.DataFrame) -> pl.DataFrame:
    """`game_id, team_id, signal_<name>...`: times its confidence; null where there is none."""
    numbers = [
        pl.when("available").then(pl.col(name) * pl.col("confidence")).alias(f"signal_{name}")
        for name in SIGNALS
    ]
    return signals.select("game_id", "team_id", *numbers)


def logit_matrix(rows: pl.DataFrame, inputs: Sequence[str]) -> Floats:
    """N x len(inputs): logit of `p_<name>`, or `signal_<name>` as it is.

    Example:
        >>> rows = pl.DataFrame({"p_market": [0.5], "signal_offense": [-0.5]})
        >>> logit_matrix(rows, ["market", "offense"]).tolist()
        [[0.0, -0.5]]
    """
    columns = [
        rows[f"signal_{name}"].to_numpy()
        if name in SIGNALS
        else logit(rows[f"p_{name}"].to_numpy())
        for name in inputs
    ]
    return np.column_stack(columns).astype(np.float64)


def drop_missing_signals(rows: pl.DataFrame, inputs: Sequence[str]) -> pl.DataFrame:
    """Rows that have every signal among the inputs."""
    return rows.drop_nulls([f"signal_{name}" for name in inputs if name in SIGNALS])
