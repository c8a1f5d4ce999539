"""What moves the stored learners: their newest models, on the last season, by their own account."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import write_json, write_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import load_settings
from nfl_signals.learners.baseline import Baseline, fit_baseline
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.reports.ablation.learner_contributions import SCHEMA, contribution_table
from nfl_signals.workspace.market_games import load_market_games
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import release, utc
from nfl_signals_tests.support.model_builders import NEEDS_TORCH, team_row

GAMES = 60
LAST_SEASON_GAMES = 20
NEWEST, OLDER = "v202110", "v202009"


def season_of(i: int) -> int:
    return 2021 if i >= GAMES - LAST_SEASON_GAMES else 2020


def stored_world(home: Path, *learners: str) -> RunContext:
    """Sixty games whose margin is eight times the difference in `rating`, and fitted models."""
    rng = np.random.default_rng(3)
    rows, markets = [], []
    for i in range(GAMES):
        game, season = f"g{i:03d}", season_of(i)
        home_rating, away_rating = rng.normal(size=2)
        when = {"day": float(i), "season": season, "week": i % 10 + 1}
        rows.append(team_row(game, "KC", is_home=True, **when, rating=home_rating))
        rows.append(team_row(game, "DET", is_home=False, **when, rating=away_rating))
        margin = np.round(8 * (home_rating - away_rating) + rng.normal(0, 6))
        for name in MARKETS:
            points = 44.0 + i % 7 if name == "total" else margin
            markets.append({"game_id": game, "market": name, "points": points, "line": 0.5})
    settings = load_settings(home=home, training={"learners": learners})
    context = RunContext(
        settings=settings,
        paths=Paths(home),
        release=release([]),
        seasons=(2020, 2021),
        as_of=utc("2022-06-01 12:00"),
    )
    write_parquet(context.paths.features / "all.parquet", pl.DataFrame(rows))
    write_parquet(context.paths.markets / "all.parquet", pl.DataFrame(markets))
    return context


def fit(context: RunContext, learner: str, version: str, *, games: int = GAMES) -> None:
    for name, market in MARKETS.items():
        question = load_market_games(context, name)
        rows = np.arange(games)
        baseline = fit_baseline(
            question.matrix, rows, question.points, market=market, learner=learner, seed=1
        )
        folder = context.paths.baseline(name, learner, version)
        baseline.save(folder)
        write_json(folder / "card.json", {})


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    made = stored_world(tmp_path_factory.mktemp("home"), "logistic", "lightgbm")
    for learner in ("logistic", "lightgbm"):
        fit(made, learner, OLDER, games=40)
        fit(made, learner, NEWEST)
    return made


def test_every_column_of_every_learner_has_a_row_on_the_last_season(context: RunContext) -> None:
    table = contribution_table(context)
    names = set(load_market_games(context, "ats").matrix.names)
    assert table.schema == pl.Schema(SCHEMA)
    assert set(table.filter(market="ats", learner="lightgbm")["feature"]) == names
    assert table.group_by("market", "learner").len()["len"].to_list() == [len(names)] * 6
    assert table.select("season", "n", "version").unique().rows() == [
        (2021, LAST_SEASON_GAMES, NEWEST)
    ]


@pytest.mark.parametrize("name", MARKETS)
def test_sizes_are_means_of_the_learner_s_own_contributions(context: RunContext, name: str) -> None:
    question = load_market_games(context, name)
    last = np.flatnonzero(question.matrix.games["season"].to_numpy() == 2021)
    folder = context.paths.baseline(name, "logistic", NEWEST)
    learner = Baseline.load(folder, question.matrix.names).learner
    parts, _ = learner.contributions(question.matrix.inputs.take(last))
    found = contribution_table(context).filter(market=name, learner="logistic")
    assert found["mean_abs"].to_numpy() == pytest.approx(np.abs(parts).mean(axis=0))


def test_the_planted_feature_moves_the_margin_most(context: RunContext) -> None:
    found = contribution_table(context).filter(market="ats", learner="logistic")
    assert found.sort("mean_abs")["feature"][-1] == "rating_difference"


def test_a_learner_without_a_stored_model_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no model yet; run the retraining job first"):
        contribution_table(stored_world(tmp_path, "logistic"))


@NEEDS_TORCH
@pytest.mark.slow
def test_a_learner_without_a_decomposition_has_no_rows(tmp_path: Path) -> None:
    context = stored_world(tmp_path, "logistic", "lstm")
    fit(context, "logistic", NEWEST)
    fit(context, "lstm", NEWEST)
    assert contribution_table(context)["learner"].unique().to_list() == ["logistic"]
