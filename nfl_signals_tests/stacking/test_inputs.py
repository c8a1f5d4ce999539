"""Claims about forecasts and signals side by side, what a blend starts from: `stack_values`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.markets.definitions import ATS, MARKETS, MONEYLINE, TOTAL, Market
from nfl_signals.stacking.inputs import (
    SIGNALS,
    drop_missing_signals,
    game_signals,
    logit_matrix,
    stack_inputs,
    weighed_signals,
)
from nfl_signals.stats.logit import logit

NEWS = [f"signal_{name}" for name in SIGNALS]
HOME = pl.DataFrame({"game_id": ["a", "b"], "team_id": ["KC", "BUF"]})
numbers = st.floats(-1, 1)


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


def signal_row(
    game: str, team: str, numbers: Sequence[float] | None, confidence: float = 1.0
) -> dict[str, object]:
    """One team's row of signals; None: it has none."""
    known = numbers is not None
    return {
        "game_id": game,
        "team_id": team,
        "available": known,
        "confidence": confidence if known else None,
        **dict(zip(SIGNALS, numbers or (None,) * 3, strict=True)),
    }


def signals(*rows: dict[str, object]) -> pl.DataFrame:
    types = dict.fromkeys((*SIGNALS, "confidence"), pl.Float64)
    return pl.DataFrame(rows, schema_overrides=types)


# --- forecasts


def test_one_row_per_game_holds_market_and_learners_and_games_without_price_are_left_out() -> None:
    rows = side_by_side("walk_forward")
    assert rows.columns == (
        "game_id market season week kickoff_at outcome p_market p_first p_second".split()
    )
    assert rows["game_id"].to_list() == ["a", "c"]
    assert rows["p_market"].to_list() == [0.55, 0.45]
    assert rows["p_first"].to_list() == [0.7, 0.4]
    assert rows["p_second"].to_list() == [0.6, 0.5]
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


def test_a_learner_that_is_not_wanted_has_no_column() -> None:
    rows = stack_inputs(*tables(), market="ats", scheme="walk_forward", learners=["second"])
    assert "p_first" not in rows.columns
    assert rows["p_second"].to_list() == [0.6, 0.5]


# --- signals of both teams


@pytest.mark.parametrize("market", [ATS, MONEYLINE])
def test_a_margin_depends_on_the_home_teams_news_minus_the_away_teams(market: Market) -> None:
    table = signals(
        signal_row("a", "KC", (0.5, -0.2, 0.0)), signal_row("a", "DEN", (0.1, 0.4, -0.3))
    )
    row = game_signals(table, HOME, market).row(0, named=True)
    assert row["game_id"] == "a"
    assert [row[name] for name in NEWS] == pytest.approx([0.4, -0.6, 0.3])


def test_a_total_depends_on_the_sum() -> None:
    table = signals(
        signal_row("a", "KC", (0.5, -0.2, 0.0)), signal_row("a", "DEN", (0.1, 0.4, -0.3))
    )
    row = game_signals(table, HOME, TOTAL).row(0, named=True)
    assert [row[name] for name in NEWS] == pytest.approx([0.6, 0.2, -0.3])


@pytest.mark.parametrize("market", MARKETS.values(), ids=list(MARKETS))
def test_every_signal_counts_as_much_as_its_reader_was_sure(market: Market) -> None:
    table = signals(
        signal_row("a", "KC", (0.5, -0.2, 1.0), confidence=0.5),
        signal_row("a", "DEN", (0.1, 0.4, -0.3), confidence=0.0),
    )
    row = game_signals(table, HOME, market).row(0, named=True)
    assert [row[name] for name in NEWS] == pytest.approx([0.25, -0.1, 0.5])


@pytest.mark.parametrize("silent", ["KC", "DEN"])
def test_a_game_has_no_signals_unless_both_teams_have_theirs(silent: str) -> None:
    rows = [
        signal_row("a", team, None if team == silent else (0.5, -0.2, 0.0))
        for team in ("KC", "DEN")
    ]
    row = game_signals(signals(*rows), HOME, ATS).row(0, named=True)
    assert [row[name] for name in NEWS] == [None, None, None]


def test_numbers_of_an_unavailable_row_are_not_available() -> None:
    row = signal_row("a", "KC", (0.5, -0.2, 0.0)) | {"available": False}
    assert weighed_signals(signals(row)).row(0)[2:] == (None, None, None)


def test_a_game_of_which_only_one_team_has_a_row_is_not_there() -> None:
    rows = [
        signal_row("a", "KC", (0.0,) * 3),
        signal_row("b", "BUF", (0.0,) * 3),
        signal_row("b", "MIA", (0.0,) * 3),
    ]
    assert game_signals(signals(*rows), HOME, ATS)["game_id"].to_list() == ["b"]


def test_without_any_signals_there_is_an_empty_table() -> None:
    none = signals(signal_row("a", "KC", (0.0,) * 3)).head(0)
    table = game_signals(none, HOME, ATS)
    assert table.is_empty()
    assert table.columns == ["game_id", *NEWS]


@given(st.lists(numbers, min_size=3, max_size=3), st.lists(numbers, min_size=3, max_size=3))
def test_swapping_the_teams_turns_a_margins_signals_round_and_leaves_a_totals(
    home: list[float], away: list[float]
) -> None:
    table, turned = (
        signals(signal_row("a", "KC", first), signal_row("a", "DEN", second))
        for first, second in ((home, away), (away, home))
    )
    margin = game_signals(table, HOME, ATS).select(NEWS).to_numpy()
    assert (margin == -game_signals(turned, HOME, ATS).select(NEWS).to_numpy()).all()
    total = game_signals(table, HOME, TOTAL).select(NEWS).to_numpy()
    assert (total == game_signals(turned, HOME, TOTAL).select(NEWS).to_numpy()).all()


# --- the matrix of a blend


def test_probabilities_enter_as_logits_and_signals_as_they_are_in_the_order_requested() -> None:
    rows = pl.DataFrame(
        {"p_market": [0.75, 0.5], "p_first": [0.2, 0.9], "signal_offense": [-1.5, 0.3]}
    )
    x = logit_matrix(rows, ["offense", "first", "market"])
    assert x[:, 0].tolist() == [-1.5, 0.3]
    assert x[:, 1].tolist() == pytest.approx([-np.log(4), np.log(9)])
    assert x[:, 2].tolist() == pytest.approx([np.log(3), 0.0])
    assert x.dtype == np.float64


def test_certain_forecasts_have_finite_values() -> None:
    x = logit_matrix(pl.DataFrame({"p_first": [0.0, 1.0]}), ["first"])
    assert x[:, 0].tolist() == logit(np.array([0.0, 1.0])).tolist()
    assert np.isfinite(x).all()


def test_no_rows_make_a_matrix_without_rows() -> None:
    rows = pl.DataFrame(schema={"p_market": pl.Float64, "signal_offense": pl.Float64})
    assert logit_matrix(rows, ["market", "offense"]).shape == (0, 2)


def test_rows_are_complete_when_every_signal_among_the_inputs_is_there() -> None:
    rows = pl.DataFrame(
        {
            "game_id": ["a", "b", "c"],
            "signal_offense": [0.1, None, 0.3],
            "signal_defense": [0.0, 0.2, None],
        }
    )
    kept = [["market"], ["market", "offense"], ["offense", "defense"]]
    assert [drop_missing_signals(rows, inputs)["game_id"].to_list() for inputs in kept] == [
        ["a", "b", "c"],
        ["a", "c"],
        ["a"],
    ]
