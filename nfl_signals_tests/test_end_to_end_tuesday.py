"""The whole pipeline on the real releases at a Tuesday's decision time, against the opening lines."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfl_signals.core.paths import Paths
from nfl_signals.markets.definitions import KEYS
from nfl_signals_tests.conftest import _REAL_FOLDER
from nfl_signals_tests.support.homes import made_once, nfl_signals

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

SOURCE = {"NFL_SIGNALS_NFLVERSE": _REAL_FOLDER, "NFL_SIGNALS_HORIZON": "tuesday"}
COIN = 0.25


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one run on all real seasons, asked on Tuesdays."""

    def make(folder: Path) -> None:
        options = ("--source", "nflverse", "--seasons", "1999-2023")
        done = nfl_signals("run", *options, home=folder, extra=SOURCE)
        assert done.code == 0, done.err

    return made_once(tmp_path_factory, "real-tuesday", make)


@pytest.fixture(scope="module")
def stack(home: Path) -> dict[str, dict[str, Any]]:
    """The coherent stack's scores by market, as the ablation report states them."""
    numbers = json.loads((Paths(home).reports / "ablation_stacker.json").read_text())
    return {
        part["market"]: next(f for f in part["forecasters"] if f["forecaster"] == "stack, coherent")
        for part in numbers["markets"]
    }


def markets(home: Path) -> pl.DataFrame:
    return pl.read_parquet(Paths(home).markets / "*.parquet").filter(horizon="tuesday")


def test_spreads_are_picked_better_than_the_opener_and_not_too_well_to_be_true(
    stack: dict[str, dict[str, Any]],
) -> None:
    """Above 54 % on all games would be a leak until shown otherwise."""
    ats = stack["ats"]
    assert ats["n"] > 3_600
    assert 0.52 <= ats["accuracy"]["estimate"] < 0.54
    assert ats["brier"]["estimate"] < COIN


def test_totals_score_better_than_a_coin_by_more_than_chance(
    stack: dict[str, dict[str, Any]],
) -> None:
    total = stack["total"]
    assert total["n"] > 1_800
    assert total["brier"]["high"] < COIN
    assert 0.53 <= total["accuracy"]["estimate"] < 0.55


def test_the_market_moves_towards_the_forecast_and_bets_at_110_show_no_profit(home: Path) -> None:
    numbers = json.loads((Paths(home).reports / "backtest.json").read_text())
    for part in numbers["markets"]:
        assert part["overall"]["closing_line_value"]["low"] > 0
        bets = part["overall"]["bets"]
        if part["market"] == "moneyline":  # at derived odds there is nothing to bet on
            assert bets["n"] <= 2
        else:
            assert bets["n"] > 600
            assert bets["per_bet"]["low"] < 0 < bets["positive"]["low"] - 0.5


def test_every_game_with_an_opener_has_it_and_every_other_one_says_that_it_has_the_close(
    home: Path,
) -> None:
    files = sorted(Path(_REAL_FOLDER, "prices").glob("*.parquet"))
    openers = pl.concat(map(pl.read_parquet, files)).filter(moment="open")
    rows = markets(home).join(openers.select(*KEYS, opener="line"), on=KEYS, how="left")
    seen = rows.drop_nulls("opener").filter(pl.col("price_moment") == "open")
    assert seen.height > 7_000
    assert seen["line"].equals(seen["opener"].alias("line"))
    unseen = rows.filter(pl.col("opener").is_null(), pl.col("market") != "moneyline")
    assert set(unseen["price_moment"]) <= {"close", "snapshot"}


def test_a_moneyline_nobody_recorded_is_derived_and_is_about_as_good_as_the_close(
    home: Path,
) -> None:
    derived = markets(home).filter(pl.col("price_source") == "derived")
    assert derived["market"].unique().to_list() == ["moneyline"]
    decided = derived.filter(pl.col("outcome").is_in(["yes", "no"]), pl.col("season") >= 2010)
    home_won = (decided["outcome"] == "yes").cast(pl.Float64)
    assert decided.height > 3_500
    assert 0.211 < ((decided["p_market"] - home_won) ** 2).mean() < 0.218


def test_no_blend_is_fitted_on_a_close(home: Path) -> None:
    stacked = pl.read_parquet(Paths(home).stacked).select(KEYS)
    found = markets(home).join(stacked, on=KEYS, how="semi")
    assert found.height == stacked.height
    assert found.filter(pl.col("price_moment") == "close").is_empty()
