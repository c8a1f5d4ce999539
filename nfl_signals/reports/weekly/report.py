"""Writes the weekly report: Markdown for a person, its numbers as JSON, and its charts."""

from pathlib import Path
from typing import Any

from nfl_signals.core.files import write_json, write_text
from nfl_signals.reports.weekly.charts import charts_of
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.numbers import weekly_numbers
from nfl_signals.reports.weekly.text import weekly_text

Json = dict[str, Any]


def write_weekly_report(path: Path, inputs: WeeklyInputs) -> str:
    """Write one week's report; the same inputs give the same bytes.

    The charts come first and the JSON last, so a complete JSON means a complete report.

    Args:
        path: of the Markdown; the JSON lies beside it, the charts in the folder of its stem.
        inputs: tables and limits.

    Returns:
        The Markdown.

    Raises:
        InputError: there is no week to report on.
        StorageError: a file could not be written.
    """
    numbers = weekly_numbers(inputs)
    for part in numbers["markets"]:
        if part["voice"]:
            part["charts"] = _store(path, part, numbers["limits"])
    text = weekly_text(numbers)
    write_text(path, text)
    write_json(path.with_suffix(".json"), numbers)
    return text


def _store(path: Path, part: Json, limits: Json) -> Json:
    """Write one market's charts; title, caption and path beside the report, by chart."""
    stored = {}
    for name, drawn in charts_of(part, limits=limits, alone=True).items():
        relative = f"{path.stem}/{part['market']}_{name}.svg"
        write_text(path.parent / relative, drawn.svg)
        stored[name] = {"title": drawn.title, "caption": drawn.caption, "path": relative}
    return stored
