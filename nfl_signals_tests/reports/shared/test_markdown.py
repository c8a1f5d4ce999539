"""How numbers and tables are written."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.reports.shared.markdown import (
    between,
    cell,
    number,
    points_between,
    share,
    share_between,
)


def test_a_dash_stands_for_what_is_not_known() -> None:
    unknown = {"estimate": 0.25, "low": None, "high": None}
    assert number(None) == share(None) == between(None) == "–"
    assert between(unknown, digits=2) == "0.25 –"
    assert share_between(unknown) == "25.0 % –"
    assert points_between(unknown) == "+25.00 –"


@pytest.mark.parametrize("write", [between, share_between, points_between])
def test_one_dash_stands_for_an_estimate_that_is_not_known(
    write: Callable[[dict[str, None]], str],
) -> None:
    assert write(dict.fromkeys(("estimate", "low", "high"))) == "–"


def test_a_sign_is_written_on_request_and_zero_has_none() -> None:
    assert number(0.01, digits=2, signed=True) == "+0.01"
    assert number(-0.01, digits=2, signed=True) == "-0.01"
    assert number(-0.0001, digits=2, signed=True) == number(0.0, digits=2, signed=True) == "0.00"


@given(st.floats(-1e6, 1e6))
def test_a_number_reads_back_within_its_last_digit(value: float) -> None:
    assert float(number(value)) == pytest.approx(value, abs=0.5001e-4)


def test_a_cell_cannot_break_its_table() -> None:
    assert cell("x|y\n<b>*z*") == "x\\|y &lt;b&gt;\\*z\\*"
