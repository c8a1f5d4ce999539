"""What a game's Tuesday, 14:00 UTC, leaves open, and the truth as far as it stood then.

A team's strength moves with its games, so on Tuesday it is that of the game. Two things are settled
later in the week: how the offence practises (`teams/news.py`), and whether a quarterback who missed the
team's last game is back. Who was hurt in the last game is known; nobody is hurt between two games.

The truth of `tuesday` is the probability given all that is settled by then, over everything that may
still happen: nobody can know more without knowing the future. The truth of `kickoff` at the same lines
is what `truth.py` states, with what happened after Tuesday. On average over the week the second is the
first.
"""

from itertools import product

import numpy as np
import polars as pl

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.ingest.games import kickoff_of
from nfl_signals.markets.decision_time import decision_at
from nfl_signals.markets.definitions import ATS, KEYS, QUOTE, TOTAL
from nfl_signals.simulator.games.price_history import CONSENSUS
from nfl_signals.simulator.games.scoring import (
    LATTICE,
    MARGINS,
    factor_of_margin,
    factor_of_total,
    normalised,
)
from nfl_signals.simulator.games.season import Season, distribution_of
from nfl_signals.simulator.games.truth import line_probabilities
from nfl_signals.simulator.teams.franchises import N_TEAMS
from nfl_signals.simulator.teams.news import LEVEL_SHARES, LEVELS, points_per_level
from nfl_signals.simulator.teams.quarterbacks import HEALS_PER_WEEK, HURT_PER_WEEK
from nfl_signals.stats.arrays import Bools, Floats

SIDES = ("home", "away")
LINES_THEN = {ATS.name: "spread_then", TOTAL.name: "total_then"}


def open_on_tuesday(season: Season) -> pl.DataFrame:
    """What is still open about both teams on the Tuesday before each game, a row per `season.games`.

    For each side `SIDE_p_out` (probability that the starting quarterback misses the game),
    `SIDE_out_points` (what that adds to the team's score) and `SIDE_week_points` (what practice and
    quarterback turn out to add in that week).
    """
    games, quarterbacks = season.games, season.quarterbacks
    p_out = p_out_on_tuesday(quarterbacks.out, _plays(games))
    week, columns = games["week"].to_numpy(), {}
    for side in SIDES:
        team = games[side].to_numpy()
        practised = season.news.practised[team, week - 1]
        columns[f"{side}_p_out"] = p_out[team, week - 1]
        columns[f"{side}_out_points"] = quarterbacks.values[1, team] - quarterbacks.values[0, team]
        columns[f"{side}_week_points"] = practised + quarterbacks.loss(team, week)
    return pl.DataFrame(columns)


def settled_later(still_open: pl.DataFrame) -> Floats:
    """Points of margin and total by which the week moves a game, shape (2, n); 0 in expectation.

    `still_open` is `open_on_tuesday`.
    """
    home, away = (
        still_open.select(
            pl.col(f"{side}_week_points") - pl.col(f"{side}_p_out") * pl.col(f"{side}_out_points")
        )
        .to_series()
        .to_numpy()
        for side in SIDES
    )
    return np.stack([home - away, home + away])


def p_out_on_tuesday(out: Bools, plays: Bools) -> Floats:
    """Probability, on the Tuesday before, that each team's starter misses each week it plays.

    Args:
        out: whether he does, shape (teams, weeks).
        plays: whether the team has a game, same shape.

    Returns:
        Same shape: certain where he began the team's last game, or there was none this season; else
        how often one who was out is out so many weeks later. Weeks without a game are NaN.

    Example:
        >>> out = np.array([[False, True, True, True, False]])
        >>> p_out_on_tuesday(out, np.array([[True, True, True, False, True]])).round(3).tolist()
        [[0.0, 1.0, 0.75, nan, 0.57]]
    """
    found = np.full(out.shape, np.nan)
    for team, games in enumerate(plays):
        last = None
        for week in np.flatnonzero(games):
            found[team, week] = out[team, week]
            if last is not None and out[team, last]:
                found[team, week] = _still_out(int(week - last))
            last = week
    return found


def truth_on_tuesday(
    games: pl.DataFrame, prices: pl.DataFrame, settings: SimulatorSettings
) -> pl.DataFrame:
    """True probabilities at the lines that stood on each game's Tuesday, two rows a game.

    Args:
        games: as in `Season`, with `game_id`, kickoff and the columns of `open_on_tuesday`.
        prices: rows of `price_history.as_published`; the lines are those of the consensus.
        settings: of the league.

    Returns:
        `game_id, known_by` (`tuesday`, `kickoff`: what the probabilities are given), the lines, null
        where none was up, and the probabilities of `truth.truth_table` at them.
    """
    lined = games.join(_lines_on_tuesday(games, prices), on="game_id", how="left").sort("game_id")
    lines = [lined[name].fill_null(np.nan).to_numpy() for name in LINES_THEN.values()]
    truth = distribution_of(lined)
    named = pl.col("spread_then").alias("spread_line"), pl.col("total_then").alias("total_line")
    pmfs = {"tuesday": _over_the_week(lined, settings), "kickoff": (truth.margin, truth.total)}
    return pl.concat(
        lined.select("game_id", pl.lit(known_by).alias("known_by"), *named)
        .with_columns(pl.Series(name, p) for name, p in line_probabilities(*both, *lines).items())
        .with_columns(pl.selectors.float().fill_nan(None))
        for known_by, both in pmfs.items()
    )


def quotes_on_tuesday(games: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """The consensus' last quote by each game's Tuesday, 14:00 UTC: `KEYS` and `QUOTE`.

    `games` have `game_id` and kickoff, `prices` are rows of `price_history.as_published`.
    """
    kickoff = kickoff_of(pl.concat_str("gameday", "gametime", separator=" "))
    decided = games.select("game_id", by=decision_at("tuesday", kickoff))
    return (
        prices.filter(book=CONSENSUS)
        .join(decided, on="game_id")
        .filter(pl.col("observed_at") <= pl.col("by"))
        .sort("observed_at", *KEYS)
        .unique(KEYS, keep="last", maintain_order=True)
        .select(*KEYS, *QUOTE)
    )


def _over_the_week(games: pl.DataFrame, settings: SimulatorSettings) -> tuple[Floats, Floats]:
    """Probabilities over `MARGINS` and `TOTALS`, over all that practice and recovery may bring."""
    found = np.zeros((2, len(games), len(MARGINS)))
    for out in product((0.0, 1.0), repeat=2):
        weight, moved = np.ones(len(games)), []
        for side, gone in zip(SIDES, out, strict=True):
            p = games[f"{side}_p_out"].to_numpy()
            weight = weight * (p if gone else 1 - p)
            points = gone * pl.col(f"{side}_out_points") - pl.col(f"{side}_week_points")
            moved.append(games.select(points).to_series().to_numpy())
        some = np.flatnonzero(weight)
        if len(some):
            home, away = (points[some] for points in moved)
            chance = weight[some, None]
            found[:, some] += chance * np.stack(_practised(games[some], home, away, settings))
    return found[0], found[1]


def _practised(
    games: pl.DataFrame, home: Floats, away: Floats, settings: SimulatorSettings
) -> tuple[Floats, Floats]:
    """Probabilities over all levels of practice, where both teams' points move by so much before it."""
    levels = dict(zip(LEVELS, LEVEL_SHARES, strict=True))
    worth = points_per_level(settings)
    if settings.news == "none":
        levels, worth = {0: 1.0}, 0.0
    margin = games["margin_at"].to_numpy() + home - away
    total = games["total_at"].to_numpy() + home + away
    can_tie = (games["game_type"] == "REG").to_numpy()
    # The margin moves by the difference of two levels, the total by their sum: each is needed once.
    apart = {one - other for one, other in product(levels, levels)}
    by_margin = {d: factor_of_margin(margin + worth * d, can_tie=can_tie) for d in apart}
    by_total = {s: factor_of_total(total + worth * s) for s in apart}
    from_margin = {d: factor @ LATTICE for d, factor in by_margin.items()}
    from_total = {s: factor @ LATTICE.T for s, factor in by_total.items()}
    margins, totals = np.zeros((2, len(games), len(MARGINS)))
    for one, other in product(levels, levels):
        share, d, s = levels[one] * levels[other], one - other, one + other
        margins += share * normalised(by_margin[d] * from_total[s])
        totals += share * normalised(by_total[s] * from_margin[d])
    return margins, totals


def _still_out(weeks: int) -> float:
    p = 1.0
    for _ in range(weeks):
        p = p * (1 - HEALS_PER_WEEK) + (1 - p) * HURT_PER_WEEK
    return p


def _plays(games: pl.DataFrame) -> Bools:
    """Whether each team has a game in each week, shape (32, weeks)."""
    week = games["week"].to_numpy()
    plays = np.zeros((N_TEAMS, int(week.max())), dtype=np.bool_)
    for side in SIDES:
        plays[games[side].to_numpy(), week - 1] = True
    return plays


def _lines_on_tuesday(games: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """`game_id, spread_then, total_then`: null where none was up."""
    quotes = quotes_on_tuesday(games, prices)
    found = games.select("game_id")
    for market, name in LINES_THEN.items():
        lines = quotes.filter(market=market).select("game_id", pl.col("line").alias(name))
        found = found.join(lines, on="game_id", how="left")
    return found
