"""Every number of the weekly report and the dashboard, computed once and as JSON values."""

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import Json
from nfl_signals.ingest.quality import in_words
from nfl_signals.markets.decision_time import meaning
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.reports.shared.templates import render
from nfl_signals.reports.weekly.alerts import alert_records, grouped, state_of
from nfl_signals.reports.weekly.glossary import glossary
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.picks import pick_records
from nfl_signals.reports.weekly.series import (
    SeriesLabel,
    judged_series,
    measured_series,
    serving_models,
    why_replaced,
)
from nfl_signals.reports.weekly.trends import trends
from nfl_signals.reports.weekly.windows import changes, version_rows, window_rows

LIMITS = {"max_calibration_error", "min_days", "evidence", "window_weeks", "rule"}


def weekly_numbers(inputs: WeeklyInputs) -> Json:
    """What there is to report on a Monday morning.

    Returns JSON values: `season, week` of the newest graded games, `verdict`, `serving`, a part per
    market under `markets` (the series that it is judged on), `others` (every other series),
    `alerts` (`all, open, opened, recovered`), `predictions` (of games to come), `missing`,
    `price_is_close` (of production), `data_quality` (of this season),
    `alarm_backtest`, `glossary`, `limits`, `as_of`, `source`.

    Raises:
        InputError: no game has been graded and none is upcoming.
    """
    season, week = newest_week(inputs)
    records = alert_records(inputs.alerts)
    serving = serving_models(inputs.upcoming, bets_from=inputs.moment.bets_from)
    sources = {row["market"]: row["signal_source"] for row in serving}
    parts = [_market(inputs, name, sources.get(name), records) for name in MARKETS]
    shown = [part["series"] for part in parts]
    measured = measured_series(inputs.metrics)
    others = [series for series in measured if series.described() not in shown]
    return {
        "season": season,
        "week": week,
        "as_of": inputs.moment.as_of.isoformat(),
        "source": inputs.source_name,
        "horizon": inputs.horizon,
        "decision_time": meaning(inputs.horizon),
        "limits": inputs.monitor.model_dump(include=LIMITS),
        "verdict": verdict(parts, serving, week=f"week {week} of {season}"),
        "serving": serving,
        "markets": parts,
        "others": [_series(inputs, series) for series in others],
        "alerts": {"all": records, **grouped(records, season=season, week=week)},
        "predictions": pick_records(
            inputs.upcoming.filter(pl.col("kickoff_at") > inputs.moment.bets_from)
        ),
        "missing": list(inputs.missing),
        "price_is_close": price_is_close(inputs.graded),
        "data_quality": in_words(inputs.quality.filter(pl.col("season") == season)),
        "alarm_backtest": inputs.alarm_backtest.sort("market", "series", "season").to_dicts(),
        "glossary": [list(pair) for pair in glossary(inputs.monitor)],
    }


def verdict(markets: list[Json], serving: list[Json], *, week: str) -> str:
    """The first paragraph: is calibration all right, which model is serving, what is there to do."""
    return " ".join(render("verdict.txt", markets=markets, serving=serving, week=week).split())


def price_is_close(graded: pl.DataFrame) -> bool:
    """Whether production's price at the pick is the close wherever both are known.

    So it is in a season that was played from a release without earlier prices.
    """
    known = graded.filter(book="production").drop_nulls(["p_market", "p_close"])
    return known.height > 0 and known["p_market"].equals(known["p_close"], check_names=False)


def _at_close(inputs: WeeklyInputs, series: SeriesLabel) -> bool:
    """Whether forecasts of a walk-forward were made at the close: at kickoff they have no other price."""
    if not series.described()["is_walk_forward"]:
        return False
    rows = inputs.graded.filter(market=series.market, book="learning")
    return set(rows["horizon"]) <= {"kickoff"}


def newest_week(inputs: WeeklyInputs) -> tuple[int, int]:
    """Season and week of the newest graded games; before any, the week before the upcoming one."""
    played = inputs.graded.filter(pl.col("outcome").is_not_null())
    for rows, back in ((played, 0), (inputs.upcoming, 1)):
        if rows.height:
            season, week = rows.select("season", "week").sort("season", "week").row(-1)
            return season, week - back
    raise InputError(
        "weekly report: no game has been graded and none is upcoming; materialize ledger and "
        "calibration_metrics first."
    )


def _market(
    inputs: WeeklyInputs, name: MarketName, source: str | None, records: list[Json]
) -> Json:
    weeks = inputs.monitor.window_weeks
    series = judged_series(inputs.metrics, market=name, window_weeks=weeks, serving=source)
    market = MARKETS[name]
    part: Json = {"market": name, "title": market.title, "yes": market.yes}
    part |= {"state": state_of(records, series), "series": None}
    part["why_replaced"] = why_replaced(inputs.metrics, market=name, window_weeks=weeks)
    if series is None:
        return part | {"at_close": False, "windows": [], "versions": [], "changes": []}
    return part | _series(inputs, series) | {"changes": changes(inputs, series)}


def _series(inputs: WeeklyInputs, series: SeriesLabel) -> Json:
    return {
        "market": series.market,
        "title": MARKETS[series.market].title,
        "series": series.described(),
        "at_close": _at_close(inputs, series),
        "windows": window_rows(inputs, series),
        "versions": version_rows(inputs.metrics, series),
        "trends": trends(inputs, series),
    }
