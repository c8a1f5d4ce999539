"""What the rules found in one season of a table: repairs counted, and what was set aside as published."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from nfl_signals.core.errors import SchemaError
from nfl_signals.ingest.rules import RULES

KEYS = ("game_id", "season", "week", "team", "gsis_id", "note_id")
WHOLE_SEASON = ("table_missing", "column_missing")
OF_FORM = ("conflicting_rows", "late_statistics", "opponent", "scores_contradict")
FEW_ROWS = 40  # so many may be set aside whatever the share: a week of a new season has 32 rows
QUALITY_SCHEMA = pl.Schema(
    {
        "table": pl.String(),
        "season": pl.Int32(),
        "answer": pl.String(),  # repair, quarantine or degrade
        "rule": pl.String(),  # of `rules.RULES`
        "column": pl.String(),  # whose value it is about; empty: the row's
        "key": pl.String(),  # of the row; of the first one repaired
        "value": pl.String(),  # as published; empty without one
        "rows": pl.Int64(),  # how many
        "published": pl.String(),  # the row as published, as JSON; empty for repairs
        "first_seen": pl.Datetime("us", "UTC"),  # as_of of the first run that saw it
        "last_seen": pl.Datetime("us", "UTC"),
    }
)
FOUND = ["table", "season", "answer", "rule", "column", "key", "value", "rows", "published"]


class VanishedRowsError(SchemaError):
    """Many rows that were there are gone: half a file, or another league's."""


@dataclass(eq=False)
class Quality:
    """Collects what is found while one season of a table is read."""

    table: str
    season: int
    max_share: float = 1.0  # of rows that may be set aside, beyond `FEW_ROWS`
    read: int = 0  # rows of the season as published
    records: list[dict[str, Any]] = field(default_factory=list)

    def note(self, rule: str, rows: pl.DataFrame, column: str = "") -> None:
        """Note rows, as they were published, that a rule is about; of repairs the first one is named."""
        if rows.is_empty():
            return
        rows = rows.select(pl.exclude(r"^__.*$"))
        if RULES[rule].answer == "quarantine":
            for row in rows.to_dicts():
                self.records.append(
                    self._record(rule, row, column, 1, json.dumps(row, default=str))
                )
        elif RULES[rule].each:
            self.records += [self._record(rule, row, column, 1, "") for row in rows.to_dicts()]
        else:
            self.records.append(
                self._record(rule, rows.row(0, named=True), column, rows.height, "")
            )

    def degrade(self, kept: int) -> None:
        """Note that the season's file is not there, and how many stored rows stand for it."""
        whole = pl.DataFrame({"season": [self.season]})
        self.note("table_missing", whole)
        self.records[-1] |= {"rows": kept, "value": "last good version" if kept else "no rows"}

    def set_aside(
        self, frame: pl.DataFrame, bad: pl.Expr, rule: str, column: str = ""
    ) -> pl.DataFrame:
        """The frame without the rows that are bad, which are noted."""
        found = frame.select(bad.fill_null(value=False).alias("bad")).to_series()
        if not found.any():
            return frame
        self.note(rule, frame.filter(found), column)
        return frame.filter(~found)

    def withhold(
        self, frame: pl.DataFrame, bad: pl.Expr, rule: str, columns: Sequence[str]
    ) -> pl.DataFrame:
        """The frame with null in the named columns of bad rows, which are noted."""
        found = frame.select(bad.fill_null(value=False).alias("bad")).to_series()
        if not found.any():
            return frame
        self.note(rule, frame.filter(found), columns[0])
        return frame.with_columns(pl.when(~found).then(pl.col(columns)))

    def distinct(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame without rows that repeat another in every column."""
        kept = frame.unique(maintain_order=True)
        if kept.height < frame.height:
            self.note("duplicate_row", frame.filter(frame.is_duplicated()))
        return kept

    def refuse_too_much(self, rows: int, where: str) -> None:
        """Raise SchemaError where more is in quarantine than the limit allows, of `rows` published."""
        unusable, rows = self._rows_in_quarantine(), max(rows, self.read)
        if unusable <= max(FEW_ROWS, self.max_share * rows):
            return
        worst = self._counted()[0]
        raise SchemaError(
            f"{where}: season {self.season}: {unusable} of {rows} rows cannot be used, more than "
            f"ingest.max_quarantined ({self.max_share:g}) allows; the first is {worst['key']}, column "
            f"{worst['column'] or 'key'}: {worst['value'] or 'missing'} ({worst['rule']}: "
            f"{RULES[worst['rule']].what}) Fetch the release again, or raise the limit."
        )

    def frame(self, as_of: datetime, before: pl.DataFrame | None = None) -> pl.DataFrame:
        """`QUALITY_SCHEMA`; what was in `before` keeps when it was first seen."""
        found = pl.DataFrame(self.records, schema={name: QUALITY_SCHEMA[name] for name in FOUND})
        seen = {} if before is None else dict(before.select(_identity(), "first_seen").iter_rows())
        first = [seen.get(name, as_of) for name in found.select(_identity()).to_series()]
        return found.with_columns(
            first_seen=pl.Series(first, dtype=QUALITY_SCHEMA["first_seen"]),
            last_seen=pl.lit(as_of, dtype=QUALITY_SCHEMA["last_seen"]),
        )

    def _counted(self) -> list[dict[str, Any]]:
        """What counts against the limit."""
        quarantined = [each for each in self.records if each["answer"] == "quarantine"]
        return [each for each in quarantined if RULES[each["rule"]].counted]

    def _rows_in_quarantine(self) -> int:
        """A row counts once for all its values; rows that share a key, or lack part of it, each."""
        counted = Counter((each["key"], each["rule"], each["column"]) for each in self._counted())
        rows: dict[str, int] = {}
        for (key, _, _), found in counted.items():
            rows[key] = max(rows.get(key, 0), found)
        return sum(rows.values())

    def _record(
        self, rule: str, row: dict[str, Any], column: str, rows: int, published: str
    ) -> dict[str, Any]:
        named = [str(row[name]) for name in KEYS if row.get(name) is not None]
        value = row.get(column)
        return {
            "table": self.table,
            "season": self.season,
            "answer": RULES[rule].answer,
            "rule": rule,
            "column": column,
            "key": named[0] if "game_id" in row and named else " ".join(named),
            "value": "" if value is None else str(value),
            "rows": rows,
            "published": published,
        }


def refuse_vanished(
    before: pl.DataFrame, now: pl.DataFrame, key: list[str], where: str, quality: Quality
) -> None:
    """Note games that were there and are not any more; VanishedRowsError where many rows are gone."""
    gone = before.join(now, on=key, how="anti")
    if gone.height > max(FEW_ROWS, quality.max_share * before.height):
        raise VanishedRowsError(
            f"{where}: season {quality.season}: {gone.height} of {before.height} rows of {quality.table} "
            f"that were there are missing, the first is {', '.join(map(str, gone.row(0)[:3]))}; fetch the "
            "release again, or remove the stored file if they are to go."
        )
    if quality.table == "games":
        quality.note("rows_vanished", gone)


def wanting(quality: pl.DataFrame) -> pl.DataFrame:
    """What was set aside or is missing: all that was not repaired."""
    return quality.filter(pl.col("answer") != "repair")


def _identity() -> pl.Expr:
    return pl.concat_str("rule", "column", "key", "published", separator="|").alias("identity")


def in_words(quality: pl.DataFrame) -> list[str]:
    """What was found, one line for each season, table and rule, newest season first.

    Example:
        >>> in_words(Quality("injuries", 2025, records=[]).frame(datetime(2025, 11, 1)))
        []
    """
    by = ["season", "table", "answer", "rule"]
    groups = quality.group_by(by, maintain_order=True).agg(
        pl.col("rows").sum(), pl.col("key", "column", "value").first(), pl.col("first_seen").min()
    )
    return [
        _line(row)
        for row in groups.sort(
            "season", "table", "rule", descending=[True, False, False]
        ).to_dicts()
    ]


def flags_of_games(quality: pl.DataFrame, games: pl.DataFrame) -> list[str]:
    """What of each game of `games` (game_id, season, week, home_team, away_team) was found wanting.

    Rule names joined by commas; empty where nothing was. A missing table or column concerns every game of
    its season, a lost result or lost statistics every later game of the team.
    """
    found = list(
        quality.select("season", "table", "rule", "key").unique().sort(pl.all()).iter_rows()
    )
    flags = []
    for row in games.select("game_id", "season", "week", "home_team", "away_team").iter_rows():
        game_id, season, week, *teams = row
        names: set[str] = set()
        for at, table, rule, key in found:
            if at != season:
                continue
            _, when, *who = [*re.split("[_ ]", key), "", ""]
            mine = not set(teams).isdisjoint(who)
            if rule in WHOLE_SEASON:
                names.add(f"{rule} ({table})")
            elif key == game_id or (mine and (when == str(week) or rule in OF_FORM)):
                names.add(rule)
        flags.append(", ".join(sorted(names)))
    return flags


def _line(row: dict[str, Any]) -> str:
    told = [" ".join(str(row[name]).split()) for name in ("column", "value") if row[name]]
    detail = f" ({' '.join(told)})" if told else ""
    first = f", first {row['key']}" if row["key"] not in ("", str(row["season"])) else ""
    rows = f"{row['rows']} row{'' if row['rows'] == 1 else 's'}"
    return (
        f"{row['season']} {row['table']}: {row['rule']}{detail}, {rows}{first}, {row['answer']}, "
        f"since {row['first_seen']:%Y-%m-%d}"
    )
