"""The command line: the same jobs as in Dagster, with progress, tables and exit codes.

Exit codes: 0 the command did what it is for; 1 something failed; 2 what was given cannot be used.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nfl_signals.cli.jobs import print_week, run_to_the_end
from nfl_signals.cli.last_run import as_last_run
from nfl_signals.cli.models import MODEL_COMMANDS
from nfl_signals.cli.terminal import console, print_picks, progress
from nfl_signals.cli.week import Offline, outcomes, week
from nfl_signals.core.errors import NflSignalsError
from nfl_signals.core.settings import PROJECT_ROOT, describe, load_settings

app = typer.Typer(
    help="Calibrated NFL probabilities for three markets: against the spread, moneyline, total.\n\n"
    "Start with `nfl-signals run`: without any option it simulates a league, needs no network, and "
    "ends with the upcoming week's picks. `nfl-signals ui` opens the same pipeline in Dagster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
Source = Annotated[
    str | None, typer.Option(help="`simulated` (default: a league with known truth) or `nflverse`.")
]
Seasons = Annotated[str | None, typer.Option(help="A-B, e.g. 2010-2023; default: all there are.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        help="Nothing known after this instant exists for the run, e.g. 2023-11-14T14:00:00+00:00. "
        "A bare date means its start, 00:00 UTC: as of a Tuesday the Monday night game is not over. "
        "Default: the source's now."
    ),
]


@app.command()
def run(
    source: Source = None, seasons: Seasons = None, as_of: AsOf = None, offline: Offline = False
) -> None:
    """Run everything: ingest, features, models, predictions, ledger, calibration, reports.

    Reads the `signals.yaml` of `NFL_SIGNALS_HOME` (default: the repository), then `NFL_SIGNALS_*`;
    options win. `NFL_SIGNALS_NFLVERSE` points the nflverse source at another URL or at a folder. All
    output lies under `NFL_SIGNALS_HOME`. The Dagster UI shows the run as the job `everything`.

    Examples:
    - `nfl-signals run`

    - `nfl-signals run --source nflverse --as-of 2023-11-14`
    """
    overrides: dict[str, Any] = {"source": source, "seasons": seasons, "as_of": as_of}
    overrides["offline"] = "true" if offline else None
    settings = load_settings(**overrides)
    print_week(run_to_the_end(settings, "everything", overrides, lambda context: context.seasons))


@app.command()
def backfill(
    seasons: Annotated[str, typer.Argument(help="A-B, or one season.")],
    source: Source = None,
    season_by_season: Annotated[
        bool, typer.Option("--season-by-season", help="One Dagster run for each season.")
    ] = False,
) -> None:
    """Ingest seasons again and rebuild their features and markets; models stay as they are.

    A range is one Dagster run by default; both give the same bytes. Follow it with
    `nfl-signals run` to fit the models on what changed.

    Example: `nfl-signals backfill 2020-2022`
    """
    from nfl_signals.definitions import defs
    from nfl_signals.defs.launch import run_job
    from nfl_signals.workspace.run_context import chosen_seasons, open_run

    context = open_run(as_last_run(source))
    chosen = chosen_seasons(load_settings(seasons=seasons), context.release, context.as_of)
    overrides = {
        "home": str(context.paths.home),
        "source": context.settings.source,
        "as_of": describe(context.as_of),
    }
    with progress() as show:
        for group in [[season] for season in chosen] if season_by_season else [chosen]:
            run_job(defs, "backfill_seasons", context, overrides, show, seasons=group)
    gold = escape(str(context.paths.features.parent))
    console.print(f"Seasons {chosen[0]}-{chosen[-1]} rebuilt below {gold}")


@app.command()
def picks(source: Source = None) -> None:
    """Show the upcoming week's predictions of the last run.

    `p_hat` is the probability of the home side or the over, given no push; `lean` is the side that
    the model rates higher than the no-vig market does. It is a forecast, not a stake.
    """
    from nfl_signals.predictions.summary import picks as read_picks
    from nfl_signals.workspace.run_context import open_run

    print_picks(read_picks(open_run(as_last_run(source))))


@app.command()
def status(source: Source = None) -> None:
    """Show which model is served, what data and models there are, and whether calibration holds."""
    from nfl_signals.predictions.summary import status as read_status
    from nfl_signals.workspace.run_context import open_run

    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")  # a long path must stay whole
    for name, value in read_status(open_run(as_last_run(source))).items():
        table.add_row(f"[bold]{name}[/bold]", escape(value))
    console.print(table)


@app.command()
def verify(source: Source = None) -> None:
    """Check everything that is stored: schemas, joins, leaks, coverage, ledger seals, model hashes.

    Prints one line per check; the exit code is 1 when one fails.
    """
    from nfl_signals.checks.catalog import ALL_CHECKS
    from nfl_signals.workspace.run_context import open_run

    context, failures = open_run(as_last_run(source)), 0
    for name, check in ALL_CHECKS.items():
        try:
            brief = {
                key: len(value) if isinstance(value, (dict, list)) else value
                for key, value in check(context).items()
            }
            figures = ", ".join(f"{key} {value}" for key, value in brief.items())
            console.print(f"[green]ok[/green]    {name} ({figures})")
        except NflSignalsError as error:
            failures += 1
            console.print(f"[red]FAILED[/red] {name}: {escape(str(error))}", highlight=False)
    if failures:
        raise NflSignalsError(f"{failures} of {len(ALL_CHECKS)} checks failed")


for command in (week, outcomes, *MODEL_COMMANDS):
    app.command()(command)


def _list_troubles(trouble: list[str] | None) -> list[str] | None:
    """Names the alterations, and ends the command, where `list` is among them."""
    if "list" not in (trouble or ()):
        return trouble
    from nfl_signals.simulator.feed.catalog import TROUBLES

    for name, each in TROUBLES.items():
        console.print(
            f"[bold]{name}[/bold] ({each.table}, {each.answer}): {each.what}", highlight=False
        )
    raise typer.Exit


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    weeks_played: Annotated[
        int | None, typer.Option(help="Weeks of the last season already played, 0 to 22.")
    ] = None,
    n_seasons: Annotated[int | None, typer.Option(help="How many seasons.")] = None,
    first_season: Annotated[int | None, typer.Option(help="First season.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another league for another seed.")] = None,
    trouble: Annotated[
        list[str] | None,
        typer.Option(
            help="Alter the last season as a feed might; may be repeated. `list` names the "
            "alterations, needs no --out and writes nothing.",
            is_eager=True,  # read before --out is missed
            callback=_list_troubles,
        ),
    ] = None,
) -> None:
    """Write a simulated league in nflverse's layout, and its true probabilities beside it.

    The same seed always gives the same league; one more week played adds a week to an unchanged
    past. `run` makes its own league; this command is for leagues to experiment with.

    Examples:
    - `nfl-signals simulate --out league`

    - `nfl-signals simulate --out league --trouble two_reports --trouble pro_bowl`

    - `nfl-signals simulate --trouble list`
    """
    from nfl_signals.reports.league.report import write_league_report
    from nfl_signals.simulator.feed.catalog import TROUBLES
    from nfl_signals.simulator.feed.trouble import named
    from nfl_signals.simulator.feed.write import trouble_release
    from nfl_signals.simulator.league import simulate as simulate_league
    from nfl_signals.simulator.write import RELEASE, write_release

    named(trouble or (), TROUBLES)  # before anything is written
    settings = load_settings(seed=seed)
    given = {"weeks_played": weeks_played, "n_seasons": n_seasons, "first_season": first_season}
    changes = {name: value for name, value in given.items() if value is not None}
    changed = load_settings(simulator=settings.simulator.model_dump() | changes).simulator
    league = simulate_league(changed, seed=settings.seed)
    write_release(league, out)
    for name in trouble or ():
        trouble_release(out / RELEASE, name)
    write_league_report(league, out)
    release = escape(str(out / "release"))
    console.print(
        f"{league.games.height} games written to {release}, truth and report beside them."
    )
    command = f"nfl-signals run --source nflverse --as-of {describe(league.as_of)}"
    console.print("Run the pipeline on it:")
    console.print(f"  NFL_SIGNALS_NFLVERSE={release} {command}", soft_wrap=True)


@app.command()
def settings() -> None:
    """List every setting with its meaning, its value now, and its environment variable."""
    # Not a table: three of these side by side do not fit 80 columns.
    for name, value, meaning in _flatten(load_settings(), ""):
        variable = "NFL_SIGNALS_" + name.upper().replace(".", "__")
        console.print(f"[bold]{name}[/bold] = {escape(str(value))}", highlight=False)
        console.print(f"    {escape(meaning)}\n    [dim]{variable}[/dim]", highlight=False)


@app.command()
def ui(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000) -> None:
    """Open the pipeline in the Dagster UI, with its schedules and the retraining sensor running.

    Serves http://127.0.0.1:PORT until interrupted.
    """
    from nfl_signals.defs.launch import register_seasons
    from nfl_signals.workspace.run_context import open_run

    context = open_run(as_last_run(None))
    register_seasons(context)
    os.environ["NFL_SIGNALS_SOURCE"] = context.settings.source
    console.print(f"Dagster: http://127.0.0.1:{port} (stop with Ctrl-C)")
    sys.stdout.flush()
    workspace = str(PROJECT_ROOT / "workspace.yaml")
    # Dagster announces successors of `dagster dev` on every start; that is not for users of the UI.
    quiet, where = ["-W", "ignore"], ["-w", workspace, "-h", "127.0.0.1", "-p", str(port)]
    os.execv(sys.executable, [sys.executable, *quiet, "-m", "dagster", "dev", *where])


def _flatten(section: Any, prefix: str) -> Iterator[tuple[str, Any, str]]:  # noqa: ANN401
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if hasattr(type(value), "model_fields"):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value, field.description or ""


def main() -> None:
    """Console entry point: one line and an exit code for every error raised on purpose."""
    try:
        app()
    except NflSignalsError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
