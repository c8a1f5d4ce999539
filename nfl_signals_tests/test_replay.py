"""Claims about the walk-forward replay of stack and calibrator: `replay`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import polars as pl
import pytest

from nfl_signals.calibration import fit_platt
from nfl_signals.logit import expit
from nfl_signals.replay import (
    FitBlend,
    FitCalibrator,
    Floats,
    replay_blend,
    replay_calibration,
    scored,
)
from nfl_signals.stacker import Stack, fit_stack

SEASONS = [2001, 2002, 2003, 2004, 2005]
INPUTS = ["market", "first", "second"]
GAMES = 60  # a season, the last of which is a push


def league(seasons: Sequence[int] = SEASONS, *, seed: int = 1) -> pl.DataFrame:
    """What `stack_inputs` returns: every probability occurs once, so it names its game."""
    random = np.random.default_rng(seed)
    n = len(seasons) * GAMES
    truth = 0.8 * random.normal(size=n)
    noisy = [expit(truth + 0.5 * random.normal(size=n)) for _ in INPUTS]
    outcome = np.where(random.random(n) < expit(truth), "yes", "no").astype("<U4")
    outcome[GAMES - 1 :: GAMES] = "push"
    start = datetime(2001, 9, 9, 17, tzinfo=UTC)
    return pl.DataFrame(
        {
            "game_id": [f"g{row:04d}" for row in range(n)],
            "market": ["ats"] * n,
            "season": pl.Series(np.repeat(seasons, GAMES), dtype=pl.Int32),
            "week": pl.Series([row % GAMES // 4 + 1 for row in range(n)], dtype=pl.Int32),
            "kickoff_at": [start + timedelta(days=row) for row in range(n)],
            "outcome": outcome,
            **{f"p_{name}": values for name, values in zip(INPUTS, noisy, strict=True)},
            "p_push": np.full(n, 0.02),
        }
    )


def replay_stack(
    rows: pl.DataFrame,
    *,
    inputs: Sequence[str],
    fit_blend: FitBlend,
    fit_calibrator: FitCalibrator,
    min_stack_seasons: int,
    min_calibration_seasons: int,
) -> pl.DataFrame:
    """Both replays, one after the other."""
    blended = replay_blend(rows, inputs=inputs, fit_blend=fit_blend, min_seasons=min_stack_seasons)
    return replay_calibration(
        blended, fit_calibrator=fit_calibrator, min_seasons=min_calibration_seasons
    )


def replay(rows: pl.DataFrame) -> pl.DataFrame:
    """One season for the blend, two blended seasons for the calibrator: 2004 is the first."""
    return replay_stack(
        rows,
        inputs=INPUTS,
        fit_blend=partial(fit_stack, inputs=INPUTS),
        fit_calibrator=fit_platt,
        min_stack_seasons=1,
        min_calibration_seasons=2,
    )


@dataclass
class Spy:
    """Fit functions that note what they were given.

    The blend repeats the market, so that a blended probability still names its game.
    """

    blends: list[tuple[Floats, Floats]] = field(default_factory=list)
    calibrators: list[tuple[Floats, Floats]] = field(default_factory=list)

    def blend(self, probabilities: Floats, y: Floats) -> "Repeats":
        self.blends.append((probabilities, y))
        return Repeats(intercept=float(len(self.blends)))

    def calibrator(self, p_raw: Floats, y: Floats) -> "Repeats":
        self.calibrators.append((p_raw, y))
        return Repeats(intercept=0.0)

    def watch(self, rows: pl.DataFrame, stack: int = 1, calibration: int = 2) -> pl.DataFrame:
        return replay_stack(
            rows,
            inputs=INPUTS,
            fit_blend=self.blend,
            fit_calibrator=self.calibrator,
            min_stack_seasons=stack,
            min_calibration_seasons=calibration,
        )


@dataclass(frozen=True)
class Repeats:
    intercept: float
    weights: tuple[float, ...] = (1.0, 0.0, 0.0)

    def predict(self, probabilities: Floats) -> Floats:
        return probabilities if probabilities.ndim == 1 else probabilities[:, 0]


def games_of(rows: pl.DataFrame, p_market: Floats) -> pl.DataFrame:
    """The games whose market probabilities these are."""
    found = rows.filter(pl.col("p_market").is_in(p_market.tolist()))
    assert len(found) == len(p_market)
    return found


def flipped(rows: pl.DataFrame, from_season: int) -> pl.DataFrame:
    """Every outcome of a season and later turned into its opposite."""
    opposite = pl.col("outcome").replace({"yes": "no", "no": "yes"})
    late = pl.col("season") >= from_season
    return rows.with_columns(outcome=pl.when(late).then(opposite).otherwise(pl.col("outcome")))


def p_hat_until(table: pl.DataFrame, season: int) -> bytes:
    return table.filter(pl.col("season") <= season)["p_hat"].to_numpy().tobytes()


# --- each season from earlier seasons only


def test_each_blend_is_fitted_on_all_settled_games_of_earlier_seasons_and_on_nothing_else() -> None:
    rows, spy = league(), Spy()
    spy.watch(rows)
    assert len(spy.blends) == 4
    for season, (probabilities, y) in zip([2002, 2003, 2004, 2005], spy.blends, strict=True):
        games = games_of(rows, probabilities[:, 0])
        assert games["season"].unique().sort().to_list() == list(range(2001, season))
        assert len(games) == (season - 2001) * (GAMES - 1)
        assert (games["outcome"] == "yes").cast(pl.Float64).to_list() == y.tolist()


def test_each_calibrator_is_fitted_on_blended_forecasts_of_earlier_seasons() -> None:
    """2001 has no blended forecast: there was nothing to fit its blend on."""
    rows, spy = league(), Spy()
    spy.watch(rows)
    assert len(spy.calibrators) == 2
    for season, (p_raw, y) in zip([2004, 2005], spy.calibrators, strict=True):
        games = games_of(rows, p_raw)
        assert games["season"].unique().sort().to_list() == list(range(2002, season))
        assert (games["outcome"] == "yes").cast(pl.Float64).to_list() == y.tolist()


def test_a_calibrator_sees_what_the_blend_of_the_time_said_not_a_later_one() -> None:
    rows = league()
    seen: list[Floats] = []

    def fit_calibrator(p_raw: Floats, _y: Floats) -> Repeats:
        seen.append(p_raw)
        return Repeats(intercept=0.0)

    replay_stack(
        rows,
        inputs=INPUTS,
        fit_blend=partial(fit_stack, inputs=INPUTS),
        fit_calibrator=fit_calibrator,
        min_stack_seasons=1,
        min_calibration_seasons=1,
    )
    taught = rows.filter((pl.col("season") == 2001) & (pl.col("outcome") != "push"))
    columns = [f"p_{name}" for name in INPUTS]
    y = (taught["outcome"] == "yes").cast(pl.Float64).to_numpy()
    stack = fit_stack(taught.select(columns).to_numpy(), y, inputs=INPUTS)
    asked = rows.filter((pl.col("season") == 2002) & (pl.col("outcome") != "push"))
    expected = stack.predict(asked.select(columns).to_numpy())
    assert seen[0].tolist() == pytest.approx(expected.tolist(), rel=1e-12)
    assert seen[1][: len(expected)].tobytes() == seen[0].tobytes()


def test_every_blended_season_is_there_for_the_calibrator_that_comes_next() -> None:
    blended = replay_blend(
        league(), inputs=INPUTS, fit_blend=partial(fit_stack, inputs=INPUTS), min_seasons=1
    )
    assert blended["season"].unique().sort().to_list() == SEASONS[1:]


@pytest.mark.parametrize("season", [2002, 2003, 2004, 2005])
def test_no_outcome_of_a_season_or_later_moves_a_forecast_up_to_that_season(season: int) -> None:
    before, after = replay(league()), replay(flipped(league(), season))
    assert before["game_id"].equals(after["game_id"])
    assert p_hat_until(before, season) == p_hat_until(after, season)


@pytest.mark.parametrize("season", [2001, 2002, 2003, 2004])
def test_outcomes_do_move_the_forecasts_of_later_seasons(season: int) -> None:
    before, after = replay(league()), replay(flipped(league(), season))
    late = [
        table.filter(pl.col("season") > max(season, 2003))["p_hat"].to_numpy()
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
    assert p_hat_until(replay(rows), 2004) == p_hat_until(replay(changed), 2004)


def test_cutting_the_later_seasons_off_changes_no_earlier_row() -> None:
    whole = replay(league()).filter(pl.col("season") <= 2004)
    assert replay(league().filter(pl.col("season") <= 2004)).equals(whole)


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


def test_pushes_and_games_to_come_are_predicted_and_teach_nobody() -> None:
    last = pl.col("season") == 2005
    rows = league().with_columns(
        outcome=pl.when(last & (pl.col("week") > 5)).then(None).otherwise(pl.col("outcome"))
    )
    rows = pl.concat([rows, league([2006], seed=2).with_columns(pl.col("game_id") + "x")])
    spy = Spy()
    table = spy.watch(rows)
    assert len(table) == 3 * GAMES
    assert table["p_hat"].is_not_null().all()
    for p_market in [fit[0][:, 0] for fit in spy.blends] + [fit[0] for fit in spy.calibrators]:
        assert games_of(rows, p_market)["outcome"].is_in(["yes", "no"]).all()
    assert len(spy.blends[-1][1]) == 4 * (GAMES - 1) + 20


def test_scored_rows_by_hand() -> None:
    rows = pl.DataFrame({"p": [0.1, 0.2, 0.3, 0.4], "outcome": ["yes", "push", None, "no"]})
    p, y = scored(rows, ["p"])
    assert p.tolist() == [[0.1], [0.4]]
    assert y.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("n_seasons", [0, 1, 3])
def test_too_few_seasons_give_an_empty_table_of_the_same_columns_and_types(n_seasons: int) -> None:
    full = replay(league())
    short = replay(league().filter(pl.col("season") < 2001 + n_seasons))
    assert len(short) == 0
    assert short.schema == full.schema
    assert short.columns == full.columns


def test_stored_weights_rebuild_every_forecast() -> None:
    table = replay(league())
    for season in (2004, 2005):
        mine = table.filter(pl.col("season") == season)
        first = mine.row(0, named=True)
        stack = Stack(
            inputs=tuple(INPUTS),
            intercept=first["weight_intercept"],
            weights=tuple(first[f"weight_{name}"] for name in INPUTS),
            n_games=0,
        )
        p = mine.select(f"p_{name}" for name in INPUTS).to_numpy()
        assert stack.predict(p).tolist() == pytest.approx(mine["p_raw"].to_list(), rel=1e-12)
    assert table["weight_market"].n_unique() == 2
    assert not table["llm_available"].any()
