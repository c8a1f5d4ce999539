"""One distribution of a game's final score: every market at any line is a sum over its cells.

The cells are the whole numbers (home margin m, total t). Their probability is

    P(m, t)  ∝  bell(m; mu) * weight(|m|)  *  bell(t; tau) * weight(t)  *  1{m, t is a score}

so margins of 3, 7 and 10 and totals of 37, 41 and 44 weigh what they weighed in earlier games, an odd
margin never meets an even total, and no side wins by more than the points scored. `mu` and `tau`
locate a game; scales and weights belong to all games. Three choices were measured on the seasons
2006-2023, each forecast from earlier ones (gain in nats per game, with its standard error):

- A line is a median: while fitting, mu and tau are where over and under the closing line are equal.
- The bell is hyperbolic (Barndorff-Nielsen 1977, symmetric case), not Normal: closing lines are
  missed by very little and by very much more often than a Normal has it. Margin 0.0027 +- 0.0013,
  total 0.0028 +- 0.0015.
- A win is `WIN_GAP` points further from a loss than the margins are: near the end the better team
  turns would-be ties into wins. Margin 0.0012 +- 0.0007; and the market's own moneylines, which on
  average put the margin 0.48 points nearer to the favourite than its spreads do, now match them
  (-0.05 points; deviation between games 0.54 instead of 0.81 points).

How often a whole total is said to push was looked at in the same way, from 2003 on. 2009-2023 had fewer
pushes than stated, 47 of 2,095 (2.2 % [1.7, 3.0], stated 3.1 %), and 2003-2008 more, 42 of 921 (4.6 %
[3.4, 6.1], stated 3.1 %); together 89 of 3,016 (3.0 % [2.4, 3.6], stated 3.1 %). Nothing of that is
corrected: fitted on 2009-2023 itself the model still states 3.2 % there, for totals one to three points off
the line were no rarer than stated; and a factor on pushes, learned from earlier seasons, forecasts
2009-2023 worse, however firm its prior.

The bell is log-concave, so a higher mu makes every higher margin likelier (monotone likelihood
ratio): probabilities rise with mu and fall with the line.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.stats.arrays import Bools, Floats, Ints

LARGEST_MARGIN = 80  # points; the record is 73
LARGEST_TOTAL = 130  # points; the record is 113
WIN_GAP = 2.0  # points between a tie and a win of 0 points, were there one
TAIL_SHAPE = 6.0  # of the bell; infinity is the Normal. Held-out likelihood is flat from 4 to 8
PRIOR_GAMES = 5.0  # games on one number that count as much as "no key number"; flat from 3 to 10
ROUNDS = 25  # of scaling; 25 more move no key number by more than 0.01
FEWEST_GAMES = 50  # below that a scale is a guess
TOLERANCE = 1e-9  # points
MAX_STEPS = 200

MARGINS = np.arange(-LARGEST_MARGIN, LARGEST_MARGIN + 1)
TOTALS = np.arange(LARGEST_TOTAL + 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Axis:
    """The whole numbers that margins or totals can be."""

    values: Ints  # points, k of them
    positions: Floats  # where the bell sees them, points, ascending, k

    def bell(self, centre: Floats, scale: float) -> tuple[Floats, Floats]:
        """Heights (n x k, largest 1) and their relative growth per point of `centre` (n x k)."""
        z = (self.positions[None, :] - centre[:, None]) / scale
        root = np.sqrt(1 + z**2 / TAIL_SHAPE)
        return np.exp(TAIL_SHAPE * (root.min(axis=1, keepdims=True) - root)), z / (root * scale)


MARGIN = Axis(values=MARGINS, positions=MARGINS + WIN_GAP * np.sign(MARGINS))
TOTAL = Axis(values=TOTALS, positions=TOTALS.astype(np.float64))


def _possible() -> Floats:
    """Margins x totals: 1 where both sides' points are whole, not negative and not 1."""
    home, away = TOTALS[None, :] + MARGINS[:, None], TOTALS[None, :] - MARGINS[:, None]
    scores = (home >= 0) & (away >= 0) & (home % 2 == 0) & (home != 2) & (away != 2)
    return np.asarray(scores, dtype=np.float64)


POSSIBLE = _possible()


@dataclass(frozen=True, kw_only=True)
class ScoreDistribution:
    """What all games share; `mu` and `tau` locate one game, in points.

    Where `can_tie` (n) is false, as in playoffs, a margin of 0 has no probability; None: all may tie.
    """

    margin_scale: float  # of the margin's bell, points
    total_scale: float  # of the total's bell, points
    margin_weights: tuple[float, ...]  # factors of |margin| = 0, 1, 2, ...; LARGEST_MARGIN + 1
    total_weights: tuple[float, ...]  # factors of total = 0, 1, 2, ...; LARGEST_TOTAL + 1
    typical_tau: float  # location of the middle fitted game's total
    n_games: int  # games it was fitted on

    def margins(self, mu: Floats, tau: Floats, can_tie: Bools | None = None) -> Floats:
        """Probability of each of MARGINS: n x 161, rows sum to 1."""
        return _normalised(MARGIN.bell(mu, self.margin_scale)[0] * self.margin_rest(tau, can_tie))

    def totals(self, mu: Floats, tau: Floats, can_tie: Bools | None = None) -> Floats:
        """Probability of each of TOTALS: n x 131, rows sum to 1."""
        return _normalised(TOTAL.bell(tau, self.total_scale)[0] * self.total_rest(mu, can_tie))

    def win_push_loss(
        self,
        market: MarketName,
        mu: Floats,
        tau: Floats,
        line: Floats,
        can_tie: Bools | None = None,
    ) -> Floats:
        """Probabilities of YES, push and NO: n x 3, rows sum to 1.

        Args:
            market: 'ats' and 'moneyline' are about the margin, 'total' about the total.
            mu: location of the home margin, n.
            tau: location of the total, n.
            line: threshold in points, n; any number: half points cannot push.
            can_tie: see the class, n.
        """
        total = MARKETS[market].outcome_column == "total"
        mass = (self.totals if total else self.margins)(mu, tau, can_tie)
        side = np.sign((TOTALS if total else MARGINS)[None, :] - line[:, None])
        return np.column_stack([(mass * (side == sign)).sum(axis=1) for sign in (1, 0, -1)])

    def margin_rest(self, tau: Floats, can_tie: Bools | None = None) -> Floats:
        """The part of a margin's probability that does not depend on mu: n x 161."""
        total = TOTAL.bell(tau, self.total_scale)[0] * self._total_weights
        return np.asarray(_played_on(self._margin_weights * (total @ POSSIBLE.T), can_tie))

    def total_rest(self, mu: Floats, can_tie: Bools | None = None) -> Floats:
        """The part of a total's probability that does not depend on tau: n x 131."""
        margin = MARGIN.bell(mu, self.margin_scale)[0] * self._margin_weights
        return np.asarray(self._total_weights * (_played_on(margin, can_tie) @ POSSIBLE))

    @property
    def _margin_weights(self) -> Floats:
        return np.asarray(self.margin_weights)[np.abs(MARGINS)]

    @property
    def _total_weights(self) -> Floats:
        return np.asarray(self.total_weights)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers for a model folder."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "ScoreDistribution":
        """Inverse of `to_json`."""
        weights = ("margin_weights", "total_weights")
        return cls(**content | {name: tuple(content[name]) for name in weights})


def solve_centre(
    axis: Axis, scale: float, rest: Floats, *, line: Floats, log_odds: Floats, start: Floats
) -> Floats:
    """Where the bell must stand for the odds of over against under to be the ones given.

    Newton's method on log odds, which are nearly linear in the centre, kept inside a bracket; the
    slope is exact: the mean growth of the bell above the line minus that below.

    Args:
        axis: MARGIN or TOTAL.
        scale: of its bell, points.
        rest: what multiplies the bell, n x k.
        line: n thresholds inside the axis.
        log_odds: n log odds of over, given no push.
        start: n first guesses, points.

    Returns:
        n centres; the axis's end where even that is not enough.

    Raises:
        ValueError: it did not settle in MAX_STEPS steps.
    """
    over = np.where(axis.values[None, :] > line[:, None], rest, 0.0)
    under = np.where(axis.values[None, :] < line[:, None], rest, 0.0)
    low, high = (np.full(len(line), float(axis.values[end])) for end in (0, -1))
    centre = np.clip(start, low, high)
    for _ in range(MAX_STEPS):
        height, growth = axis.bell(centre, scale)
        above, below = height * over, height * under
        p_above, p_below = above.sum(axis=1), below.sum(axis=1)
        gap = np.log(p_above / p_below) - log_odds
        slope = (above * growth).sum(axis=1) / p_above - (below * growth).sum(axis=1) / p_below
        low, high = np.where(gap < 0, centre, low), np.where(gap < 0, high, centre)
        guess = centre - gap / slope
        inside = (guess >= low) & (guess <= high)
        settled = np.where(inside, guess, (low + high) / 2)
        if np.max(np.abs(settled - centre), initial=0.0) < TOLERANCE:
            return np.asarray(settled)
        centre = settled
    raise ValueError(f"score distribution: no location found in {MAX_STEPS} steps")


def fit_score_distribution(
    margin: Floats, total: Floats, spread_line: Floats, total_line: Floats
) -> ScoreDistribution:
    """Learn scales and key numbers from played games.

    Alternates, for margins and totals in turn: locate each closing line as a median; weights by
    iterative scaling (Darroch, Ratcliff 1972) under a Gamma prior of mean 1 worth PRIOR_GAMES games.
    A scale is the root mean squared miss of the line: with free weights the likelihood hardly knows
    it (0.0002 +- 0.0005 nats between 1 and 1.05 times that), so it is not searched for.

    Args:
        margin: home points minus away points, n whole numbers.
        total: points of both teams, n whole numbers.
        spread_line: closing spread, positive where home is favoured, n.
        total_line: closing total, n.

    Raises:
        ValueError: fewer than FEWEST_GAMES games, unequal lengths, something not finite or a score
            outside the lattice.
    """
    _check_games(margin, total, spread_line, total_line)
    spreads, at_spread = np.unique(spread_line, return_inverse=True)
    middles, at_middle = np.unique(total_line, return_inverse=True)
    games = np.zeros((len(spreads), len(middles)))
    np.add.at(games, (at_spread, at_middle), 1.0)
    margins = _Fit(MARGIN, spreads, margin, at_spread)
    totals = _Fit(TOTAL, middles, total, at_middle)
    for _ in range(ROUNDS):
        margins.improve(totals.mass() @ POSSIBLE.T, games)
        totals.improve(margins.mass() @ POSSIBLE, games.T)
    return ScoreDistribution(
        margin_scale=margins.scale,
        total_scale=totals.scale,
        margin_weights=tuple(margins.weights.tolist()),
        total_weights=tuple(totals.weights.tolist()),
        typical_tau=float(np.median(totals.centres[at_middle])),
        n_games=len(margin),
    )


class _Fit:
    """One axis while it is being fitted; lines are taken once each, games counted per pair."""

    def __init__(
        self, axis: Axis, lines: Floats, points: Floats, at_line: NDArray[np.intp]
    ) -> None:
        self.axis, self.lines = axis, lines
        self.number = np.abs(axis.values)
        self.weights = np.ones(self.number.max() + 1)
        self.observed = np.bincount(np.abs(points).astype(np.int64), minlength=len(self.weights))
        self.centres = lines.astype(np.float64)
        self.scale = float(np.sqrt(np.mean((points - lines[at_line]) ** 2)))

    def mass(self) -> Floats:
        """Bell times weights: lines x k."""
        return np.asarray(
            self.axis.bell(self.centres, self.scale)[0] * self.weights[self.number][None, :]
        )

    def improve(self, reach: Floats, games: Floats) -> None:
        """One round; `reach` is what the other axis leaves to each value, other lines x k."""
        rest = (games / (self.mass() @ reach.T)) @ reach * self.weights[self.number]
        fair = np.zeros(len(self.lines))
        self.centres = solve_centre(
            self.axis, self.scale, rest, line=self.lines, log_odds=fair, start=self.centres
        )
        mass = self.mass()
        expected = mass * ((games / (mass @ reach.T)) @ reach)
        by_number = np.bincount(self.number, weights=expected.sum(axis=0))
        scaled = (self.observed + PRIOR_GAMES) / (by_number / self.weights + PRIOR_GAMES)
        # Their level changes no probability; under the prior it is 1, and scaling finds it slowly.
        self.weights = scaled / scaled.mean()


def _played_on(margins: Floats, can_tie: Bools | None) -> Floats:
    """N x 161 without the ties that cannot be."""
    if can_tie is not None:
        margins[~can_tie, LARGEST_MARGIN] = 0.0  # where MARGINS is 0
    return margins


def _normalised(mass: Floats) -> Floats:
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))


def _check_games(margin: Floats, total: Floats, spread_line: Floats, total_line: Floats) -> None:
    columns = (margin, total, spread_line, total_line)
    if len({len(column) for column in columns}) != 1 or len(margin) < FEWEST_GAMES:
        raise ValueError(f"score distribution: needs {FEWEST_GAMES} games or more, equal lengths")
    if not all(np.isfinite(column).all() for column in columns):
        raise ValueError("score distribution: every score and line must be finite")
    totals = (total, total_line)
    if max(np.abs(column).max() for column in (margin, spread_line)) >= LARGEST_MARGIN:
        raise ValueError(f"score distribution: margins and spreads stay below {LARGEST_MARGIN}")
    if total.min() < 0 or total_line.min() <= 0 or max(c.max() for c in totals) >= LARGEST_TOTAL:
        raise ValueError(f"score distribution: totals and lines lie between 0 and {LARGEST_TOTAL}")
