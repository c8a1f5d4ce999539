"""The run context as a Dagster resource; its configuration overrides signals.yaml for one run."""

import dagster as dg

from nfl_signals.core.settings import load_settings
from nfl_signals.workspace.run_context import RunContext, open_run

Run = dg.ResourceParam[RunContext]
"""The parameter `run_context` of assets, checks, ops and schedules."""
FIELDS = {
    "home": "overrides NFL_SIGNALS_HOME",
    "source": "simulated or nflverse",
    "seasons": "A-B; unset: all there are",
    "as_of": "date or instant; unset: the source's now",
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
    return open_run(load_settings(**init_context.resource_config))
