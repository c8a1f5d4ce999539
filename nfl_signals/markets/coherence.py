"""Moneyline, spread and total of one game, made coherent: three forecasts from one distribution.

Calibrated apart, the three forecasts of a game contradict each other now and then (more likely to
win by four than to win). Each implies a location of the game's margin or total; those of the margin
are averaged, and all three forecasts are computed from that one distribution, pushes included. So no
line of a game can be arbitraged against another one.

Why an average of locations and not more freedom (stack of 2009-2023, each season from earlier ones;
change of Brier times 100,000 against the forecasts that went in, week-block 95 % intervals):

| located by | moneyline | spread |
|---|---|---|
| a quarter moneyline, three quarters spread | -37 [-81, +4] | +10 [-10, +29] |
| half and half | -29 [-59, -3] | +28 [-12, +66] |
| moneyline alone | 0 | +87 [+7, +165] |
| a scale per game that meets both | -8 [-21, +5] | 0 |

A scale per game follows noise: a fifth of the games run into bounds of 0.8 and 1.25 times the
common one, and the push rates move with it. Regressing the final margin on both locations that the
closing market implies gives the spread's (0.54 +- 0.32) twice the weight of the moneyline's
(0.26 +- 0.32).
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
from nfl_signals.stats.arrays import Bools, Floats
from nfl_signals.stats.logit import logit

MONEYLINE_WEIGHT = 0.25  # of the margin that it implies; the spread's has the rest
SETTLED = 1e-7  # points
MAX_SWEEPS = 200


@dataclass(frozen=True, kw_only=True)
class CoherenceInputs:
    """Calibrated forecasts and lines of n games; NaN where there is none.

    Raises:
        ValueError: unequal lengths, a probability outside [0, 1] or a line outside the lattice.
    """

    p_moneyline: Floats  # the home team wins, given no tie
    p_ats: Floats  # the home team covers, given no push
    p_total: Floats  # over, given no push
    spread_line: Floats  # points, positive where the home team is favoured
    total_line: Floats  # points
    can_tie: Bools  # a playoff game cannot

    def __post_init__(self) -> None:
        forecasts = (self.p_moneyline, self.p_ats, self.p_total)
        columns = (*forecasts, self.spread_line, self.total_line, self.can_tie)
        if len({column.shape for column in columns}) != 1 or self.p_ats.ndim != 1:
            raise ValueError("coherence: expected six columns of the same length")
        if any(((p < 0) | (p > 1)).any() for p in forecasts):
            raise ValueError("coherence: probabilities lie in [0, 1]")
        if (np.abs(self.spread_line) >= LARGEST_MARGIN).any():
            raise ValueError(f"coherence: spreads stay below {LARGEST_MARGIN} points")
        if ((self.total_line <= 0) | (self.total_line >= LARGEST_TOTAL)).any():
            raise ValueError(f"coherence: total lines lie between 0 and {LARGEST_TOTAL} points")

    def take(self, rows: NDArray[np.intp]) -> "CoherenceInputs":
        """The same columns of some games."""
        return CoherenceInputs(**{name: column[rows] for name, column in vars(self).items()})


@dataclass(frozen=True, kw_only=True)
class CoherentForecasts:
    """One distribution per game and the forecasts that follow from it."""

    mu: Floats  # location of the home margin, points; NaN where nothing was known of it
    tau: Floats  # location of the total, points
    # Per market, probability of YES given no push and of a push; NaN where there is no line.
    p_hat: dict[MarketName, Floats]
    p_push: dict[MarketName, Floats]


def make_coherent(distribution: ScoreDistribution, inputs: CoherenceInputs) -> CoherentForecasts:
    """Locate each game's margin and total, and forecast all three markets from them.

    The margin lies at the weighted mean of what moneyline and spread imply, or at what the one that
    has a forecast implies, or, where neither has one, where the spread line is fair. The total lies
    where its forecast implies, or where its line is fair, or at `distribution.typical_tau`. A forecast
    that no location gives becomes the nearest that an end of the lattice gives. Coherent forecasts
    given again as inputs stay as they are.

    Args:
        distribution: fitted on games played before these.
        inputs: n games.

    Raises:
        ValueError: the locations did not settle in MAX_SWEEPS sweeps.
    """
    search = _Search(np.nan_to_num(inputs.spread_line))
    tau = np.nan_to_num(inputs.total_line, nan=distribution.typical_tau)
    rows = np.arange(len(tau))
    for _ in range(MAX_SWEEPS):
        if len(rows) == 0:
            return _forecasts(distribution, inputs, search.mu, tau)
        located, mu = _located(inputs.take(rows)), search.mu[rows]
        tau[rows] = located["total"].location(distribution, start=tau[rows], other=mu)
        gap = _mean_margin(distribution, located, mu, tau[rows]) - mu
        search.mu[rows[np.isnan(gap)]] = np.nan
        unsettled = np.abs(gap) >= SETTLED
        rows = rows[unsettled]
        search.step(rows, gap[unsettled])
    raise ValueError(f"coherence: margin and total did not settle in {MAX_SWEEPS} sweeps")


def probability_at(
    distribution: ScoreDistribution, implied: CoherenceInputs, market: MarketName, line: Floats
) -> Floats:
    """Probability of YES at n other lines, given no push, of games whose scores `implied` locates.

    NaN where nothing locates the margin (spread, moneyline). A total without any location lies at
    `distribution.typical_tau`, which says nothing of the game: have a total line in `implied`.
    """
    found = make_coherent(distribution, implied)
    win, _, loss = distribution.win_push_loss(market, np.nan_to_num(found.mu), found.tau, line).T
    located = np.isfinite(found.mu) | (MARKETS[market].outcome_column == "total")
    return np.where(located, win / (win + loss), np.nan)


class _Search:
    """Secant steps towards mu = implied margin at mu, in a bracket that always holds a solution.

    The implied margin depends a little on where the total lies, and that on mu: were it simply taken
    for the next mu, games whose spread is as large as their total would swing for ever.
    """

    def __init__(self, start: Floats) -> None:
        self.mu = start
        self.low, self.high = np.full_like(start, MARGINS[0]), np.full_like(start, MARGINS[-1])
        # Without a last gap the slope is NaN, and the first step goes to the implied margin itself.
        self.last_mu, self.last_gap = start - 1, np.full_like(start, np.nan)

    def step(self, rows: NDArray[np.intp], gap: Floats) -> None:
        """Move `rows`, whose implied margin lies `gap` above mu."""
        mu = self.mu[rows]
        self.low[rows] = np.where(gap > 0, mu, self.low[rows])
        self.high[rows] = np.where(gap > 0, self.high[rows], mu)
        slope = (gap - self.last_gap[rows]) / (mu - self.last_mu[rows])
        guess = mu - gap / np.where(slope < 0, slope, -1.0)
        low, high = self.low[rows], self.high[rows]
        self.last_mu[rows], self.last_gap[rows] = mu, gap
        self.mu[rows] = np.where((guess >= low) & (guess <= high), guess, (low + high) / 2)


class _Located:
    """Rows of which a market implies the location, with the line and log odds that imply it."""

    def __init__(self, axis: Axis, known: Bools, line: Floats, p: Floats, can_tie: Bools) -> None:
        self.axis, self.rows = axis, np.flatnonzero(known)
        self.can_tie = can_tie[self.rows]
        fair_without_forecast = np.where(np.isfinite(p), p, 0.5)
        self.line, self.log_odds = line[self.rows], logit(fair_without_forecast[self.rows])

    def location(self, distribution: ScoreDistribution, *, start: Floats, other: Floats) -> Floats:
        """`start` with `rows` moved to the implied location; `other`: location on the other axis."""
        of_margin = self.axis is MARGIN
        rest = distribution.margin_rest if of_margin else distribution.total_rest
        moved: Floats = start.copy()
        moved[self.rows] = solve_centre(
            self.axis,
            distribution.margin_scale if of_margin else distribution.total_scale,
            rest(other[self.rows], self.can_tie),
            line=self.line,
            log_odds=self.log_odds,
            start=start[self.rows],
        )
        return moved


def _located(inputs: CoherenceInputs) -> dict[MarketName, _Located]:
    win, spread = np.isfinite(inputs.p_moneyline), np.isfinite(inputs.spread_line)
    cover, over = spread & (np.isfinite(inputs.p_ats) | ~win), np.isfinite(inputs.total_line)
    return {
        "moneyline": _Located(MARGIN, win, np.zeros(len(win)), inputs.p_moneyline, inputs.can_tie),
        "ats": _Located(MARGIN, cover, inputs.spread_line, inputs.p_ats, inputs.can_tie),
        "total": _Located(TOTAL, over, inputs.total_line, inputs.p_total, inputs.can_tie),
    }


def _mean_margin(
    distribution: ScoreDistribution, located: dict[MarketName, _Located], mu: Floats, tau: Floats
) -> Floats:
    """Where moneyline and spread put the margin, given the total's location; NaN if neither does."""
    weighted, weights = np.zeros(len(mu)), np.zeros(len(mu))
    shares: dict[MarketName, float] = {"moneyline": MONEYLINE_WEIGHT, "ats": 1 - MONEYLINE_WEIGHT}
    for market, share in shares.items():
        rows = located[market].rows
        weighted[rows] += share * located[market].location(distribution, start=mu, other=tau)[rows]
        weights[rows] += share
    mean: Floats = np.full(len(mu), np.nan)
    return np.divide(weighted, weights, out=mean, where=weights > 0)


def _forecasts(
    distribution: ScoreDistribution, inputs: CoherenceInputs, mu: Floats, tau: Floats
) -> CoherentForecasts:
    lines: dict[MarketName, Floats] = {
        "moneyline": np.where(np.isnan(mu), np.nan, 0.0),
        "ats": np.where(np.isnan(mu), np.nan, inputs.spread_line),
        "total": inputs.total_line,
    }
    p_hat: dict[MarketName, Floats] = {}
    p_push: dict[MarketName, Floats] = {}
    for market, line in lines.items():
        located = market, np.nan_to_num(mu), tau, line
        win, push, loss = distribution.win_push_loss(*located, inputs.can_tie).T
        known = np.isfinite(line)
        p_hat[market] = np.divide(win, win + loss, out=np.full(len(mu), np.nan), where=known)
        p_push[market] = np.where(known, push, np.nan)
    return CoherentForecasts(mu=mu, tau=tau, p_hat=p_hat, p_push=p_push)
