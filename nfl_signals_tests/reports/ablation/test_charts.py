"""Charts of the ablation: valid SVG, the same bytes every time, and what they must carry."""

from xml.etree import ElementTree

import pytest

from nfl_signals.reports.ablation import charts
from nfl_signals.reports.ablation.table import KINDS
from nfl_signals.reports.shared.chart_style import WIDTH

LONG = "third_down_conversion_rate_allowed_last10_difference"
DIFFERENCES = [
    {
        "forecaster": f"stack without {kind}",
        "kind": kind,
        "n": 4033,
        "estimate": 0.001,
        "low": None if kind == "blend" else -0.001,
        "high": None if kind == "blend" else 0.003,
    }
    for kind in KINDS
]
PUSHES = [
    {"lines": name, "n": n, "stated": 0.09, "estimate": 0.094, "low": 0.07, "high": 0.12}
    for name, n in (("Against the spread, line of 3", 588), ("Total, any whole line", 2085))
]
MOVERS = [
    {
        "learner": learner,
        "unit": "points of margin",
        "season": 2023,
        "n": 285,
        "features": [{"feature": LONG, "mean_abs": 2.0}, {"feature": "rest_days", "mean_abs": 0.3}],
    }
    for learner in ("logistic", "lightgbm", "xgboost")
]
INPUTS = [
    {"input": "market", "n": 4045, "mean_abs": 0.73},
    {"input": "agreement", "n": 4045, "mean_abs": 0.0},
]


def drawn() -> dict[str, str]:
    return {
        "differences": charts.differences(DIFFERENCES, title="Moneyline"),
        "pushes": charts.pushes(PUSHES),
        "movers": charts.contributions(MOVERS, title="Moneyline"),
        "inputs": charts.inputs(INPUTS, title="Moneyline"),
    }


@pytest.fixture(scope="module")
def svg() -> dict[str, str]:
    return drawn()


def words(text: str) -> str:
    return " ".join("".join(element.itertext()) for element in ElementTree.fromstring(text).iter())


def test_drawing_twice_gives_the_same_bytes(svg: dict[str, str]) -> None:
    assert drawn() == svg


@pytest.mark.parametrize("name", ["differences", "pushes", "movers", "inputs"])
def test_every_chart_fits_a_markdown_page_on_white(svg: dict[str, str], name: str) -> None:
    assert float(ElementTree.fromstring(svg[name]).attrib["width"]) <= WIDTH
    assert 'fill="white"' in svg[name]


def test_the_difference_chart_names_every_forecaster_and_kind(svg: dict[str, str]) -> None:
    text = words(svg["differences"])
    assert "4,033 games" in text
    assert "left of zero: better than the stack" in text
    assert all(row["forecaster"] in text for row in DIFFERENCES)
    assert all(name in text for name in KINDS.values())


def test_the_push_chart_carries_n_and_what_the_marks_mean(svg: dict[str, str]) -> None:
    text = words(svg["pushes"])
    assert "Against the spread, line of 3 (n 588)" in text
    assert "Wilson" in text
    assert "share of games that push" in text


def test_the_mover_charts_carry_unit_games_and_names(svg: dict[str, str]) -> None:
    text = words(svg["movers"])
    assert "points of margin, over the 285 games of 2023" in text
    assert all(name in text for name in ("logistic", "lightgbm", "xgboost", "rest_days"))
    assert "logits, over 4,045 games" in words(svg["inputs"])
