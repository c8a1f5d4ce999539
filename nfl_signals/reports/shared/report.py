"""Write a report on forecasters: its text, its numbers and its charts."""

import re
from pathlib import Path

from nfl_signals.core.files import Json, write_json, write_text
from nfl_signals.reports.shared.charts import CHARTS
from nfl_signals.reports.shared.templates import render


def write_report(folder: Path, name: str, numbers: Json) -> Json:
    """Write `{name}.md` by the template of that name, `{name}.json` and `{name}/*.svg`.

    The charts come first and the JSON last, so a complete JSON means a complete report. The same
    numbers give the same bytes.

    Returns what the JSON holds: the numbers, and in each of `markets` and beside them `charts`, the
    paths of what was drawn.
    """
    parts = [
        {**part, "charts": _draw(folder, part, f"{name}/{part['market']}_")}
        for part in numbers["markets"]
    ]
    complete = {**numbers, "markets": parts, "charts": _draw(folder, numbers, f"{name}/")}
    write_text(folder / f"{name}.md", report_text(name, complete))
    write_json(folder / f"{name}.json", complete)
    return complete


def report_text(name: str, numbers: Json) -> str:
    """The text of a report from what its JSON holds; never two empty lines in a row."""
    return re.sub(r"\n{3,}", "\n\n", render(f"{name}.md", **numbers))


def _draw(folder: Path, part: Json, prefix: str) -> dict[str, str]:
    """Draw every chart that there are rows for; paths relative to the folder, by chart."""
    paths = {name: f"{prefix}{name}.svg" for name, (rows, _) in CHARTS.items() if part.get(rows)}
    for name, path in paths.items():
        write_text(folder / path, CHARTS[name][1](part))
    return paths
