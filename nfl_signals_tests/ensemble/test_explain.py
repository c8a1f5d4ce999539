"""Claims about taking forecasts to pieces: `explain`."""

import numpy as np
import polars as pl
import pytest

from nfl_signals.ensemble.explain import contributions
from nfl_signals.stacking.inputs import SIGNALS
from nfl_signals.stacking.walk_forward import prefer_signals
from nfl_signals.stats.logit import logit
from nfl_signals_tests.support.walk_forward_games import (
    ALL_INPUTS,
    BLENDS,
    INPUTS,
    league,
    walk_forward,
)

GAME = {"game_id": ["a"], "market": ["ats"]}
HAND = pl.DataFrame(
    GAME
    | {
        "p_market": [0.75],
        "p_first": [0.2],
        "signal_quarterback": [-0.5],
        "signal_offense": [None],
        "signal_defense": [0.0],
        "weight_intercept": [0.1],
        "weight_market": [0.8],
        "weight_first": [0.25],
        "weight_quarterback": [0.4],
        "weight_offense": [0.0],
        "weight_defense": [-0.3],
        "p_raw": [0.6],
        "p_calibrated": [0.55],
        "p_hat": [0.5],
    },
    schema_overrides={"signal_offense": pl.Float64},
)
"""Only the pieces are meant: the p_raw of these numbers would be another."""


def answers(*, blend: str, silent_every: int) -> pl.DataFrame:
    """Two seasons of answers to three markets, a game's markets together, p_hat a step further."""
    rows = league(silent_every=silent_every)
    plain, signals = (
        walk_forward(rows, inputs=inputs, blend=blend) for inputs in (INPUTS, ALL_INPUTS)
    )
    table = prefer_signals(plain, signals).with_columns(p_hat=0.02 + 0.96 * pl.col("p_calibrated"))
    names = ("ats", "moneyline", "total")
    markets = pl.concat(table.with_columns(market=pl.lit(name)) for name in names)
    return markets.sort("game_id", "market")


def test_every_piece_by_hand() -> None:
    pieces = contributions(HAND, ["market", "first"]).drop("game_id", "market")
    ln = np.log
    expected = [
        ("intercept", None, None, 0.1),
        ("market", ln(3), 0.8, 0.8 * ln(3)),
        ("first", -ln(4), 0.25, -0.25 * ln(4)),
        ("quarterback", -0.5, 0.4, -0.2),
        ("defense", 0.0, -0.3, 0.0),
        ("calibration", None, None, ln(0.55 / 0.45) - ln(0.6 / 0.4)),
        ("coherence", None, None, -ln(0.55 / 0.45)),
    ]
    assert pieces.columns == ["input", "value", "weight", "contribution"]
    for row, wanted in zip(pieces.rows(), expected, strict=True):
        assert row == pytest.approx(wanted)


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("silent_every", [0, 1, 3], ids=["signals", "no signals", "some"])
def test_the_pieces_of_every_game_add_up_to_the_logit_of_its_forecast(
    silent_every: int, blend: str
) -> None:
    rows = answers(blend=blend, silent_every=silent_every)
    pieces = contributions(rows, INPUTS)
    sums = pieces.group_by("game_id", "market", maintain_order=True).agg(
        pl.col("contribution").sum()
    )
    assert len(sums) == len(rows) == 3 * 120
    assert sums.select("game_id", "market").equals(rows.select("game_id", "market"))
    wanted = logit(rows["p_hat"].to_numpy())
    assert np.abs(sums["contribution"].to_numpy() - wanted).max() < 1e-12


@pytest.mark.parametrize("blend", BLENDS)
def test_a_contribution_is_weight_times_value(blend: str) -> None:
    pieces = contributions(answers(blend=blend, silent_every=3), INPUTS)
    weighed = pieces.filter(pl.col("input").is_in([*INPUTS, *SIGNALS]))
    assert (weighed["value"] * weighed["weight"]).equals(weighed["contribution"])
    rest = pieces.filter(pl.col("input").is_in(["intercept", "calibration", "coherence"]))
    assert rest["value"].null_count() == rest["weight"].null_count() == len(rest) == 3 * 360
    assert len(weighed) + len(rest) == len(pieces)


def test_signals_that_were_not_available_have_no_row() -> None:
    rows = answers(blend="linear", silent_every=3)
    pieces = contributions(rows, INPUTS)
    named = pieces.group_by("game_id", "market").agg(pl.col("input"))
    both = rows.select("game_id", "market", "llm_available").join(named, on=["game_id", "market"])
    assert both["llm_available"].n_unique() == 2
    for _, _, available, inputs in both.rows():
        assert [name for name in inputs if name in SIGNALS] == (list(SIGNALS) if available else [])


def test_rows_keep_the_order_of_the_forecasts_and_pieces_the_order_of_the_sum() -> None:
    rows = answers(blend="linear", silent_every=0).sort("p_hat")
    pieces = contributions(rows, ["second", "market", "first"])
    order = ["intercept", "second", "market", "first", *SIGNALS, "calibration", "coherence"]
    assert pieces["input"].to_list() == order * len(rows)
    assert pieces["game_id"].to_list() == [game for game in rows["game_id"] for _ in order]


def test_no_forecasts_have_no_pieces() -> None:
    pieces = contributions(HAND.head(0), ["market", "first"])
    assert pieces.is_empty()
    assert pieces.schema == contributions(HAND, ["market", "first"]).schema
