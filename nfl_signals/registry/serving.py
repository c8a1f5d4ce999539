"""What goes over HTTP to a served ensemble, how the server is started, and how it refuses.

    POST /invocations {"dataframe_split": {"columns": [...], "data": [[...], ...]}}

One row per game: every column of `ensemble/request.py`, null where no forecast of a market is wanted
or a signal is not known; and `feature_version`, so that features of another definition are refused.
"""

import importlib.metadata
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Protocol, Self

import polars as pl

from nfl_signals.core.errors import NflSignalsError, SchemaError

FEATURE_VERSION = "feature_version"
"""Column in which a request says which features it holds."""
HOST = "127.0.0.1"
START_SECONDS = 120.0  # a slow machine imports for half a minute
STOP_SECONDS = 20.0
POLL_SECONDS = 0.1
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_MODEL_CATALOG_URI": "",  # else a list of prices of language models is fetched
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
"""Environment of every process that runs mlflow."""

# The package itself is not among them: it is on no index, so there its name would be anybody's.
_NEEDED = "mlflow polars pyarrow pandas numpy scipy scikit-learn lightgbm xgboost-cpu xgboost torch"
_CODE = '''"""What MLflow runs to load this folder; the ensemble beside it is data only."""

from nfl_signals.registry.mlflow_registry import serve_with
from {module} import {name}

serve_with({name})
'''


class Reader(Protocol):
    """What turns an ensemble folder into answers; its class can be imported by name."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a folder, wherever it lies."""

    def predict(self, requests: pl.DataFrame) -> pl.DataFrame:
        """Answer requests; one that cannot be answered is an InputError that says which and why."""


def with_feature_version(requests: pl.DataFrame, feature_version: str) -> pl.DataFrame:
    """Requests of an ensemble as they are sent to its server."""
    return requests.with_columns(pl.lit(feature_version).alias(FEATURE_VERSION))


def request_body(requests: pl.DataFrame, feature_version: str) -> bytes:
    """The JSON to post.

    Example:
        >>> request_body(pl.DataFrame({"game_id": ["2024_10_SF_TB"], "total_line": [None]}), "3f")
        b'{"dataframe_split": {"columns": ["game_id", "total_line", "feature_version"], \
"data": [["2024_10_SF_TB", null, "3f"]]}}'
    """
    sent = with_feature_version(requests, feature_version)
    content = {"columns": sent.columns, "data": sent.rows()}
    return json.dumps({"dataframe_split": content}, allow_nan=False).encode()


def response_answers(body: bytes) -> pl.DataFrame:
    """The answers in a response of status 200."""
    return pl.DataFrame(json.loads(body)["predictions"], infer_schema_length=None)


def answer(reader: Reader, sent: pl.DataFrame, feature_version: str) -> pl.DataFrame:
    """Answer what was sent to a server, if it holds the features that the ensemble was fitted on.

    Raises:
        SchemaError: other features; or a game twice, whose answers could not be kept apart.
        InputError: whatever else the ensemble refuses.
    """
    others = sent.filter(pl.col(FEATURE_VERSION).ne_missing(feature_version))
    if others.height:
        raise SchemaError(
            f"request: column {FEATURE_VERSION}, game {others['game_id'][0]}: "
            f"{others[FEATURE_VERSION][0]!r}; this model was fitted on {feature_version!r}."
        )
    twice = sent.filter(pl.col("game_id").is_duplicated())
    if twice.height:
        raise SchemaError(f"request: column game_id: {twice['game_id'][0]} is there twice.")
    return reader.predict(sent.drop(FEATURE_VERSION))


def serve_command(model: Path, *, port: int) -> list[str]:
    """The command that serves a model folder on `HOST`; run it in `serve_environment`."""
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(model)]
    where = ["--env-manager", "local", "--host", HOST, "--port", str(port), "--workers", "1"]
    return [*command, *where]


def serve_environment() -> dict[str, str]:
    """This process's environment, telemetry and pickles off."""
    # MLflow looks for uvicorn on the path, where an environment that is not activated is not.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return os.environ | ENVIRONMENT | {"PATH": path}


@contextmanager
def served(model: Path) -> Iterator[HTTPConnection]:
    """A connection to a server of a model folder on a free port; the server ends with the block.

    Raises:
        NflSignalsError: it does not come up; with the end of its output.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            serve_command(model, port=port),
            env=serve_environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # the workers too: a signal has to reach the whole group
        )
        connection = HTTPConnection(HOST, port, timeout=START_SECONDS)
        try:
            if not _answers(connection, process):
                log.seek(0)
                raise NflSignalsError(f"{model}: the server did not start: {log.read()[-2000:]}")
            yield connection
        finally:
            connection.close()
            _end(process, port)


def post(connection: HTTPConnection, body: bytes) -> tuple[int, bytes]:
    """Status and body of the response to a request of `request_body`."""
    # Opened anew for each: the server drops one that was idle for a few seconds.
    connection.close()
    connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, response.read()


def model_code(reader: type[Reader]) -> str:
    """The code of a model folder: it names the class that reads the data, and has no logic of its own."""
    return _CODE.format(module=reader.__module__, name=reader.__name__)


def requirements() -> list[str]:
    """What a model folder needs beside this package, in the versions installed here."""
    installed = {item.name.lower(): item.version for item in importlib.metadata.distributions()}
    # Without '+cpu' and the like: a build for this machine is not to be had everywhere.
    return [
        f"{name}=={installed[name].partition('+')[0]}"
        for name in _NEEDED.split()
        if name in installed
    ]


def _answers(connection: HTTPConnection, process: subprocess.Popen[bytes]) -> bool:
    """Whether /ping answers before the time is up, and before the process ends."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            connection.request("GET", "/ping")
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                return True
        except OSError:
            connection.close()
        time.sleep(POLL_SECONDS)
    return False


def _end(process: subprocess.Popen[bytes], port: int) -> None:
    """Terminate the group, and kill what still runs when the time is up."""
    until = time.monotonic() + STOP_SECONDS
    with suppress(ProcessLookupError):  # it may have ended by itself
        os.killpg(process.pid, signal.SIGTERM)
        # The server is a child of the process that we started, and may outlive it for a moment.
        while _listens(port) or process.poll() is None:
            if time.monotonic() > until:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(POLL_SECONDS)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
