"""Writes the weekly report: Markdown for a person, its numbers as JSON, and its charts."""

from pathlib import Path

from nfl_signals.core.files import write_json, write_text
from nfl_signals.reports.shared.templates import render
from nfl_signals.reports.weekly.cells import FOR_TEMPLATES
from nfl_signals.reports.weekly.charts import charts_of
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.numbers import weekly_numbers


def write_weekly_report(path: Path, inputs: WeeklyInputs) -> str:
    """Write one week's report, most urgent first; the same inputs give the same bytes.

    The charts come first, in the folder of the stem of `path`, and the JSON last, so a complete JSON
    means a complete report. Returns the Markdown.

    Raises:
        InputError: there is no week to report on.
    """
    numbers = weekly_numbers(inputs)
    for part in numbers["markets"]:
        part["charts"] = {}
        for name, chart in charts_of(part, limits=numbers["limits"], alone=True).items():
            relative = f"{path.stem}/{part['market']}_{name}.svg"
            write_text(path.parent / relative, chart.svg)
            about = {"title": chart.title, "caption": chart.caption, "path": relative}
            part["charts"][name] = about
    text = render("weekly.md", **FOR_TEMPLATES, **numbers)
    write_text(path, text)
    write_json(path.with_suffix(".json"), numbers)
    return text
