"""Box scores: one row per team and game, consistent with the score.

Coefficients are least squares fits on the team-games of 2010-2023 on points scored and allowed. The
exception is EPA: it leans on the latent scoring strength more, and on luck less, than the real one,
so that it holds something for a forecaster that the points do not.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from nfl_signals.simulator.games.points import scoring_plays
from nfl_signals.simulator.teams.franchises import TEAMS
from nfl_signals.stats.arrays import Floats, Ints

Columns = dict[str, Ints]  # each of shape (2, n): home teams, away teams


def team_stats(games: pl.DataFrame, *, season: int, rng: np.random.Generator) -> pl.DataFrame:
    """Statistics of a season's games in nflverse's columns; two rows per game, by week and team."""
    scored = games.select("home_score", "away_score").to_numpy().T
    margin, total = games["margin_at"].to_numpy(), games["total_at"].to_numpy()
    strength = np.stack([(total + margin) / 2, (total - margin) / 2])
    columns = _box_score(scored, rng)
    epa = _epa(scored, strength, columns, rng)
    numbers = {name: values.ravel() for name, values in (columns | epa).items()}
    frame = pl.concat([_identity(games, season), pl.DataFrame(numbers)], how="horizontal")
    return frame.sort("week", "team")


def _identity(games: pl.DataFrame, season: int) -> pl.DataFrame:
    """Whose rows they are: home teams first, then away teams."""
    home, away = (
        pl.col(side).replace_strict(range(len(TEAMS)), TEAMS, return_dtype=pl.String)
        for side in ("home", "away")
    )
    postseason = pl.col("game_type") != "REG"
    return pl.concat(
        games.select(
            "week",
            "game_type",
            team=team,
            opponent_team=opponent,
            season=pl.lit(season),
            season_type=pl.when(postseason).then(pl.lit("POST")).otherwise(pl.lit("REG")),
        )
        for team, opponent in ((home, away), (away, home))
    )


def _box_score(scored: Ints, rng: np.random.Generator) -> Columns:
    """Whole-number columns; reversing the first axis gives the opponent's."""
    plays = scoring_plays(scored, rng)
    touchdowns = plays.pop("touchdowns")
    columns = plays | _passing(scored, touchdowns, rng)
    columns |= _rushing(scored, touchdowns - columns["passing_tds"], rng)
    columns |= _receiving(columns, rng)
    return columns | _defence(columns, rng) | _penalties(rng, scored.shape)


def _rounded(mean: npt.ArrayLike, sd: float, least: int, rng: np.random.Generator) -> Ints:
    return np.maximum(np.round(rng.normal(np.asarray(mean), sd)), least).astype(np.int64)


def _count(mean: Floats, rng: np.random.Generator) -> Ints:
    return rng.poisson(np.maximum(mean, 0.1))


def _passing(scored: Ints, touchdowns: Ints, rng: np.random.Generator) -> Columns:
    allowed = scored[::-1]
    attempts = _rounded(29.4 - 0.045 * scored + 0.278 * allowed, 8.0, 12, rng)
    completions = np.minimum(_rounded(0.9 + 0.604 * attempts, 3.2, 4, rng), attempts)
    passing_tds = np.minimum(rng.binomial(touchdowns, 0.62), completions)
    yards = _rounded(11.3 * completions + 1.6 * (scored - 22), 39.0, 0, rng)
    sacks = _count(3.11 - 0.057 * scored + 0.024 * allowed, rng)
    fumbles = rng.binomial(sacks, 0.12)
    first_downs = _rounded(-0.8 + 0.259 * completions + 0.029 * yards, 1.9, 0, rng)
    return {
        "attempts": attempts,
        "completions": completions,
        "passing_tds": passing_tds,
        "passing_yards": yards,
        "passing_interceptions": _count(0.83 - 0.025 * scored + 0.026 * allowed, rng),
        "sacks_suffered": sacks,
        "sack_yards_lost": -np.maximum(_rounded(6.6 * sacks, 3.5, 0, rng), sacks) * (sacks > 0),
        "sack_fumbles": fumbles,
        "sack_fumbles_lost": rng.binomial(fumbles, 0.52),
        "passing_first_downs": np.minimum(first_downs, completions),
    }


def _rushing(scored: Ints, rushing_tds: Ints, rng: np.random.Generator) -> Columns:
    carries = _rounded(26.8 + 0.29 * scored - 0.294 * scored[::-1], 6.4, 10, rng)
    yards = _rounded(4.3 * carries + 0.6 * (scored - 22), 38.0, 10, rng)
    fumbles = _count(np.full(scored.shape, 0.36), rng)
    first_downs = _rounded(1.0 + 0.1 * carries + 0.025 * yards, 1.8, 0, rng)
    return {
        "carries": carries,
        "rushing_tds": rushing_tds,
        "rushing_yards": yards,
        "rushing_fumbles": fumbles,
        "rushing_fumbles_lost": rng.binomial(fumbles, 0.5),
        "rushing_first_downs": np.minimum(first_downs, carries),
    }


def _receiving(columns: Columns, rng: np.random.Generator) -> Columns:
    fumbles = _count(np.full(columns["attempts"].shape, 0.25), rng)
    thrown_away = rng.binomial(columns["attempts"] - columns["completions"], 0.13)
    return {
        "receptions": columns["completions"],
        "targets": columns["attempts"] - thrown_away,
        "receiving_yards": columns["passing_yards"],
        "receiving_tds": columns["passing_tds"],
        "receiving_first_downs": columns["passing_first_downs"],
        "receiving_fumbles": fumbles,
        "receiving_fumbles_lost": rng.binomial(fumbles, 0.54),
    }


def _all_fumbles(columns: Columns, what: str) -> Ints:
    return columns[f"sack_{what}"] + columns[f"rushing_{what}"] + columns[f"receiving_{what}"]


def _epa(
    scored: Ints, strength: Floats, columns: Columns, rng: np.random.Generator
) -> dict[str, Floats]:
    """Expected points added; `strength` is the true expected score, points."""
    given_away = _all_fumbles(columns, "fumbles_lost") + columns["passing_interceptions"] - 1.3
    above, expected = scored - 22.5, strength - 22.5
    passing = 1.4 + 0.62 * above + 0.40 * expected - 1.8 * given_away
    rushing = -1.5 + 0.12 * above + 0.15 * expected - 0.4 * given_away
    return {
        "passing_epa": passing + 6.5 * rng.standard_normal(scored.shape),
        "rushing_epa": rushing + 4.7 * rng.standard_normal(scored.shape),
    }


def _defence(columns: Columns, rng: np.random.Generator) -> Columns:
    opponent = {name: values[::-1] for name, values in columns.items()}
    fumbles = _all_fumbles(columns, "fumbles")
    sacks = opponent["sacks_suffered"]
    return {
        "def_sacks": sacks,
        "def_sack_yards": -opponent["sack_yards_lost"],
        "def_qb_hits": sacks + _count(np.full(sacks.shape, 3.0), rng),
        "def_interceptions": opponent["passing_interceptions"],
        "def_fumbles_forced": rng.binomial(fumbles[::-1], 0.85),
        "fumble_recovery_own": fumbles - _all_fumbles(columns, "fumbles_lost"),
        "fumble_recovery_opp": _all_fumbles(opponent, "fumbles_lost"),
    }


def _penalties(rng: np.random.Generator, shape: tuple[int, ...]) -> Columns:
    penalties = _count(np.full(shape, 6.1), rng)
    yards = np.maximum(_rounded(8.4 * penalties, 13.0, 0, rng), 5 * penalties)
    return {"penalties": penalties, "penalty_yards": np.where(penalties == 0, 0, yards)}
