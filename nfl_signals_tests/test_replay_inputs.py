"""Claims about forecasts side by side, what the replay starts from: `replay.stack_inputs`."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from nfl_signals.replay import stack_inputs


def tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Three games: `a` with price, `b` without, `c` to come; two learners, two schemes."""
    at = datetime(2023, 9, 10, 17, tzinfo=UTC)
    markets = pl.DataFrame(
        {
            "game_id": ["c", "b", "a", "a"],
            "market": ["ats", "ats", "ats", "total"],
            "season": [2023] * 4,
            "week": [2, 1, 1, 1],
            "kickoff_at": [at + timedelta(days=7), at, at, at],
            "outcome": [None, "no", "yes", "no"],
            "p_market": [0.45, None, 0.55, 0.5],
            "line": [3.0, 1.0, 2.5, 44.0],
        }
    )
    oof = pl.DataFrame(
        [
            (game, "ats", learner, scheme, p + more, push)
            for scheme, more in (("walk_forward", 0.0), ("purged_kfold", 0.2))
            for game, learner, p, push in (
                ("a", "second", 0.6, 0.03),
                ("a", "first", 0.7, 0.01),
                ("b", "first", 0.3, 0.02),
                ("b", "second", 0.3, 0.02),
                ("c", "first", 0.4, 0.0),
                ("c", "second", 0.5, 0.0),
            )
        ],
        schema=["game_id", "market", "learner", "scheme", "p_hat", "p_push"],
        orient="row",
    )
    return oof, markets


def side_by_side(scheme: str) -> pl.DataFrame:
    return stack_inputs(*tables(), market="ats", scheme=scheme, learners=["first", "second"])


def test_one_row_per_game_holds_market_and_learners_and_games_without_price_are_left_out() -> None:
    rows = side_by_side("walk_forward")
    assert rows.columns == (
        "game_id market season week kickoff_at outcome p_market p_first p_second p_push".split()
    )
    assert rows["game_id"].to_list() == ["a", "c"]
    assert rows["p_market"].to_list() == [0.55, 0.45]
    assert rows["p_first"].to_list() == [0.7, 0.4]
    assert rows["p_second"].to_list() == [0.6, 0.5]
    assert rows["p_push"].to_list() == pytest.approx([0.02, 0.0])
    assert rows["outcome"].to_list() == ["yes", None]


def test_schemes_and_markets_are_not_mixed() -> None:
    assert side_by_side("purged_kfold")["p_first"].to_list() == pytest.approx([0.9, 0.6])
    oof, markets = tables()
    total = oof.filter(pl.col("game_id") == "a").with_columns(
        market=pl.lit("total"), p_hat=pl.lit(0.11)
    )
    rows = stack_inputs(
        pl.concat([oof, total]),
        markets,
        market="ats",
        scheme="walk_forward",
        learners=["first", "second"],
    )
    assert rows.equals(side_by_side("walk_forward"))


def test_a_learner_without_forecasts_is_an_error_and_not_a_null_column() -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError, match="third"):
        stack_inputs(*tables(), market="ats", scheme="walk_forward", learners=["first", "third"])
