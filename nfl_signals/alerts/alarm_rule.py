"""When a forecast's calibration raises the alarm: an error that lasts, and evidence that it is one.

Why a calibration error above 0.05 alone cannot be the alarm: the error is a distance, so chance
alone keeps it above zero. Over 10 equal-width bins a perfectly calibrated moneyline forecast shows a
mean error of 0.125 over 64 games, 0.089 over 128 and still 0.062 over a whole season of 272; even
the closing line exceeds 0.05 in 11 of 20 seasons. "Above 0.05 two weeks running" fires in every
perfect season, a weekly Spiegelhalter |Z| > 1.96 in 21 % of them. So two things must hold together
at the end of a week:

1. the calibration error without its sampling bias (`recalibration_error.gap_to_date`) has been above the
   limit for more than `min_days` days without a break, and still is; and
2. the evidence (`stats/e_process.py`) has reached `evidence` in this season. Ville's inequality bounds the
   largest value of an e-process, so what was once shown need not be shown again while the error lasts.

Both count within a season and within one model's time: the off-season adds no days, evidence does not
outlast its season, and a model that replaces another starts afresh. The e-value of a new season carries
games of earlier ones; after a recovery those are old evidence, and what they carry is divided out. How
often the two together fire when nothing is wrong, and how soon when something is, is measured in
`benchmarks/alarms.py`.

`rule: literal` is the other reading of "error above 0.05 for more than 7 days": the plain error over
ten bins, sampling bias included, and no evidence needed.
"""

from dataclasses import dataclass

import numpy as np

from nfl_signals.core.setting_sections import MonitorSettings
from nfl_signals.stats.arrays import Bools, Floats, Ints
from nfl_signals.stats.e_process import MEMORY_SEASONS

LEVELS = ("none", "info", "warning", "critical")
INFO, WARNING, CRITICAL = 1, 2, 3


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is known at the end of a week; the measures may be arrays, one entry a series."""

    season: int
    day: int  # of its last game, counted from any day; later weeks have larger ones
    segment: int  # counts the models served one after the other, as `rolling_windows.segments`
    error: Floats | float  # of the season so far without sampling bias, probability
    ece: Floats | float  # plain calibration error over ten equal bins, probability
    e_value: Floats | float  # evidence of the season so far


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a reading means, in the shape of its measures."""

    level: Ints  # place in LEVELS
    error: Floats  # that the rule looks at, probability
    days_over: Ints  # that the error has been above the limit without a break
    evidence: Floats  # largest e-value so far in this season, since it last counted afresh
    settled: Bools  # at or below the recovery limit for long enough


class Alarm:
    """The rule, week by week, of one series or of an array of them.

    Example:
        >>> weeks = [Reading(season=2024, day=7 * w, segment=0, error=0.08, ece=0.1, e_value=30.0)
        ...          for w in range(3)]
        >>> alarm = Alarm(MonitorSettings())
        >>> [LEVELS[int(alarm.read(week).level)] for week in weeks]
        ['none', 'none', 'warning']
    """

    def __init__(self, policy: MonitorSettings, *, shape: tuple[int, ...] = ()) -> None:
        self.policy = policy
        self._shape = shape
        self._recovered: tuple[int, int] | None = None  # season and segment of the last recovery
        self._start_afresh(None)

    def _start_afresh(self, span: tuple[int, int] | None) -> None:
        self._span = span  # season and segment
        self._over: Floats = np.full(self._shape, np.nan)  # day since which; NaN: it is not
        self._calm: Floats = self._over
        self._evidence: Floats = np.zeros(self._shape)
        self._counted: Floats = np.ones(self._shape)  # what evidence is measured against
        self._last: Floats = self._counted

    def read(self, reading: Reading) -> Judgement:
        """Judge the next week; weeks must come in order."""
        if self._span != (span := (reading.season, reading.segment)):
            self._start_afresh(span)
            if self._carries_old_evidence(span):
                self._count_from(reading.e_value)
        policy, literal = self.policy, self.policy.rule == "literal"
        error = np.asarray({"proven": reading.error, "literal": reading.ece}[policy.rule])
        self._over = _since(self._over, error > policy.max_calibration_error, reading.day)
        self._calm = _since(self._calm, error <= policy.recovery_error, reading.day)
        self._evidence = np.maximum(self._evidence, np.asarray(reading.e_value) / self._counted)
        self._last = np.asarray(reading.e_value)
        days = _days(self._over, reading.day)
        lasting = days > policy.min_days
        alarming = lasting & (literal | (self._evidence >= policy.evidence))
        noted = lasting & (self._evidence >= policy.watch_evidence)
        grave = alarming & (error > policy.critical_error)
        return Judgement(
            level=np.select([grave, alarming, noted], [CRITICAL, WARNING, INFO], 0),
            error=error,
            days_over=days,
            evidence=self._evidence,
            settled=_days(self._calm, reading.day) > policy.min_days,
        )

    def count_afresh(self) -> None:
        """From here on only new evidence counts: that of one episode opens no second one.

        The ratio of an e-process to its value at a stopping time is an e-process from there on. A later
        season that remembers games from before counts from the end of its first week.
        """
        self._recovered = self._span
        self._count_from(self._last)

    def _carries_old_evidence(self, span: tuple[int, int]) -> bool:
        """Whether the e-values of a season and segment rest on games from before a recovery, too."""
        if self._recovered is None:
            return False
        season, segment = self._recovered
        return segment == span[1] and span[0] - season < MEMORY_SEASONS

    def _count_from(self, e_value: Floats | float) -> None:
        self._counted = np.maximum(e_value, np.finfo(np.float64).tiny)
        self._evidence = np.zeros(self._shape)


def _since(since: Floats, holds: Bools, day: int) -> Floats:
    """Day since which something holds without a break, NaN where it does not hold."""
    return np.where(holds, np.where(np.isnan(since), day, since), np.nan)


def _days(since: Floats, day: int) -> Ints:
    return np.where(np.isnan(since), 0, day - since).astype(np.int64)
