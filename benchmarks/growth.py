"""Seconds and peak memory of building the gold features, for more and more seasons.

The seasons of a history are repeated one after another in time, and each size is built in a fresh
process, so that no size inherits memory from another. Started by features.py, which explains it.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np
import pandera.polars as pa
import polars as pl
from terminal import show

from nfl_signals.features import build
from nfl_signals.features.schemas import gold_features_schema
from nfl_signals.ingest.history import History
from nfl_signals.workspace.tables import READERS

SLOW = 60.0  # seconds; what takes longer is run once instead of REPEATS times
REPEATS = 3
DAYS_A_YEAR = 365.25
PEOPLE = ("game_id", "home_qb_id", "away_qb_id", "gsis_id", "note_id")
TIMES = ("kickoff_at", "date_modified", "published_at")


def scale(history: History, copies: Sequence[int]) -> None:
    """Measure and print each number of copies of the history's seasons."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for table in READERS:
            getattr(history, table).write_parquet(Path(folder) / f"{table}.parquet")
        for count in copies:
            command = [sys.executable, __file__, folder, str(count)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found.append(json.loads(done.stdout))
            print(f"{count}x: {found[-1]['rows']} rows in {found[-1]['seconds']:.1f} s", flush=True)
    rows = [
        [f"{count}x", *_cells(each, found[0])] for count, each in zip(copies, found, strict=True)
    ]
    columns = ["size", "rows", "seconds", "runs", "per row vs first", "MiB before", "MiB at peak"]
    show(_title(found), columns, rows)


def _title(found: Sequence[dict[str, float]]) -> str:
    if len(found) < 2:
        return "Growth"
    logs = np.log([[each["rows"], each["seconds"]] for each in found])
    return f"Growth: seconds ~ rows^{np.polyfit(logs[:, 0], logs[:, 1], 1)[0]:.3f}"


def _cells(each: dict[str, float], first: dict[str, float]) -> list[str]:
    per_row = each["seconds"] / each["rows"] / (first["seconds"] / first["rows"])
    return [
        f"{each['rows']:,}",
        f"{each['seconds']:.2f}",
        str(each["runs"]),
        f"{per_row:.2f}",
        f"{each['mib_before']:.0f}",
        f"{each['mib_peak']:.0f}",
    ]


def measure(folder: Path, copies: int) -> dict[str, float]:
    """One size, in this process.

    Returns:
        Rows built, median seconds and their number of runs, and the highest resident memory before
        the first build and until its end, MiB.
    """
    history = repeat(
        History(**{name: pl.read_parquet(folder / f"{name}.parquet") for name in READERS}), copies
    )
    before, peak, rows, seconds = resident_mib(), 0.0, 0, list[float]()
    with patch.object(build, "gold_features_schema", _schema_for_any_season):
        while len(seconds) < REPEATS and (not seconds or seconds[0] < SLOW):
            start = perf_counter()
            rows = build.build_features(history, horizon="kickoff").height
            seconds.append(perf_counter() - start)
            peak = peak or resident_mib()
    return {
        "rows": rows,
        "seconds": median(seconds),
        "runs": len(seconds),
        "mib_before": before,
        "mib_peak": peak,
    }


def repeat(history: History, copies: int) -> History:
    """The seasons one after another: other seasons, dates, games and players; the same teams."""
    seasons: list[int] = history.games["season"].unique().sort().to_list()
    span = seasons[-1] - seasons[0] + 1

    def later(table: pl.DataFrame, copy: int) -> pl.DataFrame:
        days = pl.duration(days=round(copy * span * DAYS_A_YEAR))
        return table.with_columns(
            (pl.col("season") + copy * span).cast(pl.Int32),
            *(pl.col(name) + days for name in TIMES if name in table.columns),
            *(pl.col(name) + f"_{copy}" for name in PEOPLE if name in table.columns),
        )

    tables: dict[str, Any] = {
        name: pl.concat(later(getattr(history, name), copy) for copy in range(copies))
        for name in READERS
    }
    return History(**tables)


def resident_mib() -> float:
    """Highest resident memory of this process so far, MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux a new process's getrusage starts at its parent's peak; this one starts afresh.
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _schema_for_any_season() -> pa.DataFrameSchema:
    """The schema of the features without its limit on the season's number."""
    schema: pa.DataFrameSchema = gold_features_schema()
    schema.columns["season"].checks = []
    return schema


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
