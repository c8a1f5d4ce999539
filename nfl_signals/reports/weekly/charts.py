"""The four charts of a series: season error, evidence, Brier score beside the close, reliability.

Each gives a `Drawn`: a title that carries n, a caption that names units and intervals, and the SVG.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from nfl_signals.reports.shared import plot
from nfl_signals.reports.shared.markdown import number
from nfl_signals.reports.weekly.words import in_figures

Json = dict[str, Any]
Place = Callable[[Json], float]
EDGES = ("low", "high", "consistent_low", "consistent_high")
HIGHEST = 0.3  # of the errors drawn: a season's first week may miss by anything


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One chart: `title` with n, `caption` with units and intervals, `svg`."""

    title: str
    caption: str
    svg: str


def charts_of(part: Json, *, limits: Json, alone: bool) -> dict[str, Drawn]:
    """Charts of one series by name; those without numbers are left out.

    Args:
        part: `title, trends, voice` of a series, as `weekly_numbers` gives them.
        limits: of the alarm.
        alone: files of their own, or parts of a page.
    """
    title, shown, found = part["title"], part["trends"], {}
    if part["voice"]["is_replay"]:
        title += " (replay)"
    if shown["path"]:
        found["error"] = season_error(shown["path"], title=title, limits=limits, alone=alone)
        found["evidence"] = evidence(shown["path"], title=title, limits=limits, alone=alone)
    if shown["rolling"]:
        weeks = limits["window_weeks"]
        found["brier"] = brier(shown["rolling"], title=title, weeks=weeks, alone=alone)
    for name, rows in shown["curves"].items():
        label = shown["curve_labels"][name]
        found[f"reliability_{name}"] = reliability(rows, title=title, window=label, alone=alone)
    return found


def season_error(rows: list[Json], *, title: str, limits: Json, alone: bool) -> Drawn:
    """The error that the alarm looks at, the plain error, and the limit."""
    rows, limit = _placed(rows), limits["max_calibration_error"]
    top = 1.1 * max(limit, *(max(row["season_error"], row["season_ece"]) for row in rows), 0.06)
    held = max(HIGHEST, 1.2 * limit)
    words = f" Above {held:g} is drawn at {held:g}." if top > held else ""
    top = min(top, held)
    up, along = plot.upward(0, top), _weeks(rows)
    marks = _time_axes(rows, along)
    marks += plot.y_axis(up, [(v, f"{v:g}") for v in plot.ticks(0, top)], "error, probability")
    marks += _runs(rows, along, lambda row: up(row["season_ece"]), "quiet dotted")
    marks += _runs(rows, along, lambda row: up(row["season_error"]), "mine")
    marks += _dots(rows, along, lambda row: up(row["season_error"]), _error_words)
    marks += _level(up(limit), "limit", "limit")
    return _drawn(
        f"{title}: season error, {_games(rows)}",
        f"Blue: season error. Dotted: plain error. Dashed: limit {limit:g}.{words}",
        marks,
        alone=alone,
    )


def evidence(rows: list[Json], *, title: str, limits: Json, alone: bool) -> Drawn:
    """The e-value on a logarithmic axis with the value that an alarm needs."""
    rows, needed = _placed(rows), limits["evidence"]
    values = [row["e_value"] for row in rows if row["e_value"] > 0]
    low = max(10.0 ** math.floor(math.log10(min(0.1, *values, 1.0))), 1e-3)
    high = min(10.0 ** math.ceil(math.log10(max(100.0, needed * 1.5, *values, 1.0))), 1e6)
    up, along = plot.upward(low, high, log=True), _weeks(rows)
    powers = range(round(math.log10(low)), round(math.log10(high)) + 1)
    marks = _time_axes(rows, along)
    marks += plot.y_axis(up, [(10.0**k, f"{10.0**k:g}") for k in powers], "e-value, log scale")
    marks += _runs(rows, along, lambda row: up(row["e_value"]), "mine")
    marks += _dots(rows, along, lambda row: up(row["e_value"]), _evidence_words)
    if needed > 0:
        marks += _level(up(needed), "alarm", "limit")
    return _drawn(
        f"{title}: evidence, {_games(rows)}",
        f"Blue: evidence; 1 says nothing. Dashed: {needed:g}, needed for an alarm.",
        marks,
        alone=alone,
    )


def brier(rows: list[Json], *, title: str, weeks: int, alone: bool) -> Drawn:
    """Rolling Brier score less the close's over the same games, with its 95 % interval."""
    rows = _placed(rows)
    ends = [_lead(row) + sign * _half(row) for row in rows for sign in (-1, 1)]
    low, high = min(*ends, -0.001), max(*ends, 0.001)
    up, along = plot.upward(1.1 * low, 1.1 * high), _weeks(rows)
    steps = [(v, number(v, digits=3, signed=True)) for v in plot.ticks(1.1 * low, 1.1 * high)]
    marks = _time_axes(rows, along)
    marks += plot.y_axis(up, steps, "difference in Brier score")
    marks += _bands(rows, along, up)
    marks += _runs(rows, along, lambda row: up(_lead(row)), "mine")
    marks += _dots(rows, along, lambda row: up(_lead(row)), _brier_words)
    marks += _level(up(0.0), "close", "other")
    least, most = (f(row["n"] for row in rows) for f in (min, max))
    return _drawn(
        f"{title}: Brier score less the close's, last {weeks} weeks, n {least} to {most}",
        "Blue: the voice with its 95 % interval. Dashed: the close. Below it is better.",
        marks,
        alone=alone,
    )


def reliability(rows: list[Json], *, title: str, window: str, alone: bool) -> Drawn:
    """Stated probability against the observed share, with intervals and the consistency band."""
    left, right = _around([row["mean_p"] for row in rows])
    low, high = _around([left, right, *(row[key] for row in rows for key in EDGES)])
    up, along = plot.upward(low, high), plot.across(left, right)
    marks = plot.y_axis(up, _percents(low, high), "happened")
    marks += plot.x_axis(along, _percents(left, right), "stated probability")
    at = [along(row["mean_p"]) for row in rows]
    bands = [
        [(x, up(row[key])) for x, row in zip(at, rows, strict=True)]
        for key in ("consistent_low", "consistent_high")
    ]
    marks.append(plot.area(*bands))
    marks.append(plot.line([(along(v), up(v)) for v in (left, right)], "quiet thin"))
    for x, row in zip(at, rows, strict=True):
        marks.append(plot.segment(x, up(row["low"]), x, up(row["high"]), "mine whisker"))
        marks.append(plot.dot(x, up(row["mean_y"]), _bin_words(row), "mine", radius=4))
    return _drawn(
        f"{title}: reliability, {window}, n {sum(row['n'] for row in rows):,}",
        "Bars: 95 % intervals. Band: 95 % if the forecast is right. Line: perfect.",
        marks,
        alone=alone,
    )


def _around(values: list[float]) -> tuple[float, float]:
    """A range that holds the values with a little air, within 0 to 1."""
    air = max(0.05 * (max(values) - min(values)), 0.005)
    return max(0.0, min(values) - air), min(1.0, max(values) + air)


def _percents(low: float, high: float) -> list[tuple[float, str]]:
    return [(v, f"{100 * v:g} %") for v in plot.ticks(low, high)]


def _drawn(title: str, caption: str, marks: list[str], *, alone: bool) -> Drawn:
    svg = plot.panel(name=title, description=caption, marks=marks, alone=alone)
    return Drawn(title=title, caption=caption, svg=svg)


def _placed(rows: list[Json]) -> list[Json]:
    """Rows with their place in time: weeks with games, one after the other."""
    return [row | {"place": place} for place, row in enumerate(rows)]


def _weeks(rows: list[Json]) -> plot.Scale:
    return plot.across(-0.5, max(len(rows) - 0.5, 0.5))


def _time_axes(rows: list[Json], along: plot.Scale) -> list[str]:
    """Season names under their weeks and a stroke between seasons."""
    runs, marks = _runs_of(rows, "season"), []
    names = [((run[0]["place"] + run[-1]["place"]) / 2, str(run[0]["season"])) for run in runs]
    for run in runs[1:]:
        x = along(run[0]["place"] - 0.5)
        marks.append(plot.segment(x, plot.TOP, x, plot.HEIGHT - plot.BOTTOM, "grid"))
    first, last = rows[0], rows[-1]
    span = f"weeks with games, {_when(first)} to {_when(last)}"
    if len(runs) == 1:
        step = math.ceil(len(rows) / 6)
        names = [(row["place"], str(row["week"])) for row in rows[::step]]
        span = f"week of {first['season']}"
    return [*marks, *plot.x_axis(along, names, span)]


def _by_season(rows: list[Json]) -> list[list[Json]]:
    """Runs that one line may join: a season, and in it the weeks of one speaking model."""
    return [run for season in _runs_of(rows, "season") for run in _runs_of(season, "segment")]


def _runs_of(rows: list[Json], name: str) -> list[list[Json]]:
    return [list(run) for _, run in groupby(rows, lambda row: row.get(name))]


def _runs(rows: list[Json], along: plot.Scale, height: Place, kind: str) -> list[str]:
    return [
        plot.line([(along(row["place"]), height(row)) for row in run], kind)
        for run in _by_season(rows)
    ]


def _dots(
    rows: Sequence[Json], along: plot.Scale, height: Place, words: Callable[[Json], str]
) -> list[str]:
    return [plot.dot(along(row["place"]), height(row), words(row), "mine") for row in rows]


def _level(y: float, words: str, kind: str) -> list[str]:
    """A dashed level across the panel, named beside its right end where no data lie."""
    right = plot.WIDTH - plot.RIGHT
    stroke = plot.segment(plot.LEFT, y, right, y, f"{kind} dashed thin")
    return [stroke, plot.text(right + 4, y + 4, words, f"{kind} label", anchor="start")]


def _games(rows: list[Json]) -> str:
    last = rows[-1]
    return f"n {last['n_season']} in {last['season']}"


def _bands(rows: list[Json], along: plot.Scale, up: plot.Scale) -> list[str]:
    """Intervals of the difference, season by season, where there are any."""
    known = [row for row in rows if row["half_width"] is not None]
    bands = []
    for run in _by_season(known):
        low, high = (
            [(along(row["place"]), up(_lead(row) + sign * _half(row))) for row in run]
            for sign in (-1, 1)
        )
        bands.append(plot.area(low, high))
    return bands


def _lead(row: Json) -> float:
    return float(row["brier"] - row["brier_market"])


def _half(row: Json) -> float:
    return row["half_width"] or 0.0


def _when(row: Json) -> str:
    return f"{row['season']} week {row['week']}"


def _error_words(row: Json) -> str:
    return (
        f"{_when(row)}: season error {row['season_error']:.3f}, plain error "
        f"{row['season_ece']:.3f}, n {row['n_season']}"
    )


def _evidence_words(row: Json) -> str:
    return f"{_when(row)}: evidence {in_figures(row['e_value'])}, n {row['n_season']}"


def _brier_words(row: Json) -> str:
    return f"{_when(row)}: {row['brier']:.4f}, close {row['brier_market']:.4f}, n {row['n']}"


def _bin_words(row: Json) -> str:
    return (
        f"said {100 * row['mean_p']:.1f} %, happened {100 * row['mean_y']:.1f} % "
        f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}], n {row['n']}"
    )
