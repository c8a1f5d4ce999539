"""Advice on weights: where fitting starts in seasons the adviser cannot remember, nothing more."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import stamina

from nfl_signals.core.files import read_parquet
from nfl_signals.ensemble.stacked_model import PLAIN, WITH_SIGNALS
from nfl_signals.learners.baseline import LEARNERS
from nfl_signals.stacking.inputs import SIGNALS
from nfl_signals.training import stacks
from nfl_signals.training.weight_advice import DESCRIPTIONS, SEASON_OPENS
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.chat_server import ChatServer, Reply, completion, serving
from nfl_signals_tests.support.run_contexts import settings_of
from nfl_signals_tests.support.small_training import LEAST, open_small


@pytest.fixture
def copy(small_kickoff_home: Path, tmp_path: Path) -> Path:
    """A home of three weeks a season, trained, that a test may change."""
    return shutil.copytree(small_kickoff_home, tmp_path / "home")


def opened(home: Path, llm: dict[str, Any]) -> RunContext:
    training = LEAST | {"prior": "advice"}
    return open_run(settings_of(home, horizon="kickoff", training=training, llm=llm))


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with serving() as running, stamina.set_testing(True, attempts=99, cap=True):
        yield running


def advising(server: ChatServer) -> dict[str, Any]:
    """A model that trusts the trees and knows nothing of 2022; it is on the loopback interface."""

    def answer(prompt: dict[str, Any]) -> Reply:
        inputs = json.loads(prompt["messages"][-1]["content"])
        means = {"market": 0.8, "lightgbm": 0.4}
        weights = [
            {"input": name, "mean": means.get(name, 0.0), "reason": f"why {name}"}
            for name in inputs
        ]
        return Reply(body=completion({"weights": weights}))

    server.script = answer
    return {
        "provider": "openai",
        "base_url": server.url,
        "model": "small",
        "knowledge_cutoff": "2021-12-31",
    }


def test_advice_moves_the_weights_of_seasons_that_the_adviser_cannot_remember(
    copy: Path, server: ChatServer
) -> None:
    before = read_parquet(open_small(copy, horizon="kickoff").paths.stacked).filter(market="ats")
    context = opened(copy, advising(server))
    card = stacks.train_stack(context, "ats")
    after = read_parquet(context.paths.stacked_part("ats"))
    weights = ["weight_market", "weight_lightgbm"]
    known = pl.col("season") <= 2021
    assert after.filter(known).select(weights).equals(before.filter(known).select(weights))
    for season in (2022, 2023, 2024):
        old, new = (each.filter(season=season)[weights[1]][0] for each in (before, after))
        assert abs(new - 0.4) < abs(old - 0.4)
    advice = card["stacked_models"][PLAIN]["advice"]
    assert advice["means"]["lightgbm"] == 0.4
    assert advice["reasons"]["market"] == "why market"
    assert set(card["stacked_models"][WITH_SIGNALS]["advice"]["means"]) == {
        *advice["means"],
        *SIGNALS,
    }


def test_the_adviser_is_prompted_once_for_each_list_of_inputs_and_then_recorded(
    copy: Path, server: ChatServer
) -> None:
    context = opened(copy, advising(server))
    live = stacks.train_stack(context, "ats")
    assert len(server.requests) == len([PLAIN, WITH_SIGNALS])
    table = read_parquet(context.paths.stacked_part("ats"))
    recorded = opened(copy, {"provider": "replay", "model": "small"})
    assert stacks.train_stack(recorded, "ats") == live
    assert read_parquet(recorded.paths.stacked_part("ats")).equals(table)
    assert len(server.requests) == len([PLAIN, WITH_SIGNALS])


def test_without_an_answer_the_market_is_right(copy: Path) -> None:
    """Nothing recorded: the same stack as without advice, and the card says why."""
    before = read_parquet(open_small(copy, horizon="kickoff").paths.stacked_part("ats"))
    context = opened(copy, {"provider": "replay", "model": "small"})
    card = stacks.train_stack(context, "ats")
    assert read_parquet(context.paths.stacked_part("ats")).equals(before)
    advice = card["stacked_models"][PLAIN]["advice"]
    assert (advice["means"], advice["refusal"]) == (None, "no recorded answer")


def test_every_input_that_a_stack_can_have_is_described_to_the_adviser() -> None:
    assert set(DESCRIPTIONS) == {"market", *LEARNERS, *SIGNALS}


def test_no_game_is_played_before_the_adviser_is_prompted_about_its_season(
    small_kickoff_home: Path,
) -> None:
    """So whoever knows a game of the season is not prompted about its weights."""
    first = (
        read_parquet(small_kickoff_home / "data/raw/games")
        .group_by("season")
        .agg(pl.col("kickoff_at").min())
    )
    for season, kickoff in first.iter_rows():
        assert (kickoff.year, *SEASON_OPENS) == (season, 9, 1)
        assert (kickoff.month, kickoff.day) > SEASON_OPENS
