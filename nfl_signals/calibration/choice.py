"""Which calibrator: the one that would have done best on the seasons already played.

Nested in time: every candidate is fitted on the seasons before each later season and scored by log
loss there. Forecasts of the season to come are never part of the choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nfl_signals.calibration.methods import FITS, MIN_GAMES
from nfl_signals.calibration.protocol import Calibrator, Fit
from nfl_signals.calibration.rows import check_rows
from nfl_signals.stats import scores
from nfl_signals.stats.arrays import Floats

CANDIDATES = ("platt", "temperature", "beta", "isotonic", "identity")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The chosen calibrator and why.

    Attributes:
        calibrator: the winner, fitted on all rows.
        log_loss: mean per game of every candidate on the scored seasons, nats; empty without any.
    """

    method: str
    calibrator: Calibrator
    log_loss: Mapping[str, float]
    n_games: int
    seasons: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """The reasons, for a card."""
        return {
            "method": self.method,
            "log_loss": dict(self.log_loss),
            "n_games": self.n_games,
            "seasons": list(self.seasons),
        }


def choose_calibrator(
    p_raw: Floats,
    y: Floats,
    season: NDArray[np.integer[Any]],
    *,
    candidates: Sequence[str] = CANDIDATES,
    min_seasons: int,
    fits: Mapping[str, Fit] = FITS,
) -> Choice:
    """Choose by the lowest mean log loss per game over later seasons, and fit on all rows.

    A method that needs more games than there are before the first scored season is no candidate, as
    all are compared on the same games. Ties, and too few seasons to score any, go to the candidate
    named first, by default Platt.

    Args:
        p_raw: n forecasts made out of sample, of YES given no push, earlier seasons only.
        y: n outcomes, 1 for YES and 0 for NO; pushes left out.
        season: n seasons.
        candidates: names in `FITS`, the default choice first.
        min_seasons: seasons needed before one is scored.
        fits: how each candidate is fitted.

    Raises:
        ValueError: no candidate can be fitted on so few games; see also `check_rows`.
    """
    check_rows(p_raw, y)
    scored = [int(one) for one in np.unique(season)[min_seasons:]]
    n_before = int(np.sum(season < scored[0])) if scored else len(y)
    able = [name for name in candidates if MIN_GAMES.get(name, 0) <= n_before]
    if not able:
        raise ValueError(f"none of {', '.join(candidates)} can be fitted on {n_before} games")
    compared = able if scored else []
    losses = {name: _walk_forward_loss(p_raw, y, season, fits[name], scored) for name in compared}
    # Python's min keeps the first of equals.
    method = min(losses, key=losses.__getitem__, default=able[0])
    return Choice(
        method=method,
        calibrator=fits[method](p_raw, y),
        log_loss=losses,
        n_games=int(np.isin(season, scored).sum()),
        seasons=tuple(scored),
    )


def _walk_forward_loss(
    p_raw: Floats, y: Floats, season: NDArray[np.integer[Any]], fit: Fit, scored: Sequence[int]
) -> float:
    """Mean log loss per game, nats, of calibrators each fitted on the seasons before."""
    stated, happened = [], []
    for one in scored:
        before, current = season < one, season == one
        stated.append(fit(p_raw[before], y[before]).predict(p_raw[current]))
        happened.append(y[current])
    return scores.log_loss(np.concatenate(stated), np.concatenate(happened))


def cached_fits(fits: Mapping[str, Fit] = FITS) -> dict[str, Fit]:
    """The same fits, each made once for the same games.

    A walk-forward that chooses anew every season needs the earlier seasons' fits again and again.
    """

    def once(fit: Fit) -> Fit:
        known: dict[tuple[bytes, bytes], Calibrator] = {}

        def cached(p_raw: Floats, y: Floats) -> Calibrator:
            games = (p_raw.tobytes(), y.tobytes())
            if games not in known:
                known[games] = fit(p_raw, y)
            return known[games]

        return cached

    return {name: once(fit) for name, fit in fits.items()}
