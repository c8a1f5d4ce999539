"""A registered ensemble over HTTP, served by `mlflow models serve` in processes of its own."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks.model_server import post, response_answers, served
from nfl_signals.core.errors import NflSignalsError
from nfl_signals.core.paths import Paths
from nfl_signals.registry.mlflow_registry import RegisteredVersion, create_registry
from nfl_signals.registry.serving import request_body
from nfl_signals_tests.support.fake_ensemble import FEATURES, FakeEnsemble, requests, write_ensemble

pytestmark = pytest.mark.slow
REPOSITORY = str(Path(__file__).parents[2])


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> RegisteredVersion:
    """An ensemble of bias 0.25 in a home of its own."""
    home = tmp_path_factory.mktemp("served")
    return create_registry(Paths(home)).register(
        write_ensemble(home / "v202409"),
        reader=FakeEnsemble,
        example=requests(),
        metrics={},
        params={},
    )


@pytest.fixture(scope="module")
def server(version: RegisteredVersion) -> Iterator[HTTPConnection]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", REPOSITORY)  # where the fake is
        with served(version.folder) as connection:
            yield connection


@pytest.mark.parametrize("n_games", [1, 256])
def test_the_server_answers_exactly_as_the_ensemble_does(
    server: HTTPConnection, n_games: int
) -> None:
    status, body = post(server, request_body(requests(n_games), FEATURES))
    assert status == 200
    expected = FakeEnsemble(0.25).predict(requests(n_games))
    answers = response_answers(body).cast(dict(expected.schema))
    assert_frame_equal(answers, expected, check_exact=True)


def test_the_documented_example_is_answered(
    server: HTTPConnection, version: RegisteredVersion
) -> None:
    status, body = post(server, (version.folder / "serving_input_example.json").read_bytes())
    assert status == 200
    assert response_answers(body)["p_hat"].to_list() == [0.25, 0.75]


@pytest.mark.parametrize(
    ("sent", "column"),
    [
        (requests().drop("spread_line"), "spread_line"),
        (requests().with_columns(home_strength=pl.lit("strong")), "home_strength"),
        (requests().with_columns(home_strength=pl.lit(None, pl.Float64)), "home_strength"),
        (requests().with_columns(game_id=pl.lit("one")), "game_id: one is there twice"),
    ],
)
def test_a_bad_request_is_a_400_that_names_the_column(
    server: HTTPConnection, sent: pl.DataFrame, column: str
) -> None:
    status, body = post(server, request_body(sent, FEATURES))
    assert status == 400
    assert column in json.loads(body)["message"]


@pytest.mark.parametrize(
    "number", ["1e400", "1e300", "-5000000", "NaN", "Infinity", "1" + "0" * 400]
)
def test_no_number_of_a_request_makes_an_answer_that_is_none(
    server: HTTPConnection, number: str
) -> None:
    one = requests(1).with_columns(home_strength=pl.lit(0.625))
    body = request_body(one, FEATURES).replace(b"0.625", number.encode())
    status, answered = post(server, body)
    assert status >= 400
    assert "message" in json.loads(answered)


def test_features_of_another_definition_are_a_400(server: HTTPConnection) -> None:
    status, body = post(server, request_body(requests(), "0000"))
    assert status == 400
    assert "'0000'; this model was fitted on '3f2a'" in json.loads(body)["message"]


def test_what_is_no_json_is_a_400(server: HTTPConnection) -> None:
    status, _ = post(server, b"win, please")
    assert status == 400


def test_a_folder_that_holds_no_model_is_an_error_with_the_servers_words(tmp_path: Path) -> None:
    with pytest.raises(NflSignalsError, match="did not start"), served(tmp_path / "nothing"):
        pass


def test_nothing_listens_after_the_block(version: RegisteredVersion) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", REPOSITORY)
        with served(version.folder) as connection:
            assert connection.port
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection(connection.host, connection.port).connect()
