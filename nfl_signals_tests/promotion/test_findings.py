"""One finding: what its interval shows, whether it holds back, and the words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.promotion.findings import Kind, finding, nothing_found, within
from nfl_signals.stats.bootstrap import Interval

SHOWN = Kind(name="shown", unit="units", words="costs")
VETO = Kind(name="veto", unit="units", words="costs", must_be_shown=False)


def interval(low: float, high: float) -> Interval:
    return Interval(estimate=(low + high) / 2, low=low, high=high, n=270, n_blocks=18)


@given(st.floats(-10, 10), st.floats(0, 10), st.floats(-10, 10))  # low end, width, limit
def test_an_interval_passes_within_the_limit_and_fails_beyond_it(
    low: float, width: float, limit: float
) -> None:
    shown = within(interval(low, low + width), limit)
    assert (shown == "PASS") == (low + width <= limit)
    assert (shown == "FAIL") == (low > limit)


@pytest.mark.parametrize(
    ("kind", "low", "high", "verdict", "held"),
    [
        (SHOWN, 0.0, 1.0, "PASS", False),
        (SHOWN, 0.0, 3.0, "UNDERPOWERED", True),
        (VETO, 0.0, 3.0, "UNDERPOWERED", False),
        (VETO, 1.0, 5.0, "UNDERPOWERED", True),
        (VETO, -1.0, 9.0, "UNDERPOWERED", False),
        (VETO, 3.0, 5.0, "FAIL", True),
    ],
)
def test_a_promotion_waits_for_evidence_or_only_while_a_shown_loss_looks_beyond_the_limit(
    kind: Kind, low: float, high: float, verdict: str, *, held: bool
) -> None:
    found = interval(low, high)
    made = finding(kind, "all", found, limit=2.0, verdict=within(found, 2.0), level=0.95)
    assert (made.verdict, made.holds_back) == (verdict, held)


def test_the_sentence_holds_everything_a_reader_needs() -> None:
    found = finding(
        SHOWN,
        "ats",
        interval(-1.0, 3.0),
        limit=2,
        verdict="UNDERPOWERED",
        level=0.95,
        more=", or so",
    )
    assert found.sentence == (
        "Against the spread: costs 1.0000 [-1.0000, 3.0000] units, limit 2, 270 forecasts in 18 weeks, "
        "or so; they show 2.9 or more."
    )


def test_the_smallest_effect_is_what_a_two_sided_test_finds_four_times_in_five() -> None:
    """(1.960 + 0.842) standard errors; an interval of +-1.960 has one of 1."""
    found = finding(SHOWN, "all", interval(-1.96, 1.96), limit=0, verdict="PASS", level=0.95)
    assert found.detectable == pytest.approx(2.802, abs=0.001)


def test_without_games_only_what_must_be_shown_holds_back() -> None:
    shown, veto = (
        nothing_found(kind, "total", limit=1.0, verdict="UNDERPOWERED", why="no game was played")
        for kind in (SHOWN, VETO)
    )
    assert (shown.holds_back, veto.holds_back) == (True, False)
    assert shown.value is shown.low is shown.detectable is None
    assert shown.sentence == "Total: costs: no game was played."
