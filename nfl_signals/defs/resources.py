"""The run context as a Dagster resource; its configuration overrides signals.yaml for one run."""

import dagster as dg

from nfl_signals.defs.dead_runs import hold_lock
from nfl_signals.workspace.last_run import as_last_run
from nfl_signals.workspace.run_context import RunContext, open_run

Run = dg.ResourceParam[RunContext]
"""The parameter `run_context` of assets, checks, ops and schedules."""
FIELDS = {
    "home": "overrides NFL_SIGNALS_HOME",
    "source": "simulated or nflverse; unset: the home's",
    "seasons": "A-B; unset: those of the last run from a terminal, else all there are",
    "as_of": "date or instant; unset: that given to the last run from a terminal, else the source's now",
    "horizon": "tuesday or kickoff; unset: the home's",
    "offline": "true: the downloaded copies that are there, whatever their age",
    "signal_source": "proxy, champion or model_vN",
}


@dg.resource(
    config_schema={
        name: dg.Field(dg.Noneable(str), default_value=None, description=meaning)
        for name, meaning in FIELDS.items()
    }
)
def run_context(init_context: dg.InitResourceContext) -> RunContext:
    """What every step of a run is given: settings, paths, release, seasons and now.

    Raises:
        InputError: settings or source cannot be used.
    """
    if init_context.run is not None and init_context.instance is not None:
        hold_lock(init_context.instance, init_context.run.run_id)
    given = init_context.resource_config.items()
    return open_run(as_last_run(**{name: value for name, value in given if value is not None}))
