"""A person's own prices as CSV: every row is matched with a scheduled game, or the file is refused.

Nothing is guessed: what a row could mean otherwise (decimal odds, a sign, a time without a zone) is named
with its line in the file, and all such lines are named at once.
"""

from pathlib import Path

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.ingest.casting import instants
from nfl_signals.ingest.price_file_rules import Odds, price_problems
from nfl_signals.ingest.price_matching import MARKET_NAMES, matched, oriented
from nfl_signals.ingest.prices import as_written
from nfl_signals.ingest.schemas import RAW_PRICES

COLUMNS = {
    "game_id": "nflverse's, e.g. 2025_10_DAL_PHI; or the next three",
    "date": "day of the game, as YYYY-MM-DD",
    "home": "team: any code or name that nflverse, ESPN or a sportsbook uses",
    "away": "likewise",
    "market": "ats, moneyline or total; also spread(s), h2h, ml, total(s)",
    "book": "who showed it; or --book",
    "observed_at": "when, with its time zone, e.g. 2025-11-04T09:30:00-05:00; an `open` may lack it",
    "line": "points: positive where the home team is favoured, or of the total; none on a moneyline",
    "home_line": "instead of `line`: negative where the home team is favoured, as sportsbooks write it",
    "price_yes": "odds on the home team, or the over",
    "price_no": "odds on the away team, or the under",
    "moment": "open, snapshot or close; without it snapshot",
}
"""What a file may hold, in words; in any order, other columns are ignored."""
NUMBERS = ["line", "home_line", "price_yes", "price_no"]
ZONED = r"(?i)(Z|[+-]\d{2}:?\d{2})$"
SHOWN = 20  # lines named in a message; the others are counted


def read_price_file(
    path: Path, games: pl.DataFrame, *, book: str | None, odds: Odds
) -> pl.DataFrame:
    """Rows of a CSV file as `RAW_PRICES`, in the order of the file; identical ones once.

    Args:
        path: with a header, columns as in `COLUMNS`.
        games: `RAW_GAMES` of every season that may be meant.
        book: of rows that name none.
        odds: how `price_yes` and `price_no` are written.

    Raises:
        InputError: names every line that cannot be used, and why.
    """
    rows = _columns(_text(path), path, book)
    rows = oriented(_with_numbers(matched(rows, games), odds))
    if problems := price_problems(rows, odds):
        listed = "\n".join(problems[:SHOWN])
        more = f"\nand {len(problems) - SHOWN} more lines" if len(problems) > SHOWN else ""
        raise InputError(
            f"{path}: {len(problems)} of {rows.height} rows cannot be used, none is imported:\n{listed}{more}"
        )
    return rows.select(
        pl.col(name).cast(column.dtype.type) for name, column in RAW_PRICES.columns.items()
    ).unique(maintain_order=True)


def _text(path: Path) -> pl.DataFrame:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error}); give a CSV file.") from None
    if text.lstrip().startswith("<"):
        raise InputError(f"{path}: is a web page, no CSV file; download the table itself.")
    try:
        rows = pl.read_csv(text.encode(), infer_schema=False, has_header=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: not readable as CSV ({reason}); expected a header.") from None
    if rows.height < 2:
        raise InputError(f"{path}: holds no rows; expected a header and a row for each price.")
    return rows


def _columns(rows: pl.DataFrame, path: Path, book: str | None) -> pl.DataFrame:
    header = [str(name or "").strip().lower() for name in rows.row(0)]
    if twice := [name for name in COLUMNS if header.count(name) > 1]:
        raise InputError(f"{path}: has the column {', '.join(twice)} twice; keep one of them.")
    known = {name: rows.columns[header.index(name)] for name in COLUMNS if name in header}
    rows = rows.slice(1).select(pl.col(place).alias(name) for name, place in known.items())
    there = set(known)
    lacking = [name for name in ("market", "price_yes", "price_no") if name not in there]
    if not {"observed_at", "moment"} & there:
        lacking.append("observed_at")
    if "game_id" not in there and not {"date", "home", "away"} <= there:
        lacking.append("game_id, or date, home and away")
    if "book" not in there and book is None:
        lacking.append("book, or the option --book")
    if not {"line", "home_line"} & there:
        lacking.append("line or home_line")
    if {"line", "home_line"} <= there:
        raise InputError(f"{path}: has line and home_line, which differ in sign; keep one of them.")
    if lacking:
        raise InputError(
            f"{path}: lacks the column {', '.join(lacking)}; it has {', '.join(header)}."
        )
    trimmed = rows.with_row_index("file_line", offset=2).with_columns(
        pl.col(pl.String).str.strip_chars().replace("", None)
    )
    trimmed = trimmed.filter(~pl.all_horizontal(pl.col(pl.String).is_null()))  # an empty line
    absent = {name: pl.lit(None, pl.String) for name in COLUMNS if name not in there}
    whole = trimmed.with_columns(**absent)
    return whole.with_columns(
        book=as_written(pl.col("book").fill_null(pl.lit(book, pl.String))),
        moment=pl.col("moment").str.to_lowercase().fill_null("snapshot"),
        market=pl.col("market").str.to_lowercase().replace(MARKET_NAMES),
        zoned=pl.col("observed_at").str.contains(ZONED).fill_null(value=False),
        timeless=(pl.col("moment").str.to_lowercase() == "open") & pl.col("observed_at").is_null(),
        observed_at=instants(whole["observed_at"]),
        day=pl.col("date").str.to_date(strict=False),
    )


def _with_numbers(rows: pl.DataFrame, odds: Odds) -> pl.DataFrame:
    """With numbers as such, and American odds; `no_number`, `no_decimal`: where they are none."""
    numbers = {name: pl.col(name).cast(pl.Float64, strict=False) for name in NUMBERS}
    unread = [pl.col(name).is_not_null() & number.is_null() for name, number in numbers.items()]
    rows = rows.with_columns(no_number=pl.any_horizontal(unread), no_decimal=False)
    rows = rows.with_columns(**numbers)
    if odds == "decimal":
        profit = {name: pl.col(name) - 1 for name in ("price_yes", "price_no")}
        none = pl.any_horizontal(gain <= 0 for gain in profit.values()).fill_null(value=False)
        rows = rows.with_columns(no_decimal=none).with_columns(
            pl.when(gain >= 1).then(gain * 100).when(gain > 0).then(-100 / gain).alias(name)
            for name, gain in profit.items()
        )
    return rows
