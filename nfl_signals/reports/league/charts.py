"""The charts of the league report, as SVG text: the league in bars, real seasons in points."""

from collections.abc import Sequence

import altair as alt
import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.reports.league import reference
from nfl_signals.reports.shared.chart_style import PALETTE, drawn, legend

WIDTH, HEIGHT = 620, 280  # pixels
LEAGUE, REAL = "simulated league", f"real ({reference.REAL_SEASONS})"
ENOUGH_GAMES = 50  # a bar of fewer is luck
COLORS = {LEAGUE: "#9EC3E0", REAL: "#D55E00"}  # readable for colour-blind readers


def margin_chart(records: list[Json]) -> str:
    """Share of games by margin, key numbers named; rows: `margin, league, real`."""
    x = alt.X("margin:O", title="points between the teams", axis=alt.Axis(labelAngle=0))
    tops = [
        {"margin": row["margin"], "share": max(row["league"], row["real"])}
        for row in records
        if row["margin"] in reference.KEY_NUMBERS
    ]
    room = 1.1 * max(row["share"] for row in tops)
    labels = (
        alt.Chart(pl.DataFrame(tops))
        .mark_text(dy=-12, fontSize=12, fontWeight="bold")
        .encode(x=x, y=_share("share", top=room), text="margin:O")
    )
    return _drawn([*_bars_and_points(records, x), labels], "Games gather on the key numbers")


def total_chart(records: list[Json]) -> str:
    """Share of games by points of both teams; rows: `total` (first of a bin), `league, real`."""
    width = reference.TOTAL_BIN
    binned = [{**row, "bin": f"{row['total']}-{row['total'] + width - 1}"} for row in records]
    order = [row["bin"] for row in binned]
    x = alt.X("bin:O", sort=order, title="points of both teams", axis=alt.Axis(labelAngle=-45))
    return _drawn(_bars_and_points(binned, x), "Points of both teams")


def push_chart(records: list[Json]) -> str:
    """Share of pushes by the whole number that the spread lies on.

    Rows: `line, n, league, expected, real` (None where real games are few).
    """
    x = alt.X("line:O", title="size of the spread, points", axis=alt.Axis(labelAngle=0))
    expected = (
        alt.Chart(pl.DataFrame(records))
        .mark_tick(thickness=2, color="#000000", width=24)
        .encode(x=x, y=_share("expected"))
    )
    known = [row for row in records if row["real"] is not None]
    often = [row for row in records if row["n"] >= ENOUGH_GAMES]
    return _drawn(
        [*_bars_and_points(often, x, real=known), expected],
        "Lines on key numbers push",
        f"bars: lines posted {ENOUGH_GAMES} times or more; ticks: what the true probabilities expect",
    )


def line_error_chart(games: pl.DataFrame) -> str:
    """Distribution of opening and closing spread around the true mean, as in `played_games`."""
    columns = {"opening spread": "spread_open", "closing spread": "spread_line"}
    errors = pl.concat(
        games.select(line=pl.lit(name), error=(pl.col(column) - pl.col("true_mean_margin")).round())
        for name, column in columns.items()
    )
    counts = errors.group_by("line", "error").len().sort("line", "error")
    shares = counts.with_columns(share=pl.col("len") / pl.col("len").sum().over("line"))
    names = list(columns)
    colors = alt.Scale(domain=names, range=[PALETTE[1], PALETTE[0]])
    layer = (
        alt.Chart(shares)
        .mark_line(point=True)
        .encode(
            x=alt.X("error:Q", title="line minus true mean margin, points"),
            y=_share("share"),
            color=alt.Color("line:N", scale=colors, legend=legend()),
            shape=alt.Shape("line:N", scale=alt.Scale(domain=names), legend=legend()),
        )
    )
    return _drawn([layer], "The close is a refinement of the open")


def _bars_and_points(
    records: list[Json], x: alt.X, *, real: list[Json] | None = None
) -> list[alt.Chart]:
    scale = alt.Scale(domain=list(COLORS), range=list(COLORS.values()))
    color = alt.Color("who:N", scale=scale, legend=legend())
    league = pl.DataFrame(records, infer_schema_length=None).with_columns(who=pl.lit(LEAGUE))
    points = pl.DataFrame(records if real is None else real).with_columns(who=pl.lit(REAL))
    return [
        alt.Chart(league).mark_bar().encode(x=x, y=_share("league"), color=color),
        alt.Chart(points)
        .mark_point(filled=True, opacity=1, size=50)
        .encode(x=x, y=_share("real"), color=color),
    ]


def _share(column: str, *, top: float | None = None) -> alt.Y:
    scale = alt.Scale() if top is None else alt.Scale(domainMax=top)
    return alt.Y(f"{column}:Q", title="share of games", axis=alt.Axis(format=".0%"), scale=scale)


def _drawn(layers: Sequence[alt.Chart], title: str, note: str = "") -> str:
    return drawn(alt.layer(*layers), title, note, width=WIDTH, height=HEIGHT)
