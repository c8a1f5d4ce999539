"""The data dictionary of the feature table, generated from the declarations and the data."""

from collections.abc import Mapping
from pathlib import Path

import pandera.polars as pa
import polars as pl

from nfl_signals.core.files import write_text
from nfl_signals.features.declarations import FEATURES, Feature
from nfl_signals.features.version import feature_version
from nfl_signals.ingest.release_columns import GAMES, INJURIES, NOTES, PRICES, TEAM_STATS, Column
from nfl_signals.ingest.rules import RULES
from nfl_signals.ingest.schemas import (
    RAW_GAMES,
    RAW_INJURIES,
    RAW_NOTES,
    RAW_PRICES,
    RAW_TEAM_STATS,
)
from nfl_signals.markets.decision_time import Horizon
from nfl_signals.reports.shared.markdown import number
from nfl_signals.reports.shared.templates import render

FILE = "data_dictionary.md"
ON_TUESDAY = {
    "90 minutes before kickoff, when starters are public": "half a day after the previous games; of the "
    "starter expected on Tuesday, 14:00 UTC",
    "90 minutes before kickoff; until then the last starter not listed out": "Tuesday, 14:00 UTC: the last "
    "starter not listed out by then",
    "the team's latest injury report, a day before kickoff at the latest": "Tuesday, 14:00 UTC: what the "
    "team had reported by then",
}
"""When features that change until kickoff are known at the horizon of Tuesday."""
RAW_COLUMNS = {
    "schedules/games": (GAMES, RAW_GAMES),
    "stats_team/stats_team_week": (TEAM_STATS, RAW_TEAM_STATS),
    "injuries/injuries": (INJURIES, RAW_INJURIES),
    "notes/notes": (NOTES, RAW_NOTES),
    "prices/prices": (PRICES, RAW_PRICES),
}
# Columns that a raw table holds in another form.
DERIVED = {"gameday": "day_unknown", "gametime": "time_unknown"} | dict.fromkeys(
    ("location", "div_game"), "flag_unknown"
)
KEYS = (
    ("game_id", "nflverse's game id; with team_id the key"),
    ("team_id", "franchise whose row this is, by its current code"),
    ("opponent_id", "franchise it plays"),
    ("season", "year in which the season began"),
    ("week", "week of the season, playoffs numbered on"),
    ("kickoff_at", "kickoff, UTC"),
    ("is_home", "team_id is the home team of the schedule, on neutral ground too"),
)


def write_data_dictionary(folder: Path, features: pl.DataFrame, horizon: Horizon) -> Path:
    """Write `data_dictionary.md`: every column with unit, source, when known, fill rule, and spread.

    The mean, the deviation and the share of filled rows are those of `features`.
    """
    text = render(
        FILE,
        n_rows=features.height,
        horizon=horizon,
        feature_version=feature_version(horizon),
        keys=KEYS,
        features=[_row(feature, features[feature.name], horizon) for feature in FEATURES],
        raw=[row for table, both in RAW_COLUMNS.items() for row in _raw_rows(table, *both)],
        rules=[[name, rule.answer, rule.what] for name, rule in RULES.items()],
    )
    return write_text(folder / FILE, text)


def _raw_rows(
    table: str, columns: Mapping[str, Column], schema: pa.DataFrameSchema
) -> list[list[str]]:
    """What a release's column must be, and what is done with a bad value and a file that lacks it."""
    return [
        [
            table,
            name,
            str(spec.dtype),
            spec.known_at,
            _answer(name, schema),
            "refused" if spec.required else "all missing",
        ]
        for name, spec in columns.items()
    ]


def _answer(name: str, schema: pa.DataFrameSchema) -> str:
    """The rule of a value that breaks its column's checks, and what it takes: the value or the row."""
    column = schema.columns.get(name)
    if column is None:
        return DERIVED.get(name, "none: any value is read")
    return f"{column.metadata['rule']}: the {'value' if column.nullable else 'row'}"


def _row(feature: Feature, values: pl.Series, horizon: Horizon) -> list[str]:
    filled = float((values == feature.fill_value).cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
    return [
        feature.name,
        feature.unit,
        feature.source,
        ON_TUESDAY.get(feature.known_at, feature.known_at)
        if horizon == "tuesday"
        else feature.known_at,
        feature.fill,
        f"{feature.weight:g}",
        number(float(values.mean() or 0.0), digits=3),  # type: ignore[arg-type]
        number(float(values.std() or 0.0), digits=3),  # type: ignore[arg-type]
        f"{100 * filled:.1f} %",
    ]
