"""The ensemble is its folder: it forecasts there what the pipeline stored, from no other files."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nfl_signals.calibration.choice import CANDIDATES
from nfl_signals.calibration.temperature import TemperatureCalibrator
from nfl_signals.core.errors import InputError, IntegrityError, SchemaError
from nfl_signals.core.files import read_json, read_parquet, write_json
from nfl_signals.ensemble.ensemble import ENSEMBLE_FILE, Ensemble
from nfl_signals.ensemble.request import FEATURE_COLUMNS, SIGNAL_COLUMNS
from nfl_signals.ensemble.stacked_model import WITH_SIGNALS
from nfl_signals.learners.baseline import CALIBRATOR_FILE
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.predictions.upcoming import requests_for
from nfl_signals.registry.model_card import model_hash, read_card
from nfl_signals.stacking.inputs import SIGNALS
from nfl_signals.stats.logit import logit
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.run_contexts import settings_of

VERSION = "v202409"
KEYS = ["game_id", "market"]
PROBABILITIES = ["p_hat", "p_push"]


@pytest.fixture(scope="module")
def context(finished_home: Path) -> RunContext:
    return open_run(settings_of(finished_home))


@pytest.fixture(scope="module")
def ensemble(context: RunContext) -> Ensemble:
    return Ensemble.load(context.paths.ensemble(VERSION))


@pytest.fixture(scope="module")
def on_tuesday(context: RunContext) -> pl.DataFrame:
    """The upcoming games, in order of kickoff; no team's report is out."""
    games = read_parquet(context.paths.upcoming)["game_id"].unique(maintain_order=True).to_list()
    return requests_for(context, games, sequences=False)


@pytest.fixture(scope="module")
def requests(on_tuesday: pl.DataFrame) -> pl.DataFrame:
    """The same games, with something written about every team."""
    return written_about(on_tuesday)


@pytest.fixture(scope="module")
def at_kickoff(kickoff_home: Path) -> tuple[Ensemble, pl.DataFrame]:
    """The ensemble of a home at kickoff, which has learned from signals, and its requests with some."""
    context = open_run(settings_of(kickoff_home, horizon="kickoff"))
    games = read_parquet(context.paths.upcoming)["game_id"].unique(maintain_order=True).to_list()
    asked = written_about(requests_for(context, games, sequences=False))
    return Ensemble.load(context.paths.ensemble(VERSION)), asked


@pytest.fixture
def folder(context: RunContext, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return shutil.copytree(context.paths.ensemble(VERSION), tmp_path / "elsewhere")


def written_about(requests: pl.DataFrame) -> pl.DataFrame:
    news = zip(SIGNAL_COLUMNS, np.linspace(-0.6, 0.5, len(SIGNAL_COLUMNS)), strict=True)
    return requests.with_columns(pl.lit(value).alias(name) for name, value in news)


def quiet(requests: pl.DataFrame) -> pl.DataFrame:
    """The same games, about which nobody wrote anything."""
    return requests.with_columns(pl.lit(None, pl.Float64).alias(name) for name in SIGNAL_COLUMNS)


def test_it_forecasts_for_the_upcoming_games_what_the_pipeline_stored(
    context: RunContext, ensemble: Ensemble, on_tuesday: pl.DataFrame
) -> None:
    answers, stored = ensemble.predict(on_tuesday), read_parquet(context.paths.upcoming)
    columns = [*KEYS, "line", "price_yes", "price_no", *PROBABILITIES, "p_market"]
    columns += ["model_version", "model_hash"]
    assert answers.select(columns).sort(KEYS).equals(stored.select(columns).sort(KEYS))
    assert not answers["llm_available"].any()


@pytest.mark.parametrize("name", ["ats", "total"])
def test_learners_are_served_with_the_slope_in_their_folder(
    context: RunContext, ensemble: Ensemble, requests: pl.DataFrame, name: str
) -> None:
    answers = ensemble.predict(requests).filter(market=name)
    uncalibrated = {
        learner: replace(baseline, calibrator=TemperatureCalibrator(slope=1.0, n_games=0))
        for learner, baseline in ensemble.learners[name].items()
    }
    raw = replace(ensemble, learners={**ensemble.learners, name: uncalibrated})
    before = raw.predict(requests).filter(market=name)
    for learner in context.settings.training.learners:
        folder = context.paths.ensemble(VERSION) / "baseline" / name / learner
        slope = read_json(folder / CALIBRATOR_FILE)["slope"]
        odds, odds_raw = (logit(each[f"p_{learner}"].to_numpy()) for each in (answers, before))
        assert odds == pytest.approx(slope * odds_raw, abs=1e-9)
        assert slope != 1.0
        assert read_card(folder)["calibrator"]["slope"] == slope


def test_answers_come_in_the_order_of_the_requests_market_by_market(
    ensemble: Ensemble, requests: pl.DataFrame
) -> None:
    answers = ensemble.predict(requests.reverse())
    expected = [
        (game, market) for game in requests["game_id"].reverse() for market in sorted(MARKETS)
    ]
    assert answers.select(KEYS).rows() == expected
    shown = "game_id market line p_market p_hat p_push venn_abers_low venn_abers_high".split()
    assert set(shown) <= set(answers.columns)


def test_a_playoff_moneyline_is_answered_without_a_push(
    ensemble: Ensemble, requests: pl.DataFrame
) -> None:
    played_on = requests.with_columns(home_is_playoff=1.0, away_is_playoff=1.0)
    for games, pushes in ((requests, True), (played_on, False)):
        answers = ensemble.predict(games).filter(market="moneyline")
        assert (answers["p_push"] > 0).to_list() == [pushes] * answers.height


def test_a_game_alone_gets_the_answer_that_it_gets_among_others(
    ensemble: Ensemble, requests: pl.DataFrame
) -> None:
    together = ensemble.predict(requests)
    alone = pl.concat(ensemble.predict(request) for request in requests.iter_slices(1))
    assert alone.select(KEYS).equals(together.select(KEYS))
    for name in ("p_raw", "p_calibrated", *PROBABILITIES):
        assert alone[name].to_numpy() == pytest.approx(together[name].to_numpy(), abs=1e-12)


def test_every_answer_can_be_taken_to_pieces(at_kickoff: tuple[Ensemble, pl.DataFrame]) -> None:
    ensemble, requests = at_kickoff
    answers = ensemble.predict(requests)
    total = answers["weight_intercept"].to_numpy().copy()
    for name in ("market", *ensemble.learners["ats"]):
        total += answers[f"weight_{name}"].to_numpy() * logit(answers[f"p_{name}"].to_numpy())
    for name in SIGNALS:
        total += answers[f"weight_{name}"].to_numpy() * answers[f"signal_{name}"].to_numpy()
    assert logit(answers["p_raw"].to_numpy()) == pytest.approx(total, abs=1e-9)


def test_a_copy_of_the_folder_forecasts_the_same_wherever_it_lies(
    ensemble: Ensemble, folder: Path, requests: pl.DataFrame
) -> None:
    copy = Ensemble.load(folder)
    assert (copy.version, copy.model_hash) == (ensemble.version, ensemble.model_hash)
    assert copy.predict(requests).equals(ensemble.predict(requests))


def files_of(home: Path) -> list[str]:
    folder = home / "models" / "ensemble" / VERSION
    return [file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()]


def test_any_edited_added_or_missing_file_is_refused(folder: Path, finished_home: Path) -> None:
    names = [name for name in files_of(finished_home) if name != "card.json"]
    assert len(names) > 30
    for name in names:
        before = (folder / name).read_bytes()
        for change in (before + b"\n", b"", None):
            (folder / name).unlink()
            if change is not None:
                (folder / name).write_bytes(change)
            with pytest.raises((IntegrityError, InputError), match="elsewhere"):
                Ensemble.load(folder)
            (folder / name).write_bytes(before)
    (folder / "more.json").write_text("{}")
    with pytest.raises(IntegrityError, match="its files are not what its card describes"):
        Ensemble.load(folder)


def test_without_a_card_there_is_no_ensemble(folder: Path) -> None:
    (folder / "card.json").unlink()
    with pytest.raises(InputError, match=r"elsewhere/card\.json"):
        Ensemble.load(folder)


def test_an_ensemble_fitted_on_other_features_is_refused(folder: Path) -> None:
    card = read_json(folder / "card.json")
    write_json(folder / "card.json", card | {"feature_version": "0123456789ab"})
    with pytest.raises(IntegrityError, match="fitted on features 0123456789ab, this program build"):
        Ensemble.load(folder)


def test_an_ensemble_that_was_fitted_with_another_label_is_refused(folder: Path) -> None:
    card = read_json(folder / "card.json")
    write_json(folder / "card.json", card | {"label": card["label"] | {"total": "another"}})
    with pytest.raises(IntegrityError, match=r"label: fitted with .*'total': 'another'"):
        Ensemble.load(folder)


@pytest.mark.parametrize("name", ["horizon", "decision_time"])
def test_an_ensemble_of_another_decision_time_is_refused(folder: Path, name: str) -> None:
    card = read_json(folder / "card.json")
    write_json(folder / "card.json", card | {name: "on a Wednesday"})
    with pytest.raises(IntegrityError, match=f"{name}: fitted with on a Wednesday"):
        Ensemble.load(folder)


def test_its_card_says_how_it_was_calibrated_what_it_scored_and_what_it_was_made_of(
    context: RunContext, folder: Path
) -> None:
    card = read_json(folder / "card.json")
    for name in MARKETS:
        stack = read_json(context.paths.stacker(name, VERSION) / "card.json")
        assert card["held_out"][name] == stack["held_out"]
        for kind, fitted in card["calibration"][name].items():
            assert fitted == stack["stacked_models"][kind]["calibration"]["fitted"]
            assert fitted["method"] in CANDIDATES
            assert fitted["n_games"] > 0
    assert set(card["data"]) == {"features", "markets"}
    assert card["packages"]["polars"] == pl.__version__
    assert card["seed"] == context.settings.seed


def test_its_folder_names_its_learners_and_describes_its_three_markets(folder: Path) -> None:
    assert read_json(folder / ENSEMBLE_FILE) == {"learners": ["logistic", "lightgbm", "xgboost"]}
    card = read_json(folder / "card.json")
    assert sorted(card["market"]) == sorted(card["label"]) == sorted(MARKETS)
    assert card["training_window"]["last"] == "2024-w09"


WITHOUT: dict[str, tuple[list[str], set[str]]] = {
    "a price of the moneyline": (["home_moneyline"], {"moneyline"}),
    "both prices of the spread": (["home_spread_odds", "away_spread_odds"], {"ats"}),
    "the spread": (["spread_line"], {"ats"}),
    "the total and a price of it": (["total_line", "under_odds"], {"total"}),
    "everything but the total": (["spread_line", "away_moneyline"], {"ats", "moneyline"}),
}


@pytest.mark.parametrize("what", WITHOUT)
def test_a_market_that_is_not_requested_has_no_row_and_other_games_do_not_notice(
    ensemble: Ensemble, requests: pl.DataFrame, what: str
) -> None:
    columns, unasked = WITHOUT[what]
    first = pl.int_range(pl.len()) == 0
    blanked = requests.with_columns(pl.when(~first).then(name).alias(name) for name in columns)
    answers, before = ensemble.predict(blanked), ensemble.predict(requests)
    game = requests["game_id"][0]
    assert set(answers.filter(game_id=game)["market"]) == set(MARKETS) - unasked
    after, before = (each.filter(pl.col("game_id") != game) for each in (answers, before))
    assert after.select(KEYS).equals(before.select(KEYS))
    for name in PROBABILITIES:  # the number of games in a request moves the very last bits
        assert after[name].to_numpy() == pytest.approx(before[name].to_numpy(), abs=1e-12)


def test_a_game_without_any_price_has_no_row(ensemble: Ensemble, requests: pl.DataFrame) -> None:
    bare = requests.select("game_id", *FEATURE_COLUMNS)
    answers = ensemble.predict(bare)
    assert answers.is_empty()
    assert answers.columns == ensemble.predict(requests).columns
    assert ensemble.predict(requests.head(0)).is_empty()


def test_a_request_without_a_feature_is_refused(ensemble: Ensemble, requests: pl.DataFrame) -> None:
    with pytest.raises(SchemaError, match=rf"column {FEATURE_COLUMNS[0]} is missing"):
        ensemble.predict(requests.drop(FEATURE_COLUMNS[0]))


def test_without_signals_it_forecasts_bit_for_bit_what_it_would_without_a_second_stacked_model(
    at_kickoff: tuple[Ensemble, pl.DataFrame],
) -> None:
    ensemble, requests = at_kickoff
    models = {name: (plain, None) for name, (plain, _) in ensemble.stacked_models.items()}
    plain_only = replace(ensemble, stacked_models=models)
    answers = ensemble.predict(quiet(requests))
    assert answers.equals(plain_only.predict(quiet(requests)))
    columns = [*KEYS, "p_raw", "p_calibrated", *PROBABILITIES]
    assert answers.select(columns).equals(plain_only.predict(requests).select(columns))
    assert not answers["llm_available"].any()
    assert (answers["p_hat"] != ensemble.predict(requests)["p_hat"]).all()


def one_side(requests: pl.DataFrame) -> pl.DataFrame:
    return requests.with_columns(pl.lit(None, pl.Float64).alias(SIGNAL_COLUMNS[0]))


def no_columns(requests: pl.DataFrame) -> pl.DataFrame:
    return requests.drop(SIGNAL_COLUMNS)


@pytest.mark.parametrize("silence", [one_side, no_columns])
def test_signals_count_only_where_both_teams_have_all_of_theirs(
    ensemble: Ensemble, requests: pl.DataFrame, silence: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    expected = ensemble.predict(quiet(requests)).select(*KEYS, *PROBABILITIES, "llm_available")
    answers = ensemble.predict(silence(requests))
    assert answers.select(expected.columns).equals(expected)


def test_games_with_and_without_signals_in_one_request_keep_their_own_answers(
    ensemble: Ensemble, requests: pl.DataFrame
) -> None:
    half = requests.height // 2
    mixed = ensemble.predict(pl.concat([requests.head(half), quiet(requests).tail(-half)]))
    known, silent = (ensemble.predict(each) for each in (requests, quiet(requests)))
    expected = pl.concat([known.head(half * len(MARKETS)), silent.tail(-half * len(MARKETS))])
    assert mixed.drop(PROBABILITIES).equals(expected.drop(PROBABILITIES))
    for name in PROBABILITIES:  # solved together: the last digit is that of the request
        assert mixed[name].to_numpy() == pytest.approx(expected[name].to_numpy(), abs=1e-12)


def test_an_ensemble_without_a_second_stacked_model_is_whole(
    folder: Path, ensemble: Ensemble, requests: pl.DataFrame
) -> None:
    """As one is that was trained where nobody reads."""
    for market in MARKETS:
        for file in (folder / "stacker" / market).glob(f"*_{WITH_SIGNALS}.json"):
            file.unlink()
    card = read_json(folder / "card.json")
    write_json(folder / "card.json", card | {"model_hash": model_hash(folder)})
    plain_only = Ensemble.load(folder)
    assert {second for _, second in plain_only.stacked_models.values()} == {None}
    columns = plain_only.predict(requests).select(*KEYS, *PROBABILITIES)
    assert columns.equals(ensemble.predict(quiet(requests)).select(*KEYS, *PROBABILITIES))
