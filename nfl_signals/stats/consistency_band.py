"""Where a reliability curve may lie if the forecast is right (Broecker, Smith 2007).

doi 10.1175/WAF993.1, section 3: outcomes are drawn from the stated probabilities themselves, over
and over; the band of a bin holds the share of YES that such draws show. A point outside its band is
more than chance explains, one bin at a time: among ten bins of a perfect forecast, one outside a
95 % band is no surprise. Here the forecasts stay as they are and only the outcomes are drawn, so
that the bins are those of `scores.reliability_curve`.
"""

from collections.abc import Sequence

import numpy as np

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.bins import bin_means, bin_starts, check_probabilities


def draw_outcomes(p: Floats, *, seed: int | Sequence[int], draws: int) -> Floats:
    """Sets of outcomes 0 or 1 of a forecast that is right, (n, draws), for `p` of shape (n,)."""
    drawn = np.random.default_rng(seed).random((len(p), draws)) < p[:, None]
    return drawn.astype(np.float64)


def consistency_band(
    p: Floats,
    *,
    seed: int | Sequence[int],
    draws: int = 1000,
    level: float = 0.95,
    n_bins: int | None = None,
) -> list[tuple[float, float]]:
    """Lowest and highest share of YES per equal-mass bin that chance explains, in bin order.

    The share `level` of the drawn sets of outcomes lies inside each bin's band, half of the rest on
    either side; bins as in `scores.reliability_curve`. `p` has shape (n,), n >= 2.
    """
    check_probabilities(p)
    stated = np.sort(p)
    drawn = draw_outcomes(stated, seed=seed, draws=draws)
    _, _, share = bin_means(stated, drawn.T, bin_starts(stated, n_bins))
    # Shares are counts: a band between two counts would exclude what it claims to hold.
    low, high = np.quantile(
        share, [(1 - level) / 2, (1 + level) / 2], axis=0, method="inverted_cdf"
    )
    return list(zip(low.tolist(), high.tolist(), strict=True))
