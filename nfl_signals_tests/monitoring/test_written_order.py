"""A clock that was set back, or a row put in later, shows in the order of the rows."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.checks.catalog import ALL_CHECKS
from nfl_signals.checks.tables import ledger_in_order, ledger_sealed
from nfl_signals.core.errors import IntegrityError
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.written_order import TOLERANCE, out_of_order
from nfl_signals_tests.monitoring.test_ledger import ROW, games
from nfl_signals_tests.support.run_contexts import copy_context


def written_at(*minutes: int) -> pl.DataFrame:
    """Rows of a ledger, each written so many minutes after some instant."""
    times = [ROW["written_at"] + timedelta(minutes=each) for each in minutes]
    rows = games(len(minutes)).with_columns(written_at=pl.Series(times, dtype=ledger.UTC_TIME))
    return rows.with_columns(seal=pl.lit(""))


@pytest.mark.parametrize(
    ("minutes", "named"),
    [
        ((), []),
        ((0, 0, 30), []),
        ((60, 0), []),
        ((61, 0), [1]),
        ((0, 200, 100, 199, 139), [2, 4]),
        ((0, 50, 100, 45, 41, 39), [4 + 1]),
        ((0, -61, 0), [1]),
    ],
)
def test_a_row_more_than_an_hour_before_one_above_it_is_named(
    minutes: tuple[int, ...], named: list[int]
) -> None:
    found = out_of_order(written_at(*minutes))
    assert [line.split(" ")[1] for line in found] == [str(row) for row in named]


def test_row_and_times_are_named() -> None:
    (line,) = out_of_order(written_at(120, 0))
    assert line.startswith("row 1 (")
    assert "game_1 ats): written 2024-09-05T17:20:00+00:00, a row above it 2024-09-05T19:20" in line


@given(st.lists(st.integers(-500, 500), max_size=12))
def test_what_is_named_is_what_two_loops_find(minutes: list[int]) -> None:
    hour = TOLERANCE // timedelta(minutes=1)
    expected = [
        row for row, each in enumerate(minutes) if any(m > each + hour for m in minutes[:row])
    ]
    found = out_of_order(written_at(*minutes))
    assert [int(line.split(" ")[1]) for line in found] == expected


def test_verify_has_a_line_for_it_and_the_seals_are_as_sound_as_before(
    finished_home: Path, tmp_path: Path
) -> None:
    context = copy_context(finished_home, tmp_path)
    check = ALL_CHECKS["ledger: written in order"]
    assert check is ledger_in_order
    assert check(context) == {"rows": ledger.read(context.paths.ledger).height}
    early = ledger.read(context.paths.ledger).filter(book="production").drop("seal")
    back = early.with_columns(pl.col(ledger.TIMES) - timedelta(hours=2))
    ledger.append(context.paths.ledger, ledger.with_prediction_id(back).select(ledger.CONTENT))
    ledger_sealed(context)
    with pytest.raises(IntegrityError, match=rf"the clock was set back.* \({early.height} rows\)"):
        check(context)
