"""What the commands that run a job share: progress, the instant they are pinned to, the record of it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from nfl_signals.cli.terminal import console, print_notices, print_picks, progress
from nfl_signals.core.files import write_json
from nfl_signals.core.settings import Settings, describe

if TYPE_CHECKING:
    from nfl_signals.core.paths import Paths
    from nfl_signals.workspace.run_context import RunContext

EVERYTHING = "everything"
"""The job that trains; other jobs leave models as they are."""
NO_PRICES = (
    "Too few seasons have spreads and totals from before the close: this home forecasts at kickoff. To "
    "forecast on Tuesdays, import openers into a new home (nfl-signals prices import), then run there."
)
Chosen = Callable[["RunContext"], Sequence[int]]


def run_to_the_end(
    settings: Settings, job: str, overrides: dict[str, Any], seasons: Chosen
) -> "RunContext":
    """Run a job over the chosen seasons in this process, and record it in `run.json`.

    `overrides` are the options given; source, seasons and instant are pinned: every step works on
    them, whatever the clock or the home shows when the step starts.
    """
    started = datetime.now(UTC)
    with progress() as show:
        show("opening the source", 0, 1)
        from nfl_signals.monitoring.noted import require_noted_heads
        from nfl_signals.workspace.run_context import open_run

        context = open_run(settings)
        require_noted_heads(context)  # before minutes of work that could not be added to the ledger
        if context.settings.horizon != settings.horizon:
            console.print(NO_PRICES, highlight=False)
        chosen = seasons(context)
        show("loading the pipeline", 0, 1)
        from nfl_signals.definitions import defs
        from nfl_signals.defs.launch import run_job

        print_ended_runs(context.paths)
        run_job(defs, job, context, overrides | pinned(context), show, seasons=chosen)
        _registry_in_place(context, trained=job == EVERYTHING)
    _record(context, started=started)
    return context


def pinned(context: "RunContext") -> dict[str, str]:
    """Configuration by which every step of a Dagster run opens this same context.

    It names no home: executed again from the history of a copied home, the run works in the copy.
    """
    return {
        "source": context.settings.source,
        "seasons": f"{context.seasons[0]}-{context.seasons[-1]}",
        "as_of": describe(context.as_of),
        "horizon": context.settings.horizon,
    }


def print_ended_runs(paths: "Paths") -> None:
    """End the home's runs whose process is gone, and name them."""
    from nfl_signals.defs.launch import end_dead_runs_of

    for sentence in end_dead_runs_of(paths):
        console.print(sentence, highlight=False)


def print_week(context: "RunContext") -> None:
    """The picks, what was found wanting in the data, and where to read on."""
    from nfl_signals.checks.anchors import heads
    from nfl_signals.predictions.summary import notices
    from nfl_signals.predictions.summary import picks as read_picks

    print_picks(read_picks(context))
    print_notices(notices(context))
    weekly = sorted(context.paths.reports.glob("weekly/*.md"), key=_written)
    backtest = context.paths.reports / "backtest.md"
    console.print()
    for report in (*weekly[-1:], *([backtest] if backtest.exists() else [])):
        console.print(f"Report:  {escape(str(report))}")
    console.print(f"Ledger:  {escape(str(context.paths.ledger))}")
    for name, head in heads(context).items():
        console.print(f"Head of the {name}: {head}; note it for `verify --anchor`", highlight=False)
    console.print(f"Look at: {escape(str(context.paths.dashboard))}")
    console.print("Look around: [bold]nfl-signals ui[/bold], or [bold]make ui[/bold]")


def _written(path: Path) -> float:
    return path.stat().st_mtime


def _registry_in_place(context: "RunContext", *, trained: bool) -> None:
    """Build the MLflow registry anew where the home was moved or copied: its locations are absolute.

    After a training it notes the ledger's head as well: when a first run registers its model, there is none.
    """
    from nfl_signals.registry.mlflow_store import built_elsewhere

    if trained or built_elsewhere(context.paths):
        from nfl_signals.predictions.registration import point_aliases

        point_aliases(context)


def _record(context: "RunContext", *, started: datetime) -> None:
    """The one file that holds wall-clock times."""
    settings = context.settings
    content = {
        "started_at": describe(started),
        "finished_at": describe(datetime.now(UTC)),
        "as_of": describe(context.as_of),
        "given_as_of": None if settings.as_of is None else describe(settings.as_of),
        "source": settings.source,
        "seasons": settings.seasons,
        "nfl_signals": version("nfl-signals"),
    }
    write_json(context.paths.run_record, content)
