"""Processes that a benchmark has started: found by their session, told apart by their command, killed.

Whatever a command starts stays in the session that was opened for it, and no process of anybody else
is in there. Reads /proc, so Linux alone.
"""

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nfl_signals.core.settings import PROJECT_ROOT

PAGE = os.sysconf("SC_PAGE_SIZE")
SESSION, RESIDENT = 3, 1  # places in /proc/N/stat after the name, and in /proc/N/statm
KINDS = {
    "dagster_webserver": "webserver",
    "dagster._daemon": "daemon",
    "dagster code-server": "code server",
    "dagster api grpc": "code server",
    "multiprocessing.spawn": "run",
    "dagster dev": "nfl-signals ui",
    "cli.main ui": "nfl-signals ui",
    "cli.main": "terminal run",
}


@dataclass(frozen=True, kw_only=True)
class Process:
    """A living process."""

    pid: int
    kind: str  # one of the values of `KINDS`
    bytes: int  # resident


def start(
    command: list[str], *, environment: Mapping[str, str], log: Path
) -> "subprocess.Popen[bytes]":
    """Start a command in a session of its own; what it prints is appended to the log."""
    with log.open("ab") as file:
        return subprocess.Popen(
            command,
            env=environment,
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )


def living(sessions: Iterable[int]) -> list[Process]:
    """Processes of these sessions, by the kinds that there are; helpers of Dagster's are none."""
    found, wanted = [], set(sessions)
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            state = (folder / "stat").read_text().rpartition(")")[2].split()
            if state[0] == "Z" or int(state[SESSION]) not in wanted:
                continue
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            resident = int((folder / "statm").read_text().split()[RESIDENT]) * PAGE
            kinds = [kind for words, kind in KINDS.items() if words in command]
            found += [
                Process(pid=int(folder.name), kind=kind, bytes=resident) for kind in kinds[:1]
            ]
    return found


def kill_session(session: int) -> None:
    """SIGKILL for whatever is left of a session, as a service manager ends a service."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(state[SESSION]) == session:
                os.kill(int(folder.name), signal.SIGKILL)


def kill(process: Process) -> None:
    """SIGKILL, as from the kernel that is out of memory."""
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
