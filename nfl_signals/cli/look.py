"""Commands that look at a home and change nothing: picks, status, verify. They ask no source."""

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from nfl_signals.cli.home_option import Source, first_run
from nfl_signals.cli.terminal import console, print_notices, print_picks
from nfl_signals.core.errors import InputError, NflSignalsError
from nfl_signals.markets.definitions import MarketName
from nfl_signals.workspace.last_run import as_last_run

Anchor = Annotated[
    list[str] | None,
    typer.Option(help="A head noted earlier, of ledger or decision log; may be repeated."),
]
if TYPE_CHECKING:
    from nfl_signals.workspace.run_context import RunContext


def picks(
    sort: Annotated[
        Literal["kickoff", "edge"], typer.Option(help="Within a market; edge: the largest first.")
    ] = "kickoff",
    market: Annotated[MarketName | None, typer.Option(help="This one alone.")] = None,
    as_: Annotated[
        Literal["table", "json", "csv"],
        typer.Option("--format", help="json, csv: every column, for programs."),
    ] = "table",
    source: Source = None,
) -> None:
    """Show the upcoming week's predictions of the last run.

    `p_hat` is the probability of the home side or the over, given no push; `side` is the one that the
    model rates higher than the no-vig market does, `edge` by how much. It is a forecast, not a stake.

    json and csv have probabilities instead of percent, lines as the home team's (positive: favoured),
    American odds, times in UTC, and the columns of the ledger beside them; what is missing goes to stderr.

    Examples:
    - `nfl-signals picks --sort edge`

    - `nfl-signals picks --market total --format csv`
    """
    import polars.selectors as cs

    from nfl_signals.predictions.summary import notices, pick_rows
    from nfl_signals.predictions.summary import picks as read_picks

    context = home_as_it_is(source)
    if as_ == "table":
        print_picks(read_picks(context, market=market, sort=sort))
        print_notices(notices(context))
        return
    rows = pick_rows(context, market=market, sort=sort)
    rows = rows.with_columns(cs.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
    lines = json.dumps(rows.to_dicts(), indent=2, ensure_ascii=False) + "\n"
    sys.stdout.write(rows.write_csv() if as_ == "csv" else lines)
    for line in notices(context):
        sys.stderr.write(f"{line}\n")


def status(source: Source = None) -> None:
    """Show which model is served, what data and models there are, and whether calibration holds."""
    from nfl_signals.predictions.summary import status as read_status

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")  # a long path must stay whole
    for name, value in read_status(home_as_it_is(source)).items():
        table.add_row(f"[bold]{name}[/bold]", escape(value))
    console.print(table)


def verify(source: Source = None, anchor: Anchor = None) -> None:
    """Check everything that is stored: schemas, joins, leaks, coverage, ledger seals, model hashes.

    Prints one line per check; the exit code is 1 when one fails. Ledger and decision log are chains: an
    edited row breaks its chain. That last rows were cut off, or a chain written anew, only a head shows
    that was noted elsewhere. Every append notes the ledger's in `data/ledger/heads.txt`, decisions and the
    registry do too, and the ledger is held to all of them. Who rewrites all these places together is found
    only by a head that you noted outside of the home, given as `--anchor`, or by a key.

    Examples:
    - `nfl-signals verify`

    - `nfl-signals verify --anchor 3f1c9d0a5b7e2846`
    """
    from nfl_signals.checks.anchors import anchors_held, heads, limits, refuse_no_heads
    from nfl_signals.checks.catalog import ALL_CHECKS

    anchors = anchor or []
    refuse_no_heads(anchors)
    context, failures = home_as_it_is(source), 0
    if not context.seasons:
        raise InputError(
            f"{context.paths.home}: nothing is stored yet; {first_run(context.settings.source)} makes it."
        )
    checks = dict(ALL_CHECKS)
    if anchors:
        checks["anchors: held"] = partial(anchors_held, anchors=anchors)
    for name, check in checks.items():
        try:
            brief = {
                key: len(value) if isinstance(value, (dict, list)) else value
                for key, value in check(context).items()
            }
            figures = ", ".join(f"{key} {value}" for key, value in brief.items())
            console.print(f"[green]ok[/green]    {name} ({figures})")
        except Exception as error:  # whatever damaged files lead to, the other checks are made
            failures += 1
            told = str(error)
            if not isinstance(error, NflSignalsError):
                told = (
                    f"could not be made ({type(error).__name__}: {told}); what it reads is damaged."
                )
            console.print(f"[red]FAILED[/red] {name}: {escape(told)}", highlight=False)
    for name, head in heads(context).items() if not failures else ():
        console.print(f"head of the {name}: {head}", highlight=False)
    console.print(limits(context, anchors), highlight=False)
    if failures:
        raise NflSignalsError(f"{failures} of {len(checks)} checks failed")


def home_as_it_is(source: str | None) -> "RunContext":
    """The home for a command that asks no source; InputError where there is none."""
    from nfl_signals.workspace.run_context import open_home

    context = open_home(as_last_run(source=source))
    if not context.paths.home.is_dir():
        made = first_run(context.settings.source)
        raise InputError(f"{context.paths.home}: no such folder; {made} makes the home.")
    return context


LOOK_COMMANDS = (picks, status, verify)
