"""Watches over `nfl-signals ui`: a killed server of the pipeline is started again, and none is left alone.

Dagster's daemon and webserver start the server that holds the pipeline once. When it is killed, by a
person or for want of memory, every schedule and sensor stops with it, while the page goes on answering.
Asking the webserver to load the pipeline again starts another one.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from filelock import FileLock, Timeout

Ask = Callable[[str], Any]
"""Sends a GraphQL query and returns its `data`; OSError where nobody answers."""

LOOK_SECONDS = 10.0
PATIENCE = 2  # looks in a row: while it loads again, it is out of reach as well
SILENCE = 12  # looks without any answer, after which there is nothing left to watch
GONE = "DagsterUserCodeUnreachableError"
STATE = """{workspaceOrError {... on Workspace {locationEntries {name locationOrLoadError {
  __typename ... on PythonError {message}}}}}}"""
RELOAD = 'mutation {{reloadRepositoryLocation(repositoryLocationName: "{name}") {{__typename}}}}'


def watch(ask: Ask, goes_on: Callable[[], bool], say: Callable[[str], None]) -> None:
    """Look again and again, as long as it goes on and somebody answers."""
    out_of_reach = silent = 0
    while goes_on() and silent < SILENCE:
        try:
            lost = lost_pipelines(ask(STATE))
        except OSError:
            silent += 1
            continue
        silent, out_of_reach = 0, out_of_reach + 1 if lost else 0
        if out_of_reach < PATIENCE:
            continue
        out_of_reach = 0
        for name in lost:
            say(f"the server of the pipeline {name} had ended; it is started again")
            with contextlib.suppress(OSError):
                ask(RELOAD.format(name=name))


def lost_pipelines(state: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Names of the pipelines whose server does not answer; not of those that have a fault of their own."""
    entries = state["workspaceOrError"].get("locationEntries", [])
    loaded = ((entry["name"], entry["locationOrLoadError"] or {}) for entry in entries)
    return [name for name, found in loaded if GONE in found.get("message", "")]


def _asking(address: str) -> Ask:
    def ask(query: str) -> Any:  # noqa: ANN401 - JSON
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]

    return ask


def _children(of: int) -> list[int]:
    """Processes that a process has started, this one left out; none where there is no `ps`."""
    try:
        listed = subprocess.run(
            ["ps", "-A", "-o", "pid=", "-o", "ppid="], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return []
    pairs = (line.split() for line in listed.splitlines())
    return [int(pid) for pid, parent in pairs if int(parent) == of and int(pid) != os.getpid()]


def main() -> None:
    """Watch the webserver at an address, every so many seconds, until what started this one ends.

    Meanwhile it holds a lock, by which another UI of the same home knows that this one is on.

    What that one has started ends with it, however it ended: a daemon that went on alone would hold the
    port and start runs that nobody sees.
    """
    address, seconds, started_by = sys.argv[1], float(sys.argv[2]), os.getppid()
    beside, held = _children(started_by), FileLock(sys.argv[3], timeout=0)

    def goes_on() -> bool:
        nonlocal beside
        time.sleep(seconds)
        if os.getppid() != started_by:
            for each in beside:
                with contextlib.suppress(OSError):
                    os.kill(each, signal.SIGTERM)
            return False
        beside = _children(started_by)
        return True

    with contextlib.suppress(KeyboardInterrupt, Timeout), held:
        watch(_asking(address), goes_on, lambda words: print(words, flush=True))  # noqa: T201


if __name__ == "__main__":
    main()
