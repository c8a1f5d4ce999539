"""Writes the ablation report: `ablation_stacker.md`, its numbers as JSON, and its charts."""

from pathlib import Path
from typing import Any

from nfl_signals.core.files import write_json, write_text
from nfl_signals.reports.ablation import charts as ablation_charts
from nfl_signals.reports.ablation.numbers import AblationInputs, ablation_numbers
from nfl_signals.reports.ablation.text import ablation_text
from nfl_signals.reports.shared import charts

Json = dict[str, Any]
NAME = "ablation_stacker"


def write_ablation_report(folder: Path, inputs: AblationInputs) -> Json:
    """Score every variant of the stack and write the report; the same inputs give the same bytes.

    The charts come first and the JSON last, so a complete JSON means a complete report.

    Args:
        folder: gets `ablation_stacker.{md,json}` and `ablation_stacker/*.svg`.
        inputs: forecasts, outcomes and what moves the learners.

    Returns:
        The content of the JSON.

    Raises:
        StorageError: a file could not be written.
    """
    numbers = ablation_numbers(inputs)
    for part in numbers["markets"]:
        part["charts"] = _store(folder, f"{part['market']}_", _drawn(part))
    pushes = [
        {**row, "lines": f"{part['title']}, {row['lines']}"}
        for part in numbers["markets"]
        for row in part["pushes"]["rows"]
        if row["n"]
    ]
    numbers["charts"] = _store(
        folder, "", {"pushes": ablation_charts.pushes(pushes)} if pushes else {}
    )
    write_text(folder / f"{NAME}.md", ablation_text(numbers))
    write_json(folder / f"{NAME}.json", numbers)
    return numbers


def _drawn(part: Json) -> dict[str, str]:
    """Draw what there are numbers for; SVG by chart."""
    title, drawn = part["title"], {}
    differences = [
        {"forecaster": row["forecaster"], "kind": row["kind"], "n": row["n"], **_ends(row)}
        for row in part["forecasters"]
        if row["against_stack"] is not None
    ]
    if differences:
        drawn["differences"] = ablation_charts.differences(differences, title=title)
    if part["per_season"]:
        drawn["brier_per_season"] = charts.brier_per_season(part["per_season"], title=title)
    if part["reliability"]:
        drawn["reliability"] = charts.reliability(part["reliability"], title=title, yes=part["yes"])
    if part["movers"]:
        drawn["movers"] = ablation_charts.contributions(part["movers"], title=title)
    if part["inputs"]:
        drawn["inputs"] = ablation_charts.inputs(part["inputs"], title=title)
    return drawn


def _ends(row: Json) -> Json:
    return {key: row["against_stack"][key] for key in ("estimate", "low", "high")}


def _store(folder: Path, prefix: str, drawn: dict[str, str]) -> dict[str, str]:
    """Write charts; paths relative to `folder`, by chart."""
    paths = {key: f"{NAME}/{prefix}{key}.svg" for key in drawn}
    for key, text in drawn.items():
        write_text(folder / paths[key], text)
    return paths
