"""The whole pipeline on the real releases at kickoff: coverage, the known score of the close, an as-of."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.paths import Paths
from nfl_signals.monitoring.ledger import BACKDATED
from nfl_signals_tests.conftest import _REAL_FOLDER
from nfl_signals_tests.support.homes import CommandResult, made_once, nfl_signals

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

MONDAY_NIGHT = "2023_10_DEN_BUF"
MIDNIGHT = datetime(2023, 11, 14, tzinfo=UTC)
"""Before that Monday night's kickoff at 01:15 UTC, after everything else of the week."""

SOURCE = {"NFL_SIGNALS_NFLVERSE": _REAL_FOLDER, "NFL_SIGNALS_HORIZON": "kickoff"}


def run(home: Path, *options: str) -> None:
    done = nfl_signals("run", "--source", "nflverse", *options, home=home, extra=SOURCE)
    assert done.code == 0, done.err


@pytest.fixture(scope="module")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one run on all real seasons."""
    return made_once(tmp_path_factory, "real", lambda home: run(home, "--seasons", "1999-2023"))


@pytest.fixture(scope="module")
def monday_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that stands on a Monday in the middle of a week."""
    seasons = ["--seasons", "2015-2023"]
    return made_once(
        tmp_path_factory, "monday", lambda home: run(home, *seasons, "--as-of", "2023-11-14")
    )


def table(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "*.parquet")


def test_every_team_and_game_has_its_features(real_home: Path) -> None:
    features = table(Paths(real_home).features)
    assert features.height == 13_412
    assert features.select("game_id", "team_id").is_unique().all()
    assert sum(features.null_count().row(0)) == 0


def test_every_game_since_2009_with_line_and_price_is_predicted_once(real_home: Path) -> None:
    key = ["game_id", "market"]
    stacked = pl.read_parquet(Paths(real_home).stacked).select(key)
    due = table(Paths(real_home).markets).filter(pl.col("season") >= 2009)
    due = due.drop_nulls(["line", "price_yes", "price_no"]).select(key)
    assert stacked.sort(key).equals(due.sort(key))
    assert stacked.is_unique().all()


def test_the_close_scores_what_it_is_known_to_score(real_home: Path) -> None:
    games = table(Paths(real_home).markets).filter(
        pl.col("season").is_between(2009, 2022),
        pl.col("market") == "moneyline",
        pl.col("p_market").is_not_null(),
        pl.col("outcome").is_in(["yes", "no"]),
    )
    home_won = (games["outcome"] == "yes").cast(pl.Float64)
    brier = ((games["p_market"] - home_won) ** 2).mean()
    assert 0.2102 <= brier <= 0.2108


@pytest.mark.parametrize(("market", "least_gain"), [("ats", 0.0028), ("total", 0.0010)])
def test_no_baseline_is_surer_of_itself_than_its_earlier_seasons_allow(
    real_home: Path, market: str, least_gain: float
) -> None:
    """Raw they scored .2520 to .2555 at the line that they do not know; a coin scores .25."""
    markets = table(Paths(real_home).markets).filter(pl.col("season").is_between(2009, 2023))
    games = pl.read_parquet(Paths(real_home).oof).filter(market=market, scheme="walk_forward")
    games = games.join(markets, on=["game_id", "market"]).filter(pl.col("outcome") != "push")
    yes = (pl.col("outcome") == "yes").cast(pl.Float64)
    brier = games.group_by("learner").agg(
        n=pl.len(),
        raw=((pl.col("p_raw") - yes) ** 2).mean(),
        calibrated=((pl.col("p_hat") - yes) ** 2).mean(),
    )
    assert brier.height == 3
    assert brier["n"].min() > 3_900
    assert brier["calibrated"].max() <= 0.2502
    assert (brier["raw"] - brier["calibrated"]).min() >= least_gain
    if market == "ats":
        logistic = brier.row(by_predicate=pl.col("learner") == "logistic", named=True)
        assert logistic["raw"] == pytest.approx(0.2547, abs=0.0002)
        assert logistic["calibrated"] == pytest.approx(0.2501, abs=0.0002)


def test_no_learner_gives_the_nominal_home_team_of_neutral_ground_more_than_the_close_does(
    real_home: Path,
) -> None:
    """With home field learnt from all other games it was -4.5, +3.6 and +4.2 points in 100."""
    neutral = table(Paths(real_home).features).filter(pl.col("is_home"), pl.col("is_neutral") == 1)
    prices = table(Paths(real_home).markets).filter(market="moneyline").drop_nulls("p_market")
    forecasts = pl.read_parquet(Paths(real_home).oof).filter(
        market="moneyline", scheme="walk_forward"
    )
    games = forecasts.join(neutral, on="game_id", how="semi").join(prices, on="game_id")
    off = games.group_by("learner").agg(
        n=pl.len(), mean=(pl.col("p_hat") - pl.col("p_market")).mean()
    )
    assert (off.height, off["n"].min()) == (3, 70)
    assert off["mean"].abs().max() < 0.02


def test_what_is_stored_can_be_verified(real_home: Path) -> None:
    done: CommandResult = nfl_signals("verify", home=real_home, extra=SOURCE)
    assert (done.code, done.err) == (0, "")
    assert "FAILED" not in done.out


def test_an_earlier_now_knows_no_later_outcome(monday_home: Path) -> None:
    markets = table(Paths(monday_home).markets)
    known = markets.filter(pl.col("points").is_not_null() | pl.col("outcome").is_not_null())
    assert known["kickoff_at"].max() < MIDNIGHT
    later = markets.filter(pl.col("kickoff_at") >= MIDNIGHT)
    assert later.filter(pl.col("game_id") == MONDAY_NIGHT).height == 3
    assert later.height > 300
    book = pl.read_parquet(Paths(monday_home).ledger)
    backdated = book.filter(period_flag=BACKDATED)
    assert set(backdated["book"]) == {"learning"}
    assert backdated.height == pl.read_parquet(Paths(monday_home).upcoming).height
    assert book.filter(book="production").is_empty()
    assert book.filter(pl.col("period_flag") != BACKDATED)["kickoff_at"].max() < MIDNIGHT


def test_an_earlier_now_predicts_the_games_that_were_then_to_come(monday_home: Path) -> None:
    """At midnight UTC on Tuesday: the Monday night game and the whole week after it."""
    upcoming = pl.read_parquet(Paths(monday_home).upcoming)
    monday = upcoming.filter(game_id=MONDAY_NIGHT)
    assert sorted(monday["market"]) == ["ats", "moneyline", "total"]
    rest = upcoming.filter(pl.col("game_id") != MONDAY_NIGHT)
    assert (rest["week"].unique().to_list(), rest["game_id"].n_unique()) == ([11], 14)
    assert set(upcoming["made_at"]) == {MIDNIGHT}
    assert set(upcoming["model_version"]) == {"v202310"}
