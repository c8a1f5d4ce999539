"""The UI is started on a port that is free, and on no module of the folder that its user stands in."""

import socket
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from nfl_signals.cli import ui
from nfl_signals.cli.ui import refuse_second_ui
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
    assert done.err == f"error: --port {port}: no such port; there are 0 to 65535.\n"
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
    started: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(ui.os, "execve", lambda _, *how: started.append(how))
    monkeypatch.setattr(ui, "start_watching", lambda *_: None)
    ui.become_ui(3210, Paths(tmp_path))
    ((command, environment),) = started
    assert "-P" in command[: command.index("-m")]
    assert environment["PYTHONSAFEPATH"]  # of the processes that Dagster starts
    workspace = yaml.safe_load(Path(command[command.index("-w") + 1]).read_text())
    (location,) = workspace["load_from"]
    assert location["python_module"] == {
        "module_name": "nfl_signals.definitions",
        "location_name": "nfl_signals",
        "working_directory": str(PROJECT_ROOT),
    }


def test_a_home_whose_ui_is_on_is_refused_a_second_one(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    refuse_second_ui(paths)
    paths.dagster_home.mkdir()
    refuse_second_ui(paths)
    with (
        FileLock(paths.dagster_home / ".ui.lock"),
        pytest.raises(InputError, match="its UI is on already"),
    ):
        refuse_second_ui(paths)
