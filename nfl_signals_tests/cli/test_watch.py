"""The server of the pipeline is started again once it is lost, and only then."""

import subprocess
import sys
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout

from nfl_signals.cli.watch import PATIENCE, SILENCE, STATE, lost_pipelines, watch
from nfl_signals_tests.support.loopback import listening, running

UNREACHABLE = (
    "dagster._core.errors.DagsterUserCodeUnreachableError: Could not reach user code server."
)
FAULT = "ModuleNotFoundError: No module named 'nfl_signals'"


def state(message: str | None) -> dict[str, Any]:
    """As the webserver tells it; None while all is well."""
    found: dict[str, str] = {"__typename": "RepositoryLocation"}
    if message is not None:
        found = {"__typename": "PythonError", "message": message}
    entry = {"name": "nfl_signals", "locationOrLoadError": found}
    return {"workspaceOrError": {"locationEntries": [entry]}}


class Webserver:
    """Answers in turn; an OSError is one that does not answer."""

    def __init__(self, states: Sequence[str | OSError | None]) -> None:
        self.states, self.reloaded = iter(states), 0
        self.left = len(states)

    def goes_on(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def ask(self, query: str) -> Any:  # noqa: ANN401 - JSON
        if query != STATE:
            assert 'repositoryLocationName: "nfl_signals"' in query
            self.reloaded += 1
            return {}
        found = next(self.states)
        if isinstance(found, OSError):
            raise found
        return state(found)


def watched(*states: str | OSError | None) -> tuple[int, list[str]]:
    server, said = Webserver(states), []
    watch(server.ask, server.goes_on, said.append)
    return server.reloaded, said


@pytest.mark.parametrize(
    ("states", "reloads"),
    [
        ((None, None, None), 0),
        ((None, UNREACHABLE, None, UNREACHABLE, None), 0),
        ((None, *[UNREACHABLE] * PATIENCE), 1),
        ((*[UNREACHABLE] * (2 * PATIENCE), None), 2),
        ((FAULT, FAULT, FAULT, FAULT), 0),
        ((UNREACHABLE, OSError(), UNREACHABLE), 1),
    ],
)
def test_it_is_loaded_again_after_two_looks_at_which_its_server_was_out_of_reach(
    states: tuple[str | OSError | None, ...], reloads: int
) -> None:
    reloaded, said = watched(*states)
    assert (reloaded, len(said)) == (reloads, reloads)


def test_watching_ends_when_nobody_has_answered_for_two_minutes() -> None:
    server = Webserver([OSError("refused")] * SILENCE + [UNREACHABLE] * PATIENCE)
    watch(server.ask, server.goes_on, print)
    assert (server.reloaded, next(server.states)) == (0, UNREACHABLE)


def test_a_workspace_that_is_not_there_yet_has_lost_nothing() -> None:
    assert lost_pipelines({"workspaceOrError": {}}) == []
    entries = [{"name": "nfl_signals", "locationOrLoadError": None}]
    assert lost_pipelines({"workspaceOrError": {"locationEntries": entries}}) == []


UI = """
import subprocess, sys
server = [sys.executable, "-c", "import time; print('server', flush=True); time.sleep(600)"]
subprocess.Popen(server)
subprocess.Popen([sys.executable, "-m", "nfl_signals.cli.watch", *sys.argv[1:]])
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process knows no end of its parent there")
def test_what_a_killed_ui_has_started_ends_with_it(tmp_path: Path) -> None:
    """A pipe that everybody holds is at its end when the last one has ended."""
    looked = threading.Event()

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_error(503)
            looked.set()

        def log_message(self, *_: object) -> None:
            """No lines of a server between those of the tests."""

    http, address = listening(Page)
    with running(http):
        ui = subprocess.Popen(
            [sys.executable, "-c", UI, address, "0.05", str(tmp_path / "lock")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert ui.stdout is not None
        assert ui.stdout.readline() == "server\n"
        assert looked.wait(timeout=60)
        with pytest.raises(Timeout):
            FileLock(tmp_path / "lock").acquire(timeout=0)
        ui.kill()
        assert ui.communicate(timeout=60)[0] == ""
