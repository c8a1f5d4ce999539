"""The table that no forecaster may read: what was really going to happen, with which probability."""

import numpy as np
import polars as pl

from nfl_signals.simulator.games.scoring import MARGINS, TOTALS, above_and_on
from nfl_signals.simulator.games.season import distribution_of
from nfl_signals.stats.arrays import Floats


def truth_table(games: pl.DataFrame) -> pl.DataFrame:
    """True means and unconditional probabilities of every game at its lines of kickoff.

    `news_margin, news_total` are the part of the means that is in reports and notes, points; the
    locations of `games` already count it. Null where the game has no line.
    """
    truth = distribution_of(games)
    spread, total = (
        games[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in ("spread_line", "total_line")
    )
    return pl.DataFrame(
        {
            "game_id": games["game_id"],
            "true_mean_margin": truth.mean_margin(),
            "true_mean_total": truth.mean_total(),
            "news_margin": games["margin_reported"],
            "news_total": games["total_reported"],
            **line_probabilities(truth.margin, truth.total, spread, total),
        }
    ).with_columns(pl.selectors.float().fill_nan(None))


def line_probabilities(
    margins: Floats, totals: Floats, spread: Floats, total: Floats
) -> dict[str, Floats]:
    """Unconditional probabilities of n games at their lines, shape (n,) each; NaN without a line.

    `margins` and `totals` are probabilities over `MARGINS` and `TOTALS`, shape (n, 141).
    """
    win, tie = above_and_on(margins, MARGINS, np.zeros(len(spread)))
    cover, cover_push = above_and_on(margins, MARGINS, spread)
    over, total_push = above_and_on(totals, TOTALS, total)
    return {
        "p_home_win": win,
        "p_tie": tie,
        "p_home_cover": cover,
        "p_cover_push": cover_push,
        "p_over": over,
        "p_total_push": total_push,
    }
