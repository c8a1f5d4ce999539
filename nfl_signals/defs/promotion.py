"""Jobs by which a person says who speaks: `nfl-signals promote` and `rollback`, from the UI."""

import dagster as dg
from pydantic import Field

from nfl_signals.defs.models import RETRAINING_POOL
from nfl_signals.defs.resources import RunContextResource
from nfl_signals.predictions.registration import point_aliases
from nfl_signals.promotion.manual import candidate, roll_back, why_not_served
from nfl_signals.promotion.manual import promote as promote_version
from nfl_signals.registry.decision_log import Decision


class PromoteConfig(dg.Config):
    """Whom to promote."""

    version: str = Field(description="as models/ensemble/ names it, e.g. v202409")
    reason: str = Field(default="", description="why, in words; it stays in the history")
    against_the_gate: bool = Field(default=False, description="though the gate does not; say why")


class RollbackConfig(dg.Config):
    """To whom to go back."""

    version: str = Field(default="", description="a former champion; empty: the one before")
    reason: str = Field(default="", description="why, in words; it stays in the history")


@dg.op(pool=RETRAINING_POOL)
def promote_a_version(
    context: dg.OpExecutionContext, config: PromoteConfig, run_context: RunContextResource
) -> None:
    """Give the seat to a version; the gate is asked, and overruled only with a reason."""
    found = candidate(run_context.open(), config.version)
    context.log.info(found.sentence)
    decision = promote_version(
        run_context.open(),
        found,
        reason=config.reason or None,
        against_the_gate=config.against_the_gate,
    )
    _tell(context, run_context, decision)


@dg.op(pool=RETRAINING_POOL)
def go_back_to_a_version(
    context: dg.OpExecutionContext, config: RollbackConfig, run_context: RunContextResource
) -> None:
    """Give the seat back to a former champion."""
    decision = roll_back(run_context.open(), config.version or None, reason=config.reason or None)
    _tell(context, run_context, decision)


@dg.job(description="A person lets a version speak.")
def promote() -> None:
    """One op, whose configuration names the version."""
    promote_a_version()


@dg.job(description="A person goes back to the champion before, or to another former one.")
def rollback() -> None:
    """One op, whose configuration may name the version."""
    go_back_to_a_version()


def _tell(
    context: dg.OpExecutionContext, run_context: RunContextResource, decision: Decision
) -> None:
    aliases = point_aliases(run_context.open())
    context.add_output_metadata({"sentence": decision.sentence, **aliases})
    if warning := why_not_served(run_context.open()):
        context.log.warning(warning)


PROMOTION_JOBS = [promote, rollback]
