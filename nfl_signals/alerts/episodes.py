"""Alert episodes: from the week the alarm is raised to the week it is over, one row each.

A pure function of the evidence path, the limits and the steps taken: computed anew, it gives the same
rows with the same ids, so a run that is killed loses no alert and doubles none.

Severity is the highest level since it opened (`alarm_rule.py`): *info*, an error that lasts while
the evidence is only growing: watch; *warning*, both are there: recalibrate, and retrain if that was
not enough; *critical*, the error is twice as large, or all that can be done by itself was in vain:
fall back to proxy until the model is replaced, or a person has looked. An episode is over when the
error has been at or below the lower recovery limit for more than `min_days` days (hysteresis), or
when another model has forecast as many games as it took to show the error of the first, and they show
nothing against it: had it the same fault, they would have. Afterwards only new evidence counts. An episode
that was never more than info ends with its season. Nothing is done by itself about the market's own
price, or about the shadow book.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from nfl_signals.alerts.alarm_rule import CRITICAL, INFO, LEVELS, WARNING, Alarm, Judgement, Reading
from nfl_signals.alerts.wording import alert_sentence
from nfl_signals.core.setting_sections import MonitorSettings
from nfl_signals.monitoring.rolling_windows import SERIES

MIN_GAMES = 30  # behind a judgement that closes an episode or calls a forecast well calibrated
STEPS = ("recalibration", "retraining")

ALERTS_SCHEMA = pl.Schema(
    {
        "alert_id": pl.String(),  # 16 hex digits, of the series and the week it opened
        "market": pl.String(),
        "book": pl.String(),
        "signal_source": pl.String(),
        "model_version": pl.String(),  # that was served when it opened
        "severity": pl.String(),  # info, warning, critical: the highest so far
        "state": pl.String(),  # open, recovered, ended: the series is no longer served
        "action": pl.String(),  # none, watch, recalibrate, retrain, fall back to proxy
        "next_step": pl.String(),  # recalibration, retraining; null: nothing to be done by itself
        "escalated": pl.Boolean(),  # what could be done by itself did not help
        "opened_season": pl.Int32(),
        "opened_week": pl.Int32(),
        "opened_at": pl.Datetime("us", "UTC"),  # last kickoff of that week
        "warned_at": pl.Datetime("us", "UTC"),  # when it became a warning; null: never
        "closed_season": pl.Int32(),  # null while open
        "closed_week": pl.Int32(),
        "closed_at": pl.Datetime("us", "UTC"),
        "n_weeks": pl.Int32(),  # weeks with games from opening to closing, or to the latest
        "n_games": pl.Int32(),  # behind the latest judgement
        "error": pl.Float64(),  # at the latest judgement, probability
        "peak_error": pl.Float64(),
        "evidence": pl.Float64(),  # e-value at the latest judgement
        "peak_evidence": pl.Float64(),
        "days_over": pl.Int32(),
        "sentence": pl.String(),  # all of it in words
    }
)
STEPS_TAKEN_SCHEMA = pl.Schema(
    {
        "alert_id": pl.String(),
        "at": pl.Datetime("us", "UTC"),
        "step": pl.String(),  # recalibration, retraining
        "answer": pl.String(),  # promoted, rejected, insufficient
    }
)


def episodes(
    path: pl.DataFrame, steps_taken: pl.DataFrame, *, policy: MonitorSettings
) -> pl.DataFrame:
    """Every alert episode of every series.

    From EVIDENCE_SCHEMA and STEPS_TAKEN_SCHEMA, in order; returns ALERTS_SCHEMA, sorted by the week of
    opening and the series.
    """
    done: dict[str, list[dict[str, Any]]] = {}
    for row in steps_taken.iter_rows(named=True):
        done.setdefault(row["alert_id"], []).append(row)
    last = (pl.col("season") * 100 + pl.col("week")).max()
    weeks = path.with_columns(
        # Another series of its market and book has forecasts since.
        ended=last.over("market", "book") > last.over(SERIES),
        # Of the model that is served: end of its first week, and its games so far.
        model_since=pl.col("week_end_at").first().over(*SERIES, "segment"),
        model_games=pl.col("n_week").cum_sum().over(*SERIES, "segment"),
    )
    found = [
        episode.row(done.get(episode.alert_id, []))
        for series in weeks.partition_by(SERIES, maintain_order=True)
        for episode in _watch(series, policy)
    ]
    order = ["opened_season", "opened_week", *SERIES]
    return pl.DataFrame(found, schema=ALERTS_SCHEMA).sort(order)


class _Episode:
    """One episode as it grows week by week."""

    def __init__(self, opening: dict[str, Any], policy: MonitorSettings) -> None:
        self.opening = opening
        self.policy = policy
        self.state = "open"
        self.n_weeks = self.level = self.games_to_show = 0
        self.peak_error = self.peak_evidence = 0.0
        self.warned_at: datetime | None = None
        self.alarming_since: datetime | None = None  # when the model began that alarmed last

    @property
    def alert_id(self) -> str:
        """The same in every computation: series and week of opening."""
        text = "|".join(str(self.opening[name]) for name in [*SERIES, "season", "week"])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def add(self, week: dict[str, Any], judgement: Judgement) -> None:
        self.latest, self.judgement = week, judgement
        self.error = float(judgement.error)
        self.n_weeks += 1
        self.level = max(self.level, int(judgement.level))
        self.peak_error = max(self.peak_error, self.error)
        self.peak_evidence = max(self.peak_evidence, week["e_value"])
        if judgement.level >= WARNING:
            if self.warned_at is None:
                self.warned_at, self.games_to_show = week["week_end_at"], week["model_games"]
            self.alarming_since = week["model_since"]

    @property
    def over(self) -> bool:
        """Whether the error has been gone for long enough, or another model has passed its trial."""
        if self.judgement.settled and self.latest["n_season"] >= MIN_GAMES:
            return True
        replaced = self.latest["segment"] != self.opening["segment"]
        tried = self.latest["model_games"] >= max(self.games_to_show, MIN_GAMES)
        return bool(replaced and tried and self.judgement.evidence < self.policy.watch_evidence)

    def row(self, done: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """ALERTS_SCHEMA, given the steps taken against it."""
        closed = self.latest if self.state != "open" else {}
        state = "ended" if self.latest["ended"] and not closed else self.state
        promoted = bool(done) and done[-1]["answer"] == "promoted"
        # The model that was promoted against it has not alarmed yet.
        on_trial = promoted and not (self.alarming_since and self.alarming_since > done[-1]["at"])
        tried = {item["step"] for item in done}
        escalated = "retraining" in tried and not on_trial and not closed
        action, next_step = (
            ("none", None) if state != "open" else self._answer(tried, on_trial=on_trial)
        )
        facts = {
            "alert_id": self.alert_id,
            **{name: self.opening[name] for name in (*SERIES, "model_version")},
            "severity": LEVELS[CRITICAL if escalated else self.level],
            "state": state,
            "action": action,
            "next_step": next_step,
            "escalated": escalated,
            **{f"opened_{name}": self.opening[name] for name in ("season", "week")},
            "opened_at": self.opening["week_end_at"],
            "warned_at": self.warned_at,
            **{f"closed_{name}": closed.get(name) for name in ("season", "week")},
            "closed_at": closed.get("week_end_at"),
            "n_weeks": self.n_weeks,
            "n_games": self.latest["n_season"],
            "error": self.error,
            "peak_error": self.peak_error,
            "evidence": self.latest["e_value"],
            "peak_evidence": self.peak_evidence,
            "days_over": int(self.judgement.days_over),
        }
        return facts | {"sentence": alert_sentence(facts, on_trial=on_trial)}

    def _answer(self, tried: set[str], *, on_trial: bool) -> tuple[str, str | None]:
        """Action and next step of an open episode."""
        # The market's own price cannot be retrained, and the shadow book serves no consumer.
        ours = (self.opening["book"], self.opening["signal_source"]) == ("production", "model")
        if not ours or self.level < WARNING or on_trial:
            return "watch", None
        if "retraining" in tried:
            return "fall back to proxy", None
        action, step = ("retrain", "retraining") if tried else ("recalibrate", "recalibration")
        return ("fall back to proxy" if self.level == CRITICAL else action), step


def _watch(series: pl.DataFrame, policy: MonitorSettings) -> Iterator[_Episode]:
    """Episodes of one series, in order; the last one may be open."""
    alarm, episode = Alarm(policy), None
    for week in series.iter_rows(named=True):
        if episode and episode.level == INFO and week["season"] != episode.latest["season"]:
            episode.state = "recovered"  # never a warning, and its season is over
            yield episode
            episode = None
        judgement = alarm.read(reading_of(week))
        if episode is None and judgement.level >= INFO:
            episode = _Episode(week, policy)
        if episode:
            episode.add(week, judgement)
            if episode.over:
                episode.state = "recovered"
                yield episode
                episode = None
                alarm.count_afresh()
    if episode:
        yield episode


def reading_of(week: dict[str, Any]) -> Reading:
    """A row of EVIDENCE_SCHEMA as the alarm reads it."""
    return Reading(
        season=week["season"],
        day=week["week_end_at"].toordinal(),
        segment=week["segment"],
        error=week["season_error"],
        ece=week["season_ece"],
        e_value=week["e_value"],
    )
