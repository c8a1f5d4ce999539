"""Franchises keep their history when they move."""

import polars as pl
import pytest

from nfl_signals.ingest.teams import CURRENT_CODE, TEAM_IDS, franchise


def current(code: str | None) -> str | None:
    return (
        pl.DataFrame({"team": [code]}, schema={"team": pl.String})
        .select(franchise(pl.col("team")))
        .item()
    )


@pytest.mark.parametrize(
    ("then", "now"),
    [("OAK", "LV"), ("SD", "LAC"), ("STL", "LA"), ("JAC", "JAX"), ("LAR", "LA"), ("WSH", "WAS")],
)
def test_a_code_of_the_day_is_todays_franchise(then: str, now: str) -> None:
    assert current(then) == now


def test_there_are_thirty_two_franchises_and_each_is_its_own() -> None:
    assert len(TEAM_IDS) == 32
    assert {current(code) for code in TEAM_IDS} == TEAM_IDS


def test_every_old_code_leads_to_a_franchise_and_is_none_itself() -> None:
    assert set(CURRENT_CODE.values()) <= TEAM_IDS
    assert TEAM_IDS.isdisjoint(CURRENT_CODE)


def test_an_unknown_code_passes_through_so_that_the_schema_can_name_it() -> None:
    assert current("XYZ") == "XYZ"
    assert current(None) is None
