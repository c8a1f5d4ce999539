"""Claims about the walk-forward of blend and calibrator."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import polars as pl
import pytest

from nfl_signals.stacking.inputs import logit_matrix
from nfl_signals.stacking.logistic import LogisticStack
from nfl_signals.stacking.walk_forward import (
    Calibration,
    settled_yes_no,
    walk_forward_blend,
    walk_forward_calibration,
)
from nfl_signals.stats.arrays import Floats
from nfl_signals_tests.support.walk_forward_games import (
    ALL_INPUTS,
    BLENDS,
    GAMES,
    INPUTS,
    SEASONS,
    league,
    linear,
    walk_forward,
)

FORECASTS = ["p_raw", "p_calibrated", "venn_abers_low", "venn_abers_high"]


@dataclass
class Spy:
    """Fit functions that note what they were given; the blend repeats the market."""

    blends: list[tuple[Floats, Floats, int]] = field(default_factory=list)
    calibrators: list[pl.DataFrame] = field(default_factory=list)

    def blend(self, x: Floats, y: Floats, season: int) -> LogisticStack:
        self.blends.append((x, y, season))
        return LogisticStack(
            inputs=INPUTS,
            intercept=0.0,
            weights=(1.0, 0.0, 0.0),
            prior_mean=(0.0,) * 3,
            prior_width=(1.0,) * 3,
            n_games=len(y),
        )

    def calibrator(self, rows: pl.DataFrame) -> Callable[[Floats], Calibration]:
        self.calibrators.append(rows)
        return lambda p_raw: Calibration("none", p_raw, p_raw - 0.1, p_raw + 0.1)

    def watch(self, rows: pl.DataFrame, stack: int = 1, calibration: int = 2) -> pl.DataFrame:
        blended = walk_forward_blend(rows, inputs=INPUTS, fit_blend=self.blend, min_seasons=stack)
        return walk_forward_calibration(
            blended, fit_calibrator=self.calibrator, min_seasons=calibration
        )


def flipped(rows: pl.DataFrame, from_season: int) -> pl.DataFrame:
    """Every outcome of a season and later turned into its opposite."""
    opposite = pl.col("outcome").replace({"yes": "no", "no": "yes"})
    late = pl.col("season") >= from_season
    return rows.with_columns(outcome=pl.when(late).then(opposite).otherwise(pl.col("outcome")))


def forecasts_until(table: pl.DataFrame, season: int) -> bytes:
    return table.filter(pl.col("season") <= season).select(FORECASTS).to_numpy().tobytes()


# --- each season from earlier seasons only


def test_each_blend_is_fitted_on_all_settled_games_of_earlier_seasons_and_on_nothing_else() -> None:
    rows, spy = league(), Spy()
    spy.watch(rows)
    assert [season for _, _, season in spy.blends] == [2002, 2003, 2004, 2005]
    for x, y, season in spy.blends:
        games = rows.filter((pl.col("season") < season) & (pl.col("outcome") != "push"))
        assert len(games) == (season - 2001) * (GAMES - 1)
        assert x.tobytes() == logit_matrix(games, INPUTS).tobytes()
        assert y.tolist() == (games["outcome"] == "yes").cast(pl.Float64).to_list()


def test_each_calibrator_is_fitted_on_blended_forecasts_of_earlier_seasons() -> None:
    """2001 has no blended forecast: there was nothing to fit its blend on."""
    rows, spy = league(), Spy()
    spy.watch(rows)
    assert len(spy.calibrators) == 2
    for season, training in zip([2004, 2005], spy.calibrators, strict=True):
        assert training["season"].unique().sort().to_list() == list(range(2002, season))
        assert training["p_raw"].to_list() == pytest.approx(training["p_market"].to_list())
        assert training["y"].to_list() == [float(o == "yes") for o in training["outcome"]]
        assert len(training) == (season - 2002) * (GAMES - 1)


def test_a_calibrator_sees_what_the_blend_of_the_time_forecast_not_a_later_one() -> None:
    rows, spy = league(), Spy()
    fit_blend = partial(linear, inputs=INPUTS)
    blended = walk_forward_blend(rows, inputs=INPUTS, fit_blend=fit_blend, min_seasons=1)
    walk_forward_calibration(blended, fit_calibrator=spy.calibrator, min_seasons=1)
    training = settled_yes_no(rows.filter(pl.col("season") == 2001))
    stack = linear(logit_matrix(training, INPUTS), training["y"].to_numpy(), 2002, inputs=INPUTS)
    later = settled_yes_no(rows.filter(pl.col("season") == 2002))
    expected = stack.parts(logit_matrix(later, INPUTS)).p_raw.tobytes()
    for seen in spy.calibrators:
        of_2002 = seen.filter(pl.col("season") == 2002)
        assert of_2002["p_raw"].to_numpy().tobytes() == expected


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("inputs", [INPUTS, ALL_INPUTS], ids=["plain", "signals"])
@pytest.mark.parametrize("season", [2002, 2003, 2004, 2005])
def test_no_outcome_of_a_season_or_later_moves_a_forecast_up_to_that_season(
    season: int, inputs: tuple[str, ...], blend: str
) -> None:
    before = walk_forward(league(), inputs=inputs, blend=blend)
    after = walk_forward(flipped(league(), season), inputs=inputs, blend=blend)
    assert before["game_id"].equals(after["game_id"])
    assert forecasts_until(before, season) == forecasts_until(after, season)


@pytest.mark.parametrize("season", [2001, 2002, 2003, 2004])
def test_outcomes_do_move_the_forecasts_of_later_seasons(season: int) -> None:
    before, after = walk_forward(league()), walk_forward(flipped(league(), season))
    for column in ("p_raw", "p_calibrated"):
        late = [
            table.filter(pl.col("season") > max(season, 2003))[column].to_numpy()
            for table in (before, after)
        ]
        assert np.all(late[0] != late[1])


def test_forecasts_of_later_seasons_do_not_matter_either() -> None:
    rows = league()
    later = pl.col("season") > 2004
    changed = rows.with_columns(
        pl.when(later).then(0.5).otherwise(pl.col(f"p_{name}")).alias(f"p_{name}")
        for name in INPUTS
    )
    assert forecasts_until(walk_forward(rows), 2004) == forecasts_until(walk_forward(changed), 2004)


def test_cutting_the_later_seasons_off_changes_no_earlier_row() -> None:
    whole = walk_forward(league()).filter(pl.col("season") <= 2004)
    assert walk_forward(league().filter(pl.col("season") <= 2004)).equals(whole)


# --- which games


@pytest.mark.parametrize(
    ("stack", "calibration", "first"), [(1, 1, 2003), (1, 2, 2004), (2, 1, 2004), (3, 1, 2005)]
)
def test_seasons_before_the_minimum_are_not_predicted(
    stack: int, calibration: int, first: int
) -> None:
    table = Spy().watch(league(), stack, calibration)
    assert table["season"].unique().sort().to_list() == list(range(first, 2006))
    assert len(table) == (2006 - first) * GAMES


def test_every_blended_season_is_there_for_the_calibrator_that_comes_next() -> None:
    fit_blend = partial(linear, inputs=INPUTS)
    blended = walk_forward_blend(league(), inputs=INPUTS, fit_blend=fit_blend, min_seasons=1)
    assert blended["season"].unique().sort().to_list() == list(SEASONS[1:])


def test_pushes_and_games_to_come_are_predicted_and_train_no_model() -> None:
    last = pl.col("season") == 2005
    rows = league().with_columns(
        outcome=pl.when(last & (pl.col("week") > 5)).then(None).otherwise(pl.col("outcome"))
    )
    rows = pl.concat([rows, league([2006], seed=2).with_columns(pl.col("game_id") + "x")])
    spy = Spy()
    table = spy.watch(rows)
    assert len(table) == 3 * GAMES
    assert table.select(FORECASTS).null_count().row(0) == (0,) * 4
    assert [len(y) for _, y, _ in spy.blends] == [59, 118, 177, 236, 256]
    assert all(x.shape == (len(y), 3) for x, y, _ in spy.blends)
    for training in spy.calibrators:
        assert training["outcome"].is_in(["yes", "no"]).all()


def test_scored_rows_by_hand() -> None:
    rows = pl.DataFrame({"p": [0.1, 0.2, 0.3, 0.4], "outcome": ["yes", "push", None, "no"]})
    kept = settled_yes_no(rows)
    assert kept["p"].to_list() == [0.1, 0.4]
    assert kept["y"].to_list() == [1.0, 0.0]


@pytest.mark.parametrize("n_seasons", [0, 1, 3])
def test_too_few_seasons_give_an_empty_table_of_the_same_columns_and_types(n_seasons: int) -> None:
    full = walk_forward(league())
    short = walk_forward(league().filter(pl.col("season") < 2001 + n_seasons))
    assert len(short) == 0
    assert short.schema == full.schema
    assert short.columns == full.columns


# --- what is stored


@pytest.mark.parametrize("blend", BLENDS)
def test_stored_weights_rebuild_every_forecast(blend: str) -> None:
    table = walk_forward(league(), inputs=ALL_INPUTS, blend=blend)
    weights = table.select(f"weight_{name}" for name in ALL_INPUTS).to_numpy()
    log_odds = table["weight_intercept"] + (weights * logit_matrix(table, ALL_INPUTS)).sum(axis=1)
    assert (1 / (1 + (-log_odds).exp())).to_list() == pytest.approx(
        table["p_raw"].to_list(), rel=1e-12
    )
    assert table["weight_first"].n_unique() == 2 or blend == "trees"


def test_what_the_calibrator_gives_is_stored_beside_its_input() -> None:
    table = Spy().watch(league())
    assert table["calibrator"].unique().to_list() == ["none"]
    assert table["p_calibrated"].equals(table["p_raw"])
    assert (table["p_raw"] - table["venn_abers_low"]).to_list() == pytest.approx([0.1] * len(table))
    assert (table["venn_abers_high"] - table["p_raw"]).to_list() == pytest.approx(
        [0.1] * len(table)
    )


def test_everything_that_came_in_goes_out_unchanged() -> None:
    rows = league()
    table = walk_forward(rows)
    later = rows.filter(pl.col("season") >= 2004)
    assert table.select(rows.columns).equals(later)
