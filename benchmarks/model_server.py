"""`mlflow models serve` as a block: a server of a model folder that ends with the block."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import polars as pl

from nfl_signals.core.errors import NflSignalsError
from nfl_signals.registry.mlflow_model import ENVIRONMENT

HOST = "127.0.0.1"
START_SECONDS = 120.0  # a slow machine imports for half a minute
STOP_SECONDS = 20.0
POLL_SECONDS = 0.1


def response_answers(body: bytes) -> pl.DataFrame:
    """The answers in a response of status 200."""
    return pl.DataFrame(json.loads(body)["predictions"], infer_schema_length=None)


def serve_command(model: Path | str, *, port: int) -> list[str]:
    """The command that serves a model (folder or URI) on `HOST`; run it in `serve_environment`."""
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(model)]
    where = ["--env-manager", "local", "--host", HOST, "--port", str(port), "--workers", "1"]
    return [*command, *where]


def serve_environment() -> dict[str, str]:
    """This process's environment, telemetry and pickles off."""
    # MLflow looks for uvicorn on the path, where an environment that is not activated is not.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return os.environ | ENVIRONMENT | {"PATH": path}


@contextmanager
def served(
    model: Path | str, *, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[HTTPConnection]:
    """A connection to a server of a model on a free port; the server ends with the block.

    Args:
        model: its folder or MLflow's URI of it.
        folder: that the server runs in; None: this process's.
        environment: added to `serve_environment`.

    Raises:
        NflSignalsError: it does not come up; with the end of its output.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            serve_command(model, port=port),
            cwd=folder,
            env=serve_environment() | dict(environment or {}),
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
