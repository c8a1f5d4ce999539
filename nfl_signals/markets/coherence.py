"""Moneyline, spread and total of one game, made to agree: three answers from one distribution.

Calibrated apart, the three forecasts of a game contradict each other now and then (more likely to
win by four than to win). Each is taken for a reading of where the game's margin or total lies; the
readings of the margin are averaged, and all three answers are read out of that one distribution,
pushes included. So no line of a game can be arbitraged against another one.

Why an average of locations and not more freedom (stack of 2009-2023, each season from earlier ones;
change of Brier times 100,000 against the forecasts that went in, week-block 95 % intervals):

| agreed by | moneyline | spread |
|---|---|---|
| a quarter moneyline, three quarters spread | -37 [-81, +4] | +10 [-10, +29] |
| half and half | -29 [-59, -3] | +28 [-12, +66] |
| moneyline alone | 0 | +87 [+7, +165] |
| a scale per game that meets both | -8 [-21, +5] | 0 |

A scale per game follows noise: a fifth of the games run into bounds of 0.8 and 1.25 times the
common one, and the push rates move with it. Regressing the final margin on both readings of the
closing market gives the spread's (0.54 +- 0.32) twice the weight of the moneyline's (0.26 +- 0.32).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.markets.score_distribution import (
    LARGEST_MARGIN,
    LARGEST_TOTAL,
    MARGIN,
    MARGINS,
    TOTAL,
    Axis,
    ScoreDistribution,
    solve_centre,
)
from nfl_signals.stats.logit import logit

Floats = NDArray[np.float64]

MONEYLINE_WEIGHT = 0.25  # of its reading of the margin; the spread's has the rest
SETTLED = 1e-7  # points
MAX_SWEEPS = 200


@dataclass(frozen=True, kw_only=True)
class CoherenceInputs:
    """Calibrated answers and lines of n games; NaN is "not asked" or "no line".

    Attributes:
        p_moneyline: the home team wins, given no tie.
        p_ats: the home team covers, given no push.
        p_total: over, given no push.
        spread_line: points, positive where the home team is favoured.
        total_line: points.
    """

    p_moneyline: Floats
    p_ats: Floats
    p_total: Floats
    spread_line: Floats
    total_line: Floats

    def __post_init__(self) -> None:
        """Refuse what no game can have.

        Raises:
            ValueError: unequal lengths, a probability outside [0, 1] or a line outside the lattice.
        """
        answers = (self.p_moneyline, self.p_ats, self.p_total)
        columns = (*answers, self.spread_line, self.total_line)
        if len({column.shape for column in columns}) != 1 or self.p_ats.ndim != 1:
            raise ValueError("agreement: expected five columns of the same length")
        if any(((p < 0) | (p > 1)).any() for p in answers):
            raise ValueError("agreement: probabilities lie in [0, 1]")
        if (np.abs(self.spread_line) >= LARGEST_MARGIN).any():
            raise ValueError(f"agreement: spreads stay below {LARGEST_MARGIN} points")
        if ((self.total_line <= 0) | (self.total_line >= LARGEST_TOTAL)).any():
            raise ValueError(f"agreement: total lines lie between 0 and {LARGEST_TOTAL} points")

    def take(self, rows: NDArray[np.intp]) -> "CoherenceInputs":
        """The same questions of some games."""
        return CoherenceInputs(**{name: column[rows] for name, column in vars(self).items()})


@dataclass(frozen=True, kw_only=True)
class CoherentForecasts:
    """One distribution per game and what it says.

    Attributes:
        mu: location of the home margin, points; NaN where nothing was known of it.
        tau: location of the total, points.
        p_hat: per market, probability of YES given no push; NaN where there is no line.
        p_push: per market, probability of a push; NaN where there is no line.
    """

    mu: Floats
    tau: Floats
    p_hat: dict[MarketName, Floats]
    p_push: dict[MarketName, Floats]


def make_coherent(distribution: ScoreDistribution, questions: CoherenceInputs) -> CoherentForecasts:
    """Locate each game's margin and total, and read all three markets out.

    Of the margin: the weighted mean of the readings of moneyline and spread, or the one that was
    asked, or, where neither was, the spread line taken for fair. Of the total: its reading, or its
    line taken for fair, or `distribution.typical_tau`. An answer that no location gives becomes
    the nearest that an end of the lattice gives; all others, asked again as agreed, stay.

    Args:
        distribution: fitted on games played before these.
        questions: n games.

    Raises:
        ValueError: the locations did not settle in MAX_SWEEPS sweeps.
    """
    search = _Search(np.nan_to_num(questions.spread_line))
    tau = np.nan_to_num(questions.total_line, nan=distribution.typical_tau)
    rows = np.arange(len(tau))
    for _ in range(MAX_SWEEPS):
        if len(rows) == 0:
            return _answers(distribution, questions, search.mu, tau)
        readings, mu = _readings(questions.take(rows)), search.mu[rows]
        tau[rows] = _read(distribution, readings["total"], start=tau[rows], other=mu)
        gap = _mean_reading(distribution, readings, mu, tau[rows]) - mu
        search.mu[rows[np.isnan(gap)]] = np.nan
        unsettled = np.abs(gap) >= SETTLED
        rows = rows[unsettled]
        search.step(rows, gap[unsettled])
    raise ValueError(f"agreement: margin and total did not settle in {MAX_SWEEPS} sweeps")


class _Search:
    """Secant steps towards mu = mean reading at mu, inside a bracket that always holds a solution.

    A reading depends a little on where the total lies, and that on mu: were the mean reading simply
    taken for the next mu, games whose spread is as large as their total would swing for ever.
    """

    def __init__(self, start: Floats) -> None:
        self.mu = start
        self.low, self.high = np.full_like(start, MARGINS[0]), np.full_like(start, MARGINS[-1])
        # Without a last gap the slope is NaN, and the first step goes to the mean reading itself.
        self.last_mu, self.last_gap = start - 1, np.full_like(start, np.nan)

    def step(self, rows: NDArray[np.intp], gap: Floats) -> None:
        """Move `rows`, of which the mean reading lies `gap` above mu."""
        mu = self.mu[rows]
        self.low[rows] = np.where(gap > 0, mu, self.low[rows])
        self.high[rows] = np.where(gap > 0, self.high[rows], mu)
        slope = (gap - self.last_gap[rows]) / (mu - self.last_mu[rows])
        guess = mu - gap / np.where(slope < 0, slope, -1.0)
        low, high = self.low[rows], self.high[rows]
        self.last_mu[rows], self.last_gap[rows] = mu, gap
        self.mu[rows] = np.where((guess >= low) & (guess <= high), guess, (low + high) / 2)


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """Rows of which a market tells the location, with the line and log odds that tell it."""

    axis: Axis
    rows: NDArray[np.intp]
    line: Floats
    log_odds: Floats


def _readings(questions: CoherenceInputs) -> dict[MarketName, _Reading]:
    win = np.isfinite(questions.p_moneyline)
    line = np.isfinite(questions.spread_line)
    cover = line & (np.isfinite(questions.p_ats) | ~win)
    zero = np.zeros(len(win))
    return {
        "moneyline": _reading(MARGIN, win, zero, questions.p_moneyline),
        "ats": _reading(MARGIN, cover, questions.spread_line, questions.p_ats),
        "total": _reading(
            TOTAL, np.isfinite(questions.total_line), questions.total_line, questions.p_total
        ),
    }


def _reading(axis: Axis, told: NDArray[np.bool_], line: Floats, p: Floats) -> _Reading:
    rows = np.flatnonzero(told)
    fair_unless_asked = np.where(np.isfinite(p[rows]), p[rows], 0.5)
    return _Reading(axis=axis, rows=rows, line=line[rows], log_odds=logit(fair_unless_asked))


def _read(
    distribution: ScoreDistribution, reading: _Reading, *, start: Floats, other: Floats
) -> Floats:
    """`start` with the rows of `reading` moved to where it puts them; `other`: the other axis."""
    rows, of_margin = reading.rows, reading.axis is MARGIN
    located: Floats = start.copy()
    rest = distribution.margin_rest if of_margin else distribution.total_rest
    located[rows] = solve_centre(
        reading.axis,
        distribution.margin_scale if of_margin else distribution.total_scale,
        rest(other[rows]),
        line=reading.line,
        log_odds=reading.log_odds,
        start=start[rows],
    )
    return located


def _mean_reading(
    distribution: ScoreDistribution, readings: dict[MarketName, _Reading], mu: Floats, tau: Floats
) -> Floats:
    """Where moneyline and spread put the margin, given the total's location; NaN if neither does."""
    weighted, weights = np.zeros(len(mu)), np.zeros(len(mu))
    shares: dict[MarketName, float] = {"moneyline": MONEYLINE_WEIGHT, "ats": 1 - MONEYLINE_WEIGHT}
    for market, share in shares.items():
        rows = readings[market].rows
        weighted[rows] += share * _read(distribution, readings[market], start=mu, other=tau)[rows]
        weights[rows] += share
    mean: Floats = np.full(len(mu), np.nan)
    return np.divide(weighted, weights, out=mean, where=weights > 0)


def _answers(
    distribution: ScoreDistribution, questions: CoherenceInputs, mu: Floats, tau: Floats
) -> CoherentForecasts:
    lines: dict[MarketName, Floats] = {
        "moneyline": np.where(np.isnan(mu), np.nan, 0.0),
        "ats": np.where(np.isnan(mu), np.nan, questions.spread_line),
        "total": questions.total_line,
    }
    p_hat: dict[MarketName, Floats] = {}
    p_push: dict[MarketName, Floats] = {}
    for market in MARKETS:
        win, push, loss = distribution.win_push_loss(
            market, np.nan_to_num(mu), tau, lines[market]
        ).T
        known = np.isfinite(lines[market])
        p_hat[market] = np.divide(win, win + loss, out=np.full(len(mu), np.nan), where=known)
        p_push[market] = np.where(known, push, np.nan)
    return CoherentForecasts(mu=mu, tau=tau, p_hat=p_hat, p_push=p_push)
