"""How the charts of reports look, and how they become SVG text.

Colours are Okabe and Ito's, which colour-blind readers can distinguish. The same chart gives the
same text: nothing is clipped (Vega numbers clip paths over the whole process) and every size is
fixed.
"""

import altair as alt
import vl_convert

from nfl_signals.core.files import Json

Chart = alt.LayerChart | alt.FacetChart | alt.ConcatChart

WIDTH = 700  # pixels; what a Markdown page shows without scaling
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
NUMBERS = {"labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal"}


def legend(*, columns: int | None = None) -> alt.Legend:
    """Below the chart, without a title, whole labels; in one row unless `columns` are given."""
    return alt.Legend(
        orient="bottom",
        title=None,
        labelFontSize=12,
        labelLimit=0,
        symbolSize=70,
        columns=columns or alt.Undefined,
    )


def drawn(chart: Chart, title: str, note: str = "", **size: int) -> str:
    """SVG text of a chart with its heading, on white in the style above."""
    heading = alt.Title(title, subtitle=note) if note else alt.Title(title)
    styled = (
        chart.properties(title=heading, **size)
        .configure(background="white")
        .configure_axis(**NUMBERS)
        .configure_title(anchor="start", subtitleFontSize=11, subtitleColor="#444444")
    )
    return svg(styled.to_dict())


def svg(document: Json) -> str:
    """SVG text of a Vega-Lite document."""
    return str(vl_convert.vegalite_to_svg(document))
