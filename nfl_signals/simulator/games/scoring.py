"""The exact distribution of a game's score, from which scores are drawn and truth is computed.

The home margin m and the total t have the joint probability

    P(m, t) ∝ logistic(m; μ, σ_m) · normal(t; τ, σ_t) · key(|m|) · final((t + m) / 2) · final((t - m) / 2)

on all pairs of whole, possible scores. The logistic density is more peaked than the normal one: with
it favourites win as often as they really do at a given line. `key` holds the
margins that football favours (3, 7, ...) and `final` the scores it favours (17, 20, 24, ...); both
were fitted by iterative proportional fitting (Deming & Stephan 1940, doi 10.1214/aoms/1177731829) to
the finals of 2002-2023 given their closing lines, then the weights of 3, 7 and 10 raised so that
lines on them push as often as in 2006-2025.
Nothing here knows teams or prices.
"""

from dataclasses import dataclass

import numpy as np

from nfl_signals.stats.arrays import Bools, Floats, Ints

TOP_SCORE = 70
MARGINS = np.arange(-TOP_SCORE, TOP_SCORE + 1)
TOTALS = np.arange(2 * TOP_SCORE + 1)
MARGIN_SD = 13.6  # points; the weights shrink it to about 12.9
TOTAL_SD = 13.6  # points; the weights shrink it to about 13.2
STRETCH = 1.075  # the weights pull margins to the small ones; this undoes it in the mean

KEY_WEIGHTS = (
    0.06, 0.74, 0.93, 2.27, 0.75, 0.86, 1.20, 1.47, 0.88, 0.43, 1.19, 0.52, 0.57, 0.73, 1.10, 0.60,
    0.92, 0.97, 0.87, 0.70, 1.08, 1.13, 0.73, 0.98, 1.26, 0.91, 1.09, 1.30, 1.54, 1.02, 1.10, 1.69,
)  # fmt: skip
FINAL_WEIGHTS = (
    1.42, 0.00, 0.02, 1.47, 0.00, 0.03, 0.82, 1.10, 0.07, 0.51, 1.35, 0.07, 0.25, 0.95, 0.71, 0.17,
    0.63, 1.09, 0.13, 0.38, 1.00, 0.54, 0.27, 0.69, 0.95, 0.19, 0.41, 0.90, 0.55, 0.24, 0.61, 1.00,
    0.17, 0.40, 0.91, 0.55, 0.26, 0.60, 1.04, 0.17, 0.35, 0.84, 0.68, 0.33, 0.47, 1.12,
)  # fmt: skip
HIGHER_MARGIN_WEIGHT = 1.0
HIGHER_FINAL_WEIGHT = 0.50


def _padded(weights: tuple[float, ...], filler: float) -> Floats:
    return np.array(weights + (filler,) * (TOP_SCORE + 1 - len(weights)))


def _lattice() -> Floats:
    """Weight of each margin (row) and total (column): zero where no two scores give them."""
    margin, total = MARGINS[:, None], TOTALS[None, :]
    home, away = (total + margin) // 2, (total - margin) // 2
    possible = ((total + margin) % 2 == 0) & (np.minimum(home, away) >= 0)
    possible &= np.maximum(home, away) <= TOP_SCORE
    final = _padded(FINAL_WEIGHTS, HIGHER_FINAL_WEIGHT)
    key = _padded(KEY_WEIGHTS, HIGHER_MARGIN_WEIGHT)
    scores = final[home.clip(0, TOP_SCORE)] * final[away.clip(0, TOP_SCORE)]
    return np.where(possible, scores * key[np.abs(margin)], 0.0)


LATTICE = _lattice()


@dataclass(frozen=True, kw_only=True)
class SimulatedScores:
    """Joint distribution of margin and total for n games, shape (n, 141) each."""

    total_factor: Floats  # what the total adds to the lattice, unnormalised
    margin: Floats  # marginal probabilities over `MARGINS`
    total: Floats  # marginal probabilities over `TOTALS`

    def mean_margin(self) -> Floats:
        """Expected home margin, points."""
        return self.margin @ MARGINS

    def mean_total(self) -> Floats:
        """Expected total, points."""
        return self.total @ TOTALS

    def mean_scores(self) -> Floats:
        """Expected points of home and away teams, shape (2, n)."""
        margin, total = self.mean_margin(), self.mean_total()
        return np.stack([(total + margin) / 2, (total - margin) / 2])

    def draw(self, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """One score per game: home and away points."""
        uniform = rng.random((2, len(self.margin)))
        row = _inverse_cdf(self.margin, uniform[0])
        total = TOTALS[_inverse_cdf(self.total_factor * LATTICE[row], uniform[1])]
        margin = MARGINS[row]
        return (total + margin) // 2, (total - margin) // 2


def score_distribution(margin: Floats, total: Floats, *, can_tie: Bools) -> SimulatedScores:
    """Distribution of the score of n games, by the locations of home margin and total in points."""
    margin_factor, total_factor = factor_of_margin(margin, can_tie=can_tie), factor_of_total(total)
    return SimulatedScores(
        total_factor=total_factor,
        margin=normalised(margin_factor * (total_factor @ LATTICE.T)),
        total=normalised(total_factor * (margin_factor @ LATTICE)),
    )


def factor_of_margin(margin: Floats, *, can_tie: Bools) -> Floats:
    """What the location of the margin adds to the lattice, shape (n, 141), unnormalised."""
    scale = 2 * MARGIN_SD * np.sqrt(3) / np.pi
    factor = np.cosh((MARGINS - STRETCH * margin[:, None]) / scale) ** -2.0
    factor[~can_tie, TOP_SCORE] = 0.0  # no game ends level in the postseason
    return np.asarray(factor)


def factor_of_total(total: Floats) -> Floats:
    """What the location of the total adds to the lattice, shape (n, 141), unnormalised."""
    return np.asarray(np.exp(-0.5 * ((TOTALS - total[:, None]) / TOTAL_SD) ** 2))


def above_and_on(pmf: Floats, support: Ints, line: Floats) -> tuple[Floats, Floats]:
    """Probability of more than n lines, and of landing on them, by an n x k `pmf`; nan without a line."""
    threshold = line[:, None]
    above = (pmf * (support > threshold)).sum(axis=1)
    level = (pmf * (support == threshold)).sum(axis=1)
    known = ~np.isnan(line)
    return np.where(known, above, np.nan), np.where(known, level, np.nan)


def normalised(weights: Floats) -> Floats:
    """Rows that sum to 1."""
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _inverse_cdf(weights: Floats, uniform: Floats) -> Ints:
    cumulative = weights.cumsum(axis=1)
    return np.asarray((cumulative <= uniform[:, None] * cumulative[:, -1:]).sum(axis=1))
