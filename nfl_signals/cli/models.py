"""Commands about which model is served: promote, rollback, history, compare."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from nfl_signals.cli.home_option import Source
from nfl_signals.cli.terminal import (
    console,
    print_decision,
    print_findings,
    print_history,
    print_sequences,
)
from nfl_signals.workspace.last_run import as_last_run

if TYPE_CHECKING:
    from nfl_signals.registry.decision_log import Decision
    from nfl_signals.workspace.run_context import RunContext

Version = Annotated[
    str,
    typer.Argument(
        help="As `models/ensemble/` names it: v, season and week of its last training game, e.g. "
        "v202409."
    ),
]
Reason = Annotated[str | None, typer.Option(help="Why, in words; it stays in the decision log.")]


def promote(
    version: Version,
    reason: Reason = None,
    against_the_gate: Annotated[
        bool,
        typer.Option(
            "--against-the-gate", help="Promote though the gate does not; needs a reason."
        ),
    ] = False,
    source: Source = None,
) -> None:
    """Make a version champion, whatever is trained next, and record why.

    The gate's findings are shown first; where it promotes, nothing more is needed. Where it rejects, or
    its evidence is insufficient, nothing happens (exit code 2) unless you overrule it. What cannot be
    overruled: a version whose files, features, labels or horizons are not those of its card and of this
    program, and one that is shown to be uncalibrated.

    If the champion changes meanwhile, nothing happens; a promotion that was killed can be repeated. The
    next run predicts with the new champion. `nfl-signals rollback` takes it back.

    Examples:
    - `nfl-signals promote v202409`

    - `nfl-signals promote v202409 --against-the-gate --reason "new rules this season"`
    """
    from nfl_signals.promotion.manual import candidate
    from nfl_signals.promotion.manual import promote as promote_version
    from nfl_signals.workspace.run_context import open_home

    context = open_home(as_last_run(source=source))
    found = candidate(context, version)
    print_findings(found.findings)
    console.print(f"The gate: {escape(found.sentence)}", highlight=False)
    before = context.decisions
    decision = promote_version(context, found, reason=reason, against_the_gate=against_the_gate)
    _print(context, decision, is_new=decision not in before)


def rollback(
    version: Annotated[
        str | None, typer.Argument(help="A former champion; default: the one before the champion.")
    ] = None,
    reason: Reason = None,
    source: Source = None,
) -> None:
    """Make a former champion champion again; it predicts as it did then.

    Nothing is trained and the gate does not judge it, so it takes seconds. The version must be fit to be
    served: its files, features, labels and horizons are checked. Called again without a version it goes
    back one further; if it was killed, look at `nfl-signals history` and name the version.

    Without any model: `signal_source: proxy` in signals.yaml.

    Examples:
    - `nfl-signals rollback`

    - `nfl-signals rollback v202322 --reason "totals drift since week 6"`
    """
    from nfl_signals.promotion.manual import roll_back
    from nfl_signals.workspace.run_context import open_home

    context = open_home(as_last_run(source=source))
    before = context.decisions
    decision = roll_back(context, version, reason=reason)
    _print(context, decision, is_new=decision not in before)


def history(source: Source = None) -> None:
    """Show every decision about models: when, what, the champion after it, what was judged, and why.

    kind: first (there was no champion), promoted, rejected, insufficient (evidence),
    rolled_back. step: training, recalibration, retraining, person. Alerts that caused a decision are
    named by their ids, as in `data/analysis/alerts.parquet`.

    Stored, with all figures, in `models/history.jsonl`; `nfl-signals verify` checks its seals.

    Example: `nfl-signals history`
    """
    from nfl_signals.workspace.run_context import open_home

    print_history(open_home(as_last_run(source=source)).decision_log)


def compare(
    a: Annotated[str, typer.Argument(help="Champion: proxy, replay or model_vN.")],
    b: Annotated[str, typer.Argument(help="Challenger: likewise.")],
    source: Source = None,
) -> None:
    """Compare a challenger with a champion on all settled games that both forecast before kickoff.

    `proxy` is the no-vig price. `replay` is the walk-forward: past games, each forecast by a model fitted
    on earlier seasons. `model_vN`, e.g. model_v202409, is what that version forecast, as
    champion or as challenger. Only forecasts at the same line and prices are compared.

    Each finding of the gate is shown with its interval over redrawn weeks, n forecasts, its limit, a
    verdict, and the smallest difference that so many games show with power 80 %. Larger is worse for the
    challenger. Nothing is decided or written.

    These intervals are for one look. Below them stands a confidence sequence a market: the score
    difference so far, with bounds that hold in all weeks at once, however often you look.

    Examples:
    - `nfl-signals compare proxy replay`

    - `nfl-signals compare model_v202322 replay`
    """
    from nfl_signals.promotion.comparison import compare as compare_books
    from nfl_signals.workspace.run_context import open_home

    found = compare_books(open_home(as_last_run(source=source)), a, b)
    report = found.report
    console.print(
        f"{escape(b)} (challenger) against {escape(a)} (champion): {report.n_games} games in "
        f"{report.n_weeks} weeks; {found.n_left_out} forecasts had no match.",
        highlight=False,
    )
    print_findings(report.findings)
    print_sequences(found.sequences)
    console.print(
        f"\nNothing is decided here. The gate would say: {escape(report.sentence)}", highlight=False
    )


def _print(context: "RunContext", decision: "Decision", *, is_new: bool) -> None:
    """What was decided, now or before, and whether it is served; the registry's aliases follow."""
    from nfl_signals.predictions.registration import point_aliases
    from nfl_signals.promotion.manual import why_not_served

    point_aliases(context)
    if not is_new:
        console.print(
            f"{decision.champion} is champion already; nothing was written. It became so by:",
            highlight=False,
        )
    print_decision(decision)
    if warning := why_not_served(context):
        console.print(f"[yellow]{escape(warning)}[/yellow]", highlight=False)
    else:
        console.print(f"{decision.champion} makes the next predictions.", highlight=False)


MODEL_COMMANDS = (promote, rollback, history, compare)
