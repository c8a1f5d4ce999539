"""The charts of the reports on forecasters, as SVG text; how they look is `chart_style.py`.

Each function takes the numbers of one market and reads `title` and the rows that `CHARTS` names.
"""

from collections.abc import Callable
from typing import Any

import altair as alt
import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.reports.shared.chart_style import PALETTE, WIDTH, Chart, drawn, legend
from nfl_signals.reports.shared.forecasters import BASE_RATE, KINDS, PRICE, STACK

FIXED = {STACK: "#D55E00", PRICE: "#000000", BASE_RATE: "#8A8A8A"}
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
KIND_COLORS = dict(zip(KINDS, (FIXED[STACK], FIXED[PRICE], *PALETTE), strict=False))
COIN = 0.25
CURVE = 156  # pixels a side of a reliability curve; three and their axes fill the width
MARGIN = 0.02  # probability left free around a curve's points
NAMES = 230  # pixels left for the longest name of a forecaster or feature
ROW = 22  # pixels a row
PANEL, PANEL_NAMES = 120, 200  # pixels of bars and of names: two panels fill the width


def brier_per_season(part: Json) -> str:
    """One line per forecaster over seasons; rows: `forecaster, season, n, brier`."""
    frame = pl.DataFrame(part["per_season"])
    season = alt.X(
        "season:Q",
        title="season",
        axis=alt.Axis(format="d", tickMinStep=1, grid=False),
        scale=alt.Scale(nice=False, zero=False, padding=12),
    )
    brier = alt.Y("brier:Q", title="Brier score (lower is better)", scale=alt.Scale(zero=False))
    lines = (
        alt.Chart(frame)
        .mark_line(point=alt.OverlayMarkDef(size=45, filled=True), strokeWidth=1.6)
        .encode(x=season, y=brier, **_color_and_shape(frame))
    )
    coin = pl.DataFrame({"brier": [COIN], "season": [frame["season"].max()], "text": ["coin"]})
    rule = alt.Chart(coin).mark_rule(strokeDash=[4, 4], color="#555555").encode(y=brier)
    label = (
        alt.Chart(coin)
        .mark_text(align="right", dy=-6, color="#555555", fontSize=11)
        .encode(x=season, y=brier, text="text:N")
    )
    note = f"{_range(part['per_season'])} games a season, pushes left out; {COIN} is what a coin scores"
    title = f"{part['title']}: Brier score per season"
    return drawn(alt.layer(rule, lines, label), title, note, width=WIDTH - 80, height=300)


def reliability(part: Json) -> str:
    """One panel per forecaster: stated probability against what happened, with intervals.

    Rows: `forecaster, n, mean_p, mean_y, low, high`, one per bin; `yes` is the event.
    """
    records = part["reliability"]
    low = min(min(row["low"], row["mean_p"]) for row in records)
    high = max(max(row["high"], row["mean_p"]) for row in records)
    domain = [max(0.0, low - MARGIN), min(1.0, high + MARGIN)]
    panels = [
        _curve([row for row in records if row["forecaster"] == name], color, domain)
        for name, color in _colors([row["forecaster"] for row in records]).items()
    ]
    return drawn(
        alt.concat(*panels, columns=3, spacing=14),
        f"{part['title']}: how often it happened against how likely it was",
        f"YES: {part['yes']}. Points: bins of equal size (ties stay together). "
        "Bars: 95 % Wilson intervals. Diagonal: perfect.",
    )


def importance(part: Json) -> str:
    """Bars of the mean share, one mark per learner; rows: `feature, share, by_learner`, falling."""
    records = part["importance"]
    table = pl.DataFrame(records)
    bars = table.select("feature", "share")
    learners = table.select("feature", "by_learner").explode("by_learner").unnest("by_learner")
    marks = learners.rename({"learner": "forecaster"})
    feature = alt.Y("feature:N", sort=bars["feature"].to_list(), title=None)
    share = alt.X(
        "share:Q", title="share of a learner's total importance", axis=alt.Axis(format="%")
    )
    chart = alt.layer(
        alt.Chart(bars).mark_bar(color="#D9D9D9").encode(x=share, y=feature),
        alt.Chart(marks)
        .mark_point(filled=True, opacity=1, size=55)
        .encode(x=share, y=feature, **_color_and_shape(marks)),
    )
    title = f"{part['title']}: the {len(records)} features used most"
    note = f"bars: mean over {marks['forecaster'].n_unique()} learners, marks: each learner"
    return drawn(chart, title, note, width=WIDTH - 260, height=ROW * len(records))


def differences(part: Json) -> str:
    """Each forecaster's Brier minus the stack's, with intervals, coloured by kind.

    Rows: `forecaster, kind, n, against_stack` (`estimate, low, high`; the ends may be None).
    """
    records = [
        {"forecaster": row["forecaster"], "kind": row["kind"], **row["against_stack"]}
        for row in part["forecasters"]
        if row["against_stack"] is not None
    ]
    frame = pl.DataFrame(records, infer_schema_length=None).with_columns(
        kind=pl.col("kind").replace_strict(KINDS)
    )
    present = [kind for kind in KINDS if KINDS[kind] in frame["kind"]]
    scale = alt.Scale(
        domain=[KINDS[kind] for kind in present], range=[KIND_COLORS[kind] for kind in present]
    )
    chart = _intervals(
        frame,
        name="forecaster",
        axis="Brier minus the stack's (left of zero: better than the stack)",
        color=alt.Color("kind:N", legend=legend(columns=3), scale=scale),
        number=".3f",
    )
    title = f"{part['title']}: what changes when one part is changed"
    games = f"{part['forecasters'][0]['n']:,} games, the same for all"
    note = f"{games}; bars: 95 % intervals, whole weeks redrawn"
    return drawn(chart, title, note, width=WIDTH - NAMES, height=ROW * frame.height)


def pushes(numbers: Json) -> str:
    """Stated push rates over the intervals of the observed ones, of all markets.

    Rows: `lines, n, stated, estimate, low, high`, games everywhere.
    """
    frame = pl.DataFrame(numbers["push_rates"]).with_columns(
        name=pl.format("{} (n {})", "lines", "n")
    )
    observed = _intervals(frame, name="name", axis="share of games that push", number=".0%")
    stated = (
        alt.Chart(frame)
        .mark_tick(thickness=3, size=16, color=FIXED[STACK])
        .encode(x="stated:Q", y=alt.Y("name:N", sort=frame["name"].to_list()))
    )
    return drawn(
        alt.layer(observed, stated),
        "Pushes: stated and observed",
        "points: observed share, bars: 95 % Wilson intervals; upright marks: mean stated probability",
        width=WIDTH - NAMES - 60,
        height=26 * frame.height,
    )


def contributions(part: Json) -> str:
    """One panel a learner: the features that contribute most.

    Rows: `learner, unit, season, n, features` (`feature, mean_abs`).
    """
    records = part["contributions"]
    first = records[0]
    panels = [_bars(row["features"], name="feature", title=row["learner"]) for row in records]
    games = f"the {first['n']:,} games of {first['season']}"
    note = f"mean absolute contribution, {first['unit']}, over {games}"
    title = f"{part['title']}: what moves the learners"
    return drawn(alt.concat(*panels, columns=2, spacing=10), title, note)


def inputs(part: Json) -> str:
    """How far each input and each later step moves the stack; rows: `input, n, mean_abs`."""
    note = f"mean absolute contribution, logits, over {part['inputs'][0]['n']:,} games"
    chart = _bars(part["inputs"], name="input", title="", width=WIDTH - NAMES, ticks=8)
    return drawn(chart, f"{part['title']}: what moves the stack", note)


CHARTS: dict[str, tuple[str, Callable[[Json], str]]] = {
    "brier_per_season": ("per_season", brier_per_season),
    "reliability": ("reliability", reliability),
    "importance": ("importance", importance),
    "differences": ("forecasters", differences),
    "pushes": ("push_rates", pushes),
    "contributions": ("contributions", contributions),
    "inputs": ("inputs", inputs),
}
"""By name: the key of the rows without which there is nothing to draw, and the function."""


def _curve(records: list[Json], color: str, domain: list[float]) -> Chart:
    scale = alt.Scale(domain=domain, nice=False, zero=False)
    axis = alt.Axis(format=".0%", tickCount=5)
    stated = alt.X("mean_p:Q", title="stated probability", scale=scale, axis=axis)
    happened = alt.Y("mean_y:Q", title="observed share", scale=scale, axis=axis)
    base = alt.Chart(pl.DataFrame(records)).encode(x=stated, color=alt.value(color))
    diagonal = pl.DataFrame({"mean_p": domain, "mean_y": domain})
    games = f"n {sum(row['n'] for row in records):,}"
    heading = alt.Title(
        records[0]["forecaster"],
        subtitle=[games, f"{len(records)} bins of {_range(records)}"],
        fontSize=12,
    )
    return alt.layer(
        alt.Chart(diagonal).mark_line(color="#999999", strokeWidth=1).encode(x=stated, y=happened),
        base.mark_rule(strokeWidth=1.2).encode(
            y=alt.Y("low:Q", title="observed share", scale=scale, axis=axis), y2="high:Q"
        ),
        base.mark_point(filled=True, opacity=1, size=40).encode(y=happened),
    ).properties(width=CURVE, height=CURVE, title=heading)


def _intervals(
    frame: pl.DataFrame, *, name: str, axis: str, number: str, color: alt.Color | None = None
) -> Chart:
    """Points with horizontal bars, one row a name in the order given, and a line at zero."""
    y = alt.Y(f"{name}:N", sort=frame[name].to_list(), title=None, axis=alt.Axis(labelLimit=NAMES))
    x = alt.X("estimate:Q", title=axis, axis=alt.Axis(format=number))
    base = alt.Chart(frame).encode(y=y, color=color or alt.value(PALETTE[0]))
    zero = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(color="#999999")
    return alt.layer(
        zero.encode(x=alt.X("zero:Q", title=axis)),
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=1.6)
        .encode(x=alt.X("low:Q", title=axis), x2="high:Q"),
        base.mark_point(filled=True, opacity=1, size=45).encode(x=x),
    )


def _bars(
    records: list[Json], *, name: str, title: str, width: int = PANEL, ticks: int = 3
) -> Chart:
    frame = pl.DataFrame(records).select(name, "mean_abs")
    axis = alt.Axis(labelLimit=PANEL_NAMES)
    y = alt.Y(f"{name}:N", sort=frame[name].to_list(), title=None, axis=axis)
    x = alt.X("mean_abs:Q", title=None, axis=alt.Axis(tickCount=ticks))
    bars = alt.Chart(frame).mark_bar(color=PALETTE[4]).encode(x=x, y=y)
    return alt.layer(bars).properties(
        width=width, height=ROW * frame.height, title=alt.Title(title, fontSize=12)
    )


def _range(records: list[Json]) -> str:
    least, most = min(row["n"] for row in records), max(row["n"] for row in records)
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def _colors(repeated: list[str]) -> dict[str, str]:
    """A colour for each name; stack and references keep theirs whoever else is there."""
    names = list(dict.fromkeys(repeated))
    learners = [name for name in names if name not in FIXED]
    own = {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(learners)}
    return {name: FIXED.get(name) or own[name] for name in names}


def _color_and_shape(frame: pl.DataFrame) -> dict[str, Any]:
    colors = _colors(frame["forecaster"].to_list())
    names, shapes = list(colors), [SHAPES[place % len(SHAPES)] for place in range(len(colors))]
    color = alt.Scale(domain=names, range=list(colors.values()))
    return {
        "color": alt.Color("forecaster:N", scale=color, legend=legend()),
        "shape": alt.Shape(
            "forecaster:N", scale=alt.Scale(domain=names, range=shapes), legend=legend()
        ),
    }
