"""Comparisons of two forecasters, and of a forecaster with the close, find what is known to be so."""

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.markets.definitions import MarketName
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.monitoring.closing_line_value import with_closing_line_value
from nfl_signals.simulator.league import League, simulate
from nfl_signals.stats.confidence_sequence import ConfidenceSequence, brier_difference
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.known_truth import Games, games

PATHS = 200
THREE_SEASONS = 2016
NO_SCORES = pl.DataFrame(schema={"season": pl.Int32})  # moneylines need none


def early(market: MarketName) -> Games:
    """The first three seasons."""
    whole = games(market)
    keep = whole.season <= THREE_SEASONS
    return Games(**{name: part[keep] for name, part in vars(whole).items()})


def misses(found: ConfidenceSequence, truth: np.ndarray) -> bool:
    return bool(np.any((found.low > truth) | (truth > found.high)))


@pytest.mark.slow
@pytest.mark.parametrize("market", ["moneyline", "total"])
def test_of_the_sequences_of_a_brier_difference_19_in_20_hold_the_truth_in_every_week(
    market: MarketName,
) -> None:
    """The truth is expected to beat another forecast by the squared distance between them."""
    some = early(market)
    weekly = np.unique(some.week_index, return_inverse=True)[1]
    gained = np.bincount(weekly, weights=-((some.true - some.stated) ** 2))
    truth = np.cumsum(gained) / np.cumsum(np.bincount(weekly))
    found = [
        brier_difference(some.true, some.stated, y, some.week_index)
        for y in some.redrawn(seed=8, times=PATHS).T
    ]
    assert np.mean([misses(one, truth) for one in found]) <= 0.05


@pytest.mark.slow
def test_eight_seasons_prove_most_of_the_time_that_the_truth_is_better() -> None:
    whole = games("moneyline")
    found = [
        brier_difference(whole.true, whole.stated, y, whole.week_index)
        for y in whole.redrawn(seed=11, times=20).T
    ]
    assert np.mean([one.high[-1] < 0 for one in found]) > 0.5


@pytest.fixture(scope="module")
def sharp() -> League:
    """A bookmaker whose close is the truth, but for the rounding of odds."""
    settings = SimulatorSettings(
        first_season=2014, n_seasons=2, weeks_played=22, line_noise=0.0, open_noise=2.0
    )
    return simulate(settings, seed=13)


def moneylines(league: League) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every game at its opening prices, with its true probability; and the same at the close."""

    def priced(home: str, away: str) -> dict[str, pl.Expr]:
        no_vig = no_vig_probability(pl.col(home), pl.col(away))
        prices = {"price_yes": pl.col(home), "price_no": pl.col(away), "p_market": no_vig}
        return {"market": pl.lit("moneyline"), "line": pl.lit(0.0)} | prices

    both = (
        league.games.join(league.lines_open, on="game_id")
        .join(league.truth, on="game_id")
        .drop_nulls(["home_moneyline", "away_moneyline"])
        .with_columns(p_true=pl.col("p_home_win") / (1 - pl.col("p_tie")))
    )
    opened = priced("home_moneyline_open", "away_moneyline_open")
    closed = priced("home_moneyline", "away_moneyline")
    when = {
        "made_at": pl.lit(utc("2014-09-02 14:00")),
        "kickoff_at": pl.lit(utc("2014-09-07 17:00")),
    }
    names = ("game_id", "season", "week", "p_true")
    return both.select(*names, **when, **opened), both.select("game_id", **closed)


@pytest.mark.parametrize("sign", [1, -1], ids=["with the truth", "against it"])
def test_where_the_close_is_the_truth_a_lean_is_worth_what_the_opening_price_missed(
    sharp: League, sign: int
) -> None:
    opened, close = moneylines(sharp)
    distance = pl.col("p_true") - pl.col("p_market")
    graded = opened.with_columns(p_hat=pl.col("p_market") + sign * 0.1 * distance)
    found = with_closing_line_value(graded, close, NO_SCORES).drop_nulls("closing_line_value")
    # A lean within the rounding of the odds may fall on either side.
    clear = found.filter(distance.abs() > 0.01)
    missed = clear.select(distance.abs()).to_series()
    assert clear["closing_line_value"].to_numpy() == pytest.approx(
        sign * missed.to_numpy(), abs=0.01
    )
    assert len(clear) > 300


def test_a_lean_drawn_at_random_is_worth_nothing(sharp: League) -> None:
    opened, close = moneylines(sharp)
    lean = np.random.default_rng(10).choice([-0.01, 0.01], len(opened))
    graded = opened.with_columns(p_hat=pl.col("p_market") + pl.Series(lean))
    values = (
        with_closing_line_value(graded, close, NO_SCORES)["closing_line_value"]
        .drop_nulls()
        .to_numpy()
    )
    assert values.mean() == pytest.approx(0, abs=3.5 * values.std() / np.sqrt(len(values)))
