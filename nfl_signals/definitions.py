"""Dagster's entry point: the definitions of every stage, merged."""

import dagster as dg

from nfl_signals.defs import automation, checks, gold, models, promotion, raw, signals
from nfl_signals.defs.resources import run_context

stages = [raw, gold, models, signals, checks, automation, promotion]
defs = dg.Definitions.merge(
    *(stage.defs for stage in stages),
    dg.Definitions(
        resources={"run_context": run_context},
        # A process per step costs seconds of imports on steps that take less; fits use threads.
        executor=dg.in_process_executor,
    ),
)
