"""Jobs by which a person decides what is served: `nfl-signals promote` and `rollback`, from the UI."""

import dagster as dg
from pydantic import Field

from nfl_signals.defs.models import RETRAINING_POOL
from nfl_signals.defs.resources import Run
from nfl_signals.predictions.registration import point_aliases
from nfl_signals.promotion.manual import candidate, roll_back, why_not_served
from nfl_signals.promotion.manual import promote as promote_candidate
from nfl_signals.registry.decision_log import Decision
from nfl_signals.workspace.run_context import RunContext


class PromoteConfig(dg.Config):
    """Which version to promote."""

    version: str = Field(description="as models/ensemble/ names it, e.g. v202409")
    reason: str = Field(default="", description="why, in words; it stays in the decision log")
    against_the_gate: bool = Field(default=False, description="though the gate does not; say why")


class RollbackConfig(dg.Config):
    """Which version to go back to."""

    version: str = Field(default="", description="a former champion; empty: the one before")
    reason: str = Field(default="", description="why, in words; it stays in the decision log")


@dg.op(pool=RETRAINING_POOL)
def promote_version(
    context: dg.OpExecutionContext, config: PromoteConfig, run_context: Run
) -> None:
    """Make a version champion; the gate judges it, and is overruled only with a reason."""
    found = candidate(run_context, config.version)
    context.log.info(found.sentence)
    decision = promote_candidate(
        run_context, found, reason=config.reason or None, against_the_gate=config.against_the_gate
    )
    _report(context, run_context, decision)


@dg.op(pool=RETRAINING_POOL)
def roll_back_version(
    context: dg.OpExecutionContext, config: RollbackConfig, run_context: Run
) -> None:
    """Make a former champion champion again."""
    decision = roll_back(run_context, config.version or None, reason=config.reason or None)
    _report(context, run_context, decision)


@dg.job(description="A person makes a version champion.")
def promote() -> None:
    """One op, whose configuration names the version."""
    promote_version()


@dg.job(description="A person goes back to the champion before, or to another former one.")
def rollback() -> None:
    """One op, whose configuration may name the version."""
    roll_back_version()


def _report(context: dg.OpExecutionContext, run_context: RunContext, decision: Decision) -> None:
    aliases = point_aliases(run_context)
    context.add_output_metadata({"why": decision.sentence, **aliases})
    if warning := why_not_served(run_context):
        context.log.warning(warning)


defs = dg.Definitions(jobs=[promote, rollback])
