"""A home's tables as the weekly report reads them: walk-forward, drifting production, a next week."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import polars as pl

from nfl_signals.alerts.backtest import BACKTEST_SCHEMA, CLOSE, WALK_FORWARD
from nfl_signals.alerts.episodes import STEPS_TAKEN_SCHEMA, episodes
from nfl_signals.core.moment import Moment
from nfl_signals.core.setting_sections import MonitorSettings
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring.calibration_metrics import calibration_metrics, reliability_table
from nfl_signals.monitoring.ledger import CONTENT
from nfl_signals.monitoring.weekly_evidence import evidence_path
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.graded_games import graded

POLICY = MonitorSettings()
GRADED = ("evidence", "alerts", "metrics", "curves", "graded")
WEEKS_PLAYED = 9
HOSTILE = "<script>alert('x')</script> & [a](b)"


@cache
def weekly_inputs() -> WeeklyInputs:
    """Walk-forward forecasts of 2024 and 2025; production, of 2025, has moneylines the wrong way round."""
    slopes = {"moneyline": -0.2, "ats": 1.0, "total": 1.0}
    walked = [_games(name, "learning", range(2024, 2026), 1.0) for name in slopes]
    sealed = [_games(name, "production", range(2025, 2026), s) for name, s in slopes.items()]
    games = pl.concat([*walked, *sealed])
    path = evidence_path(games)
    weeks = POLICY.window_weeks
    return WeeklyInputs(
        evidence=path,
        alerts=episodes(path, STEPS_TAKEN_SCHEMA.to_frame(), policy=POLICY),
        metrics=calibration_metrics(games, window_weeks=weeks, seed=7),
        curves=reliability_table(games, window_weeks=weeks, seed=7),
        graded=games,
        upcoming=upcoming(),
        monitor=POLICY,
        moment=at("2025-11-04 14:00"),
        source_name="simulated",
        horizon="tuesday",
    )


def at(as_of: str, *, clock: str | None = None) -> Moment:
    """A run of this as-of, written when the clock says so; in the same minute by default."""
    return Moment(as_of=utc(as_of), clock=utc(clock or as_of))


def fresh_inputs() -> WeeklyInputs:
    """A home in which production has not been graded yet."""
    full, walked = weekly_inputs(), pl.col("book") == "learning"
    return replace(full, **{name: getattr(full, name).filter(walked) for name in GRADED})


def empty_inputs() -> WeeklyInputs:
    """A home in which nothing has been played or forecast yet."""
    full = weekly_inputs()
    return replace(full, **{name: getattr(full, name).clear() for name in (*GRADED, "upcoming")})


def upcoming(games: Sequence[str] = ("2025_10_DAL_MIN", "2025_10_ARI_CAR")) -> pl.DataFrame:
    """Production's next week: the ledger's content and p_market."""
    kickoff = utc("2025-11-09 18:00")
    rows = [_prediction(game, market) for game in games for market in MARKETS]
    best = {"best_line": -4.0, "best_price": -105.0, "best_book": "soft"}
    shown = [row | (best if row["market"] == "ats" else dict.fromkeys(best)) for row in rows]
    return pl.DataFrame(shown).with_columns(
        pl.lit(kickoff).alias("kickoff_at"), pl.lit(kickoff - timedelta(days=5)).alias("made_at")
    )


def alarm_backtest() -> pl.DataFrame:
    """Two series over two seasons; the literal rule raises every alarm, the shipped one a single one."""
    rows = [
        {
            "market": "moneyline",
            "series": series,
            "season": season,
            "weeks_literal": 15 + season - 2024,
            "weeks_shipped": int(series == WALK_FORWARD and season == 2025) * 3,
            "final_error": 0.062,
        }
        for series in (WALK_FORWARD, CLOSE)
        for season in (2024, 2025)
    ]
    return pl.DataFrame(rows, schema=BACKTEST_SCHEMA)


def _games(market: str, book: str, seasons: range, slope: float) -> pl.DataFrame:
    version = "model_v1" if book == "production" else "replay_2025"
    named = {"market": market, "book": book, "model_version": version, "model_hash": version}
    place = list(MARKETS).index(market)
    known = {"weeks": WEEKS_PLAYED, "push": 0.02, "seed": place}
    made = graded(seasons=seasons, slope=slope, **known, **named)
    market = pl.col("p_market")
    close = (
        0.8 * market + 0.1 if book == "production" else market
    )  # the walk-forward is at the close
    return made.with_columns(pl.col("closing_line_value").cast(pl.Float64), p_close=close)


def _prediction(game: str, market: str) -> dict[str, Any]:
    line = {"ats": -3.5, "moneyline": 0.0, "total": 44.5}[market]
    known = {"season": 2025, "week": 10, "game_id": game, "market": market, "line": line}
    price = {"price_yes": -110.0, "price_no": -110.0, "p_hat": 0.53, "p_push": 0.02}
    model = {"model_version": "model_v1", "model_hash": "0123456789abcdef", "feature_version": "f"}
    model["horizon"] = "kickoff"
    tags = {"signal_source": "model", "book": "production", "period_flag": "warning"}
    row = known | price | model | tags | {"prediction_id": f"{game}{market}", "p_market": 0.5}
    return {name: row.get(name) for name in (*CONTENT, "p_market")}
