"""Dagster's UI as a process: a port that is free, and modules that are the installed ones."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import yaml
from filelock import FileLock, Timeout

from nfl_signals.cli import watch
from nfl_signals.core.errors import InputError
from nfl_signals.core.files import write_text
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import PROJECT_ROOT
from nfl_signals.workspace.home_files import usual

HOST = "127.0.0.1"
WORKSPACE = "workspace.yaml"
PORTS = range(2**16)


def free_port(port: int) -> int:
    """The port, if a server can listen on it now; for 0 one that is free.

    Raises:
        InputError: there is no such port, it is in use, or this user may not listen on it.
    """
    if port not in PORTS:
        raise InputError(f"--port {port}: no such port; there are 0 to {PORTS[-1]}.")
    with socket.socket() as listener:
        if os.name == "posix":  # as the server does: connections that just ended do not count
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise InputError(
                f"--port {port}: cannot be listened on ({error.strerror or error}); end the program "
                f"that uses it, perhaps another `nfl-signals ui`, or give another port: --port {port + 1}"
            ) from None
        return int(listener.getsockname()[1])


def refuse_second_ui(paths: Paths) -> None:
    """Raise InputError where the UI of this home is on: two daemons would start every run twice."""
    lock = _lock(paths)
    if not lock.parent.is_dir():
        return
    try:
        with FileLock(lock, timeout=0):
            return
    except Timeout:
        raise InputError(
            f"{paths.home}: its UI is on already; use that one, or end it and try again in ten seconds."
        ) from None


def become_ui(port: int, paths: Paths) -> NoReturn:
    """Turn this process into `dagster dev` on a port; it ends its webserver and daemon with itself.

    Beside it a process watches over the server of the pipeline, see `watch.py`.

    Raises:
        StorageError: nothing can be written to the home.
    """
    # Dagster starts `python -m`, and that would take modules from the folder that a user stands in.
    environment = os.environ | {"PYTHONSAFEPATH": "1"}
    # Dagster announces successors of `dagster dev` on every start; that is not for users of the UI.
    quiet, where = (
        ["-P", "-W", "ignore"],
        ["-w", str(_workspace(paths)), "-h", HOST, "-p", str(port)],
    )
    start_watching(port, _lock(paths))
    command = [sys.executable, *quiet, "-m", "dagster", "dev", *where]
    os.execve(sys.executable, command, environment)


def start_watching(port: int, lock: Path) -> None:
    """Start the process that watches over the pipeline's server, and holds a lock; it ends with this one."""
    page = f"http://{HOST}:{port}/graphql"
    watching = [
        sys.executable,
        "-P",
        "-m",
        watch.__name__,
        page,
        str(watch.LOOK_SECONDS),
        str(lock),
    ]
    subprocess.Popen(watching, stdin=subprocess.DEVNULL)


def _lock(paths: Paths) -> Path:
    return paths.dagster_home / ".ui.lock"


def _workspace(paths: Paths) -> Path:
    """The usual workspace file, for a code server that takes modules from where this one lies."""
    content = yaml.safe_load(usual(WORKSPACE))
    for location in content["load_from"]:
        location["python_module"]["working_directory"] = str(PROJECT_ROOT)
    return write_text(paths.dagster_home / WORKSPACE, yaml.safe_dump(content))
