"""Charts: valid SVG, the same bytes every time, and what they must carry to be read."""

from typing import Any
from xml.etree import ElementTree

import pytest

from nfl_signals.reports.shared import charts
from nfl_signals.reports.shared.chart_style import WIDTH
from nfl_signals.reports.shared.forecasters import KINDS

Json = dict[str, Any]
LONG = "third_down_conversion_rate_allowed_last10_difference"
SEASONS = [
    {"forecaster": name, "season": season, "n": n, "brier": 0.21 + step, "log_loss": 0.6}
    for name, step in (("tree", 0.01), ("stack", 0.0), ("price", -0.005), ("base rate", 0.03))
    for season, n in ((2021, 271), (2022, 269))
]
BINS = [
    {"forecaster": name, "n": n, "mean_p": p, "mean_y": p + 0.02, "low": p - 0.05, "high": p + 0.09}
    for name in ("tree", "stack", "price")
    for p, n in ((0.3, 1200), (0.6, 1201))
]
FEATURES = [
    {
        "feature": feature,
        "share": share,
        "by_learner": [{"learner": "tree", "share": share}, {"learner": "line", "share": share}],
    }
    for feature, share in (("margin_last5", 0.6), ("rest_days", 0.4))
]


DIFFERENCES = [
    {
        "forecaster": f"stack without {kind}",
        "kind": kind,
        "n": 4033,
        "against_stack": {
            "estimate": 0.001,
            "low": None if kind == "blend" else -0.001,
            "high": None if kind == "blend" else 0.003,
        },
    }
    for kind in KINDS
]
PUSHES = [
    {"lines": name, "n": n, "stated": 0.09, "estimate": 0.094, "low": 0.07, "high": 0.12}
    for name, n in (("Against the spread, line of 3", 588), ("Total, any whole line", 2085))
]
CONTRIBUTIONS = [
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
    {"input": "calibration", "n": 4045, "mean_abs": 0.0},
]
PART: Json = {
    "title": "Moneyline",
    "yes": "the home team wins",
    "per_season": SEASONS,
    "reliability": BINS,
    "importance": FEATURES,
    "forecasters": DIFFERENCES,
    "push_rates": PUSHES,
    "contributions": CONTRIBUTIONS,
    "inputs": INPUTS,
}


def drawn() -> dict[str, str]:
    return {name: draw(PART) for name, (_, draw) in charts.CHARTS.items()}


@pytest.fixture(scope="module")
def svg() -> dict[str, str]:
    return drawn()


def words(text: str) -> str:
    return " ".join("".join(element.itertext()) for element in ElementTree.fromstring(text).iter())


def test_drawing_twice_gives_the_same_bytes(svg: dict[str, str]) -> None:
    assert drawn() == svg


def test_every_chart_fits_a_markdown_page_on_white(svg: dict[str, str]) -> None:
    for text in svg.values():
        assert float(ElementTree.fromstring(text).attrib["width"]) <= WIDTH
        assert 'fill="white"' in text


def test_every_chart_names_its_market(svg: dict[str, str]) -> None:
    assert all("Moneyline: " in words(text) for name, text in svg.items() if name != "pushes")


def test_the_season_chart_carries_n_unit_and_every_forecaster(svg: dict[str, str]) -> None:
    text = words(svg["brier_per_season"])
    assert "269 to 271 games a season" in text
    assert "Brier score (lower is better)" in text
    assert "coin" in text
    assert all(name in text for name in ("tree", "stack", "price", "base rate", "2021", "2022"))


def test_each_reliability_panel_carries_its_n(svg: dict[str, str]) -> None:
    text = words(svg["reliability"])
    assert text.count("n 2,401") >= 3
    assert text.count("2 bins of 1,200 to 1,201") >= 3
    assert "stated probability" in text
    assert "observed share" in text
    assert "the home team wins" in text


def test_the_importance_chart_carries_features_and_learners(svg: dict[str, str]) -> None:
    text = words(svg["importance"])
    assert all(name in text for name in ("margin_last5", "rest_days", "tree", "line"))
    assert "mean over 2 learners" in text


def test_stack_and_references_keep_their_colours_whoever_else_is_there(svg: dict[str, str]) -> None:
    for text in (svg["brier_per_season"], svg["reliability"]):
        assert charts.FIXED["stack"].lower() in text.lower()
        assert charts.FIXED["price"] in text


def test_more_learners_than_colours_still_draw() -> None:
    many = [{**SEASONS[0], "forecaster": f"learner {i}"} for i in range(9)]
    assert "learner 8" in words(charts.brier_per_season({"title": "Total", "per_season": many}))


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


def test_the_contribution_charts_carry_unit_games_and_names(svg: dict[str, str]) -> None:
    text = words(svg["contributions"])
    assert "points of margin, over the 285 games of 2023" in text
    assert all(name in text for name in ("logistic", "lightgbm", "xgboost", "rest_days"))
    assert "logits, over 4,045 games" in words(svg["inputs"])
