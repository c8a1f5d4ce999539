"""What all benchmarks have in common on a terminal: tables, season ranges, one-line errors."""

import sys
from collections.abc import Callable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from nfl_signals.core.errors import NflSignalsError

WIDTH = 160  # characters; the same table in a terminal and in a file


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: first column to the left, numbers to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console(width=WIDTH, highlight=False, markup=False)
    console.print(title)
    console.print(table)


def quiet(step: str, done: int, total: int) -> None:
    """Progress of a job of which no step is worth a line."""


def season_range(written: str) -> range:
    """'2009-2022' or '2009' as the seasons it means.

    Raises:
        ValueError: it is written otherwise.
    """
    first, _, last = written.partition("-")
    return range(int(first), int(last or first) + 1)


def run(main: Callable[[], None]) -> None:
    """Run a benchmark; what cannot be used is one line and the error's exit code."""
    try:
        main()
    except NflSignalsError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
