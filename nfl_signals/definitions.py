"""Dagster's entry point: assets, checks, jobs, schedules and the sensor in one place."""

import dagster as dg

from nfl_signals.defs.automation import JOBS, SCHEDULES, SENSORS
from nfl_signals.defs.checks import CHECKS
from nfl_signals.defs.gold import GOLD_ASSETS
from nfl_signals.defs.models import MODEL_ASSETS
from nfl_signals.defs.promotion import PROMOTION_JOBS
from nfl_signals.defs.raw import RAW_ASSETS
from nfl_signals.defs.resources import RunContextResource
from nfl_signals.defs.signals import SIGNAL_ASSETS

defs = dg.Definitions(
    assets=[*RAW_ASSETS, *GOLD_ASSETS, *MODEL_ASSETS, *SIGNAL_ASSETS],
    asset_checks=CHECKS,
    jobs=[*JOBS, *PROMOTION_JOBS],
    schedules=SCHEDULES,
    sensors=SENSORS,
    resources={"run_context": RunContextResource.configure_at_launch()},
    # A process per step costs seconds of imports on steps that take less; fits use threads.
    executor=dg.in_process_executor,
)
