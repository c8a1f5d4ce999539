"""How fast the gold features are built, beside plain pandas, and how that grows with the rows."""

import argparse
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
from growth import REPEATS, SLOW, scale
from terminal import run, season_range, show

from nfl_signals.core.schema_columns import no_rows
from nfl_signals.features import build
from nfl_signals.features.declarations import FEATURES
from nfl_signals.ingest.history import History
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.raw import seasons_in
from nfl_signals.ingest.source import DirectoryRelease, MissingReleaseError
from nfl_signals.workspace.tables import READERS, SCHEMAS

MANUAL = """\
Builds the gold features of every season of a release folder twice, with nfl_signals and with the
plain pandas version in features_pandas.py, checks that all columns agree, and prints seconds and
ratio, part by part. Then repeats the seasons one after another in time, 1x to 100x, each size in a
fresh process, and fits the exponent of seconds against rows (1.0 is linear).

  python benchmarks/features.py --nflverse /data/nflverse
  python benchmarks/features.py --nflverse /data/nflverse --seasons 2019-2023 --copies 1 3
  python benchmarks/features.py --nflverse /data/nflverse --skip-pandas

Reading and checking the release files is in none of the figures. Seconds are medians of 3 runs;
what takes longer than a minute runs once. The comparison needs pandas (pip install pandas).
"""
TOLERANCE = 1e-9
ALL, REST, WITHOUT_RATINGS = "all", "joins and the rest", "all but ratings"
PARTS: dict[str, Sequence[str]] = {
    "windows": ("per_game", "window_states"),
    "ratings": ("rate",),
    "starters": ("expected_starters",),
}
SCHEMA_CHECK: dict[str, Sequence[str]] = {"schema check": ("validate",)}


def main() -> None:
    """Measure what the arguments ask for."""
    options = _arguments()
    history = load(options.nflverse, options.seasons)
    if not options.skip_pandas:
        compare(history)
    if options.copies:
        scale(history, options.copies)


def load(folder: str, seasons: range | None) -> History:
    """Raw tables of a release folder, read and checked by the package."""
    release = DirectoryRelease(Path(folder))
    wanted = seasons or seasons_in(release)
    tables = {table: no_rows(schema) for table, schema in SCHEMAS.items()}
    for (table, read), season in itertools.product(READERS.items(), wanted):
        with suppress(MissingReleaseError):  # nflverse has no notes
            tables[table] = tables[table].vstack(read(release, season, Quality(table, season)))
    return History(**tables)


def compare(history: History) -> None:
    """Same columns from both, then seconds of each, by part."""
    import features_pandas

    frames = [_to_pandas(t) for t in (history.games, history.team_stats, history.injuries)]
    ours, built = clock(
        lambda: build.build_features(history, horizon="kickoff"), build, PARTS | SCHEMA_CHECK
    )
    theirs, expected = clock(
        lambda: features_pandas.build_features(*frames), features_pandas, PARTS
    )
    name, difference = largest_difference(built, expected)
    show(
        f"{built.height:,} rows x {len(FEATURES)} features, all {len(built.columns)} columns equal "
        f"(largest difference {difference:.1e}, in {name})",
        ["part", "pandas s", "nfl_signals s", "ratio"],
        [
            [part, f"{theirs[part]:.3f}", f"{seconds:.3f}", f"{theirs[part] / seconds:.1f}x"]
            if part in theirs
            else [part, "-", f"{seconds:.3f}", "-"]
            for part, seconds in ours.items()
        ],
    )


def clock(
    build: Callable[[], Any], module: ModuleType, parts: Mapping[str, Sequence[str]]
) -> tuple[dict[str, float], Any]:
    """Median seconds in total and by part, and the result; slow builds run once."""
    runs: list[dict[str, float]] = []
    while len(runs) < REPEATS and (not runs or runs[0][ALL] < SLOW):
        with stopwatch(module, parts) as spent:
            start = perf_counter()
            result = build()
            total = perf_counter() - start
        rest = {REST: total - sum(spent.values()), WITHOUT_RATINGS: total - spent["ratings"]}
        runs.append({ALL: total, **spent, **rest})
    return {part: median(run[part] for run in runs) for part in runs[0]}, result


@contextmanager
def stopwatch(module: ModuleType, parts: Mapping[str, Sequence[str]]) -> Iterator[dict[str, float]]:
    """Seconds spent inside named functions of a module, summed by part."""
    spent = dict.fromkeys(parts, 0.0)

    def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - any function
            start = perf_counter()
            result = function(*arguments, **options)
            spent[part] += perf_counter() - start
            return result

        return call

    with ExitStack() as stack:
        for part, names in parts.items():
            for name in names:
                stack.enter_context(patch.object(module, name, timed(part, getattr(module, name))))
        yield spent


def largest_difference(built: pl.DataFrame, expected: Any) -> tuple[str, float]:  # noqa: ANN401
    """Column and size of the largest difference.

    Raises:
        AssertionError: other columns, other keys, or numbers further apart than TOLERANCE.
    """
    np.testing.assert_array_equal(built.columns, list(expected.columns))
    differences = {}
    for name in built.columns:
        own, other = _array(built[name]), expected[name].to_numpy()
        if built[name].dtype == pl.Float64:
            np.testing.assert_allclose(own, other, rtol=TOLERANCE, atol=TOLERANCE, err_msg=name)
            differences[name] = float(np.abs(own - other).max())
        else:
            np.testing.assert_array_equal(own, other, err_msg=name)
    worst = max(differences, key=differences.__getitem__)
    return worst, differences[worst]


def _to_pandas(table: pl.DataFrame) -> Any:  # noqa: ANN401 - pandas is imported where it is used
    import pandas as pd

    return pd.DataFrame({name: _array(table[name]) for name in table.columns})


def _array(values: pl.Series) -> Any:  # noqa: ANN401 - an array of any type
    if isinstance(values.dtype, pl.Datetime):
        return values.dt.replace_time_zone(None).to_numpy()
    as_objects = values.dtype == pl.String
    return np.array(values.to_list(), dtype=object) if as_objects else values.to_numpy()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--nflverse",
        metavar="DIR",
        default=os.environ.get("NFL_SIGNALS_NFLVERSE"),
        help="folder in nflverse's layout (default: NFL_SIGNALS_NFLVERSE)",
    )
    parser.add_argument(
        "--seasons",
        metavar="A-B",
        type=season_range,
        help="seasons built (default: all that the folder holds)",
    )
    parser.add_argument(
        "--copies",
        metavar="N",
        type=int,
        nargs="*",
        default=[1, 3, 10, 30, 100],
        help="sizes of the growth measurement; none: leave it out (default: 1 3 10 30 100)",
    )
    parser.add_argument("--skip-pandas", action="store_true", help="measure growth only")
    options = parser.parse_args()
    if not options.nflverse:
        parser.error("give --nflverse DIR or set NFL_SIGNALS_NFLVERSE")
    if not options.skip_pandas and find_spec("pandas") is None:
        parser.error("pandas is not installed: pip install pandas, or give --skip-pandas")
    return options


if __name__ == "__main__":
    run(main)
