"""The weekly report: its words are its numbers, its numbers are the tables', its order is urgency.

`snapshots/*.md` are whole reports; `NFL_SIGNALS_RENEW_SNAPSHOTS=1` writes them anew.
"""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfl_signals.alerts.backtest import BACKTEST_SCHEMA
from nfl_signals.core.errors import InputError
from nfl_signals.reports.shared.markdown import number, share
from nfl_signals.reports.weekly.cells import window_cells
from nfl_signals.reports.weekly.numbers import weekly_numbers
from nfl_signals.reports.weekly.report import write_weekly_report
from nfl_signals_tests.support.run_contexts import contents
from nfl_signals_tests.support.snapshots import check_snapshot
from nfl_signals_tests.support.weekly_games import (
    HOSTILE,
    alarm_backtest,
    empty_inputs,
    fresh_inputs,
    upcoming,
    weekly_inputs,
)

SNAPSHOTS = Path(__file__).parent / "snapshots"
AGAINST = [f"{of}_{name}" for of in ("n", "brier", "skill_vs") for name in ("price", "close")]
HEADINGS = [
    "Alerts",
    "Numbers by market",
    "What changed since last week",
    "Charts",
    "Next week's predictions",
    "Alarm backtest",
    "Glossary",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("reports")
    write_weekly_report(
        made / "2025-w09.md", replace(weekly_inputs(), alarm_backtest=alarm_backtest())
    )
    return made


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "2025-w09.md").read_text()


@pytest.fixture(scope="module")
def numbers(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "2025-w09.json").read_text())
    return found


def section(text: str, heading: str) -> str:
    return text.split(f"## {heading}\n")[1].split("\n## ")[0]


def test_the_report_is_the_committed_one(text: str) -> None:
    check_snapshot(SNAPSHOTS / "weekly.md", text)


def test_the_report_of_a_fresh_home_is_the_committed_one(tmp_path: Path) -> None:
    text = write_weekly_report(tmp_path / "2025-w09.md", fresh_inputs())
    check_snapshot(SNAPSHOTS / "weekly_fresh.md", text)


def test_the_report_goes_from_the_verdict_to_the_small_print(text: str) -> None:
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert text.startswith(
        "# Week 9 of 2025\n\nAfter week 9 of 2025 an alert is open for Moneyline"
    )


def test_every_window_in_the_text_is_one_of_the_json(text: str, numbers: dict[str, Any]) -> None:
    rows = [(row, part["at_close"]) for part in numbers["markets"] for row in part["windows"]]
    assert len(rows) == 15
    for row, at_close in rows:
        assert f"| {' | '.join(window_cells(row, at_close=at_close))} |" in text
    shown = re.findall(r"^\| (?:last|season|everything).*$", text, re.MULTILINE)
    assert len(shown) == len(rows)


def test_every_window_traces_to_one_row_of_the_metrics(numbers: dict[str, Any]) -> None:
    metrics = weekly_inputs().metrics.filter(pl.col("scope") == "series")
    for part in numbers["markets"]:
        for row in part["windows"]:
            source = metrics.filter(
                pl.col("market") == part["market"],
                pl.col("book") == "production",
                pl.col("window") == row["window"],
                pl.col("window_end_week") == 9,
            ).row(0, named=True)
            for name in ("n", "brier", "calibration_error", *AGAINST):
                assert row[name] == source[name]


def test_evidence_stands_beside_the_season_as_the_path_states_it(numbers: dict[str, Any]) -> None:
    path = weekly_inputs().evidence.filter(
        pl.col("book") == "production", pl.col("market") == "ats", pl.col("week") == 9
    )
    windows = {row["window"]: row for row in numbers["markets"][0]["windows"]}
    assert windows["season"]["evidence"] == path["e_value"].item()
    assert windows["season"]["season_error"] == path["season_error"].item()
    assert windows["4w"]["evidence"] is None


def test_the_slope_interval_is_two_standard_errors_wide(numbers: dict[str, Any]) -> None:
    row = numbers["markets"][1]["windows"][3]
    source = weekly_inputs().metrics.filter(
        pl.col("market") == "moneyline",
        pl.col("book") == "production",
        pl.col("scope") == "series",
        pl.col("window") == "season",
        pl.col("window_end_week") == 9,
    )
    assert row["slope_high"] - row["slope"] == pytest.approx(1.96 * source["slope_se"].item(), 1e-4)


def test_every_prediction_is_in_the_text_with_its_flag(text: str, numbers: dict[str, Any]) -> None:
    shown = section(text, "Next week's predictions")
    assert (
        len(numbers["predictions"]) == upcoming().height == shown.count("warning: lean less on it")
    )
    for row in numbers["predictions"]:
        assert row["game"] in shown
        assert share(row["p_hat"]) in shown
    assert "MIN +3.5" in shown  # nflverse's -3.5: the home team gets the points


def test_every_chart_has_a_file_and_a_title_with_n(folder: Path, numbers: dict[str, Any]) -> None:
    drawn = [chart for part in numbers["markets"] for chart in part["charts"].values()]
    assert len(drawn) == 15
    for chart in drawn:
        assert re.search(r"\bn [\d,]+", chart["title"])
        assert (folder / chart["path"]).read_text().startswith("<svg xmlns")
    assert {path.suffix for path in folder.rglob("*.*")} == {".md", ".json", ".svg"}


def test_writing_the_report_again_changes_no_byte(folder: Path, tmp_path: Path) -> None:
    write_weekly_report(
        tmp_path / "2025-w09.md", replace(weekly_inputs(), alarm_backtest=alarm_backtest())
    )
    assert contents(tmp_path) == contents(folder)


def test_the_order_of_the_rows_in_the_tables_changes_nothing() -> None:
    inputs = weekly_inputs()
    names = ("evidence", "alerts", "metrics", "curves", "graded", "upcoming")
    turned = replace(inputs, **{name: getattr(inputs, name).reverse() for name in names})
    assert weekly_numbers(turned) == weekly_numbers(inputs)


def test_before_any_game_the_report_judges_nothing(tmp_path: Path) -> None:
    inputs = replace(empty_inputs(), upcoming=upcoming())
    numbers = weekly_numbers(inputs)
    assert (numbers["season"], numbers["week"]) == (2025, 9)
    text = write_weekly_report(tmp_path / "2025-w09.md", inputs)
    assert "no market has enough graded games to be judged" in text
    assert "there is no earlier week of the season to compare" in text


def test_a_home_with_neither_past_nor_future_is_refused() -> None:
    with pytest.raises(InputError, match="no game has been graded and none is upcoming"):
        weekly_numbers(empty_inputs())


def test_words_from_the_data_cannot_become_markup(tmp_path: Path) -> None:
    inputs = weekly_inputs()
    alerts = inputs.alerts.with_columns(pl.lit(HOSTILE).alias("sentence"))
    games = upcoming([f"2025_10_{HOSTILE}_MIN"])
    text = write_weekly_report(
        tmp_path / "x.md", replace(inputs, alerts=alerts, upcoming=games, source_name=HOSTILE)
    )
    assert "<" not in text
    assert "[a](b)" not in text
    assert r"&lt;script&gt;alert('x')&lt;/script&gt; &amp; \[a\](b)" in text


def test_the_alarm_backtest_may_be_empty_but_has_its_columns() -> None:
    assert alarm_backtest().schema == BACKTEST_SCHEMA
    assert weekly_numbers(weekly_inputs())["alarm_backtest"] == []


def test_a_known_window_reads_as_a_person_would_write_it() -> None:
    row = {
        "label": "last 4 weeks",
        "n": 1058,
        "brier": 0.21062,
        "brier_price": 0.2104,
        "n_price": 1050,
        "skill_vs_price": 0.001,
        "brier_close": 0.20729,
        "n_close": 1058,
        "skill_vs_close": -0.016,
        "calibration_error": 0.0123,
        "calibration_error_null95": 0.041,
        "slope": 0.9,
        "slope_low": 0.8,
        "slope_high": 1.0,
        "closing_line_value": 0.0034,
        "n_valued": 12,
        "evidence": 1469.6,
        "season_error": 0.0731,
    }
    assert window_cells(row, at_close=False) == [
        "last 4 weeks",
        "1,058",
        number(0.2106),
        "0.2104 (+0.1 %, n 1,050)",
        "0.2073 (-1.6 %)",
        "0.012 (0.041)",
        "0.90 [0.80, 1.00]",
        "+0.34 points (12)",
        "1,470 (0.073)",
    ]
