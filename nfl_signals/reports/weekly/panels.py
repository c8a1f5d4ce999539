"""The two kinds of panel of the weekly report, and how one becomes SVG for a file or for a page.

Panels are small: three stand side by side on a desk, one fills a phone, and their text stays
readable on both. Altair takes longer to describe a chart than Vega to draw it, so each kind is
described once, with names where data and limits go, and filled in for every series. Nothing is laid
out by the width of a text, which would depend on the fonts of the machine.
"""

import re
from functools import cache, partial
from html import escape

import altair as alt

from nfl_signals.core.files import Json
from nfl_signals.reports.shared.chart_style import svg

WIDTH, HEIGHT = 290, 202  # pixels of the plotting area
LEFT, RIGHT, TOP, BOTTOM = 70, 40, 12, 46  # pixels around it
HEAD = 40  # pixels more at the top for the title of a file
ENLARGED = 1.5  # how much larger a file is shown than a panel of a page
TEXT = 12.5  # pixels
RULE, SOFT, INK = "#d0d7de", "#57606a", "#1f2328"
MINE, OTHER, LIMIT = "#0969a8", "#b35900", "#b3261e"
BAND: Json = {"color": MINE, "fillOpacity": 0.16}
DOT: Json = {"color": MINE, "filled": True, "opacity": 1}
WORDS: Json = {"color": SOFT, "fontSize": TEXT, "align": "center"}
AXIS: Json = {"title": None, "gridColor": RULE}
AXIS |= dict.fromkeys(("domain", "ticks", "labelOverlap", "labelFlush"), False)
LABELS: Json = {"labelColor": SOFT, "labelFontSize": TEXT, "labelPadding": 6}
TITLE: Json = {"anchor": "start", "frame": "group", "dx": 4 - LEFT, "offset": 8}
CONFIG: Json = {
    "autosize": "none",
    "aria": False,
    "view": {"stroke": None},
    "axis": AXIS | LABELS,
    "title": TITLE | {"color": INK, "fontSize": 14, "subtitleColor": INK, "subtitleFontSize": 13},
}
VARIABLES = {RULE: "rule", SOFT: "soft", MINE: "mine", OTHER: "other", LIMIT: "limit"}
"""A page's name of each colour, which it sets for light and for dark."""

_ROOT = re.compile(r"<svg [^>]*>")
_MARK = re.compile(
    r'<path aria-label="([^"]*)" role="[^"]*" aria-roledescription="[^"]*" ([^>]*)/>'
)
_LONG = re.compile(r"(\d\.\d{3})\d{3,}")  # thousandths of a pixel are enough


@cache
def weeks_panel(*, log: bool) -> Json:
    """A value over weeks with games.

    To be filled in: `rows` with `place` (from 0), `run` (a line joins its rows), `value`, `words` shown
    under the pointer, and where there are any `plain` (a dotted line) and `low, high` (a band);
    `levels` with `level, name, colour` of dashed lines across; `breaks` with the `place` of strokes
    upward; `weeks` (how many), `places, names, x_title` across; `low, high, y_format, y_title` and on
    a logarithmic axis `steps` upward.
    """
    steps: Json = {"values": alt.ExprRef("steps")} if log else {"tickCount": 4}
    upward = alt.Axis(labelExpr="datum.value ? format(datum.value, y_format) : '0'", **steps)
    across = alt.Axis(
        grid=False, values=alt.ExprRef("places"), labelExpr="names[indexof(places, datum.value)]"
    )
    x = alt.X("place:Q", scale=_scale("-0.5", "weeks - 0.5"), axis=across)
    y = partial(alt.Y, scale=_scale("low", "high", log=log), axis=upward)
    rows = alt.Chart(alt.NamedData("rows")).encode(x=x, y=y("value:Q"))
    runs = rows.encode(detail="run:N")
    banded, plain = (runs.transform_filter(f"isValid(datum.{name})") for name in ("low", "plain"))
    levels = alt.Chart(alt.NamedData("levels")).encode(
        y=y("level:Q"), color=alt.Color("colour:N", scale=None)
    )
    return _described(
        breaks=alt.Chart(alt.NamedData("breaks")).mark_rule(color=RULE).encode(x=x),
        band=banded.mark_area(**BAND).encode(y=y("low:Q"), y2="high:Q"),
        plain=plain.mark_line(color=SOFT, strokeDash=[1.5, 3]).encode(y=y("plain:Q")),
        line=runs.mark_line(color=MINE, strokeWidth=2, strokeJoin="round"),
        dots=rows.mark_point(size=20, **DOT).encode(description="words:N"),
        levels=levels.mark_rule(strokeDash=[5, 4], strokeWidth=1.2),
        level_names=levels.mark_text(x=WIDTH + 4, align="left", fontSize=TEXT).encode(
            text="name:N"
        ),
    )


@cache
def reliability_panel() -> Json:
    """Stated probability against the observed share.

    To be filled in: `rows`, one per bin, with `mean_p, mean_y, low, high, consistent_low,
    consistent_high` and `words`; `diagonal` with the `mean_p` of its ends; `left, right, x_title`
    across; `low, high, y_title` upward.
    """
    percent = alt.Axis(tickCount=4, labelExpr="format(100 * datum.value, '~g') + ' %'")
    x = alt.X("mean_p:Q", scale=_scale("left", "right"), axis=percent)
    y = partial(alt.Y, scale=_scale("low", "high"), axis=percent)
    rows = alt.Chart(alt.NamedData("rows")).encode(x=x, y=y("mean_y:Q"))
    ends = alt.Chart(alt.NamedData("diagonal")).encode(x=x, y=y("mean_p:Q"))
    expected = rows.encode(y=y("consistent_low:Q"), y2="consistent_high:Q")
    return _described(
        band=expected.mark_area(**BAND),
        diagonal=ends.mark_line(color=SOFT, strokeWidth=1.2),
        whiskers=rows.mark_rule(color=MINE, strokeWidth=1.5).encode(y=y("low:Q"), y2="high:Q"),
        dots=rows.mark_point(size=50, **DOT).encode(description="words:N"),
    )


def filled(panel: Json, datasets: Json, values: Json) -> Json:
    """A kind of panel with its data and values."""
    params = [{"name": name, "value": value} for name, value in values.items()]
    return panel | {"datasets": datasets, "params": params}


def panel_svg(panel: Json, *, title: str, caption: str, alone: bool) -> str:
    """SVG text of a panel that is filled in: a file of its own on white (`alone`), or part of a page.

    A file shows the title, up to the colon in bold and the rest below; a page sets the colours. The
    caption is for those who cannot see the chart.
    """
    top, outer = TOP, ""
    frame: Json = {"background": None}
    width, height = LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM
    if alone:
        bold, _, rest = title.partition(": ")
        top, height = top + HEAD, height + HEAD
        frame = {"background": "white", "title": {"text": bold, "subtitle": rest}}
        size = f'width="{ENLARGED * width:g}" height="{ENLARGED * height:g}"'
        outer = f'xmlns="http://www.w3.org/2000/svg" {size} '
    padding = {"left": LEFT, "right": RIGHT, "top": top, "bottom": BOTTOM}
    text = _LONG.sub(r"\1", svg(panel | frame | {"padding": padding}))
    text = _MARK.sub(r"<path \2><title>\1</title></path>", text)
    for colour, name in () if alone else VARIABLES.items():
        text = text.replace(f'"{colour}"', f'"var(--{name})"')
    label = escape(f"{title}. {caption}")
    root = f'<svg {outer}viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
    return _ROOT.sub(lambda _: root, text, count=1)


def _scale(low: str, high: str, *, log: bool = False) -> alt.Scale:
    """Between two values that are filled in; what lies outside is drawn at the edge."""
    ends = [alt.ExprRef(low), alt.ExprRef(high)]
    scale = alt.Scale(domain=ends, nice=False, zero=False, clamp=True)
    scale.type = "log" if log else "linear"
    return scale


def _described(**layers: alt.Chart) -> Json:
    """Layers back to front, each with its name as class, and the titles of the axes."""
    titles = alt.Chart(alt.sequence(1))
    across = titles.mark_text(x=WIDTH / 2, y=HEIGHT + 38, text=alt.ExprRef("x_title"), **WORDS)
    upward = titles.mark_text(x=-60, y=HEIGHT / 2, text=alt.ExprRef("y_title"), angle=270, **WORDS)
    named = [layer.properties(name=name) for name, layer in layers.items()]
    chart = alt.layer(*named, across, upward).properties(width=WIDTH, height=HEIGHT)
    described: Json = chart.to_dict()
    return described | {"config": CONFIG}
