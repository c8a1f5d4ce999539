"""How the charts of reports look, and how they become SVG text.

Colours are Okabe and Ito's, told apart by colour-blind readers. The same chart gives the same text:
nothing is clipped (Vega numbers clip paths over the whole process) and every size is fixed.
"""

import io

import altair as alt

Chart = alt.LayerChart | alt.FacetChart | alt.ConcatChart

WIDTH = 700  # pixels; what a Markdown page shows without scaling
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
NUMBERS = {"labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal"}


def legend(*, columns: int | None = None) -> alt.Legend:
    """Below the chart, without a title; in one row unless `columns` says otherwise."""
    return alt.Legend(
        orient="bottom",
        title=None,
        labelFontSize=12,
        symbolSize=70,
        columns=alt.Undefined if columns is None else columns,
    )


def svg(chart: Chart) -> str:
    """The chart as SVG text on white."""
    styled = (
        chart.configure(background="white")
        .configure_axis(**NUMBERS)
        .configure_title(anchor="start", subtitleFontSize=11, subtitleColor="#444444")
    )
    buffer = io.StringIO()
    styled.save(buffer, format="svg")
    return buffer.getvalue()
