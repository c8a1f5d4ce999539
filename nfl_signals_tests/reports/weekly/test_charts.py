"""Panels and charts: valid SVG, scales that are right, titles with n, marks that say their numbers."""

from typing import Any
from xml.etree import ElementTree

import pytest

from nfl_signals.reports.shared import plot
from nfl_signals.reports.weekly.charts import Drawn, charts_of
from nfl_signals.reports.weekly.numbers import weekly_numbers
from nfl_signals_tests.support.weekly_games import LIMITS, weekly_inputs

NAMES = ["error", "evidence", "brier", "reliability_season", "reliability_all"]


@pytest.fixture(scope="module")
def moneyline() -> dict[str, Any]:
    part: dict[str, Any] = weekly_numbers(weekly_inputs())["markets"][1]
    return part


@pytest.fixture(scope="module")
def drawn(moneyline: dict[str, Any]) -> dict[str, Drawn]:
    return charts_of(moneyline, limits=vars(LIMITS), alone=True)


def marks(svg: str, kind: str, tag: str) -> list[ElementTree.Element]:
    found = ElementTree.fromstring(svg).iter(f"{{http://www.w3.org/2000/svg}}{tag}")
    return [element for element in found if kind in element.attrib.get("class", "").split()]


def words(svg: str) -> str:
    return " ".join("".join(e.itertext()) for e in ElementTree.fromstring(svg).iter())


def path_row(week: int, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - a value of any column
    row = {"season": 2025, "week": week, "segment": 1, "n_season": 15 * week}
    return row | {"season_error": 0.1, "season_ece": 0.12, "e_value": 2.0} | changed


def part_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    shown = {"path": rows, "rolling": [], "curves": {}, "curve_labels": {}}
    return {"title": "Total", "voice": {"is_replay": True}, "trends": shown}


def test_every_series_has_its_five_charts(drawn: dict[str, Drawn]) -> None:
    assert list(drawn) == NAMES


def test_a_chart_that_stands_alone_is_valid_and_carries_its_title(drawn: dict[str, Drawn]) -> None:
    for chart in drawn.values():
        market, rest = chart.title.split(": ", 1)
        assert market in words(chart.svg)
        assert rest in words(chart.svg)
        assert ElementTree.fromstring(chart.svg).attrib["role"] == "img"


def test_axes_name_what_they_measure_and_its_unit(drawn: dict[str, Drawn]) -> None:
    axes = {
        "error": ("error, probability", "week of 2025"),
        "evidence": ("e-value, log scale", "week of 2025"),
        "brier": ("difference in Brier score", "week of 2025"),
        "reliability_season": ("happened", "stated probability"),
    }
    for name, titles in axes.items():
        assert all(title in words(drawn[name].svg) for title in titles)


def test_limits_are_drawn_and_named(drawn: dict[str, Drawn]) -> None:
    for name, word in (("error", "limit"), ("evidence", "alarm")):
        assert len(marks(drawn[name].svg, "limit", "line")) == 1
        assert word in words(drawn[name].svg)
    assert "limit 0.05" in drawn["error"].caption
    assert "Dashed: 20" in drawn["evidence"].caption


def test_every_point_says_its_numbers_and_its_n(drawn: dict[str, Drawn]) -> None:
    for name, count in (("error", 9), ("evidence", 9), ("brier", 9), ("reliability_season", 10)):
        dots = marks(drawn[name].svg, "dot", "circle")
        assert len(dots) == count
        assert all(", n " in "".join(dot.itertext()) for dot in dots)


def test_reliability_has_an_interval_for_every_bin_and_a_band(drawn: dict[str, Drawn]) -> None:
    svg = drawn["reliability_season"].svg
    assert len(marks(svg, "whisker", "line")) == len(marks(svg, "dot", "circle"))
    assert len(marks(svg, "band", "path")) == 1


def test_a_line_ends_with_its_season_and_with_its_model() -> None:
    rows = [path_row(week, segment=1 + (week > 2)) for week in (1, 2, 3, 4)]
    rows += [path_row(week, season=2026, segment=2) for week in (1, 2)]
    svg = charts_of(part_of(rows), limits=vars(LIMITS), alone=True)["error"].svg
    assert len(marks(svg, "mine", "path")) == 3
    assert all(season in words(svg) for season in ("2025", "2026"))


def test_a_replay_is_called_one() -> None:
    chart = charts_of(part_of([path_row(1)]), limits=vars(LIMITS), alone=True)["error"]
    assert chart.title == "Total (replay): season error, n 15 in 2025"


def test_an_error_that_is_drawn_lower_than_it_is_is_said_to_be() -> None:
    rows = [path_row(1, season_ece=0.45), path_row(2)]
    charts = charts_of(part_of(rows), limits=vars(LIMITS), alone=True)
    assert charts["error"].caption.endswith("Above 0.3 is drawn at 0.3.")


@pytest.mark.parametrize("value", [0.0, 1e-9, 1.0, 1e12])
def test_any_evidence_can_be_drawn(value: float) -> None:
    rows = [path_row(1, e_value=value), path_row(2)]
    svg = charts_of(part_of(rows), limits=vars(LIMITS), alone=True)["evidence"].svg
    heights = [float(dot.attrib["cy"]) for dot in marks(svg, "dot", "circle")]
    assert all(plot.TOP <= height <= plot.HEIGHT - plot.BOTTOM for height in heights)


def test_a_part_of_a_page_takes_its_colours_from_the_page(moneyline: dict[str, Any]) -> None:
    for chart in charts_of(moneyline, limits=vars(LIMITS), alone=False).values():
        assert "<style>" not in chart.svg
        assert '="#' not in chart.svg


def test_scales_put_ends_at_the_ends_and_powers_at_even_steps() -> None:
    along = plot.across(0.0, 10.0)
    assert (along(0.0), along(10.0)) == (plot.LEFT, plot.WIDTH - plot.RIGHT)
    assert along(99.0) == along(10.0)
    up = plot.upward(0.1, 10.0, log=True)
    assert up(1.0) == pytest.approx((up(0.1) + up(10.0)) / 2)
    assert plot.upward(0.0, 0.0)(0.0) == plot.HEIGHT - plot.BOTTOM


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (-0.004, 0.006, [-0.004, -0.002, 0.0, 0.002, 0.004, 0.006]),
        (0.47, 0.52, [0.47, 0.48, 0.49, 0.5, 0.51, 0.52]),
    ],
)
def test_ticks_are_round_numbers_within_the_range(
    low: float, high: float, expected: list[float]
) -> None:
    assert plot.ticks(low, high) == expected


def test_words_in_a_panel_are_escaped() -> None:
    made = plot.panel(name="a < b", description='"', marks=[], alone=True)
    assert "a &lt; b" in made
    assert ElementTree.fromstring(made).attrib["aria-label"] == 'a < b. "'


def test_one_point_is_no_line() -> None:
    assert plot.line([(1.0, 1.0)], "mine") == ""
    assert plot.area([(1.0, 1.0)], [(1.0, 2.0)]) == ""
