"""Commands of the season: week (Tuesday's refresh) and outcomes (every morning's results)."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from nfl_signals.cli.home_option import Source, first_run
from nfl_signals.cli.jobs import Chosen, print_week, run_to_the_end
from nfl_signals.cli.terminal import console
from nfl_signals.core.errors import InputError
from nfl_signals.core.paths import Paths
from nfl_signals.workspace.last_run import as_last_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nfl_signals.workspace.run_context import RunContext

Offline = Annotated[
    bool, typer.Option("--offline", help="Use the downloaded copies that are there; ask no server.")
]
AsOf = Annotated[
    str | None,
    typer.Option(help="As of this instant; a bare date means its start, 00:00 UTC. Default: now."),
]


def week(source: Source = None, as_of: AsOf = None, offline: Offline = False) -> None:
    """Refresh the current season and predict the upcoming week: what `weekly_refresh` does on Tuesdays.

    Models stay as they are. Run it again when lines have appeared or moved: games that have none yet are
    named as skipped, and are predicted the next time; a forecast that is in the ledger stays as it was.
    After weeks without a run it catches up by itself.

    Examples:
    - `nfl-signals week`

    - `nfl-signals week --as-of 2023-11-14`
    """
    context = _current(source, as_of, offline, "weekly_refresh", _with_champion)
    print_week(context)


def outcomes(source: Source = None, as_of: AsOf = None, offline: Offline = False) -> None:
    """Take in new results and measure calibration against them: what `daily_outcomes` does every morning.

    Example: `nfl-signals outcomes`
    """
    from nfl_signals.predictions.summary import status

    context = _current(source, as_of, offline, "daily_outcomes", _unfinished)
    found = status(context)
    for name in ("calibration", "data", "ledger"):
        console.print(f"[bold]{name}[/bold]: {escape(str(found[name]))}", highlight=False)
    console.print(f"Reports: {escape(str(context.paths.reports))}")


def _current(
    source: str | None, as_of: str | None, offline: bool, job: str, seasons: Chosen
) -> "RunContext":
    """The job over the seasons that are not over, with the settings of the last run but its date."""
    asked = "true" if offline else None
    settings = as_last_run(source=source, as_of=as_of, offline=asked)
    if not Paths(settings.home).features.exists():  # before anything is made of an empty folder
        raise InputError(
            f"{settings.home}: no data yet; {first_run(settings.source)} trains the models."
        )
    return run_to_the_end(settings, job, {"offline": asked}, seasons)


def _with_champion(context: "RunContext") -> "Sequence[int]":
    from nfl_signals.predictions.champion import require_champion

    require_champion(context)  # before the job changes a table
    return _unfinished(context)


def _unfinished(context: "RunContext") -> "Sequence[int]":
    from nfl_signals.workspace.stored_seasons import unfinished_seasons

    return unfinished_seasons(context)
