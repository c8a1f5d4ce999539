"""The table that no forecaster may read: what was really going to happen, with which probability."""

import numpy as np
import polars as pl

from nfl_signals.simulator.games.scoring import MARGINS, TOTALS, above_and_on
from nfl_signals.simulator.games.season import distribution_of


def truth_table(games: pl.DataFrame) -> pl.DataFrame:
    """True means and unconditional probabilities of every game at its lines.

    `news_margin, news_total` are the part of the means that is in reports and notes, points; the
    locations of `games` already count it. Null where the game has no line.
    """
    truth = distribution_of(games)
    spread, total = (
        games[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in ("spread_line", "total_line")
    )
    win, tie = above_and_on(truth.margin, MARGINS, np.zeros(len(games)))
    cover, cover_push = above_and_on(truth.margin, MARGINS, spread)
    over, total_push = above_and_on(truth.total, TOTALS, total)
    return pl.DataFrame(
        {
            "game_id": games["game_id"],
            "true_mean_margin": truth.mean_margin(),
            "true_mean_total": truth.mean_total(),
            "news_margin": games["margin_reported"],
            "news_total": games["total_reported"],
            "p_home_win": win,
            "p_tie": tie,
            "p_home_cover": cover,
            "p_cover_push": cover_push,
            "p_over": over,
            "p_total_push": total_push,
        }
    ).with_columns(pl.selectors.float().fill_nan(None))
