"""Settings that are each in order and together mean nothing: an alarm that is over before it begins.

Judged once file, environment and options are merged: half of a pair may stand in each.
"""

from collections.abc import Iterator

from nfl_signals.core.setting_sections import MonitorSettings, SimulatorSettings, TrainingSettings

DRIFTS = ("drift_home_field", "drift_scoring", "drift_slope", "drift_bias")


def contradictions(
    monitor: MonitorSettings, training: TrainingSettings, simulator: SimulatorSettings
) -> list[str]:
    """A sentence for every two settings that contradict each other, with both values.

    Example:
        >>> monitor = MonitorSettings(evidence=2)
        >>> found = contradictions(monitor, TrainingSettings(), SimulatorSettings())
        >>> [sentence.partition(";")[0] for sentence in found]
        ['monitor.watch_evidence 5 is above monitor.evidence 2']
    """
    return [*_of_monitor(monitor), *_of_learners(training), *_of_drift(simulator)]


def _of_monitor(monitor: MonitorSettings) -> Iterator[str]:
    limit = f"monitor.max_calibration_error {monitor.max_calibration_error:g}"
    if monitor.recovery_error > monitor.max_calibration_error:
        yield (
            f"monitor.recovery_error {monitor.recovery_error:g} is above {limit}; lower it: an alarm "
            "is over at an error that raises none."
        )
    if monitor.critical_error < monitor.max_calibration_error:
        yield (
            f"monitor.critical_error {monitor.critical_error:g} is below {limit}; raise it: what is "
            "critical is an alarm."
        )
    if monitor.watch_evidence > monitor.evidence:
        yield (
            f"monitor.watch_evidence {monitor.watch_evidence:g} is above monitor.evidence "
            f"{monitor.evidence:g}; lower it: an error is noted before it is an alarm."
        )


def _of_learners(training: TrainingSettings) -> Iterator[str]:
    names = training.learners
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"training.learners names {name} twice ({', '.join(names)}); keep one."


def _of_drift(simulator: SimulatorSettings) -> Iterator[str]:
    since = simulator.drift_from
    if since is None:
        unchanged = SimulatorSettings()
        for name in DRIFTS:
            value = getattr(simulator, name)
            if value != getattr(unchanged, name):
                yield (
                    f"simulator.{name} {value:g} is the size of a drift, and simulator.drift_from is not "
                    "set; name the drift's first week."
                )
        return
    last = simulator.first_season + simulator.n_seasons - 1
    if int(since[:4]) > last:
        yield (
            f"simulator.drift_from {since} is after the last season {last} (simulator.first_season "
            f"{simulator.first_season}, simulator.n_seasons {simulator.n_seasons}); choose an earlier week."
        )
