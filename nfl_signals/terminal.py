"""What a person sees in a terminal: a progress bar, and the tables of picks.

Fits 80 columns; without a terminal (a log, a pipe) progress is one plain line a step.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from nfl_signals.progress import listening

if TYPE_CHECKING:
    from nfl_signals.pipeline.summary import Pick

console = Console()


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar of steps with a line for the long work inside a step; plain lines without a terminal."""
    columns = (
        TextColumn("{task.description:<44}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        overall = bar.add_task("starting", total=None)
        detail = bar.add_task("", total=None, visible=False)

        def step(name: str, done: int, total: int) -> None:
            bar.update(overall, description=name, completed=done, total=total)
            bar.update(detail, visible=False)
            if not console.is_terminal:
                console.print(f"[{done}/{total}] {name}", markup=False)

        def inside(what: str, done: int, total: int) -> None:
            bar.update(detail, description=f"  {what}", completed=done, total=total, visible=True)

        with listening(inside):
            yield step


def print_picks(rows: "list[Pick]") -> None:
    """The upcoming week's predictions, one table a market."""
    if not rows:
        console.print("\nNo picks: no game with a line was left in the week of the last run.")
        return
    console.print(f"\nUpcoming week, predicted {rows[0].made_at}; kickoffs in US Eastern time.")
    for title in dict.fromkeys(pick.market for pick in rows):
        console.print(_market_table(title, [pick for pick in rows if pick.market == title]))
    console.print("p_hat: probability of the home side or the over, given no push, in percent.")
    console.print(
        "lean: the side that the model rates above the no-vig market, by how many points."
    )


def _market_table(title: str, rows: "list[Pick]") -> Table:
    """One market's picks; fits a terminal of 80 columns."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("kickoff", "game", "line", "odds"):
        table.add_column(heading, no_wrap=True)
    for heading in ("market", "p_hat", "push"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("lean", no_wrap=True)
    for pick in rows:
        chances = (f"{100 * p:.1f}" for p in (pick.p_market, pick.p_hat, pick.p_push))
        table.add_row(
            pick.kickoff,
            pick.game,
            pick.line,
            pick.prices,
            *chances,
            f"{pick.lean} +{pick.gap:.1f}",
        )
    return table
