"""Targets and verdicts: only an interval clear of the limit decides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.reports.shared.targets import (
    ATS_ACCURACY,
    BREAK_EVEN,
    BRIER_BELOW_COIN,
    Verdict,
    tally,
    verdict,
)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.5201, 0.56, "PASS"),
        (0.52, 0.56, "UNDERPOWERED"),
        (0.50, 0.54, "UNDERPOWERED"),
        (0.48, 0.52, "UNDERPOWERED"),
        (0.48, 0.5199, "FAIL"),
        (None, None, "UNDERPOWERED"),
    ],
)
def test_accuracy_passes_only_if_its_whole_interval_exceeds_52_percent(
    low: float | None, high: float | None, expected: str
) -> None:
    assert verdict(low=low, high=high, limit=ATS_ACCURACY.limit, side="above") == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.21, 0.2499, "PASS"),
        (0.21, 0.25, "UNDERPOWERED"),
        (0.24, 0.26, "UNDERPOWERED"),
        (0.25, 0.26, "UNDERPOWERED"),
        (0.2501, 0.26, "FAIL"),
        (None, None, "UNDERPOWERED"),
    ],
)
def test_brier_passes_only_if_its_whole_interval_is_below_a_coin(
    low: float | None, high: float | None, expected: str
) -> None:
    assert verdict(low=low, high=high, limit=BRIER_BELOW_COIN.limit, side="below") == expected


@given(st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted), st.floats(0, 1))
def test_what_passes_below_a_limit_fails_above_it(ends: list[float], limit: float) -> None:
    low, high = ends
    below = verdict(low=low, high=high, limit=limit, side="below")
    above = verdict(low=low, high=high, limit=limit, side="above")
    swapped = {"PASS": "FAIL", "FAIL": "PASS", "UNDERPOWERED": "UNDERPOWERED"}
    assert above == swapped[below]


def test_break_even_at_minus_110_lies_above_the_accuracy_target() -> None:
    assert round(BREAK_EVEN, 4) == 0.5238
    assert ATS_ACCURACY.limit < BREAK_EVEN
    assert "52.38 %" in ATS_ACCURACY.reason


def test_the_accuracy_target_applies_against_the_spread_only() -> None:
    assert ATS_ACCURACY.markets == ("ats",)
    assert set(BRIER_BELOW_COIN.markets) == {"ats", "moneyline", "total"}


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["PASS", "PASS"], "PASS"),
        (["PASS", "UNDERPOWERED"], "UNDERPOWERED"),
        (["UNDERPOWERED", "FAIL"], "FAIL"),
        (["PASS", "FAIL"], "FAIL"),
        ([], "UNDERPOWERED"),
    ],
)
def test_several_verdicts_pass_only_where_every_one_does(
    verdicts: list[Verdict], expected: Verdict
) -> None:
    found = tally([{"verdict": one} for one in verdicts])
    assert found["verdict"] == expected
    assert found["counts"] == {
        word: verdicts.count(word) for word in ("PASS", "FAIL", "UNDERPOWERED")
    }
