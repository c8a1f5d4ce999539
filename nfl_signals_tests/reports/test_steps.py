"""Reports of a finished home: complete, about the same games, and the same however often written."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nfl_signals.core.errors import InputError
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.reports.ablation.variants import forecasters
from nfl_signals.reports.shared.forecasters import FINAL
from nfl_signals.reports.steps import learner_contributions, report_ablation
from nfl_signals_tests.support.run_contexts import contents, copy_context


@pytest.fixture(scope="module")
def numbers(finished_home: Path) -> dict[str, Any]:
    return json.loads((finished_home / "reports" / "ablation_stacker.json").read_text())


def test_a_finished_run_has_an_ablation_of_every_market(
    finished_home: Path, numbers: dict[str, Any]
) -> None:
    assert [part["market"] for part in numbers["markets"]] == list(MARKETS)
    for part in numbers["markets"]:
        assert len({row["n"] for row in part["forecasters"]}) == 1
        assert part["forecasters"][0]["forecaster"] == FINAL
        assert [row["learner"] for row in part["contributions"]] == [
            "logistic",
            "lightgbm",
            "xgboost",
        ]
        for chart in part["charts"].values():
            assert (finished_home / "reports" / chart).exists()


def test_every_forecaster_that_was_tried_is_shown_or_named_as_absent(
    finished_home: Path, numbers: dict[str, Any], tmp_path: Path
) -> None:
    wanted = set(forecasters(copy_context(finished_home, tmp_path).settings))
    for part in numbers["markets"]:
        shown = {row["forecaster"] for row in part["forecasters"]}
        assert shown | set(part["absent"]) == wanted


def test_contributions_are_those_of_the_newest_model_of_every_learner(
    finished_home: Path, numbers: dict[str, Any], tmp_path: Path
) -> None:
    context = copy_context(finished_home, tmp_path)
    (newest,) = (tmp_path / "models/baseline/ats/logistic").iterdir()
    shutil.copytree(newest, newest.with_name("v201901"))
    found = learner_contributions(context, "ats")
    assert found == numbers["markets"][0]["contributions"]
    assert found[0]["version"] == newest.name


def test_a_learner_without_a_stored_model_is_an_error_that_names_the_job(
    finished_home: Path, tmp_path: Path
) -> None:
    context = copy_context(finished_home, tmp_path)
    shutil.rmtree(tmp_path / "models/baseline/total/lightgbm")
    with pytest.raises(InputError, match="holds no model yet; run the retraining job first"):
        learner_contributions(context, "total")


@pytest.mark.slow
def test_writing_the_report_again_changes_no_byte(finished_home: Path, tmp_path: Path) -> None:
    context = copy_context(finished_home, tmp_path)
    before = {k: v for k, v in contents(tmp_path / "reports").items() if "ablation" in k}
    shutil.rmtree(tmp_path / "reports")
    assert report_ablation(context) == tmp_path / "reports" / "ablation_stacker.md"
    assert contents(tmp_path / "reports") == before
