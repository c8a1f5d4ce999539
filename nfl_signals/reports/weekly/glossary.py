"""The terms of the weekly report and the dashboard, each in plain sentences."""

import yaml

from nfl_signals.core.setting_sections import MonitorSettings
from nfl_signals.reports.shared.templates import data_text


def glossary(monitor: MonitorSettings) -> list[tuple[str, str]]:
    """Terms in the order in which a reader meets them; their sentences name the limits in force."""
    seasons = "all seasons"
    if monitor.evidence > 1:
        seasons = f"{100 / monitor.evidence:.3g} % of seasons"
    known = dict(monitor) | {"seasons": seasons}
    return [
        (entry["term"], entry["text" if "text" in entry else monitor.rule].format(**known))
        for entry in yaml.safe_load(data_text("glossary.yaml"))
    ]
