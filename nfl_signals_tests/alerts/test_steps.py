"""Alerts are read off the ledger, flags off the alerts, and only production counts."""

from pathlib import Path

import polars as pl
import pytest

from nfl_signals.alerts import steps
from nfl_signals.alerts.episodes import ALERTS_SCHEMA
from nfl_signals.core.files import read_parquet
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring import ledger
from nfl_signals.predictions.upcoming import predict_upcoming
from nfl_signals.workspace.run_context import World
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.production import speak
from nfl_signals_tests.support.worlds import copy_world, earlier

THIS_SEASON = pl.col("season") == 2024


@pytest.fixture
def world(finished_home: Path, tmp_path: Path) -> World:
    return copy_world(finished_home, tmp_path)


def by_market(found: steps.Watch) -> dict[str, steps.Standing]:
    return {standing.market: standing for standing in found.standings()}


def test_a_home_without_a_ledger_has_nothing_to_watch(world: World) -> None:
    world.paths.ledger.unlink()
    found = steps.watch(world)
    assert (found.alerts.height, found.standings(), found.flags()) == (0, [], {})


def test_the_replay_alone_is_no_reason_to_flag_anything(world: World) -> None:
    """Monitors of production never read the learning book."""
    found = steps.watch(world)
    assert set(found.path["book"]) == {"learning"}
    assert found.standings() == []
    upcoming = predict_upcoming(world)
    assert upcoming["period_flag"].unique().to_list() == [steps.UNMONITORED]


def test_a_voice_with_few_games_is_not_called_well_calibrated(world: World) -> None:
    speak(world, THIS_SEASON & (pl.col("week") == 9))
    standing = by_market(steps.watch(world))["moneyline"]
    assert (standing.flag, standing.alarming) == (steps.UNMONITORED, False)
    assert standing.week == "2024-w09"
    assert standing.weekly_games == (standing.n_games,)


def test_swapped_sides_open_one_alert_and_flag_that_market_only(world: World) -> None:
    speak(world, THIS_SEASON, slope=-1.0)
    found = steps.watch(world)
    standings = by_market(found)
    assert set(standings) == set(MARKETS)
    assert (standings["moneyline"].flag, standings["moneyline"].alarming) == ("critical", True)
    assert standings["moneyline"].next_step == "recalibration"
    assert {standings[name].flag for name in ("ats", "total")} == {steps.OK}
    upcoming = predict_upcoming(world)
    flags = dict(upcoming.group_by("market").agg(pl.col("period_flag").unique()).iter_rows())
    assert flags == {"moneyline": ["critical"], "ats": ["ok"], "total": ["ok"]}


def test_the_flag_is_that_of_who_speaks(world: World) -> None:
    """The model has drifted; the price has never been monitored."""
    speak(world, THIS_SEASON, slope=-1.0)
    proxy = copy_world(world.paths.home, world.paths.home.parent / "proxy", signal_source="proxy")
    upcoming = predict_upcoming(proxy)
    assert upcoming["period_flag"].unique().to_list() == [steps.UNMONITORED]


def test_an_alert_is_as_old_as_what_was_known_then(world: World) -> None:
    speak(world, THIS_SEASON, slope=-1.0)
    september = earlier(world, utc("2024-09-17 14:00"))
    assert steps.watch(september).alerts.height == 0


def test_reading_again_stores_the_same_alerts(world: World) -> None:
    speak(world, THIS_SEASON, slope=-1.0)
    first = steps.update_alerts(world)
    stored = world.paths.alerts.read_bytes()
    assert first.schema == ALERTS_SCHEMA
    assert steps.update_alerts(world).equals(first)
    assert world.paths.alerts.read_bytes() == stored
    assert read_parquet(world.paths.alerts).equals(first)


def test_alerts_are_told_to_nobody_unless_somebody_is_named(world: World) -> None:
    steps.update_alerts(world)
    assert steps.send_alerts(world) == "nobody to tell: monitor.notify is not set"
    assert not world.paths.deliveries.exists()


def test_what_the_learning_book_says_changes_nothing_for_production(world: World) -> None:
    """Isolation: a challenger that goes wild in the learning book is not production's drift."""
    speak(world, THIS_SEASON)
    before = steps.watch(world)
    rows = ledger.read(world.paths.ledger).filter(THIS_SEASON, book="learning").drop("seal")
    wild = rows.with_columns(
        p_hat=1 - pl.col("p_hat"),
        model_hash=pl.lit("wild"),
        made_at=pl.col("made_at").dt.offset_by("1h"),
    )
    ledger.append(world.paths.ledger, ledger.with_prediction_id(wild).select(ledger.CONTENT))
    after = steps.watch(world)
    assert not after.path.equals(before.path)
    production = pl.col("book") == "production"
    assert after.path.filter(production).equals(before.path.filter(production))
    assert after.standings() == before.standings()
    assert after.alerts.filter(production).equals(before.alerts.filter(production))
