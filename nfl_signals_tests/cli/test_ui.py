"""The UI is started on a port that is free, and on no module of the folder that its user stands in."""

import os
import socket
from pathlib import Path

import pytest
import yaml

from nfl_signals.cli import ui
from nfl_signals.core.errors import InputError
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import PROJECT_ROOT
from nfl_signals_tests.support.homes import nfl_signals


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_port_that_there_is_not_is_refused_before_anything_is_opened(
    port: int, tmp_path: Path
) -> None:
    done = nfl_signals("ui", f"--port={port}", home=tmp_path, extra={})
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: --port {port}: no such port; give one of 1024 to 65535.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_another_program_listens_on_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = nfl_signals("ui", "--port", port, home=tmp_path, extra={})
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: --port {port}: cannot be listened on (Address already in")
    assert f"give another port: --port {port + 1}" in done.err
    assert list(tmp_path.iterdir()) == []
    assert ui.free_port(port) == port


def test_port_0_is_one_that_is_free() -> None:
    port = ui.free_port(0)
    with socket.create_server(("127.0.0.1", port)), pytest.raises(InputError, match=str(port)):
        ui.free_port(port)


def test_neither_processes_nor_the_code_server_look_for_modules_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    monkeypatch.setattr(ui.os, "execv", lambda _, command: started.append(command))
    monkeypatch.setattr(ui, "start_watching", lambda _: None)
    ui.become_ui(3210, Paths(tmp_path))
    (command,) = started
    assert "-P" in command[: command.index("-m")]
    assert os.environ["PYTHONSAFEPATH"]  # of the processes that Dagster starts
    workspace = yaml.safe_load(Path(command[command.index("-w") + 1]).read_text())
    (location,) = workspace["load_from"]
    assert location["python_module"] == {
        "module_name": "nfl_signals.definitions",
        "location_name": "nfl_signals",
        "working_directory": str(PROJECT_ROOT),
    }
