"""Who meets whom in which week: the NFL's rotation, packed into weeks so that nobody plays twice.

Every team meets its three rivals twice, one whole division of its conference, one of the other
conference, two teams of equal rank from its conference's remaining divisions and, from 2021, one of
the other conference. A round is a set of games in which every team plays once. Division rounds and
rounds against the division that is met in full stay within a pair of divisions, so each pair may order
its own freely and take its bye in a week of its own. When a game kicks off is `kickoffs.py`.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from nfl_signals.markets.definitions import SEVENTEEN_GAMES_FROM
from nfl_signals.stats.arrays import Ints

BYE_WEEKS = range(5, 15)
DIVISION_ROUNDS = (((0, 1), (2, 3)), ((0, 2), (3, 1)), ((0, 3), (1, 2)))
# Which divisions host their first equal-rank game, given the one met in full (`full`): a bit mask whose
# parity differs between the opponents of both equal-rank games, so each hosts one.
HOSTS_FIRST = {1: 2, 2: 1, 3: 3}

Round = list[tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class _Rotation:
    """Divisions as lists of teams by last season's rank, and the season that turns the wheel."""

    season: int
    divisions: Ints

    @property
    def full(self) -> int:
        """Number of a division of the conference xor that of the one it meets in full."""
        return self.season % 3 + 1

    def rivals(self, division: int) -> list[Round]:
        teams = self.divisions[division]
        first = [[(int(teams[i]), int(teams[j])) for i, j in games] for games in DIVISION_ROUNDS]
        return first + [[(away, home) for home, away in games] for games in first]

    def all_against_all(self, left: int, right: int) -> list[Round]:
        return [self.meet(left, right, shift, swap=shift % 2 == 1) for shift in range(4)]

    def meet(self, left: int, right: int, shift: int = 0, *, swap: bool) -> Round:
        """Teams of two divisions, `shift` ranks apart; the right one hosts where they are swapped."""
        pairs = [
            (int(self.divisions[left, i]), int(self.divisions[right, (i + shift) % 4]))
            for i in range(4)
        ]
        return [(b, a) for a, b in pairs] if swap else pairs


def regular_weeks(season: int) -> int:
    """Weeks of the regular season: 17, and 18 from 2021."""
    return 18 if season >= SEVENTEEN_GAMES_FROM else 17


def pairings(season: int, *, ranked: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """The games `week, home, away`, by week; `ranked` are last season's divisions, shape (8, 4)."""
    rotation = _Rotation(season=season, divisions=ranked)
    last = regular_weeks(season)
    shared = _league_rounds(rotation)
    open_weeks = [week for week in range(1, last) if week not in BYE_WEEKS]
    order = rng.permutation(len(shared))
    weeks = {week: list(shared[i]) for week, i in zip(open_weeks, order, strict=True)}
    weeks |= {week: [] for week in (*BYE_WEEKS, last)}
    _add_pairs_of_divisions(weeks, rotation=rotation, last=last, rng=rng)
    rows = [(week, home, away) for week in sorted(weeks) for home, away in weeks[week]]
    return pl.DataFrame(rows, schema=["week", "home", "away"], orient="row")


def _league_rounds(rotation: _Rotation) -> list[Round]:
    """Rounds that cross pairs of divisions: everybody plays them in the same week."""
    season = rotation.season
    meetings = [rotation.all_against_all(i, 4 + (i + season) % 4) for i in range(4)]
    rounds = [[game for meeting in meetings for game in meeting[k]] for k in range(4)]
    first, second = (step for step in (1, 2, 3) if step != rotation.full)
    rounds += [_conference_round(rotation, first, 1), _conference_round(rotation, second, 0)]
    if season >= SEVENTEEN_GAMES_FROM:
        swap = season % 2 == 0
        games = [rotation.meet(i, 4 + (i + season + 2) % 4, swap=swap) for i in range(4)]
        rounds.append([game for meeting in games for game in meeting])
    return rounds


def _conference_round(rotation: _Rotation, step: int, hosts: int) -> Round:
    mask = HOSTS_FIRST[rotation.full]
    games: Round = []
    for conference in (0, 4):
        for i in (i for i in range(4) if i < i ^ step):
            swap = (mask & i).bit_count() % 2 != hosts
            games += rotation.meet(conference + i, conference + (i ^ step), swap=swap)
    return games


def _add_pairs_of_divisions(
    weeks: dict[int, Round], *, rotation: _Rotation, last: int, rng: np.random.Generator
) -> None:
    """Division games, the last of them in the final week, and the full meeting of each pair."""
    pairs = [
        (conference + i, conference + (i ^ rotation.full))
        for conference in (0, 4)
        for i in range(4)
        if i < i ^ rotation.full
    ]
    byes = rng.choice(np.array(BYE_WEEKS), size=len(pairs), replace=False)
    for (left, right), bye in zip(pairs, byes, strict=True):
        both = zip(rotation.rivals(left), rotation.rivals(right), strict=True)
        *rounds, final = [a + b for a, b in both]
        rounds += rotation.all_against_all(left, right)
        free = rng.permutation([week for week in BYE_WEEKS if week != bye])
        for week, games in zip([*free.tolist(), last], [*rounds, final], strict=True):
            weeks[week] += games
