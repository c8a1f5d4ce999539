"""Reports on forecasters as a reader sees them: texts as committed, files complete and repeatable."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfl_signals.reports.ablation.numbers import ablation_numbers
from nfl_signals.reports.baseline.numbers import baseline_numbers
from nfl_signals.reports.shared.report import report_text, write_report
from nfl_signals_tests.support.ablation_games import ablation_inputs, leaking
from nfl_signals_tests.support.snapshots import check_snapshot
from nfl_signals_tests.support.synthetic_forecasts import (
    LEARNERS,
    MARKETS,
    ORIGIN,
    baseline_inputs,
    with_planted_leak,
)

Json = dict[str, Any]
SNAPSHOTS = Path(__file__).parent / "snapshots"
BASELINE, ABLATION = "metrics_baseline", "ablation_stacker"


@cache
def inputs_of(report: str) -> Json:
    return baseline_inputs() if report == BASELINE else ablation_inputs()


@cache
def full_numbers(report: str) -> Json:
    return numbers_of(report, inputs_of(report))


def numbers_of(report: str, inputs: Json) -> Json:
    compute: Callable[..., Json] = baseline_numbers if report == BASELINE else ablation_numbers
    return ORIGIN | compute(**inputs)


def without(inputs: Json, market: pl.Expr | bool, *names: str) -> Json:
    """The inputs without the rows of some markets."""
    return {**inputs, **{name: inputs[name].remove(market) for name in names}}


def emptied(report: str) -> Json:
    """Nothing at all to report on."""
    inputs = inputs_of(report)
    if report == BASELINE:
        return without(inputs, True, "oof", "markets", "stacked", "importance")
    nothing = {"contributions": {market: [] for market in MARKETS}}
    return {**without(inputs, True, "table", "stacked"), **nothing}


def without_totals() -> Json:
    """A market without games, and a stack that shares one week with a learner who misses it."""
    is_total = pl.col("market") == "total"
    inputs = without(inputs_of(BASELINE), is_total, "oof", "markets", "stacked", "importance")
    apart = pl.col("game_id").str.starts_with("2019_01") | (pl.col("market") == "moneyline")
    return {**inputs, "stacked": inputs["stacked"].filter(apart)}


CASES: dict[str, tuple[str, Callable[[], Json]]] = {
    "baseline": (BASELINE, lambda: inputs_of(BASELINE)),
    "baseline_with_gaps": (BASELINE, without_totals),
    "baseline_empty": (BASELINE, lambda: emptied(BASELINE)),
    "ablation": (ABLATION, lambda: inputs_of(ABLATION)),
    "ablation_empty": (ABLATION, lambda: emptied(ABLATION)),
}
each_report = pytest.mark.parametrize("report", [BASELINE, ABLATION])


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a report as it is written, once."""

    @cache
    def write(report: str) -> Path:
        folder = tmp_path_factory.mktemp(report)
        returned = write_report(folder, report, full_numbers(report))
        stored = json.loads((folder / f"{report}.json").read_text())
        assert stored == json.loads(json.dumps(returned))
        return folder

    return write


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_report_reads_as_committed(case: str, tmp_path: Path) -> None:
    report, inputs = CASES[case]
    write_report(tmp_path, report, numbers_of(report, inputs()))
    check_snapshot(SNAPSHOTS / f"{case}.md", (tmp_path / f"{report}.md").read_text())


@each_report
def test_a_forecaster_too_good_to_be_true_is_warned_of_first(report: str) -> None:
    leak = with_planted_leak if report == BASELINE else leaking
    text = summary(report, leak(inputs_of(report)))
    assert text.startswith("- **Warning. Moneyline: ")
    assert "look for\n  a leak before believing it.**\n- " in text
    assert "Warning" not in summary(report, inputs_of(report))


def test_without_a_stack_the_summary_is_about_every_learner() -> None:
    text = summary(BASELINE, without(inputs_of(BASELINE), True, "stacked"))
    assert all(text.count(f"The learner {name} ") == 3 for name in LEARNERS)
    assert all(f"Picks of {name} against the spread" in text for name in LEARNERS)
    assert "The stack" not in text


def summary(report: str, inputs: Json) -> str:
    numbers = numbers_of(report, inputs)
    for part in (numbers, *numbers["markets"]):
        part["charts"] = {}
    return report_text(report, numbers).split("## Summary\n\n")[1].split("\n\n## ")[0]


@each_report
def test_the_text_is_written_from_the_json_alone(
    report: str, written: Callable[[str], Path]
) -> None:
    stored = json.loads((written(report) / f"{report}.json").read_text())
    assert report_text(report, stored) == (written(report) / f"{report}.md").read_text()


@pytest.mark.slow
@each_report
def test_every_chart_is_drawn_and_shown(report: str, written: Callable[[str], Path]) -> None:
    text = (written(report) / f"{report}.md").read_text()
    charts = sorted((written(report) / report).glob("*.svg"))
    assert len(charts) == (3 * 3 if report == BASELINE else 3 * 5 + 1)
    assert all(f"]({report}/{chart.name})" in text for chart in charts)


@each_report
def test_without_games_there_is_no_chart(report: str, tmp_path: Path) -> None:
    complete = write_report(tmp_path, report, numbers_of(report, emptied(report)))
    assert all(part["charts"] == {} for part in (complete, *complete["markets"]))
    assert {path.name for path in tmp_path.iterdir()} == {f"{report}.md", f"{report}.json"}


@pytest.mark.slow
@each_report
def test_the_same_inputs_give_the_same_bytes(
    report: str, written: Callable[[str], Path], tmp_path: Path
) -> None:
    one, two = written(report), tmp_path / "two"
    write_report(two, report, numbers_of(report, inputs_of(report)))
    files = sorted(file.relative_to(one) for file in one.rglob("*") if file.is_file())
    assert len(files) == (11 if report == BASELINE else 18)
    assert all((two / file).read_bytes() == (one / file).read_bytes() for file in files)
