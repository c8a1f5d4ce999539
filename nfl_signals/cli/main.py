"""The command line: the same jobs as in Dagster, with progress, tables and exit codes.

Exit codes: 0 the command did what it is for; 1 something failed; 2 what was given cannot be used.
"""

import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from nfl_signals.cli.home_option import command_of
from nfl_signals.cli.jobs import EVERYTHING, pinned, print_ended_runs, print_week, run_to_the_end
from nfl_signals.cli.look import LOOK_COMMANDS
from nfl_signals.cli.models import MODEL_COMMANDS
from nfl_signals.cli.prices import prices
from nfl_signals.cli.terminal import check_names, console, print_any_sign, progress
from nfl_signals.cli.ui import HOST, become_ui, free_port, refuse_second_ui
from nfl_signals.cli.week import Offline, outcomes, week
from nfl_signals.core.errors import NflSignalsError, SchemaError, SourceError
from nfl_signals.core.redaction import redacted
from nfl_signals.core.settings import describe, load_settings
from nfl_signals.core.storage import storage_error
from nfl_signals.workspace.home_files import make_home
from nfl_signals.workspace.last_run import as_last_run, of_this_home

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nfl_signals.workspace.run_context import RunContext

app = typer.Typer(
    help="Calibrated NFL probabilities for three markets: against the spread, moneyline, total.\n\n"
    "Start with `nfl-signals run`: without any option it simulates a league, needs no network, and "
    "ends with the upcoming week's picks. `nfl-signals ui` opens the same pipeline in Dagster.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
command = command_of(app)


def _show_version(asked: bool) -> None:
    if asked:
        console.print(f"nfl-signals {version('nfl-signals')}", highlight=False)
        raise typer.Exit


@app.callback()
def _program(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Options of the program itself; its help is that of `app`."""


Source = Annotated[
    str | None,
    typer.Option(
        help="`simulated` (a league with known truth) or `nflverse`. Default: that of the home; a new "
        "home is simulated."
    ),
]
Seasons = Annotated[str | None, typer.Option(help="A-B, e.g. 2010-2023; default: all there are.")]
Horizon = Annotated[
    str | None,
    typer.Option(
        help="When games are forecast, whose knowledge and price count: `tuesday` (14:00 UTC before the "
        "game) or `kickoff`. Default: that of the home; a new home's is tuesday, or kickoff where real games "
        "have no openers."
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        help="Nothing known after this instant exists for the run, e.g. 2023-11-14T14:00:00+00:00. "
        "A bare date means its start, 00:00 UTC: as of a Tuesday the Monday night game is not over. "
        "Default: the source's now."
    ),
]


@command_of(app, makes_home=True)
def run(
    source: Source = None,
    seasons: Seasons = None,
    as_of: AsOf = None,
    horizon: Horizon = None,
    offline: Offline = False,
) -> None:
    """Run everything: ingest, features, models, predictions, ledger, calibration, reports.

    Reads the `signals.yaml` of the home, then `NFL_SIGNALS_*`; options win. `NFL_SIGNALS_NFLVERSE`
    points the nflverse source at another URL or at a folder. All output lies in the home, which belongs
    to one source: real games and each simulated league have homes of their own. The Dagster UI shows
    the run as the job `everything`.

    Examples:
    - `nfl-signals run`

    - `nfl-signals run --source nflverse --home real --as-of 2023-11-14`

    - `nfl-signals run --source nflverse --home real --horizon tuesday`
    """
    overrides = {"source": source, "seasons": seasons, "as_of": as_of, "horizon": horizon}
    overrides["offline"] = "true" if offline else None
    settings = of_this_home(**overrides)
    print_week(run_to_the_end(settings, EVERYTHING, overrides, _all_seasons))


@command_of(app, makes_home=True)
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

    context = open_run(as_last_run(source=source))
    chosen = chosen_seasons(load_settings(seasons=seasons), context.release, context.as_of)
    print_ended_runs(context.paths)
    with progress() as show:
        for group in [[season] for season in chosen] if season_by_season else [chosen]:
            run_job(defs, "backfill_seasons", context, pinned(context), show, seasons=group)
    gold = escape(str(context.paths.features.parent))
    console.print(f"Seasons {chosen[0]}-{chosen[-1]} rebuilt below {gold}")


for each in (week, outcomes, *LOOK_COMMANDS, *MODEL_COMMANDS):
    command(each)
app.add_typer(prices, name="prices")


def _all_seasons(context: "RunContext") -> "Sequence[int]":
    from nfl_signals.predictions.champion import refuse_before_first_champion

    refuse_before_first_champion(context)  # before minutes of training
    return context.seasons


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


@command
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
    from nfl_signals.workspace.data_home import refuse_home

    named(trouble or (), TROUBLES)  # before anything is written
    refuse_home(out)
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
def init(
    folder: Annotated[Path, typer.Argument(help="New, or without a home; `.` for this one.")],
) -> None:
    """Make a folder a home: a signals.yaml that names every choice, read by all commands there.

    Example: `nfl-signals init ~/nfl`
    """
    made = make_home(folder.expanduser())
    console.print(
        f"{escape(str(made))} written. Go on: nfl-signals run --home {escape(str(made.parent))}"
    )


@command
def settings() -> None:
    """List every setting: its meaning, its value in this home, and its environment variable."""
    # Not a table: three of these side by side do not fit 80 columns.
    for name, value, meaning in _flatten(as_last_run(), ""):
        variable = "NFL_SIGNALS_" + name.upper().replace(".", "__")
        console.print(f"[bold]{name}[/bold] = {escape(redacted(str(value)))}", highlight=False)
        console.print(f"    {escape(meaning)}\n    [dim]{variable}[/dim]", highlight=False)


@command_of(app, makes_home=True)
def ui(port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0: any.")] = 3000) -> None:
    """Open the pipeline in the Dagster UI, with its schedules and the sensors running.

    Works on the source, the seasons and the date of the home's last run from a terminal. Serves
    http://127.0.0.1:PORT until interrupted.
    """
    from nfl_signals.defs.launch import register_seasons

    port = free_port(port)
    context = _open_to_go_on()
    refuse_second_ui(context.paths)
    register_seasons(context)
    print_ended_runs(context.paths)
    since = context.settings.as_of
    clock = "the source's now" if since is None else f"as of {describe(since)}"
    seasons = f"{context.seasons[0]}-{context.seasons[-1]}"
    console.print(f"{context.settings.source}, seasons {seasons}, {clock}", highlight=False)
    console.print(f"Dagster: http://{HOST}:{port} (stop with Ctrl-C)")
    sys.stdout.flush()
    become_ui(port, context.paths)


def _open_to_go_on() -> "RunContext":
    """The home with its source; without it where it cannot be read and there is something stored."""
    from nfl_signals.workspace.run_context import open_home, open_run

    settings = as_last_run()
    try:
        return open_run(settings)
    except (SourceError, SchemaError) as error:
        stored = open_home(settings)
        if not stored.seasons:
            raise
        console.print(f"[yellow]{escape(str(error))}[/yellow]", highlight=False)
        return stored


def _flatten(section: Any, prefix: str) -> Iterator[tuple[str, Any, str]]:  # noqa: ANN401
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if hasattr(type(value), "model_fields"):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value, field.description or ""


def main() -> None:
    """Console entry point: one line and an exit code for every error raised on purpose.

    Also for a disk that refuses what no other place expected it to; a fault of the program stays one.
    """
    print_any_sign()
    try:
        check_names()
        app()
    except Exception as error:
        told = error if isinstance(error, NflSignalsError) else storage_error(error)
        if told is None:
            raise
        Console(stderr=True).print(f"error: {told}", style="red", markup=False, soft_wrap=True)
        sys.exit(told.exit_code)


if __name__ == "__main__":
    main()
