"""Error and evidence week by week, of the games known by then and of the model that was served."""

import numpy as np
import polars as pl
import pytest

from nfl_signals.monitoring.weekly_evidence import EVIDENCE_SCHEMA, evidence_path
from nfl_signals.stats import scores
from nfl_signals.stats.binned_ece import ece_per_row
from nfl_signals.stats.e_process import with_memory
from nfl_signals.stats.recalibration_error import gap_per_row
from nfl_signals_tests.support.graded_games import graded


def columns(games: pl.DataFrame) -> tuple[np.ndarray, ...]:
    return tuple(games[name].to_numpy() for name in ("p_hat", "y", "season", "week"))


def test_each_week_has_one_row_with_its_own_score_and_the_season_so_far() -> None:
    games = graded(seasons=range(2023, 2025), weeks=4, push=0.1, seed=2)
    path = evidence_path(games)
    assert path.schema == EVIDENCE_SCHEMA
    assert path.select("season", "week").rows() == [
        (s, w) for s in (2023, 2024) for w in range(1, 5)
    ]
    week = games.filter(season=2024, week=3).drop_nulls("y")
    row = path.filter(season=2024, week=3).row(0, named=True)
    assert row["n_week"] == week.height
    assert row["n_season"] == games.filter(pl.col("week") <= 3, season=2024)["y"].count()
    assert row["brier"] == pytest.approx(
        scores.brier(*(week[n].to_numpy() for n in ("p_hat", "y")))
    )
    assert row["week_end_at"] == games.filter(season=2024, week=3)["kickoff_at"].max()
    last = games.with_columns(e=pl.Series(with_memory(*columns(games)))).row(-1, named=True)
    assert path["e_value"][-1] == last["e"]
    assert path["season_error"][-1] == gap_per_row(*columns(games))[-1]
    assert path["season_ece"][-1] == ece_per_row(*columns(games))[-1]


def test_a_week_knows_nothing_of_later_games() -> None:
    games = graded(weeks=6, seed=3)
    early = evidence_path(games.filter(pl.col("week") <= 4))
    assert evidence_path(games).head(4).equals(early)


def replaced(book: str) -> pl.DataFrame:
    """A model too sure of itself, and from week 7 on another one."""
    games = graded(weeks=12, slope=0.3, seed=4, book=book)
    return games.with_columns(
        model_hash=pl.when(pl.col("week") < 7).then(pl.lit("old")).otherwise(pl.lit("new"))
    )


def test_in_production_evidence_against_one_model_says_nothing_about_the_next() -> None:
    games = replaced("production")
    path = evidence_path(games)
    alone = evidence_path(games.filter(pl.col("week") >= 7))
    measured = ["n_season", "season_error", "season_ece", "e_value"]
    assert path.filter(pl.col("week") >= 7).select(measured).equals(alone.select(measured))
    assert path["segment"].to_list() == [0] * 6 + [1] * 6


def test_a_model_that_comes_back_starts_afresh_too() -> None:
    games = replaced("production").with_columns(
        model_hash=pl.when(pl.col("week") > 9).then(pl.lit("old")).otherwise("model_hash")
    )
    assert evidence_path(games)["segment"].to_list() == [0] * 6 + [1] * 3 + [2] * 3


def test_the_shadow_book_judges_the_recipe_across_its_models() -> None:
    path = evidence_path(replaced("learning"))
    assert path["segment"].unique().to_list() == [0]
    assert path["n_season"].to_list() == [15 * week for week in range(1, 13)]


def test_no_games_give_no_rows() -> None:
    assert evidence_path(graded().clear()).schema == EVIDENCE_SCHEMA
