"""Writes the baseline report: `metrics_baseline.md`, its numbers as JSON, and its charts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from nfl_signals.core.files import write_json, write_text
from nfl_signals.reports.baseline.numbers import baseline_numbers
from nfl_signals.reports.baseline.text import baseline_text
from nfl_signals.reports.shared import charts

Json = dict[str, Any]
NAME = "metrics_baseline"


@dataclass(frozen=True, kw_only=True, eq=False)
class BaselineReportInputs:
    """What the report is made from.

    Attributes:
        oof: `schemas.OOF`; walk-forward rows are used.
        markets: `schemas.GOLD_MARKETS`, all seasons.
        stacked: `schemas.stacked_schema`; may have no rows.
        importance: `market, learner, feature, share`; shares of a learner sum to 1.
        source_name: where the games come from.
        feature_version: hash of the feature list.
        seed: of every interval and null.
    """

    oof: pl.DataFrame
    markets: pl.DataFrame
    stacked: pl.DataFrame
    importance: pl.DataFrame
    source_name: str
    feature_version: str
    seed: int


def write_baseline_report(folder: Path, inputs: BaselineReportInputs) -> Json:
    """Score every forecaster and write the report; the same inputs give the same bytes.

    The charts come first and the JSON last, so a complete JSON means a complete report.

    Args:
        folder: gets `metrics_baseline.{md,json}` and `metrics_baseline/*.svg`.
        inputs: forecasts, outcomes and feature importance.

    Returns:
        The content of the JSON.

    Raises:
        JoinError: a forecast is of a game that `markets` does not have.
        StorageError: a file could not be written.
    """
    numbers = {
        "source": inputs.source_name,
        "feature_version": inputs.feature_version,
        "seed": inputs.seed,
        **baseline_numbers(
            oof=inputs.oof,
            markets=inputs.markets,
            stacked=inputs.stacked,
            importance=inputs.importance,
            seed=inputs.seed,
        ),
    }
    for part in numbers["markets"]:
        part["charts"] = _draw(folder, part)
    write_text(folder / f"{NAME}.md", baseline_text(numbers))
    write_json(folder / f"{NAME}.json", numbers)
    return numbers


def _draw(folder: Path, part: Json) -> dict[str, str]:
    """Draw what there are numbers for; paths relative to `folder`, by chart."""
    title, drawn = part["title"], {}
    if part["per_season"]:
        drawn["brier_per_season"] = charts.brier_per_season(part["per_season"], title=title)
    if part["reliability"]:
        drawn["reliability"] = charts.reliability(part["reliability"], title=title, yes=part["yes"])
    if part["importance"]:
        drawn["importance"] = charts.importance(part["importance"], title=title)
    paths = {key: f"{NAME}/{part['market']}_{key}.svg" for key in drawn}
    for key, svg in drawn.items():
        write_text(folder / paths[key], svg)
    return paths
