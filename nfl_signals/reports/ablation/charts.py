"""The charts of the ablation report, as SVG text; how they look is `chart_style.py`."""

from typing import Any

import altair as alt
import polars as pl

from nfl_signals.reports.ablation.table import KINDS
from nfl_signals.reports.shared.chart_style import PALETTE, WIDTH, Chart, legend, svg

Json = dict[str, Any]

NAMES = 230  # pixels left for the longest name of a forecaster or feature
ROW = 22  # pixels a row
COLORS = dict(zip(KINDS, ("#D55E00", "#000000", *PALETTE), strict=False))
COLUMNS, LEGEND_COLUMNS = 2, 3
PANEL, PANEL_NAMES = 120, 200  # pixels of bars and of names: two panels fill the width


def differences(records: list[Json], *, title: str) -> str:
    """Each forecaster's Brier minus the stack's, with intervals, coloured by kind.

    Args:
        records: `forecaster, kind, n` and `estimate, low, high`; the ends may be None.
        title: of the market.
    """
    frame = pl.DataFrame(records, infer_schema_length=None).with_columns(
        kind=pl.col("kind").replace_strict(KINDS)
    )
    present = [kind for kind in KINDS if KINDS[kind] in frame["kind"]]
    color = alt.Color(
        "kind:N",
        legend=legend(columns=LEGEND_COLUMNS),
        scale=alt.Scale(
            domain=[KINDS[kind] for kind in present], range=[COLORS[kind] for kind in present]
        ),
    )
    return svg(
        _intervals(
            frame,
            name="forecaster",
            axis="Brier minus the stack's (left of zero: better than the stack)",
            color=color,
            number=".3f",
        ).properties(
            width=WIDTH - NAMES,
            height=ROW * frame.height,
            title=alt.Title(
                f"{title}: what changes when one part is changed",
                subtitle=f"{records[0]['n']:,} games, the same for all; bars: 95 % intervals, "
                "whole weeks redrawn",
            ),
        )
    )


def pushes(records: list[Json]) -> str:
    """Stated push rates over the intervals of the observed ones.

    Args:
        records: `lines, n, stated, estimate, low, high`, games everywhere.
    """
    frame = pl.DataFrame(records).with_columns(name=pl.format("{} (n {})", "lines", "n"))
    observed = _intervals(frame, name="name", axis="share of games that push", number=".0%")
    stated = (
        alt.Chart(frame)
        .mark_tick(thickness=3, size=16, color=COLORS["stack"])
        .encode(x="stated:Q", y=alt.Y("name:N", sort=frame["name"].to_list()))
    )
    return svg(
        alt.layer(observed, stated).properties(
            width=WIDTH - NAMES - 60,
            height=26 * frame.height,
            title=alt.Title(
                "Pushes: stated and observed",
                subtitle="points: observed share, bars: 95 % Wilson intervals; "
                "upright marks: mean stated probability",
            ),
        )
    )


def contributions(records: list[Json], *, title: str) -> str:
    """One panel a learner: the features that move it most.

    Args:
        records: `learner, unit, season, n, features` (`feature, mean_abs`).
        title: of the market.
    """
    first = records[0]
    panels = [_bars(row["features"], name="feature", title=row["learner"]) for row in records]
    chart = alt.concat(*panels, columns=COLUMNS, spacing=10).properties(
        title=alt.Title(
            f"{title}: what moves the learners",
            subtitle=f"mean absolute contribution, {first['unit']}, over the {first['n']:,} games of "
            f"{first['season']}",
        )
    )
    return svg(chart)


def inputs(records: list[Json], *, title: str) -> str:
    """How far each input and each later step moves the stack.

    Args:
        records: `input, n, mean_abs`.
        title: of the market.
    """
    chart = _bars(records, name="input", title="", width=WIDTH - NAMES, ticks=8).properties(
        title=alt.Title(
            f"{title}: what moves the stack",
            subtitle=f"mean absolute contribution, logits, over {records[0]['n']:,} games",
        )
    )
    return svg(chart)


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
    bars = (
        alt.Chart(frame)
        .mark_bar(color=PALETTE[4])
        .encode(x=alt.X("mean_abs:Q", title=None, axis=alt.Axis(tickCount=ticks)), y=y)
    )
    return alt.layer(bars).properties(
        width=width, height=ROW * frame.height, title=alt.Title(title, fontSize=12)
    )
