"""Charts of forecasters beside each other, as SVG text; how they look is `chart_style.py`."""

from typing import Any

import altair as alt
import polars as pl

from nfl_signals.reports.shared.chart_style import PALETTE, WIDTH, Chart, legend, svg
from nfl_signals.reports.shared.settled import BASE_RATE, CLOSE, STACK

Json = dict[str, Any]

FIXED = {STACK: "#D55E00", CLOSE: "#000000", BASE_RATE: "#8A8A8A"}
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
COIN = 0.25
PANEL = 156  # pixels a side; three panels and their axes fill the width
COLUMNS = 3
MARGIN = 0.02  # probability left free around the points


def brier_per_season(records: list[Json], *, title: str) -> str:
    """One line per forecaster over seasons.

    Args:
        records: `forecaster, season, n, brier`.
        title: of the market.
    """
    frame = pl.DataFrame(records)
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
        .encode(x=season, y=brier, color=_color(frame), shape=_shape(frame))
    )
    coin = pl.DataFrame({"brier": [COIN], "season": [frame["season"].max()], "text": ["coin"]})
    rule = alt.Chart(coin).mark_rule(strokeDash=[4, 4], color="#555555").encode(y=brier)
    label = (
        alt.Chart(coin)
        .mark_text(align="right", dy=-6, color="#555555", fontSize=11)
        .encode(x=season, y=brier, text="text:N")
    )
    chart = alt.layer(rule, lines, label).properties(
        width=WIDTH - 80,
        height=300,
        title=alt.Title(
            f"{title}: Brier score per season",
            subtitle=f"{_range(records)} games a season, pushes left out; "
            f"{COIN} is what a coin scores",
        ),
    )
    return svg(chart)


def reliability(records: list[Json], *, title: str, yes: str) -> str:
    """One panel per forecaster: stated probability against what happened, with intervals.

    Args:
        records: `forecaster, n, mean_p, mean_y, low, high`, one per bin.
        title: of the market.
        yes: the event.
    """
    low = min(min(row["low"], row["mean_p"]) for row in records)
    high = max(max(row["high"], row["mean_p"]) for row in records)
    domain = [max(0.0, low - MARGIN), min(1.0, high + MARGIN)]
    colors = _colors([row["forecaster"] for row in records])
    panels = [
        _panel([row for row in records if row["forecaster"] == name], color, domain)
        for name, color in colors.items()
    ]
    chart = alt.concat(*panels, columns=COLUMNS, spacing=14).properties(
        title=alt.Title(
            f"{title}: how often it happened against how likely it was said to be",
            subtitle=f"YES: {yes}. Points: bins of equal size (ties stay together). "
            "Bars: 95 % Wilson intervals. Diagonal: perfect.",
        )
    )
    return svg(chart)


def _panel(records: list[Json], color: str, domain: list[float]) -> Chart:
    scale = alt.Scale(domain=domain, nice=False, zero=False)
    axis = alt.Axis(format=".0%", tickCount=5)
    stated = alt.X("mean_p:Q", title="stated probability", scale=scale, axis=axis)
    happened = alt.Y("mean_y:Q", title="observed share", scale=scale, axis=axis)
    base = alt.Chart(pl.DataFrame(records)).encode(x=stated, color=alt.value(color))
    games = sum(row["n"] for row in records)
    diagonal = pl.DataFrame({"mean_p": domain, "mean_y": domain})
    return alt.layer(
        alt.Chart(diagonal).mark_line(color="#999999", strokeWidth=1).encode(x=stated, y=happened),
        base.mark_rule(strokeWidth=1.2).encode(
            y=alt.Y("low:Q", title="observed share", scale=scale, axis=axis), y2="high:Q"
        ),
        base.mark_point(filled=True, opacity=1, size=40).encode(y=happened),
    ).properties(
        width=PANEL,
        height=PANEL,
        title=alt.Title(
            records[0]["forecaster"],
            subtitle=[f"n {games:,}", f"{len(records)} bins of {_range(records)}"],
            fontSize=12,
        ),
    )


def importance(records: list[Json], *, title: str) -> str:
    """Bars of the mean share, one mark per learner.

    Args:
        records: `feature, share, by_learner` in falling order.
        title: of the market.
    """
    bars = pl.DataFrame([{"feature": row["feature"], "share": row["share"]} for row in records])
    marks = pl.DataFrame(
        [
            {"feature": row["feature"], "forecaster": one["learner"], "share": one["share"]}
            for row in records
            for one in row["by_learner"]
        ]
    )
    feature = alt.Y("feature:N", sort=bars["feature"].to_list(), title=None)
    share = alt.X(
        "share:Q", title="share of a learner's total importance", axis=alt.Axis(format="%")
    )
    chart = alt.layer(
        alt.Chart(bars).mark_bar(color="#D9D9D9").encode(x=share, y=feature),
        alt.Chart(marks)
        .mark_point(filled=True, opacity=1, size=55)
        .encode(x=share, y=feature, color=_color(marks), shape=_shape(marks)),
    ).properties(
        width=WIDTH - 260,
        height=22 * len(records),
        title=alt.Title(
            f"{title}: the {len(records)} features used most",
            subtitle=f"bars: mean over {marks['forecaster'].n_unique()} learners, "
            "marks: each learner",
        ),
    )
    return svg(chart)


def _range(records: list[Json]) -> str:
    least, most = min(row["n"] for row in records), max(row["n"] for row in records)
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def _colors(repeated: list[str]) -> dict[str, str]:
    names = list(dict.fromkeys(repeated))
    learners = [name for name in names if name not in FIXED]
    own = {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(learners)}
    return {name: FIXED.get(name) or own[name] for name in names}


def _color(frame: pl.DataFrame) -> alt.Color:
    colors = _colors(frame["forecaster"].to_list())
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    return alt.Color("forecaster:N", scale=scale, legend=legend())


def _shape(frame: pl.DataFrame) -> alt.Shape:
    names = list(_colors(frame["forecaster"].to_list()))
    shapes = [SHAPES[place % len(SHAPES)] for place in range(len(names))]
    scale = alt.Scale(domain=names, range=shapes)
    return alt.Shape("forecaster:N", scale=scale, legend=legend())
