"""Every number of the weekly report and the dashboard, computed once and as JSON values."""

from typing import Any

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.reports.weekly.alerts import alert_records, grouped, state_of
from nfl_signals.reports.weekly.glossary import glossary
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.picks import pick_records
from nfl_signals.reports.weekly.series import Voice, speakers, voice_that_counts, voices
from nfl_signals.reports.weekly.trends import trends
from nfl_signals.reports.weekly.windows import changes, version_rows, window_rows
from nfl_signals.reports.weekly.words import verdict

Json = dict[str, Any]
HINDSIGHT_ORDER = ["market", "voice", "season"]


def weekly_numbers(inputs: WeeklyInputs) -> Json:
    """What there is to say on a Monday morning.

    Returns:
        JSON values: `season, week` of the newest graded games, `verdict`, `speakers`, a part per
        market under `markets` (the voice that counts), `others` (every other series), `alerts`
        (`all, open, opened, recovered`), `predictions`, `alarm_backtest`, `glossary`, `limits`, `as_of`,
        `source`.

    Raises:
        InputError: no game has been graded and none is upcoming.
    """
    season, week = newest_week(inputs)
    records, speaking = alert_records(inputs.alerts), speakers(inputs.upcoming)
    says = {row["market"]: row["signal_source"] for row in speaking}
    parts = [_market(inputs, name, says.get(name), records) for name in MARKETS]
    shown = {part["voice"]["key"] for part in parts if part["voice"]}
    others = [voice for voice in voices(inputs.metrics) if voice.key not in shown]
    limits = inputs.limits
    return {
        "season": season,
        "week": week,
        "as_of": inputs.as_of.isoformat(),
        "source": inputs.source_name,
        "limits": vars(limits),
        "verdict": verdict(markets=parts, speakers=speaking, week=f"week {week} of {season}"),
        "speakers": speaking,
        "markets": parts,
        "others": [_series(inputs, voice) for voice in others],
        "alerts": {"all": records, **grouped(records, season=season, week=week)},
        "predictions": pick_records(inputs.upcoming),
        "hindsight": inputs.alarm_backtest.sort(HINDSIGHT_ORDER).to_dicts(),
        "glossary": [list(pair) for pair in glossary(limits)],
    }


def newest_week(inputs: WeeklyInputs) -> tuple[int, int]:
    """Season and week of the newest graded games; before any, the week before the upcoming one.

    Raises:
        InputError: neither exists.
    """
    played = inputs.graded.filter(pl.col("outcome").is_not_null())
    for rows, back in ((played, 0), (inputs.upcoming, 1)):
        if rows.height:
            season, week = rows.select("season", "week").sort("season", "week").row(-1)
            return season, week - back
    raise InputError(
        "weekly report: no game has been graded and none is upcoming; materialize ledger and "
        "calibration_metrics first."
    )


def name_of_week(season: int, week: int) -> str:
    """As files are called.

    Example:
        >>> name_of_week(2023, 8)
        '2023-w08'
    """
    return f"{season}-w{week:02d}"


def _market(inputs: WeeklyInputs, name: str, speaker: str | None, records: list[Json]) -> Json:
    weeks = inputs.limits.window_weeks
    voice = voice_that_counts(inputs.metrics, market=name, window_weeks=weeks, speaker=speaker)
    market = MARKETS[name]  # type: ignore[index]
    part: Json = {
        "market": name,
        "title": market.title,
        "yes": market.yes,
        "state": state_of(records, voice),
        "voice": None,
        "windows": [],
        "changes": [],
    }
    if voice is None:
        return part
    changed = {"changes": changes(inputs, voice)}
    return part | _series(inputs, voice) | changed


def _series(inputs: WeeklyInputs, voice: Voice) -> Json:
    return {
        "market": voice.market,
        "title": MARKETS[voice.market].title,  # type: ignore[index]
        "voice": {
            "book": voice.book,
            "signal_source": voice.signal_source,
            "key": voice.key,
            "label": voice.label,
            "short": voice.short,
            "is_replay": voice.is_replay,
        },
        "windows": window_rows(inputs, voice),
        "versions": version_rows(inputs.metrics, voice),
        "trends": trends(inputs, voice),
    }
