"""Writes the dashboard: one HTML file with its charts, style and script inside."""

from datetime import date
from pathlib import Path

from nfl_signals.core.files import Json, write_text
from nfl_signals.reports.shared.templates import render
from nfl_signals.reports.weekly.cells import FOR_TEMPLATES
from nfl_signals.reports.weekly.charts import KINDS, charts_of
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.numbers import weekly_numbers


def write_dashboard(path: Path, inputs: WeeklyInputs) -> Path:
    """Write the page; the same inputs give the same bytes.

    Raises:
        InputError: there is no week to show.
        StorageError: the file could not be written.
    """
    return write_text(path, dashboard_html(weekly_numbers(inputs)))


def dashboard_html(numbers: Json) -> str:
    """The page of `weekly_numbers`."""
    charts = {
        part["series"]["key"]: charts_of(part, limits=numbers["limits"], alone=False)
        for part in (*numbers["markets"], *numbers["others"])
        if part["series"]
    }
    judged = [charts[part["series"]["key"]] for part in numbers["markets"] if part["series"]]
    return render(
        "dashboard.html",
        charts=charts,
        by_kind={kind: [drawn[kind] for drawn in judged if kind in drawn] for kind in KINDS},
        bars=_bars(numbers["alerts"]["all"], date.fromisoformat(numbers["as_of"][:10])),
        **FOR_TEMPLATES,
        **numbers,
    )


def _bars(rows: list[Json], now: date) -> Json:
    """Each alert as a bar from its opening to its closing: CSS, with the `first` and `last` day."""

    def day(written: str | None) -> date:
        return date.fromisoformat(written) if written else now

    spans = [(day(row["opened_at"]), day(row["closed_at"])) for row in rows]
    first = min((opened for opened, _ in spans), default=now)
    whole = max((now - first).days, 1)
    places = []
    for opened, closed in spans:
        left, width = (100 * (b - a).days / whole for a, b in ((first, opened), (opened, closed)))
        places.append(f"left:{min(left, 98):.2f}%;width:{width:.2f}%")
    return {"first": first.isoformat(), "last": now.isoformat(), "places": places}
