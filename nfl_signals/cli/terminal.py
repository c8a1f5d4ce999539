"""What a person sees in a terminal: a progress bar, and tables of picks, findings and decisions.

Fits 80 columns; without a terminal (a log, a pipe) progress is one plain line a step.
"""

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from nfl_signals.core.errors import SettingsError
from nfl_signals.core.progress import listening
from nfl_signals.core.setting_sources import PREFIX

if TYPE_CHECKING:
    from nfl_signals.markets.definitions import MarketName
    from nfl_signals.predictions.summary import Pick
    from nfl_signals.promotion.findings import Finding
    from nfl_signals.registry.decision_log import Decision
    from nfl_signals.stats.confidence_sequence import ConfidenceSequence

console = Console()
WIDE = 100  # columns; a narrower terminal would break lines of picks that show the best price too
COLORS = {"PASS": "green", "FAIL": "red", "UNDERPOWERED": "yellow"}


def print_any_sign() -> None:
    """Print signs that the terminal's encoding lacks by their number, rather than end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def check_names() -> None:
    """Refuse names of files that this terminal's encoding garbles.

    Raises:
        SettingsError: an option or an NFL_SIGNALS_* variable holds one.
    """
    named = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    named |= {ascii(value): value for value in sys.argv[1:]}
    for name, value in named.items():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise SettingsError(
                f"{name}: cannot be read in the encoding {sys.getfilesystemencoding()} of this "
                "terminal; set PYTHONUTF8=1, then run again."
            ) from None


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
    """The upcoming week's predictions, one table a market, each in the order of `rows`."""
    if not rows:
        console.print("\nNo picks: the last run predicted no game that is still to come.")
        return
    models = ", ".join(dict.fromkeys(pick.model for pick in rows))
    days = [end(rows, key=lambda pick: pick.kickoff_at).day for end in (min, max)]
    week = " to ".join(dict.fromkeys(days))
    console.print(f"\n{week}, predicted {rows[0].made_at} by {models}.", highlight=False)
    for title in dict.fromkeys(pick.market for pick in rows):
        console.print(_market_table(title, [pick for pick in rows if pick.market == title]))
    flagged = {pick.game: pick.data_flag for pick in rows if pick.data_flag}
    for game, flag in flagged.items():
        console.print(f"{game}: predicted without complete data ({flag})", highlight=False)
    console.print("p_hat: probability of the home side or the over, given no push, in percent.")
    console.print("side: rated above the no-vig market by the model, by `edge` percentage points.")
    console.print("Kickoffs in US Eastern time. Calibration: what the monitors say of the market.")


def print_notices(notices: Sequence[str]) -> None:
    """What is missing, late or by another model, one line each."""
    for line in notices:
        console.print(escape(line), highlight=False)


def _market_table(title: str, rows: "list[Pick]") -> Table:
    headings = "kickoff game line odds >market >p_hat >push side >edge".split()
    title = f"{title}. Calibration: {'; '.join(dict.fromkeys(pick.flag for pick in rows))}"
    with_best = console.width >= WIDE and any(pick.best for pick in rows)
    table = _table(*headings, *["best price"] * with_best, title=title, tight=False)
    for pick in rows:
        chances = (f"{100 * p:.1f}" for p in (pick.p_market, pick.p_hat, pick.p_push))
        table.add_row(
            pick.kickoff,
            pick.game,
            pick.line,
            pick.prices,
            *chances,
            pick.side,
            f"{100 * pick.edge:.1f}",
            *[pick.best] * with_best,
        )
    return table


def print_findings(findings: "Sequence[Finding]") -> None:
    """The gate's findings: figure and interval, limit, smallest detectable difference, verdict."""
    if not findings:
        return
    table = _table("finding", "market", ">n", ">value (interval)", ">limit", ">MDE", "verdict")
    for each in findings:
        verdict = f"[{COLORS[each.verdict]}]{each.verdict}[/]"
        figures = (_interval(each.value, each.low, each.high), f"{each.limit:g}")
        detectable = _figure(each.detectable)
        table.add_row(each.name, each.market, str(each.n), *figures, detectable, verdict)
    console.print(table)
    console.print(
        "Larger is worse. MDE: smallest difference that n forecasts show with power 80 %."
    )


def print_sequences(sequences: "Mapping[MarketName, ConfidenceSequence]") -> None:
    """The last week of each market's confidence sequence."""
    console.print("\nBrier score of the challenger less the champion's, bounds good in all weeks:")
    table = _table("market", ">weeks", ">value (bounds)", "so far")
    for name, each in sequences.items():
        value, low, high = (float(side[-1]) for side in (each.estimate, each.low, each.high))
        better = "challenger is better" if high < 0 else "champion is better"
        answer = better if high < 0 or low > 0 else "undecided"
        table.add_row(name, str(len(each.estimate)), _interval(value, low, high), answer)
    console.print(table)


def print_history(decisions: "Sequence[Decision]") -> None:
    """Decisions about models, oldest first."""
    if not decisions:
        console.print("No decision yet: the first ensemble that is trained becomes champion.")
        return
    table = _table("when (UTC)", "decision")
    table.add_column("why", overflow="fold")
    for each in decisions:
        what = f"[bold]{each.kind}[/bold]\n{each.version}\nstep: {each.step}"
        cause = f"\ncause: alert {', '.join(each.alerts)}" if each.alerts else ""
        why = f"{each.sentence}{cause}\nchampion after it: {each.champion}"
        table.add_row(f"{each.at:%Y-%m-%d %H:%M}", what, escape(why), end_section=True)
    console.print(table)


def print_decision(decision: "Decision") -> None:
    """One decision in a few lines."""
    kind = decision.kind.replace("_", " ")
    console.print(f"[bold]{decision.version}: {kind}[/bold] ({decision.at:%Y-%m-%d %H:%M} UTC)")
    console.print(escape(decision.sentence), highlight=False)


def _table(*headings: str, title: str | None = None, tight: bool = True) -> Table:
    """Columns that never wrap, right-aligned where the heading begins with '>'.

    Without edges, `tight`, seven columns of findings fit 80.
    """
    table = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=0 if tight else (0, 1, 0, 0),
        show_edge=not tight,
        pad_edge=not tight,
    )
    for heading in headings:
        name = heading.removeprefix(">")
        table.add_column(name, justify="left" if name == heading else "right", no_wrap=True)
    return table


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "-"
    return f"{_figure(value)} ({_figure(low)}, {_figure(high)})"


def _figure(value: float | None) -> str:
    """Four decimals, fewer for what is counted in units."""
    if value is None:
        return "-"
    digits = 4 if abs(value) < 1 else 1
    return f"{round(value, digits) + 0.0:.{digits}f}"  # no minus before a zero
