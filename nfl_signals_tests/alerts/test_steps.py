"""Alerts are read off the ledger, flags off the alerts, and only production counts."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.alerts import steps
from nfl_signals.alerts.episodes import ALERTS_SCHEMA
from nfl_signals.alerts.series_status import OK, UNMONITORED, AlertState, SeriesStatus
from nfl_signals.core.files import read_parquet
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring import ledger
from nfl_signals.predictions.upcoming import predict_upcoming
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.production import forecast_weeks
from nfl_signals_tests.support.run_contexts import copy_context, earlier, forget_ledger

THIS_SEASON = pl.col("season") == 2024


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def by_market(found: AlertState) -> dict[str, SeriesStatus]:
    return {status.market: status for status in found.statuses()}


def test_a_home_without_a_ledger_has_nothing_to_watch(context: RunContext) -> None:
    forget_ledger(context)
    found = steps.alert_state(context)
    assert (found.alerts.height, found.statuses(), found.flags()) == (0, [], {})


def test_the_walk_forward_alone_is_no_reason_to_flag_anything(context: RunContext) -> None:
    """Monitors of production never read the shadow book."""
    found = steps.alert_state(context)
    assert set(found.evidence["book"]) == {"learning"}
    assert found.statuses() == []
    upcoming = predict_upcoming(context)
    assert upcoming["period_flag"].unique().to_list() == [UNMONITORED]


def test_a_series_with_few_games_is_not_called_well_calibrated(context: RunContext) -> None:
    forecast_weeks(context, THIS_SEASON & (pl.col("week") == 9))
    status = by_market(steps.alert_state(context))["moneyline"]
    assert (status.flag, status.alarming) == (UNMONITORED, False)
    assert status.week == "2024-w09"
    assert status.weekly_games == (status.n_games,)


def test_swapped_sides_open_one_alert_and_flag_that_market_only(context: RunContext) -> None:
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    found = steps.alert_state(context)
    statuses = by_market(found)
    assert set(statuses) == set(MARKETS)
    assert (statuses["moneyline"].flag, statuses["moneyline"].alarming) == ("critical", True)
    assert statuses["moneyline"].next_step == "recalibration"
    assert {statuses[name].flag for name in ("ats", "total")} == {OK}
    later = earlier(context, context.as_of + timedelta(hours=1))  # what is sealed keeps its flag
    upcoming = predict_upcoming(later)
    flags = dict(upcoming.group_by("market").agg(pl.col("period_flag").unique()).iter_rows())
    assert flags == {"moneyline": ["critical"], "ats": ["ok"], "total": ["ok"]}


def test_the_flag_is_that_of_the_served_model(context: RunContext) -> None:
    """The model has drifted; the price has never been monitored."""
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    proxy = copy_context(
        context.paths.home, context.paths.home.parent / "proxy", signal_source="proxy"
    )
    upcoming = predict_upcoming(proxy)
    assert upcoming["period_flag"].unique().to_list() == [UNMONITORED]


def test_an_alert_is_as_old_as_what_was_known_then(context: RunContext) -> None:
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    september = earlier(context, utc("2024-09-17 14:00"))
    assert steps.alert_state(september).alerts.height == 0


def test_reading_again_stores_the_same_alerts(context: RunContext) -> None:
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    first = steps.update_alerts(context)
    stored = context.paths.alerts.read_bytes()
    assert first.schema == ALERTS_SCHEMA
    assert steps.update_alerts(context).equals(first)
    assert context.paths.alerts.read_bytes() == stored
    assert read_parquet(context.paths.alerts).equals(first)


def test_alerts_are_sent_to_nobody_unless_somebody_is_named(context: RunContext) -> None:
    steps.update_alerts(context)
    assert steps.send_alerts(context) == "nobody to notify: monitor.notify is not set"
    assert not context.paths.deliveries.exists()


def test_what_the_shadow_book_says_changes_nothing_for_production(context: RunContext) -> None:
    """Isolation: a challenger that goes wild in the shadow book is not production's drift."""
    forecast_weeks(context, THIS_SEASON)
    before = steps.alert_state(context)
    rows = ledger.read(context.paths.ledger).filter(THIS_SEASON, book="learning").drop("seal")
    wild = rows.with_columns(
        p_hat=1 - pl.col("p_hat"),
        model_hash=pl.lit("wild"),
        made_at=pl.col("made_at").dt.offset_by("30s"),
    )
    ledger.append(context.paths.ledger, ledger.with_prediction_id(wild).select(ledger.CONTENT))
    after = steps.alert_state(context)
    assert not after.evidence.equals(before.evidence)
    production = pl.col("book") == "production"
    assert after.evidence.filter(production).equals(before.evidence.filter(production))
    assert after.statuses() == before.statuses()
    assert after.alerts.filter(production).equals(before.alerts.filter(production))
