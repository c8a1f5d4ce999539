"""Too few seasons by an instant are refused in one sentence, whatever made them few."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError
from nfl_signals.core.setting_sections import LEAST_GAMES
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.training.baselines import predict_out_of_fold, train_baselines
from nfl_signals.training.enough_seasons import priced_seasons, require_enough_seasons
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.run_contexts import copy_context, rewrite


def markets(**games: int) -> pl.DataFrame:
    """Played and priced games of seasons, in every market: y2021=3 is three of 2021."""
    rows = [
        (market, int(name[1:]), 3.0, 1.5, 0.5)
        for market in MARKETS
        for name, count in games.items()
        for _ in range(count)
    ]
    columns = ["market", "season", "points", "line", "p_market"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def test_a_season_counts_with_half_a_week_of_priced_and_played_games() -> None:
    found = priced_seasons(markets(y2020=LEAST_GAMES - 1, y2021=LEAST_GAMES, y2022=40))
    assert found == {name: [2021, 2022] for name in MARKETS}


@pytest.mark.parametrize("column", ["points", "line", "p_market"])
def test_a_game_without_result_line_or_price_does_not_count(column: str) -> None:
    table = markets(y2021=LEAST_GAMES)
    assert priced_seasons(table)["total"] == [2021]
    lacking = pl.when(pl.int_range(pl.len()) > 0).then(column)
    assert priced_seasons(table.with_columns(lacking))["ats"] == []


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    """Seven seasons from 2018 on; learners need three, the stack one, the calibrator two."""
    return copy_context(finished_home, tmp_path)


def test_seven_seasons_are_enough_when_half_a_week_of_the_last_is_played(
    context: RunContext,
) -> None:
    require_enough_seasons(context)
    last = context.paths.markets / "2024.parquet"
    rewrite(last, pl.when(pl.col("week") == 1).then("points"))
    require_enough_seasons(context)
    rewrite(last, pl.lit(None, pl.Float64).alias("points"))
    with pytest.raises(InputError) as caught:
        require_enough_seasons(context)
    assert str(caught.value) == (
        "ats: as of 2024-11-05T14:00:00+00:00 the games of 3 seasons are played and have line and "
        "prices (2021, 2022, 2023), counted from 2021 on as the 3 before it are learnt from; at least "
        "4 are needed (1 to blend, 2 to calibrate, 1 to predict). Choose a later --as-of, or earlier "
        "--seasons; or, as the close is no price of a Tuesday, import openers of spreads and totals "
        "(`nfl-signals prices import`), name their book in price_book, or, where nothing is trained "
        "yet, take --horizon kickoff."
    )


def test_no_model_is_written_where_prices_of_a_market_begin_too_late(context: RunContext) -> None:
    early = (pl.col("market") == "moneyline") & (pl.col("season") < 2022)
    rewrite(context.paths.markets / "2021.parquet", pl.when(~early).then("p_market"))
    fresh = replace(context, paths=context.paths)
    for step in (lambda: train_baselines(fresh, "ats"), lambda: predict_out_of_fold(fresh)):
        before = sorted(context.paths.home.rglob("*"))
        with pytest.raises(InputError, match=r"moneyline: as of .* the games of 3 seasons"):
            step()
        assert sorted(context.paths.home.rglob("*")) == before
