"""How often the gate errs: many simulated challengers, asked about every week; see `benchmarks/gate.py`."""

from collections import Counter
from collections.abc import Sequence

import polars as pl
import pytest

from benchmarks.simulated_challengers import Kind, decided, simulated_pairs
from nfl_signals.core.setting_sections import GateSettings
from nfl_signals.markets.definitions import MarketName
from nfl_signals.promotion.gate import judge

pytestmark = pytest.mark.slow
SPANS = 60


def answers(kind: Kind, seasons: int, focus: Sequence[MarketName] | None = None) -> Counter[str]:
    """What the gate, asked every week, decides in how many spans.

    No span is one that a limit was chosen on.
    """
    spans = range(70_000, 70_000 + SPANS)
    return Counter(decided(kind, seasons=seasons, seed=span, focus=focus) for span in spans)


@pytest.mark.parametrize("focus", [None, ["moneyline"]])
def test_an_equal_challenger_is_seldom_promoted(focus: Sequence[MarketName] | None) -> None:
    """An interval of 95 % lets one in 40 by; with 60 spans more than 5 would be no chance."""
    assert answers("equal", 1, focus)["promote"] <= 5


def test_after_an_alarm_a_better_challenger_is_promoted_within_two_seasons() -> None:
    """By the evidence against the champion; the difference of scores alone finds 27 %."""
    assert answers("better", 2, ["moneyline"])["promote"] >= 0.7 * SPANS


@pytest.mark.parametrize(("kind", "share"), [("overconfident", 0.6), ("worse", 0.3)])
def test_a_worse_challenger_is_never_promoted_and_often_rejected_in_two_seasons(
    kind: Kind, share: float
) -> None:
    """What is left of the power when a rejection, too, holds however often one looks."""
    found = answers(kind, 2)
    assert found["promote"] == 0
    assert found["reject"] >= share * SPANS


def test_a_copy_is_never_anything_but_insufficient() -> None:
    assert answers("copy", 1) == {"insufficient": SPANS}


def test_a_better_one_is_not_rejected_by_the_noise_of_single_weeks() -> None:
    """A quarter of a season is too little to promote on, and seldom a reason to reject."""
    rows = [
        simulated_pairs("better", seasons=1, seed=80_000 + span).filter(pl.col("week") <= 8)
        for span in range(SPANS)
    ]
    found = Counter(judge(part, GateSettings(), focus=None, seed=1).answer for part in rows)
    assert found["reject"] <= 0.1 * SPANS
