"""Claims about lines and prices: `simulator.bookmaker` and `simulator.truth`."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.markets.definitions import LINES, PRICES
from nfl_signals.markets.odds import implied_probability, no_vig_probability
from nfl_signals.simulator.games.bookmaker import american_odds, even_line, post_prices
from nfl_signals.simulator.games.scoring import MARGINS, score_distribution
from nfl_signals.simulator.games.truth import truth_table

N = 4000


def some_games(n: int = N) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "game_id": [f"g{i}" for i in range(n)],
            "margin_at": rng.normal(2, 6, n),
            "total_at": rng.normal(45, 4, n),
            "margin_reported": rng.normal(0, 2, n),
            "total_reported": rng.normal(-1, 2, n),
            "game_type": ["REG"] * n,
        }
    )


def priced(*, line_noise: float = 1.0, hold: float = 0.045, scarce: bool = False) -> pl.DataFrame:
    settings = SimulatorSettings(line_noise=line_noise, hold=hold)
    games = some_games()
    board = post_prices(games, settings=settings, scarce=scarce, rng=np.random.default_rng(1))
    return pl.concat([games, board.closing], how="horizontal")


def test_even_chances_cost_minus_110_at_a_hold_of_one_in_22() -> None:
    assert american_odds(np.array([0.5]), hold=1 - 1 / (2 * 110 / 210)).tolist() == [-110]


def test_without_a_hold_prices_are_fair() -> None:
    odds = american_odds(np.array([0.5, 0.6, 0.4, 0.2]), hold=0.0)
    assert odds.tolist() == [-100, -150, 150, 400]


def test_no_price_is_longer_than_the_longest() -> None:
    odds = american_odds(np.array([0.99999, 0.00001]), hold=0.04)
    assert odds.tolist() == [-5000, 5000]


@given(probability=st.floats(0.03, 0.9), margin=st.floats(0, 0.09))
def test_prices_are_whole_and_at_least_100_away_from_zero(
    probability: float, margin: float
) -> None:
    odds = american_odds(np.array([probability]), hold=margin)
    assert abs(odds[0]) >= 100
    assert odds[0] == round(odds[0])


def test_the_no_vig_probability_gives_the_bookmakers_belief_back() -> None:
    games = priced(line_noise=0.0).join(truth_table(priced(line_noise=0.0)), on="game_id")
    seen = games.select(
        error=(
            no_vig_probability(pl.col("home_moneyline"), pl.col("away_moneyline"))
            - pl.col("p_home_win") / (1 - pl.col("p_tie"))
        ).abs()
    )
    assert seen["error"].max() < 0.005


@pytest.mark.parametrize("wanted", [0.0, 0.045, 0.08])
def test_every_market_has_the_hold_of_the_settings(wanted: float) -> None:
    games = priced(hold=wanted)
    for yes, no in (
        ("home_moneyline", "away_moneyline"),
        ("home_spread_odds", "away_spread_odds"),
        ("over_odds", "under_odds"),
    ):
        implied = implied_probability(pl.col(yes)) + implied_probability(pl.col(no))
        found = games.select((1 - 1 / implied).median()).item()
        assert found == pytest.approx(wanted, abs=0.002)


def test_lines_are_half_points_with_nflverses_sign() -> None:
    games = priced()
    assert ((games["spread_line"] * 2) % 1 == 0).all()
    assert ((games["total_line"] * 2) % 1 == 0).all()
    assert np.corrcoef(games["spread_line"], games["margin_at"])[0, 1] > 0.9
    favoured = games.filter(pl.col("spread_line") > 1)
    assert (favoured["home_moneyline"] < favoured["away_moneyline"]).all()


def test_the_spread_scatters_around_the_true_mean_by_the_noise_of_the_settings() -> None:
    games = priced(line_noise=2.0).join(truth_table(priced(line_noise=2.0)), on="game_id")
    error = games["spread_line"] - games["true_mean_margin"]
    assert error.mean() == pytest.approx(0, abs=0.15)
    assert error.std() == pytest.approx(2.0, abs=0.2)
    assert (games["total_line"] - games["true_mean_total"]).std() == pytest.approx(2.0, abs=0.2)


def test_without_noise_the_line_splits_the_truth_evenly() -> None:
    games = priced(line_noise=0.0).join(truth_table(priced(line_noise=0.0)), on="game_id")
    cover = games["p_home_cover"] / (1 - games["p_cover_push"])
    over = games["p_over"] / (1 - games["p_total_push"])
    assert (cover - 0.5).abs().max() < 0.03
    assert (over - 0.5).abs().max() < 0.03


def test_the_even_line_is_the_best_of_all_half_points() -> None:
    pmf = score_distribution(np.array([4.2]), np.array([45.0]), can_tie=np.array([True])).margin
    chosen = even_line(pmf, MARGINS)[0]

    def unevenness(line: float) -> float:
        above, below = pmf[0, line < MARGINS].sum(), pmf[0, line > MARGINS].sum()
        return abs(above / (above + below) - 0.5)

    assert unevenness(chosen) == pytest.approx(min(unevenness(k / 2) for k in range(-40, 41)))


def test_lines_gather_on_three_as_real_ones_do() -> None:
    share = (priced()["spread_line"].abs() == 3).mean()
    assert 0.10 < share < 0.19


def test_only_scarce_seasons_lack_prices_and_lines_never_go_without_their_prices() -> None:
    assert priced().null_count().sum_horizontal().item() == 0
    games = priced(scarce=True)
    missing = games.select(pl.all_horizontal(pl.col(*PRICES).is_null()).sum()).item()
    assert 0.002 * N < missing < 0.009 * N
    without_line = games.filter(pl.any_horizontal(pl.col(*LINES).is_null()))
    assert 0 < len(without_line) < missing
    assert without_line.select(pl.all_horizontal(pl.col(*PRICES, *LINES).is_null()).all()).item()


def test_truth_is_null_at_a_missing_line_and_known_for_the_winner() -> None:
    games = priced().with_columns(spread_line=pl.lit(None), total_line=pl.lit(None))
    truth = truth_table(games)
    gone = ["p_home_cover", "p_cover_push", "p_over", "p_total_push"]
    assert truth.select(pl.col(gone).is_null().all()).row(0) == (True,) * 4
    assert truth.select(pl.col("p_home_win", "p_tie").is_not_null().all()).row(0) == (True, True)


def test_a_half_point_line_never_pushes_and_a_whole_one_always_may() -> None:
    games = priced().join(truth_table(priced()), on="game_id")
    whole = pl.col("spread_line") % 1 == 0
    assert (games.filter(~whole)["p_cover_push"] == 0).all()
    assert (games.filter(whole)["p_cover_push"] > 0).all()


def boards(line_noise: float, open_noise: float | None) -> pl.DataFrame:
    settings = SimulatorSettings(line_noise=line_noise, open_noise=open_noise)
    games = some_games(8000)
    board = post_prices(games, settings=settings, scarce=False, rng=np.random.default_rng(1))
    both = pl.concat([games, board.closing, board.opening], how="horizontal")
    return both.join(truth_table(both), on="game_id")


@pytest.mark.parametrize(
    ("line_noise", "open_noise", "expected"), [(1.5, 3.0, 3.0), (1.5, None, 3.0), (0.0, 2.0, 2.0)]
)
def test_the_open_scatters_around_the_truth_by_the_noise_of_the_settings(
    line_noise: float, open_noise: float | None, expected: float
) -> None:
    games = boards(line_noise, open_noise)
    for opened, mean in (("spread_open", "true_mean_margin"), ("total_open", "true_mean_total")):
        error = games[opened] - games[mean]
        assert error.mean() == pytest.approx(0, abs=0.3)
        assert error.std() == pytest.approx(expected, rel=0.12)


def test_the_close_is_a_refinement_of_the_open() -> None:
    """The move away from the open is unrelated to the error that the close still has."""
    games = boards(2.0, 4.0)
    close = games["spread_line"] - games["true_mean_margin"]
    opened = games["spread_open"] - games["true_mean_margin"]
    assert np.corrcoef(close, opened)[0, 1] == pytest.approx(2.0 / 4.0, abs=0.05)
    assert abs(np.corrcoef(close, opened - close)[0, 1]) < 0.06


def test_an_open_as_sharp_as_the_close_is_the_close() -> None:
    games = boards(1.0, 1.0)
    assert games["spread_open"].equals(games["spread_line"].rename("spread_open"))
    assert (games["home_moneyline_open"] == games["home_moneyline"]).all()


def test_an_open_sharper_than_the_close_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"open_noise: 0\.5 is less than line_noise 1\.0"):
        boards(1.0, 0.5)
