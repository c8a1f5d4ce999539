"""Tables about models fit a terminal of 80 columns, and print what people wrote as it is."""

import io

import numpy as np
import pytest
from rich.console import Console

from nfl_signals.cli import terminal
from nfl_signals.promotion.findings import Finding
from nfl_signals.registry.decision_log import Decision
from nfl_signals.stats.confidence_sequence import ConfidenceSequence
from nfl_signals_tests.support.builders import utc


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    text = io.StringIO()
    monkeypatch.setattr(terminal, "console", Console(file=text, width=80))
    return text


def finding(**changes: object) -> Finding:
    given = {
        "name": "calibrated",
        "market": "moneyline",
        "value": -0.01234,
        "low": -0.02345,
        "high": -0.00001,
        "limit": 0.0025,
        "unit": "probability",
        "n": 20_118,
        "n_weeks": 318,
        "detectable": 0.0123,
        "verdict": "UNDERPOWERED",
        "holds_back": True,
        "sentence": "",
    }
    return Finding(**(given | changes))  # type: ignore[arg-type]


def test_the_widest_finding_fits_and_nothing_is_cut(screen: io.StringIO) -> None:
    nothing = finding(value=None, low=None, high=None, detectable=None, n=0, verdict="PASS")
    units = finding(name="drawdown", value=3.21, low=-16.24, high=0.5, limit=15.0)
    terminal.print_findings([finding(), nothing, units])
    lines = screen.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split() for line in lines[2:5]] == [
        "calibrated moneyline 20118 -0.0123 (-0.0234, 0.0000) 0.0025 0.0123 UNDERPOWERED".split(),
        "calibrated moneyline 0 - 0.0025 - PASS".split(),
        "drawdown moneyline 20118 3.2 (-16.2, 0.5000) 15 0.0123 UNDERPOWERED".split(),
    ]


def test_without_a_finding_there_is_no_table(screen: io.StringIO) -> None:
    terminal.print_findings([])
    assert screen.getvalue() == ""


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (-0.02, -0.01, "challenger is better"),
        (0.01, 0.02, "champion is better"),
        (-0.01, 0.01, "undecided"),
    ],
)
def test_of_a_sequence_the_last_week_is_shown(
    screen: io.StringIO, low: float, high: float, shown: str
) -> None:
    values = (np.array([0.5, side]) for side in ((low + high) / 2, low, high))
    sequence = dict(zip(("estimate", "low", "high"), values, strict=True))
    terminal.print_sequences({"ats": ConfidenceSequence(**sequence)})
    (row,) = (line for line in screen.getvalue().splitlines() if line.startswith("ats"))
    assert row.split()[1] == "2"
    assert row.rstrip().endswith(shown)


def test_the_history_names_cause_champion_and_reason_as_written(screen: io.StringIO) -> None:
    decision = Decision(
        at=utc("2024-11-05 14:00"),
        kind="insufficient",
        version="v20240902r20241002",
        model_hash="0",
        champion="v202322",
        step="recalibration",
        alerts=("a1", "b2"),
        sentence="Nothing to [see] here. " * 5,
    )
    terminal.print_history([decision])
    text = screen.getvalue()
    words = " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert "2024-11-05 14:00 insufficient Nothing to [see] here." in words
    for part in ("v20240902r20241002", "cause: alert a1, b2", "champion after it: v202322"):
        assert part in text
    terminal.print_decision(decision)
    assert "v20240902r20241002: insufficient (2024-11-05 14:00 UTC)" in screen.getvalue()
