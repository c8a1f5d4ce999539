"""What a row of a price file may be, and what is told of one that is not."""

from typing import Any, Literal

import polars as pl

from nfl_signals.ingest.schemas import MOMENTS
from nfl_signals.ingest.teams import TEAM_IDS
from nfl_signals.markets.bounds import LINES_TAKEN, PRICE, unfair
from nfl_signals.markets.definitions import ATS, KEYS, MONEYLINE

Odds = Literal["american", "decimal"]
CLEAR = 3.0  # points: of a spread that does not change sides from one book to another


def price_problems(rows: pl.DataFrame, odds: Odds) -> list[str]:
    """One sentence for every row that cannot be used, in the order of the file.

    `rows` as `price_file` matched them: with `file_line`, `scheduled`, `turned` and the game's columns.
    """
    found: dict[int, str] = {}
    for breaks, words in _rules(odds):
        for row in rows.filter(breaks.fill_null(value=False)).to_dicts():
            found.setdefault(row["file_line"], words.format(**row, game=_game(row)))
    if not found and _signs_are_turned(rows):
        found[1] = (
            "the spreads favour the other team than the schedule's: name the column home_line if "
            "negative means that the home team is favoured"
        )
    return [f"  line {line}: {found[line]}" for line in sorted(found)]


def _rules(odds: Odds) -> list[tuple[pl.Expr, str]]:
    """What breaks a row, and the sentence about it; the first one that applies is told."""
    yes, no, market = pl.col("price_yes"), pl.col("price_no"), pl.col("market")
    teams = [
        pl.col(name).is_not_null() & ~pl.col(name).is_in(sorted(TEAM_IDS))
        for name in ("home", "away")
    ]
    unlike_american = (yes.abs() < PRICE.gap) | (no.abs() < PRICE.gap)
    absurd = pl.any_horizontal(
        (market == name) & ~limits.hold(pl.col("line")) for name, limits in LINES_TAKEN.items()
    )
    at_one_time = [*KEYS, "book", "moment", "observed_at"]
    contradict = pl.struct("line", "price_yes", "price_no").n_unique().over(at_one_time) > 1
    timeless = pl.col("timeless").fill_null(value=False)
    swapped = pl.col("turned") & ~pl.col("is_neutral")
    of_odds = "{game}: {price_yes} and {price_no} are no American odds"
    return [
        (~market.is_in(list(LINES_TAKEN)), "market {market}: expected ats, moneyline or total"),
        (pl.any_horizontal(teams), "{away} at {home}: no team of the league"),
        (~pl.col("scheduled"), "{game}: no such game in the stored schedule"),
        (swapped, "{game}: home and away are swapped, and the ground is not neutral"),
        (pl.col("book").is_null(), "no book; name it, or give --book"),
        (~pl.col("moment").is_in(MOMENTS), f"moment {{moment}}: expected {', '.join(MOMENTS)}"),
        (
            ~(pl.col("zoned") | timeless),
            "observed_at has no time zone; write one, e.g. -05:00 behind it",
        ),
        (
            pl.col("observed_at").is_null() & ~timeless,
            "observed_at is no time; expected e.g. 2025-11-04T09:30-05:00",
        ),
        (
            pl.col("observed_at") > pl.col("kickoff_at"),
            "{game}: observed at {observed_at}, after kickoff at {kickoff_at}",
        ),
        (pl.col("no_number"), "{game}: a line or a price is no number"),
        (
            pl.col("no_decimal"),
            "{game}: decimal odds are above 1; of American ones say --odds american",
        ),
        (yes.is_null() != no.is_null(), "{game}: one side has no price; give both, or neither"),
        (
            unlike_american,
            f"{of_odds}; of decimal ones say --odds decimal" if odds == "american" else of_odds,
        ),
        (unfair(yes, no), "{game}: {price_yes} and {price_no} are not of one market"),
        ((market == MONEYLINE.name) & yes.is_null(), "{game}: a moneyline without prices"),
        (pl.col("line").is_null(), "{game}: no line"),
        (absurd, "{game}: {line} points are no line of {market}"),
        (contradict, "{game}, {market}: two prices of {book} at one time"),
    ]


def _signs_are_turned(rows: pl.DataFrame) -> bool:
    """Whether most spreads lie nearer to the schedule's with its sign turned."""
    clear = rows.filter(pl.col("spread_line").abs() >= CLEAR, market=ATS.name)
    line, listed = pl.col("line"), pl.col("spread_line")
    nearer = clear.select((line + listed).abs() < (line - listed).abs()).to_series()
    return clear.height > 0 and nearer.sum() > clear.height / 2


def _game(row: dict[str, Any]) -> str:
    return str(row["game_id"] or f"{row['away']} at {row['home']} on {row['date']}")
