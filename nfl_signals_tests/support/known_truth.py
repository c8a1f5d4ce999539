"""A simulated league whose true probabilities are known, and forecasts that err in a known way."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.simulator.games.drift import model_forecasts
from nfl_signals.simulator.league import League, simulate
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.consistency_band import draw_outcomes

SLOPE, BIAS = 0.6, 0.2  # logit(true) = BIAS + SLOPE * logit(stated): too sure, and YES too rarely
MODEL = SimulatorSettings(
    first_season=2014,
    n_seasons=8,
    weeks_played=22,
    drift_from="2014-w01",
    drift_slope=SLOPE,
    drift_bias=BIAS,
)


@dataclass(frozen=True, kw_only=True)
class Games:
    """One market's settled games, pushes left out, in order of play; arrays of shape (n,)."""

    true: Floats
    stated: Floats  # by the model that drifted before the first week
    y: Floats
    season: Floats
    week_index: Floats

    @property
    def error(self) -> float:
        """What a measure of calibration error should find in `stated`."""
        return float(np.sqrt(np.mean((self.stated - self.true) ** 2)))

    def redrawn(self, *, seed: int, times: int) -> Floats:
        """Other outcomes of the same games, shape (n, times)."""
        return draw_outcomes(self.true, seed=seed, draws=times)


@cache
def league() -> League:
    """Eight seasons, all played."""
    return simulate(MODEL, seed=12)


@cache
def games(market: MarketName) -> Games:
    """Games of `league` in one market."""
    asked = model_forecasts(league().games, league().truth, settings=MODEL).filter(market=market)
    settled = league().games.select("game_id", outcome=MARKETS[market].outcome())
    both = asked.join(settled, on="game_id").filter(pl.col("outcome").is_in(["yes", "no"]))
    both = both.sort("season", "week", "game_id")
    return Games(
        true=both["p_true"].to_numpy(),
        stated=both["p_hat"].to_numpy(),
        y=(both["outcome"] == "yes").cast(pl.Float64).to_numpy(),
        season=both["season"].to_numpy(),
        week_index=(both["season"] * 100 + both["week"]).to_numpy(),
    )
