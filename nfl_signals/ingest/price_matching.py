"""Rows of prices by the names of two teams: which scheduled game is meant, and in whose signs and sides.

What comes from a person's file and what comes from an odds feed are matched alike.
"""

from datetime import timedelta

import polars as pl

from nfl_signals.ingest.teams import franchise
from nfl_signals.markets.definitions import ATS, MONEYLINE, TOTAL

MARKET_NAMES = {
    **dict.fromkeys(["ats", "spread", "spreads", "handicap"], ATS.name),
    **dict.fromkeys(["moneyline", "h2h", "ml"], MONEYLINE.name),
    **dict.fromkeys(["total", "totals", "over/under", "ou"], TOTAL.name),
}
GAME = ["game_id", "kickoff_at", "is_neutral", "spread_line"]
DAY = timedelta(days=1)  # a game's day in US Eastern may be another one in the source's zone
ROW = "__row"


def matched(rows: pl.DataFrame, games: pl.DataFrame) -> pl.DataFrame:
    """With the scheduled game of each row, and whether the row names its sides the other way round.

    Args:
        rows: `game_id`, or where it is null `day, home, away`; teams by any code or name.
        games: `RAW_GAMES` of every season that may be meant.

    Returns:
        The rows in their order, teams as franchises, with `scheduled`, `turned`, and the columns of `GAME`,
        null where no game is meant.
    """
    day_of_game = pl.col("kickoff_at").dt.date()
    known = games.select(*GAME, "home_team", "away_team", game_day=day_of_game)
    sides = rows.with_columns(franchise(pl.col("home")), franchise(pl.col("away")))
    sides = sides.with_row_index(ROW)
    by_id = sides.join(known.drop("game_day"), on="game_id", how="left", maintain_order="left")
    pairs = [
        known.rename({home: "home", away: "away"}).with_columns(turned=pl.lit(turned))
        for home, away, turned in (
            ("home_team", "away_team", False),
            ("away_team", "home_team", True),
        )
    ]
    found = (
        sides.filter(pl.col("game_id").is_null())
        .drop("game_id")
        .join(pl.concat(pairs, how="diagonal"), on=["home", "away"], maintain_order="left")
        .filter((pl.col("day") - pl.col("game_day")).abs() <= DAY)
        .unique(ROW, keep="first", maintain_order=True)
        .select(ROW, *GAME, "turned")
    )
    both = by_id.join(found, on=ROW, how="left", suffix="_found", maintain_order="left").drop(ROW)
    mixed = (pl.col("home") == pl.col("away_team")) & (pl.col("away") == pl.col("home_team"))
    named = pl.col("game_id").is_not_null()
    return both.with_columns(
        scheduled=pl.col("kickoff_at").is_not_null() | pl.col("kickoff_at_found").is_not_null(),
        **{name: pl.coalesce(name, f"{name}_found") for name in GAME},
        turned=pl.when(named).then(mixed.fill_null(value=False)).otherwise("turned"),
    )


def oriented(rows: pl.DataFrame) -> pl.DataFrame:
    """Matched rows in the schedule's signs and sides: `line` and prices of the scheduled home team.

    `line` is positive where the row's home team is favoured, `home_line` negative; the other one is null.
    """
    on_sides, turned = pl.col("market") != TOTAL.name, pl.col("turned").fill_null(value=False)
    spread = pl.coalesce("line", -pl.col("home_line"))
    line = (
        pl.when(market=MONEYLINE.name)
        .then(0.0)
        .when(market=TOTAL.name)
        .then(pl.coalesce("line", "home_line"))
        .otherwise(pl.when(turned).then(-spread).otherwise(spread))
    )
    swap = on_sides & turned
    return rows.with_columns(
        line=pl.when(line == 0).then(0.0).otherwise(line),
        price_yes=pl.when(swap).then("price_no").otherwise("price_yes"),
        price_no=pl.when(swap).then("price_yes").otherwise("price_no"),
    )
