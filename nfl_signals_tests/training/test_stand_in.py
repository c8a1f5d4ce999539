"""The walk-forward asked at other quotes: at the close it is itself, and nothing later reaches it."""

import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.files import read_parquet
from nfl_signals.llm.documents import REPORT_LEAD
from nfl_signals.monitoring import ledger
from nfl_signals.predictions.ledger_rows import stand_in_rows
from nfl_signals.training.stand_in import FORECASTS, _out_by_then, stand_in_forecasts
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.small_training import flip_outcomes, open_small

KEYS = ["game_id", "market"]
FIRST, LAST = 2021, 2024  # one season to learn, one to blend, one to calibrate


@pytest.fixture
def trained(small_kickoff_home: Path) -> RunContext:
    """Small and trained; tests that change it make a copy."""
    return open_small(small_kickoff_home, horizon="kickoff")


def asked_at_kickoff(context: RunContext) -> pl.DataFrame:
    """The walk-forward's games at their close, a minute before each kickoff; settled ones only."""
    quotes = context.markets.select(*KEYS, "line", "price_yes", "price_no", "outcome")
    rows = context.read(context.paths.stacked).join(quotes, on=KEYS).drop_nulls("outcome")
    moment = pl.col("kickoff_at") - timedelta(minutes=1)
    kept = ["season", "week", "kickoff_at", *KEYS, "line", "price_yes", "price_no"]
    return rows.select(*kept, made_at=moment)


def answered(context: RunContext, asked: pl.DataFrame) -> pl.DataFrame:
    return asked.join(stand_in_forecasts(context, asked), on=KEYS, validate="1:1")


def test_asked_at_the_close_when_the_game_begins_it_is_the_walk_forward_bit_for_bit(
    trained: RunContext,
) -> None:
    asked = asked_at_kickoff(trained)
    found = answered(trained, asked)
    assert found["season"].unique().sort().to_list() == list(range(FIRST, LAST + 1))
    stacked = trained.read(trained.paths.stacked).join(asked, on=KEYS, how="semi")
    columns = [*KEYS, "p_hat", "p_push"]
    assert found.height == stacked.height > 100
    assert found.select(columns).sort(KEYS).equals(stacked.select(columns).sort(KEYS))


@pytest.mark.slow
def test_a_higher_line_is_never_easier_to_cover(trained: RunContext) -> None:
    asked = asked_at_kickoff(trained).filter(season=LAST)
    higher = pl.when(pl.col("market") == "moneyline").then(0.0).otherwise(7.0)
    moved = answered(trained, asked.with_columns(pl.col("line") + higher))
    both = answered(trained, asked).join(moved, on=KEYS, suffix="_moved")
    lined = both.filter(pl.col("market") != "moneyline")
    assert lined.height > 0
    assert (lined["p_hat_moved"] < lined["p_hat"]).all()


@pytest.mark.slow
def test_another_price_is_another_market_to_blend_with(trained: RunContext) -> None:
    asked = asked_at_kickoff(trained).filter(season=LAST, market="moneyline")
    longer = asked.with_columns(price_yes=pl.lit(250.0), price_no=pl.lit(-300.0))
    found = answered(trained, longer).join(answered(trained, asked), on=KEYS, suffix="_close")
    assert (found["p_hat"] != found["p_hat_close"]).all()


def test_no_result_of_its_season_or_a_later_one_reaches_it(
    trained: RunContext, small_kickoff_home: Path, tmp_path: Path
) -> None:
    shutil.copytree(small_kickoff_home, tmp_path, dirs_exist_ok=True)
    asked = asked_at_kickoff(trained).filter(season=LAST - 1)
    before = answered(trained, asked)
    other = open_small(tmp_path, horizon="kickoff")
    flip_outcomes(other, LAST - 1)
    assert answered(open_small(tmp_path, horizon="kickoff"), asked).equals(before)
    flip_outcomes(other, LAST - 2)
    assert not answered(open_small(tmp_path, horizon="kickoff"), asked).equals(before)


@pytest.mark.slow
def test_news_counts_only_where_it_was_out_when_the_question_was_asked(trained: RunContext) -> None:
    """Days before the first document of a week the answer is that of the stack without signals."""
    asked = asked_at_kickoff(trained).filter(season=LAST)
    early = asked.with_columns(pl.col("made_at") - timedelta(days=30))
    unread = read_parquet(trained.paths.stacked).filter(season=LAST)["llm_available"].any()
    assert unread
    assert (
        not answered(trained, early)
        .drop("made_at")
        .equals(answered(trained, asked).drop("made_at"))
    )


def test_a_season_that_the_walk_forward_does_not_reach_has_no_answer(trained: RunContext) -> None:
    quotes = trained.markets.filter(season=2018).with_columns(made_at=pl.col("kickoff_at"))
    assert stand_in_forecasts(trained, quotes).equals(FORECASTS.to_frame())


@pytest.mark.slow
def test_its_rows_are_the_ledgers_at_the_moment_and_quote_of_the_question(
    trained: RunContext, tmp_path: Path
) -> None:
    asked = asked_at_kickoff(trained).filter(season=LAST)
    forecasts = stand_in_forecasts(trained, asked)
    rows = stand_in_rows(
        asked,
        forecasts,
        trained.read(trained.paths.stacked),
        moment=trained.moment,
        horizon="kickoff",
    )
    assert ledger.append(tmp_path / "ledger.parquet", rows).n_new["learning"] == asked.height
    assert rows["model_version"].unique().to_list() == [f"stand_in_{LAST}"]
    same = ["made_at", *KEYS, "line", "price_yes", "price_no"]
    assert rows.select(same).sort(KEYS).equals(asked.select(same).sort(KEYS))


def test_that_a_team_is_quiet_counts_from_the_day_its_report_was_due() -> None:
    kickoff = utc("2024-09-08T17:00")
    signals = pl.DataFrame(
        {"game_id": ["late", "due"], "kickoff_at": [kickoff] * 2, "available": [True, True]}
    ).with_columns(known_at=pl.lit(None, pl.Datetime("us", "UTC")))
    due = kickoff - REPORT_LEAD
    asked = pl.DataFrame({"game_id": ["late", "due"], "made_at": [due - timedelta(hours=1), due]})
    assert _out_by_then(signals, asked)["available"].to_list() == [False, True]
