"""Standings, seeds and the bracket.

Ties in the standings are broken by point difference, then points scored, then the team's number: the
NFL's own list of tie-breakers is longer and changes nothing that a forecast could learn.
"""

import numpy as np
import polars as pl

from nfl_signals.stats.arrays import Ints

SEVEN_SEEDS_FROM = 2020
ROUNDS = ("WC", "DIV", "CON", "SB")


def standings(games: pl.DataFrame) -> list[int]:
    """Teams from best to worst by their record in the games of the regular season."""
    sides = [
        games.select(
            team=side,
            scored=f"{side}_score",
            margin=pl.col(f"{side}_score") - pl.col(f"{other}_score"),
        )
        for side, other in (("home", "away"), ("away", "home"))
    ]
    record = (
        pl.concat(sides)
        .group_by("team")
        .agg(pl.col("margin").sign().mean().alias("record"), pl.col("margin", "scored").sum())
        .with_columns(pl.col("record").round(9))  # equal records must be equal numbers
        .sort("record", "margin", "scored", "team", descending=[True, True, True, False])
    )
    return [int(team) for team in record["team"]]


def ranked_divisions(order: list[int]) -> Ints:
    """Teams of each division in the order of the standings, shape (8, 4)."""
    return np.array([[team for team in order if team // 4 == division] for division in range(8)])


def seeds(order: list[int], *, conference: int, season: int) -> list[int]:
    """A conference's playoff teams, best seed first: division winners, then wild cards."""
    own = [team for team in order if team // 16 == conference]
    winners = [next(team for team in own if team // 4 == d) for d in {team // 4 for team in own}]
    winners.sort(key=own.index)
    others = [team for team in own if team not in winners]
    return (winners + others)[: 7 if season >= SEVEN_SEEDS_FROM else 6]


def pairs_of_round(game_type: str, alive: list[list[int]], *, season: int) -> list[tuple[int, int]]:
    """Home and away teams of a round; `alive` are both conferences' teams, best seed first."""
    if game_type == "SB":
        afc, nfc = alive[0][0], alive[1][0]
        return [(nfc, afc) if season % 2 else (afc, nfc)]
    byes = 0 if game_type != "WC" else 1 if season >= SEVEN_SEEDS_FROM else 2
    return [
        (teams[byes + i], teams[-1 - i]) for teams in alive for i in range((len(teams) - byes) // 2)
    ]


def without_losers(alive: list[list[int]], games: pl.DataFrame) -> list[list[int]]:
    """Teams left after a round; the seeds keep their order."""
    home_lost = pl.col("home_score") < pl.col("away_score")
    losers = games.select(pl.when(home_lost).then("home").otherwise("away")).to_series().to_list()
    return [[team for team in teams if team not in losers] for teams in alive]
