"""Charts of a series: valid SVG, marks where the numbers are, titles with n, colours of file or page.

`snapshots/*.svg` are whole files, a tag per line; `NFL_SIGNALS_RENEW_SNAPSHOTS=1` writes them anew.
"""

import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from nfl_signals.reports.weekly import panels
from nfl_signals.reports.weekly.charts import KINDS, Drawn, charts_of
from nfl_signals.reports.weekly.numbers import weekly_numbers
from nfl_signals_tests.support.snapshots import check_snapshot
from nfl_signals_tests.support.weekly_games import POLICY, weekly_inputs

SNAPSHOTS = Path(__file__).parent / "snapshots"
LIMITS = POLICY.model_dump()


@pytest.fixture(scope="module")
def moneyline() -> dict[str, Any]:
    part: dict[str, Any] = weekly_numbers(weekly_inputs())["markets"][1]
    return part


@pytest.fixture(scope="module")
def drawn(moneyline: dict[str, Any]) -> dict[str, Drawn]:
    return charts_of(moneyline, limits=LIMITS, alone=True)


def marks(svg: str, layer: str) -> list[ElementTree.Element]:
    """What a layer drew, back to front."""
    groups = [
        group
        for group in ElementTree.fromstring(svg).iter()
        if f"{layer}_marks" in group.attrib.get("class", "").split()
    ]
    return [mark for group in groups for mark in group]


def place(mark: ElementTree.Element) -> tuple[float, float]:
    """Pixels from the left and from the top of the plotting area."""
    x, y = re.findall(r"[-\d.]+", mark.attrib["transform"])
    return float(x), float(y)


def words(svg: str) -> str:
    return " ".join("".join(e.itertext()) for e in ElementTree.fromstring(svg).iter())


def path_row(week: int, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - a value of any column
    row = {"season": 2025, "week": week, "segment": 1, "n_season": 15 * week}
    return row | {"season_error": 0.1, "season_ece": 0.12, "e_value": 2.0} | changed


def part_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    shown = {"path": rows, "rolling": [], "curves": {}, "curve_labels": {}}
    return {
        "title": "Total",
        "series": {"is_walk_forward": True},
        "at_close": True,
        "trends": shown,
    }


def charts_along(rows: list[dict[str, Any]]) -> dict[str, Drawn]:
    return charts_of(part_of(rows), limits=LIMITS, alone=True)


def test_every_series_has_its_five_charts(drawn: dict[str, Drawn]) -> None:
    assert tuple(drawn) == KINDS


@pytest.mark.parametrize("name", KINDS[:4])
def test_a_file_is_the_committed_one(drawn: dict[str, Drawn], name: str) -> None:
    check_snapshot(SNAPSHOTS / f"{name}.svg", drawn[name].svg.replace("><", ">\n<") + "\n")


def test_drawing_twice_gives_the_same_bytes(
    moneyline: dict[str, Any], drawn: dict[str, Drawn]
) -> None:
    assert charts_of(moneyline, limits=LIMITS, alone=True) == drawn


def test_a_chart_that_stands_alone_is_valid_and_carries_its_title(drawn: dict[str, Drawn]) -> None:
    for chart in drawn.values():
        market, rest = chart.title.split(": ", 1)
        assert market in words(chart.svg)
        assert rest in words(chart.svg)
        root = ElementTree.fromstring(chart.svg)
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"] == f"{chart.title}. {chart.caption}"


def test_axes_name_what_they_measure_and_its_unit(drawn: dict[str, Drawn]) -> None:
    axes = {
        "error": ("error, probability", "week of 2025"),
        "evidence": ("e-value, log scale", "week of 2025"),
        "brier": ("difference in Brier score", "week of 2025"),
        "reliability_season": ("observed share", "stated probability"),
    }
    for name, titles in axes.items():
        assert all(title in words(drawn[name].svg) for title in titles)


def test_limits_are_drawn_and_named(drawn: dict[str, Drawn]) -> None:
    for name, word in (("error", "limit"), ("evidence", "alarm"), ("brier", "equal")):
        assert len(marks(drawn[name].svg, "levels")) == 1
        assert [mark.text for mark in marks(drawn[name].svg, "level_names")] == [word]
    assert "limit 0.05" in drawn["error"].caption
    assert "Dashed: 20" in drawn["evidence"].caption


def test_every_point_shows_its_numbers_and_its_n(drawn: dict[str, Drawn]) -> None:
    for name, count in (("error", 9), ("evidence", 9), ("brier", 9), ("reliability_season", 10)):
        dots = marks(drawn[name].svg, "dots")
        assert len(dots) == count
        assert all(", n " in "".join(dot.itertext()) for dot in dots)
        assert all(dot[0].tag.endswith("title") for dot in dots)


def test_points_lie_where_their_numbers_are(
    moneyline: dict[str, Any], drawn: dict[str, Drawn]
) -> None:
    """Heights fall as the error rises, and as the logarithm of the evidence rises."""
    path = moneyline["trends"]["path"]
    for name, key, shown in (("error", "season_error", float), ("evidence", "e_value", math.log10)):
        heights = [place(dot)[1] for dot in marks(drawn[name].svg, "dots")]
        values = [shown(row[key]) for row in path]
        per_unit = (heights[1] - heights[0]) / (values[1] - values[0])
        assert per_unit < 0
        expected = [heights[0] + per_unit * (value - values[0]) for value in values]
        assert heights == pytest.approx(expected, abs=0.01)


def test_weeks_stand_one_after_the_other(drawn: dict[str, Drawn]) -> None:
    across = [place(dot)[0] for dot in marks(drawn["error"].svg, "dots")]
    assert across == pytest.approx([panels.WIDTH * (week + 0.5) / 9 for week in range(9)], abs=0.01)


def test_reliability_has_an_interval_for_every_bin_and_a_band(drawn: dict[str, Drawn]) -> None:
    svg = drawn["reliability_season"].svg
    assert len(marks(svg, "whiskers")) == len(marks(svg, "dots")) == 10
    assert len(marks(svg, "band")) == len(marks(svg, "diagonal")) == 1


def test_the_difference_in_brier_score_has_a_band_where_there_is_an_interval(
    moneyline: dict[str, Any], drawn: dict[str, Drawn]
) -> None:
    known = [row for row in moneyline["trends"]["rolling"] if row["half_width"] is not None]
    (band,) = marks(drawn["brier"].svg, "band")
    assert band.attrib["d"].count("L") == 2 * len(known) - 1
    assert marks(drawn["error"].svg, "band") == []


def test_the_price_at_the_pick_is_drawn_beside_the_close_and_both_are_named(
    moneyline: dict[str, Any], drawn: dict[str, Drawn]
) -> None:
    """Every point says both scores; the dotted line lies where the price's are."""
    chart, rolling = drawn["brier"], moneyline["trends"]["rolling"]
    for row, dot in zip(rolling, marks(chart.svg, "dots"), strict=True):
        said = "".join(dot.itertext())
        assert f"close {row['brier_close']:.4f}, price at the pick {row['brier_price']:.4f}" in said
    (dotted,), (line,) = marks(chart.svg, "plain"), marks(chart.svg, "line")
    assert dotted.attrib["d"] != line.attrib["d"]
    assert "Dotted: less that of the price at the pick" in chart.caption


def test_a_line_ends_with_its_season_and_with_its_model() -> None:
    rows = [path_row(week, segment=1 + (week > 2)) for week in (1, 2, 3, 4)]
    rows += [path_row(week, season=2026, segment=2) for week in (1, 2)]
    svg = charts_along(rows)["error"].svg
    assert [line.attrib["d"].count("L") for line in marks(svg, "line")] == [1, 1, 1]
    assert len(marks(svg, "plain")) == 3
    assert len(marks(svg, "breaks")) == 1
    assert all(season in words(svg) for season in ("2025", "2026"))
    assert "weeks with games, 2025 week 1 to 2026 week 2" in words(svg)


def test_one_week_is_a_point_and_no_line() -> None:
    svg = charts_along([path_row(1)])["error"].svg
    assert len(marks(svg, "dots")) == 1
    assert all("L" not in line.attrib["d"] for line in marks(svg, "line"))


def test_a_walk_forward_series_is_called_one() -> None:
    chart = charts_along([path_row(1)])["error"]
    assert chart.title == "Total (walk-forward): season error, n 15 in 2025"


def test_an_error_that_is_drawn_lower_than_it_is_is_named() -> None:
    charts = charts_along([path_row(1, season_error=0.45), path_row(2)])
    assert charts["error"].caption.endswith("Above 0.3 is drawn at 0.3.")
    assert place(marks(charts["error"].svg, "dots")[0])[1] == 0


@pytest.mark.parametrize("value", [0.0, 1e-9, 1.0, 1e12])
def test_any_evidence_can_be_drawn(value: float) -> None:
    svg = charts_along([path_row(1, e_value=value), path_row(2)])["evidence"].svg
    dots = marks(svg, "dots")
    assert len(dots) == 2
    assert all(0 <= place(dot)[1] <= panels.HEIGHT for dot in dots)


def test_without_a_needed_evidence_there_is_no_level() -> None:
    limits = LIMITS | {"evidence": 0.0}
    charts = charts_of(part_of([path_row(1), path_row(2)]), limits=limits, alone=True)
    assert marks(charts["evidence"].svg, "levels") == []


def test_a_part_of_a_page_takes_its_colours_from_the_page(moneyline: dict[str, Any]) -> None:
    for chart in charts_of(moneyline, limits=LIMITS, alone=False).values():
        assert "var(--mine)" in chart.svg
        assert not re.search(r'"(#|white|black)', chart.svg)
        assert "xmlns" not in chart.svg


def test_a_series_without_numbers_has_no_charts() -> None:
    assert charts_of({"series": None}, limits=LIMITS, alone=True) == {}
    assert charts_along([]) == {}


def test_words_in_a_panel_are_escaped() -> None:
    values = {"left": 0, "right": 1, "low": 0, "high": 1, "x_title": "x", "y_title": "y"}
    panel = panels.filled(panels.reliability_panel(), {"rows": [], "diagonal": []}, values)
    made = panels.panel_svg(panel, title="a < b: c", caption='"', alone=True)
    assert "a &lt; b" in made
    assert ElementTree.fromstring(made).attrib["aria-label"] == 'a < b: c. "'
