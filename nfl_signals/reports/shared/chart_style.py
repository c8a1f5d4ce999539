"""How the charts of reports look, and how they become SVG text.

Colours are Okabe and Ito's, which colour-blind readers can distinguish. The same chart gives the
same text: nothing is clipped (Vega numbers clip paths over the whole process) and every size is
fixed.
"""

from typing import Any

import altair as alt
import vl_convert

Json = dict[str, Any]
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


def svg(chart: Chart | Json) -> str:
    """SVG text of a chart, on white in the house style, or of a Vega-Lite document as it stands."""
    if isinstance(chart, dict):
        return str(vl_convert.vegalite_to_svg(chart))
    styled = (
        chart.configure(background="white")
        .configure_axis(**NUMBERS)
        .configure_title(anchor="start", subtitleFontSize=11, subtitleColor="#444444")
    )
    return svg(styled.to_dict())
