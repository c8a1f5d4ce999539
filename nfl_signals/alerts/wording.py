"""Alerts and series in words that need no glossary."""

from collections.abc import Mapping
from typing import Any

from nfl_signals.markets.definitions import MARKETS

WATCH = "may be drifting, which is not shown; watch it, change nothing"
NOTHING_AUTOMATIC = "has drifted, and nothing is done about this series by itself; watch it"
NEXT = {
    "recalibration": "has drifted; its forecasts are recalibrated next",
    "retraining": "has drifted, and recalibration did not settle it; it is retrained next",
}
MEANWHILE = "; the error is grave: set `signal_source: proxy` if you cannot wait"
ESCALATED = (
    "has drifted, and neither recalibration nor retraining settled it; set `signal_source: proxy` "
    "until a person has found the cause"
)
TRIAL = "has drifted; the model that replaced it is on trial until its own games clear it"
ENDED = {
    "recovered": "is well calibrated again; nothing to do",
    "ended": "is no longer served, so its alarm is over; nothing to do",
}


def alert_sentence(alert: Mapping[str, Any], *, on_trial: bool) -> str:
    """One alert, a row of `episodes.ALERTS_SCHEMA` without its sentence, in words.

    `on_trial`: whether a model promoted against it is still being tried.
    """
    return (
        f"{series_name(alert)} {_meaning(alert, on_trial=on_trial)} (since {alert['opened_season']} "
        f"week {alert['opened_week']}: calibration error {alert['error']:.3f} over "
        f"{alert['n_games']} games, {alert['days_over']} days over the limit, evidence "
        f"{evidence(alert['evidence'])}, at most {evidence(alert['peak_evidence'])})."
    )


def status_sentence(week: Mapping[str, Any]) -> str:
    """A series without an alert, in words; `week` is a row of EVIDENCE_SCHEMA."""
    return (
        f"{series_name(week)} is as well calibrated as its games can show; nothing to do (calibration "
        f"error {week['season_error']:.3f} over {week['n_season']} games of the season so far, "
        f"evidence {evidence(week['e_value'])})."
    )


def evidence(value: float) -> str:
    """An e-value as people read it.

    Example:
        >>> [evidence(value) for value in (0.4321, 21.7, 1470.2, 5e9)]
        ['0.43', '22', '1,470', 'over a million']
    """
    if value >= 1e6:
        return "over a million"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"


def series_name(row: Mapping[str, Any]) -> str:
    """Market, book and signal source, e.g. 'Moneyline (production, model)'."""
    return f"{MARKETS[row['market']].title} ({row['book']}, {row['signal_source']})"


def _meaning(alert: Mapping[str, Any], *, on_trial: bool) -> str:
    if alert["state"] != "open":
        return ENDED[alert["state"]]
    if on_trial or alert["severity"] == "info":
        return TRIAL if on_trial else WATCH
    if alert["escalated"]:
        return ESCALATED
    if alert["next_step"] is None:
        return NOTHING_AUTOMATIC
    return NEXT[alert["next_step"]] + (MEANWHILE if alert["severity"] == "critical" else "")
