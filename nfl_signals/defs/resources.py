"""The world as a Dagster resource; its fields override signals.yaml for one run."""

import dagster as dg
from pydantic import Field, PrivateAttr

from nfl_signals.core.settings import load_settings
from nfl_signals.workspace.run_context import RunContext, open_run


class RunContextResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Opens the world once per process and hands it to every step."""

    home: str | None = Field(default=None, description="overrides NFL_SIGNALS_HOME")
    source: str | None = Field(default=None, description="simulated or nflverse")
    seasons: str | None = Field(default=None, description="A-B; unset: all there are")
    as_of: str | None = Field(default=None, description="date or instant; unset: the source's now")
    signal_source: str | None = Field(default=None, description="proxy, champion or model_vN")

    _world: RunContext | None = PrivateAttr(default=None)

    def open(self) -> RunContext:
        """The world of this run.

        Raises:
            InputError: settings or source cannot be used.
        """
        if self._world is None:
            overrides = {name: getattr(self, name) for name in type(self).model_fields}
            self._world = open_run(load_settings(**overrides))
        return self._world
