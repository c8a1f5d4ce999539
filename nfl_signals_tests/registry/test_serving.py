"""Claims about requests to a served ensemble and its answers."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.model_server import response_answers, serve_command, serve_environment
from nfl_signals.core.errors import NflSignalsError, SchemaError
from nfl_signals.registry.mlflow_model import requirements
from nfl_signals.registry.serving import answer, request_body, with_feature_version
from nfl_signals_tests.support.absurd import ABSURD
from nfl_signals_tests.support.fake_ensemble import FEATURES, FakeEnsemble, requests


def test_an_ensemble_gets_its_requests_without_what_was_only_for_the_server() -> None:
    sent = with_feature_version(requests(3), FEATURES)
    assert answer(FakeEnsemble(0.0), sent, FEATURES)["p_hat"].to_list() == [0.0, 0.25, 0.5]


@pytest.mark.parametrize("other", ["0000", None])
def test_features_of_another_definition_are_refused(other: str | None) -> None:
    sent = requests().with_columns(feature_version=pl.Series([FEATURES, other]))
    with pytest.raises(SchemaError, match=f"feature_version, game 2024_10_001: {other!r}"):
        answer(FakeEnsemble(0.0), sent, FEATURES)


def test_a_game_that_is_there_twice_is_refused() -> None:
    sent = with_feature_version(pl.concat([requests(), requests()]), FEATURES)
    with pytest.raises(SchemaError, match="game_id: 2024_10_000 is there twice"):
        answer(FakeEnsemble(0.0), sent, FEATURES)


class Odd(FakeEnsemble):
    """Answers every game with one number."""

    def predict(self, requests: pl.DataFrame) -> pl.DataFrame:
        answers = super().predict(requests)
        return answers.with_columns(pl.lit(self.bias, pl.Float64).alias("p_hat"))


@pytest.mark.parametrize("number", [*ABSURD, 1.5, -0.01, None])
def test_an_answer_that_is_no_probability_is_not_given(number: float | None) -> None:
    sent = with_feature_version(requests(), FEATURES)
    with pytest.raises(
        NflSignalsError, match="answer: column p_hat, game 2024_10_000: "
    ) as refused:
        answer(Odd(number), sent, FEATURES)  # type: ignore[arg-type]
    assert refused.value.exit_code == 1


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_every_digit_of_a_number_survives_the_request(numbers: list[float]) -> None:
    sent = pl.DataFrame({"x": numbers})
    content = json.loads(request_body(sent, FEATURES))["dataframe_split"]
    assert pl.DataFrame(content["data"], schema=content["columns"], orient="row")[
        "x"
    ].to_list() == (numbers)


def test_a_request_with_what_json_cannot_hold_is_not_sent() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        request_body(pl.DataFrame({"x": [float("nan")]}), FEATURES)


def test_unknown_numbers_are_null_in_requests_and_answers() -> None:
    assert b"null" in request_body(requests(), FEATURES)
    answers = response_answers(b'{"predictions": [{"p": null, "q": 1}, {"p": 0.5, "q": 2}]}')
    assert answers.to_dict(as_series=False) == {"p": [None, 0.5], "q": [1, 2]}


def test_the_server_listens_on_this_machine_only_and_reports_to_nobody() -> None:
    command, environment = serve_command(Path("/m"), port=5001), serve_environment()
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert environment["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"


def test_requirements_name_what_is_installed_here() -> None:
    assert f"polars=={pl.__version__}" in requirements()
