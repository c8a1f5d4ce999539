"""The charts of a series: season error, evidence, Brier score beside the close, reliability.

Each has a title that carries n, a caption that names units and intervals, and the SVG.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from nfl_signals.alerts.wording import evidence
from nfl_signals.core.files import Json
from nfl_signals.reports.weekly import panels

Described = tuple[str, str, Json]  # title, caption, panel
KINDS = ("error", "evidence", "brier", "reliability_season", "reliability_all")
EDGES = ("low", "high", "consistent_low", "consistent_high")
DRAWN = ("value", "plain", "low", "high")
HIGHEST = 0.3  # of the errors drawn: a season's first week may miss by anything


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One chart: `title` with n, `caption` with units and intervals, `svg`."""

    title: str
    caption: str
    svg: str


def charts_of(part: Json, *, limits: Json, alone: bool) -> dict[str, Drawn]:
    """Charts of one series of `weekly_numbers` by name, as files (`alone`) or parts of a page.

    Those without numbers are left out.
    """
    if not part["series"]:
        return {}
    trends, described = part["trends"], dict[str, Described]()
    if trends["path"]:
        described["error"] = _season_error(trends["path"], limits)
        described["evidence"] = _evidence(trends["path"], limits)
    if trends["rolling"]:
        described["brier"] = _brier(trends["rolling"], limits, at_close=part["at_close"])
    for name, rows in trends["curves"].items():
        described[f"reliability_{name}"] = _reliability(rows, trends["curve_labels"][name])
    kind = " (walk-forward)" if part["series"]["is_walk_forward"] else ""
    drawn = {}
    for name, (what, caption, panel) in described.items():
        title = f"{part['title']}{kind}: {what}"
        svg = panels.panel_svg(panel, title=title, caption=caption, alone=alone)
        drawn[name] = Drawn(title=title, caption=caption, svg=svg)
    return drawn


def _season_error(rows: list[Json], limits: Json) -> Described:
    """The error that the alarm looks at, the plain error and the limit."""
    limit = limits["max_calibration_error"]
    top = 1.1 * max(limit, *(max(row["season_error"], row["season_ece"]) for row in rows), 0.06)
    held = max(HIGHEST, 1.2 * limit)
    marks = [
        {
            "value": row["season_error"],
            "plain": row["season_ece"],
            "words": f"{_when(row)}: season error {row['season_error']:.3f}, plain error "
            f"{row['season_ece']:.3f}, n {row['n_season']}",
        }
        for row in rows
    ]
    axis = {"low": 0, "high": min(top, held), "y_format": "~g", "y_title": "error, probability"}
    level = {"level": limit, "name": "limit", "colour": panels.LIMIT}
    caption = f"Blue: season error. Dotted: plain error. Dashed: limit {limit:g}."
    if top > held:
        caption += f" Above {held:g} is drawn at {held:g}."
    return f"season error, {_games(rows)}", caption, _over_weeks(rows, marks, [level], axis)


def _evidence(rows: list[Json], limits: Json) -> Described:
    """The e-value on a logarithmic axis with the value that an alarm needs."""
    needed = limits["evidence"]
    values = [row["e_value"] for row in rows if row["e_value"] > 0]
    low = max(math.floor(math.log10(min(0.1, *values, 1.0))), -3)
    high = min(math.ceil(math.log10(max(100.0, needed * 1.5, *values, 1.0))), 6)
    marks = [
        {
            "value": min(max(row["e_value"], 10.0**low), 10.0**high),
            "words": f"{_when(row)}: evidence {evidence(row['e_value'])}, n {row['n_season']}",
        }
        for row in rows
    ]
    steps = [10.0**power for power in range(low, high + 1)]
    axis = {"low": steps[0], "high": steps[-1], "steps": steps, "y_format": "~g"}
    axis["y_title"] = "e-value, log scale"
    levels = [{"level": needed, "name": "alarm", "colour": panels.LIMIT}] if needed > 0 else []
    caption = f"Blue: evidence; 1 is neutral. Dashed: {needed:g}, needed for an alarm."
    panel = _over_weeks(rows, marks, levels, axis, log=True)
    return f"evidence, {_games(rows)}", caption, panel


def _brier(rows: list[Json], limits: Json, *, at_close: bool) -> Described:
    """Rolling Brier score less the close's, with its 95 % interval, and less that of the price.

    Forecasts made `at_close` have no other price.
    """
    marks = []
    for row in rows:
        lead, plain = (row["brier"] - row[f"brier_{name}"] for name in ("close", "price"))
        half = row["half_width"]
        ends = {} if half is None else {"low": lead - half, "high": lead + half}
        price = "" if at_close else f", price at the pick {row['brier_price']:.4f}"
        words = (
            f"{_when(row)}: {row['brier']:.4f}, close {row['brier_close']:.4f}{price}, n {row['n']}"
        )
        beside = {} if at_close else {"plain": plain}
        marks.append({"value": lead, "words": words} | beside | ends)
    drawn = [mark[name] for mark in marks for name in DRAWN if name in mark]
    low, high = min(-0.001, *drawn), max(0.001, *drawn)
    axis = {"low": 1.1 * low, "high": 1.1 * high, "y_format": "+.3f"}
    axis["y_title"] = "difference in Brier score"
    level = {"level": 0, "name": "equal", "colour": panels.OTHER}
    least, most = (f(row["n"] for row in rows) for f in (min, max))
    dotted = "" if at_close else "Dotted: less that of the price at the pick. "
    return (
        f"Brier score less the close's, last {limits['window_weeks']} weeks, n {least} to {most}",
        f"Blue: less the close's, with its 95 % interval. {dotted}Below 0 is better.",
        _over_weeks(rows, marks, [level], axis),
    )


def _reliability(rows: list[Json], window: str) -> Described:
    """Stated probability against the observed share with intervals."""
    left, right = _around(row["mean_p"] for row in rows)
    low, high = _around([left, right, *(row[key] for row in rows for key in EDGES)])
    marks = [
        row
        | {
            "words": f"stated {100 * row['mean_p']:.1f} %, observed {100 * row['mean_y']:.1f} % "
            f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}], n {row['n']}"
        }
        for row in rows
    ]
    axes: Json = {"left": left, "right": right, "low": low, "high": high}
    axes |= {"x_title": "stated probability", "y_title": "observed share"}
    diagonal = [{"mean_p": left}, {"mean_p": right}]
    return (
        f"reliability, {window}, n {sum(row['n'] for row in rows):,}",
        "Bars: 95 % intervals. Band: 95 % if the forecasts are right. Line: perfect.",
        panels.filled(panels.reliability_panel(), {"rows": marks, "diagonal": diagonal}, axes),
    )


def _over_weeks(
    rows: list[Json], marks: list[Json], levels: list[Json], axis: Json, *, log: bool = False
) -> Json:
    """A panel of weeks with games, one after the other; a line joins a season's weeks of one model."""
    placed = [
        {"place": place, "run": f"{row['season']} {row.get('segment')}"} | mark
        for place, (row, mark) in enumerate(zip(rows, marks, strict=True))
    ]
    places = [list(run) for _, run in groupby(range(len(rows)), lambda at: rows[at]["season"])]
    if len(places) == 1:
        shown = range(0, len(rows), math.ceil(len(rows) / 6))
        names: dict[float, str] = {at: str(rows[at]["week"]) for at in shown}
        title = f"week of {rows[0]['season']}"
    else:
        names = {(run[0] + run[-1]) / 2: str(rows[run[0]]["season"]) for run in places}
        title = f"weeks with games, {_when(rows[0])} to {_when(rows[-1])}"
    values = {"weeks": len(rows), "places": list(names), "names": list(names.values())}
    breaks = [{"place": run[0] - 0.5} for run in places[1:]]
    data = {"rows": placed, "levels": levels, "breaks": breaks}
    return panels.filled(panels.weeks_panel(log=log), data, axis | values | {"x_title": title})


def _around(values: Iterable[float]) -> tuple[float, float]:
    """A range that holds the values with a little air, within 0 to 1."""
    low, high = min(known := list(values)), max(known)
    air = max(0.05 * (high - low), 0.005)
    return max(0.0, low - air), min(1.0, high + air)


def _games(rows: list[Json]) -> str:
    return f"n {rows[-1]['n_season']} in {rows[-1]['season']}"


def _when(row: Json) -> str:
    return f"{row['season']} week {row['week']}"
