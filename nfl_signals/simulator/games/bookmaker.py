"""The bookmaker: sees each game's distribution with an error, and prices what it sees.

The error of the close, `line_noise`, sets how efficient it is. The close is a refinement of the open:
err_open = err_close - what is settled after Tuesday + independent error, of sd `open_noise` in all, so
the open knows nothing that had not happened by then. Under `news` = not_in_line it knows how much
reports and notes take away on average, and not their news of a game, at either time.

Lines are the half points at which both sides win equally often in its belief, so they gather on the
key numbers, as real ones do; prices are its probabilities given no push, marked up to the hold of the
settings. Signs are nflverse's: a positive spread favours the home team.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.markets.definitions import LINES, PRICES
from nfl_signals.simulator.games.scoring import MARGINS, TOTALS, above_and_on
from nfl_signals.simulator.games.season import distribution_of
from nfl_signals.stats.arrays import Floats, Ints

LONGEST_ODDS = 5000  # no bookmaker of the data quotes beyond -5000
OPEN_OVER_CLOSE = 2.0  # with it lines move by an sd of 1.7 points, as spreads did in 2007-2023
OPENING = {
    "spread_open": "spread_line",
    "total_open": "total_line",
    **{f"{name}_open": name for name in PRICES},
}


def american_odds(probability: Floats, *, hold: float) -> Floats:
    """Whole American odds at a `hold` (share of the handle kept), for probabilities without push.

    Example:
        >>> american_odds(np.array([0.5, 0.7, 0.3]), hold=0.045).tolist()
        [-110.0, -275.0, 218.0]
    """
    implied = np.minimum(probability / (1 - hold), LONGEST_ODDS / (LONGEST_ODDS + 100))
    favourite = -100 * implied / (1 - implied)
    odds = np.where(implied >= 0.5, favourite, 100 * (1 - implied) / implied)
    return np.round(odds.clip(-LONGEST_ODDS, LONGEST_ODDS))


def even_line(pmf: Floats, support: Ints) -> Floats:
    """Half points, shape (n,), at which more and less are most evenly likely by an n x k `pmf`.

    Example:
        >>> even_line(np.array([[0.2, 0.2, 0.25, 0.35]]), np.array([1, 2, 3, 4])).tolist()
        [3.0]
    """
    above = 1 - pmf.cumsum(axis=1)
    on_whole, on_half = above / (1 - pmf), above
    unevenness = np.abs(np.stack([on_whole, on_half], axis=2) - 0.5).reshape(len(pmf), -1)
    lines = np.stack([support, support + 0.5], axis=1).ravel()
    return np.asarray(lines[unevenness.argmin(axis=1)], dtype=np.float64)


def open_noise(settings: SimulatorSettings) -> float:
    """Error of the opening line, sd in points; SettingsError where it is below the closing line's."""
    if settings.open_noise is None:
        return OPEN_OVER_CLOSE * settings.line_noise
    if settings.open_noise < settings.line_noise:
        raise SettingsError(
            f"simulator.open_noise: {settings.open_noise} is less than line_noise "
            f"{settings.line_noise}; the open is never sharper than the close. Raise it, or unset it."
        )
    return settings.open_noise


@dataclass(frozen=True, kw_only=True)
class Board:
    """What the bookmaker posted on a season's games, one row each, f64."""

    closing: pl.DataFrame  # `LINES` and `PRICES`; null where none was recorded
    opening: pl.DataFrame  # the keys of `OPENING`
    closing_error: Floats  # points of margin and total by which the close errs, shape (2, n)
    opening_error: Floats  # likewise the open


def post_prices(
    games: pl.DataFrame,
    *,
    settings: SimulatorSettings,
    scarce: bool,
    rng: np.random.Generator,
    unseen: Floats | float = 0.0,
    later: Floats | None = None,
) -> Board:
    """Opening and closing lines and prices of a season's games as in `Season`.

    Some games lack closing prices where prices are `scarce`, as in nflverse's early seasons; `unseen`
    are points of margin and total that the bookmaker does not know of, shape (2, n), `later` those that
    are settled after Tuesday (`tuesday.settled_later`).
    """
    error = settings.line_noise * rng.standard_normal((2, len(games))) - unseen
    if settings.news == "not_in_line":
        news = games.select("margin_reported", "total_reported").to_numpy().T
        error = error - (news - news.mean(axis=1, keepdims=True))
    close = prices_of(games, error, hold=settings.hold)
    unrecorded = rng.random(len(games)) < settings.missing_lines
    without_lines = unrecorded & (rng.random(len(games)) < 0.5)
    refined = np.sqrt(open_noise(settings) ** 2 - settings.line_noise**2)
    learnt = refined * rng.standard_normal((2, len(games)))
    if later is not None and settings.news != "not_in_line":
        learnt = _with_what_came(learnt, later, sd=refined)
    earlier = error + learnt
    return Board(
        closing=close.with_columns(
            pl.when(pl.lit(pl.Series(~(missing & scarce)))).then(pl.col(names))
            for names, missing in ((PRICES, unrecorded), (LINES, without_lines))
        ),
        opening=prices_of(games, earlier, hold=settings.hold).select(
            pl.col(name).alias(opened) for opened, name in OPENING.items()
        ),
        closing_error=error,
        opening_error=earlier,
    )


def _with_what_came(learnt: Floats, later: Floats, *, sd: float) -> Floats:
    """The open's further error, of which what was settled later is a part, shape (2, n), with that sd.

    Where it would be all of it and more, as much of it as fits: so precise an open knows the rest.
    """
    spread = later.std(axis=1, keepdims=True)
    share = np.minimum(1.0, sd / np.where(spread > 0, spread, np.inf))
    left = np.sqrt(np.maximum(sd**2 - (share * spread) ** 2, 0.0))
    return np.asarray(learnt * (left / sd if sd else 0.0) - share * later)


def prices_of(games: pl.DataFrame, error: Floats, *, hold: float) -> pl.DataFrame:
    """Lines and prices of a bookmaker whose location of margin and total errs by that much."""
    belief = distribution_of(games, margin_error=error[0], total_error=error[1])
    spread, total = even_line(belief.margin, MARGINS), even_line(belief.total, TOTALS)
    columns = {"spread_line": spread, "total_line": total}
    sides = {
        ("home_moneyline", "away_moneyline"): (belief.margin, MARGINS, np.zeros(len(games))),
        ("home_spread_odds", "away_spread_odds"): (belief.margin, MARGINS, spread),
        ("over_odds", "under_odds"): (belief.total, TOTALS, total),
    }
    for (yes, no), (pmf, support, line) in sides.items():
        above, level = above_and_on(pmf, support, line)
        columns[yes] = american_odds(above / (1 - level), hold=hold)
        columns[no] = american_odds(1 - above / (1 - level), hold=hold)
    return pl.DataFrame(columns)
