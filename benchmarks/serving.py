"""How long a registered ensemble takes to answer: over HTTP, through MLflow, and without either."""

import argparse
from collections.abc import Callable
from http.client import HTTPConnection
from time import perf_counter

import numpy as np
import polars as pl
from comparison import HOME, stored_home
from model_server import post, response_answers, served
from terminal import run, show

from nfl_signals.checks.registry import LARGEST_DIFFERENCE, largest_difference, stored_requests
from nfl_signals.core.errors import NflSignalsError
from nfl_signals.registry.mlflow_registry import ALIASES, CHAMPION, RegisteredModel, open_registry
from nfl_signals.registry.serving import request_body

MANUAL = """\
Serves a registered version of a finished home with `mlflow models serve` on 127.0.0.1, one worker,
and requests forecasts of one game and of many: the upcoming games, or those of the last week that has
lines, repeated under other names as often as needed. The same requests go to the same model through
MLflow in this process (signature and pandas, no HTTP), and to the Python object inside. All three
must agree to 1e-12 before anything is timed.

  NFL_SIGNALS_HOME=/tmp/league nfl-signals run
  python benchmarks/serving.py --home /tmp/league

Requests follow each other, each on a connection of its own; the first calls are not counted.
Building the JSON of a request is not counted, reading the answer's is.
"""
SIZES = (1, 256)
WARM_UP = 20
CALLS = {1: 300, 256: 100}

Call = Callable[[], object]


def main() -> None:
    """Print one table: rows are ways to request, two sizes each."""
    options = _arguments()
    context = stored_home(options.home)
    model = open_registry(context.paths).load(options.version)
    games = stored_requests(context)
    start = perf_counter()
    with served(model.version.folder) as connection:
        up = perf_counter() - start
        rows = [
            row for size in SIZES for row in _rows(model, connection, repeated(games, size), size)
        ]
    columns = ["", "games", "calls", "p50, ms", "p99, ms", "games a second"]
    show(f"Version {model.version.version}; the server was up after {up:.1f} s", columns, rows)


def repeated(games: pl.DataFrame, size: int) -> pl.DataFrame:
    """As many games, each with a name of its own."""
    copies = pl.concat([games] * -(-size // games.height)).head(size)
    return copies.with_row_index("copy").select(
        pl.format("{}_{}", "game_id", "copy").alias("game_id"), pl.exclude("game_id", "copy")
    )


def milliseconds(call: Call, calls: int) -> np.ndarray:
    """Time of each call after the first `WARM_UP`."""
    found = []
    for _ in range(WARM_UP + calls):
        start = perf_counter()
        call()
        found.append(1000 * (perf_counter() - start))
    return np.array(found[WARM_UP:])


def _rows(
    model: RegisteredModel, connection: HTTPConnection, games: pl.DataFrame, size: int
) -> list[list[str]]:
    body = request_body(games, model.version.feature_version)

    def over_http() -> pl.DataFrame:
        status, response = post(connection, body)
        if status != 200:
            raise NflSignalsError(f"the server answered {status}: {response[:500]!r}")
        return response_answers(response)

    ways = {
        "Python": lambda: model.reader.predict(games),
        "MLflow, in process": lambda: model.predict(games),
        "MLflow, HTTP": over_http,
    }
    answers = {name: call() for name, call in ways.items()}
    for name, found in answers.items():
        if largest_difference(answers["Python"], found) > LARGEST_DIFFERENCE:
            raise NflSignalsError(f"{name}: its answers are not those of the Python object.")
    return [_row(name, call, size) for name, call in ways.items()]


def _row(name: str, call: Call, size: int) -> list[str]:
    taken = milliseconds(call, CALLS[size])
    p50, p99 = np.percentile(taken, [50, 99])
    return [
        name,
        str(size),
        str(len(taken)),
        f"{p50:.1f}",
        f"{p99:.1f}",
        f"{1000 * size / taken.mean():.0f}",
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--home", metavar="DIR", default=HOME, help="finished home (default: NFL_SIGNALS_HOME)"
    )
    parser.add_argument(
        "--version",
        metavar="NAME",
        default=CHAMPION,
        help=f"a registered version, or {' or '.join(ALIASES)} (default: {CHAMPION})",
    )
    options = parser.parse_args()
    if not options.home:
        parser.error("give --home DIR or set NFL_SIGNALS_HOME")
    return options


if __name__ == "__main__":
    run(main)
