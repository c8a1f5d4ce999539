"""When games kick off: dates and US Eastern times, neutral grounds, days of rest.

Week 1 opens on the Thursday after Labor Day. No team plays on a Thursday after a Thursday or Monday.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import polars as pl

USUAL_REST = 7
SUNDAY, MONDAY = 3, 4  # days after the week's Thursday
LONDON_WEEKS = range(4, 10)
LONDON_SHARE = 0.7
FIXTURE = {
    "week": pl.Int64,
    "home": pl.Int64,
    "away": pl.Int64,
    "game_type": pl.String,
    "gameday": pl.Date,
    "gametime": pl.String,
    "neutral": pl.Boolean,
}
Fixture = tuple[int, int, int, str, date, str, bool]
PLAYOFF_SLOTS: dict[str, tuple[tuple[int, str], ...]] = {
    "WC": ((2, "16:30"), (2, "20:15"), (3, "13:00"), (3, "16:30"), (3, "20:15"), (4, "20:15")),
    "DIV": ((2, "16:30"), (2, "20:15"), (3, "15:00"), (3, "18:30")),
    "CON": ((3, "15:00"), (3, "18:30")),
    "SB": ((10, "18:30"),),
}


def opening_day(season: int) -> date:
    """Thursday after Labor Day.

    Example:
        >>> opening_day(2023).isoformat()
        '2023-09-07'
    """
    first = date(season, 9, 1)
    return first + timedelta(days=-first.weekday() % 7 + 3)  # Labor Day and three days


def thursday(season: int, week: int) -> date:
    """The Thursday on which a week begins."""
    return opening_day(season) + timedelta(weeks=week - 1)


def regular_kickoffs(pairs: pl.DataFrame, *, season: int, rng: np.random.Generator) -> pl.DataFrame:
    """Kickoffs of the regular season's `week, home, away`: `FIXTURE`, by week and kickoff."""
    rows: list[Fixture] = []
    tired: set[int] = set()  # by a Thursday or Monday; no Thursday game for them
    last = pairs["week"].max()
    for (week,), games in pairs.group_by("week", maintain_order=True):
        teams = [(int(h), int(a)) for h, a in games.select("home", "away").rows()]
        shuffled = [teams[i] for i in rng.permutation(len(teams))]
        if week != last:
            shuffled.sort(key=lambda game: bool(tired & set(game)))  # rested teams first
        london = week in LONDON_WEEKS and rng.random() < LONDON_SHARE
        slots = _slots(len(teams), final=week == last, london=london)
        start = thursday(season, int(str(week)))
        for (home, away), (day, clock) in zip(shuffled, slots, strict=True):
            day_of_game = start + timedelta(days=day)
            rows.append((int(str(week)), home, away, "REG", day_of_game, clock, clock == "09:30"))
        short = [row for row in rows if row[0] == week and row[4].weekday() in (0, 3)]
        tired = {team for row in short for team in row[1:3]}
    return _fixtures(rows)


def _slots(n_games: int, *, final: bool, london: bool) -> list[tuple[int, str]]:
    """Days after Thursday and clock; the first slot is the Thursday night's."""
    prime = [(SUNDAY, "20:20")] if final else [(0, "20:15"), (SUNDAY, "20:20"), (MONDAY, "20:15")]
    late = [(SUNDAY, "16:05"), *[(SUNDAY, "16:25")] * 3]
    early = [(SUNDAY, "09:30")] * london
    noon = [(SUNDAY, "13:00")] * (n_games - len(prime) - len(late) - len(early))
    return prime + late + early + noon


def playoff_kickoffs(
    pairs: list[tuple[int, int]], *, season: int, week: int, game_type: str
) -> pl.DataFrame:
    """Fixtures of a round of `PLAYOFF_SLOTS`; `pairs` are home and away, `week` follows the regular ones."""
    start, neutral = thursday(season, week), game_type == "SB"
    return _fixtures(
        (week, home, away, game_type, start + timedelta(days=day), clock, neutral)
        for (home, away), (day, clock) in zip(pairs, PLAYOFF_SLOTS[game_type], strict=False)
    )


def _fixtures(rows: Iterable[Fixture]) -> pl.DataFrame:
    fixtures = pl.DataFrame(list(rows), schema=FIXTURE, orient="row")
    return fixtures.sort("week", "gameday", "gametime", "home")


def with_rest(games: pl.DataFrame) -> pl.DataFrame:
    """Add `home_rest` and `away_rest`: days since the team's game before, 7 in its first one."""
    sides = [
        games.select(pl.col(side).alias("team"), "week", "gameday", side=pl.lit(side))
        for side in ("home", "away")
    ]
    elapsed = pl.col("gameday").diff().over("team", order_by="week").dt.total_days()
    rest = pl.concat(sides).with_columns(rest=elapsed.fill_null(USUAL_REST))
    for side in ("home", "away"):
        own = rest.filter(side=side).select("week", **{side: "team", f"{side}_rest": "rest"})
        games = games.join(own, on=["week", side], how="left", maintain_order="left")
    return games
