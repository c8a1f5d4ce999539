"""The challenger forecasts the same games, and nothing else changes."""

import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.alerts.steps import alert_state
from nfl_signals.calibration.recalibration import RecalibrationMap
from nfl_signals.core.files import read_json, read_parquet, write_json
from nfl_signals.ensemble.ensemble import RECALIBRATION_FILE
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.rolling_windows import COUNTED
from nfl_signals.monitoring.steps import graded_ledger, update_metrics
from nfl_signals.predictions.challenger import Challenge, challenge_upcoming, challenger
from nfl_signals.predictions.upcoming import append_to_ledger, append_walk_forward, predict_upcoming
from nfl_signals.predictions.week import UpcomingWeek, WeekForecast, forecast_week
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision, Kind
from nfl_signals.registry.model_card import model_hash, read_card
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.production import forecast_weeks
from nfl_signals_tests.support.run_contexts import (
    contents,
    copy_context,
    forget_ledger,
    settings_of,
)

CHAMPION, RIVAL = "v202409", "v20240902"
FAILED = r"^v20240902 made no forecast: "


def predict(context: RunContext) -> pl.DataFrame:
    """The served model, then the challenger, as the asset does."""
    upcoming = predict_upcoming(context)
    challenge_upcoming(context)
    return upcoming


@pytest.fixture
def alone(finished_home: Path, tmp_path: Path) -> RunContext:
    """CHAMPION is served and there is no challenger."""
    return copy_context(finished_home, tmp_path)


@pytest.fixture
def context(alone: RunContext) -> RunContext:
    """Beside it RIVAL, which rates home teams higher."""
    rival_named(alone, RIVAL)
    return alone


def rival_named(context: RunContext, version: str) -> Path:
    folder = shutil.copytree(context.paths.ensemble(CHAMPION), context.paths.ensemble(version))
    stronger = asdict(RecalibrationMap(slope=1.1, intercept=0.2))
    write_json(folder / RECALIBRATION_FILE, {"moneyline": stronger})
    named = {"model_version": version, "model_hash": model_hash(folder)}
    write_json(folder / "card.json", read_card(folder) | named)
    return folder


def decided(context: RunContext, kind: Kind, version: str = RIVAL) -> None:
    """Write a decision about a version into the decision log."""
    held = decision_log.champion(context.decision_log)
    decision = Decision(
        at=context.as_of,
        kind=kind,
        version=version,
        model_hash=read_card(context.paths.ensemble(version))["model_hash"],
        champion=version if kind in decision_log.PROMOTING else str(held),
        step="retraining",
        sentence="Decided.",
    )
    decision_log.record(context.paths.history, decision, expected_champion=held)


def asking(context: RunContext, source: str) -> RunContext:
    return open_run(settings_of(context.paths.home, signal_source=source))


# --- which it is


def test_where_one_was_trained_there_is_no_challenger(alone: RunContext) -> None:
    assert challenger(alone) is None
    predict(alone)
    assert challenge_upcoming(alone).sentence == "There is no challenger."
    assert not alone.paths.challenge.exists()


def test_the_newest_trained_after_the_champion_challenges_until_it_is_rejected(
    context: RunContext,
) -> None:
    rival_named(context, "v20240903")
    rival_named(context, "v202409r202409")  # a copy was not trained
    assert challenger(context) == "v20240903"
    decided(context, "insufficient", "v20240903")
    assert challenger(context) == "v20240903"
    decided(context, "rejected", "v20240903")
    assert challenger(context) == RIVAL


def test_a_former_champion_does_not_challenge(context: RunContext) -> None:
    decided(context, "promoted")
    assert challenger(context) is None


@pytest.mark.parametrize(
    ("source", "version"),
    [("proxy", RIVAL), (f"model_{CHAMPION}", RIVAL), (f"model_{RIVAL}", None)],
)
def test_under_the_proxy_the_champion_is_challenged_else_the_served_model(
    context: RunContext, source: str, version: str | None
) -> None:
    assert challenger(asking(context, source)) == version


# --- what it forecasts


def test_it_forecasts_the_same_games_at_the_same_lines_and_prices(context: RunContext) -> None:
    upcoming = predict(context)
    rows = read_parquet(context.paths.challenge)
    same = ["game_id", "market", "kickoff_at", "made_at", "line", "price_yes", "price_no"]
    assert rows.height > 0
    assert rows.select(same).equals(upcoming.select(same))
    assert not rows["p_hat"].equals(upcoming["p_hat"])
    named = {"book": "learning", "signal_source": "model", "period_flag": "challenger"}
    named |= {"model_version": RIVAL}
    named |= {"model_hash": read_card(context.paths.ensemble(RIVAL))["model_hash"]}
    for column, value in named.items():
        assert rows[column].unique().to_list() == [value]
    sentence = challenge_upcoming(context).sentence
    assert sentence == f"{RIVAL} challenges the champion with {rows.height} predictions."


def test_it_forecasts_what_it_would_as_champion(context: RunContext) -> None:
    predict(context)
    alike = ["game_id", "market", "p_hat", "p_push", "model_version", "model_hash"]
    beside = read_parquet(context.paths.challenge).select(alike)
    assert predict(asking(context, f"model_{RIVAL}")).select(alike).equals(beside)
    assert not context.paths.challenge.exists()  # it has no challenger now


def test_beside_the_proxy_it_forecasts_too(context: RunContext) -> None:
    upcoming = predict(asking(context, "proxy"))
    assert upcoming["model_version"].unique().to_list() == ["proxy"]
    assert read_parquet(context.paths.challenge).height == upcoming.height


def test_its_rows_are_kept_once_in_the_shadow_book(context: RunContext) -> None:
    forget_ledger(context)
    append_walk_forward(context)
    walk_forward = ledger.read(context.paths.ledger).height
    upcoming = predict(context).height
    first = append_to_ledger(context)
    total = walk_forward + 2 * upcoming
    assert first == {"learning": upcoming, "production": upcoming, "total": total}
    before = context.paths.ledger.read_bytes()
    predict(context)
    assert append_to_ledger(context) == {"learning": 0, "production": 0, "total": total}
    assert context.paths.ledger.read_bytes() == before
    assert ledger.verify(ledger.read(context.paths.ledger)) == []


# --- one that cannot be served


def damaged(folder: Path) -> None:
    (folder / "more.json").write_text("{}")


def old_features(folder: Path) -> None:
    write_json(folder / "card.json", read_json(folder / "card.json") | {"feature_version": "0dd"})


def no_card(folder: Path) -> None:
    (folder / "card.json").write_text("neither sealed nor read")


def fitted_on_the_future(folder: Path) -> None:
    window = {"first": "2018-w01", "last": "2024-w10", "n_games": 9}
    write_json(folder / "card.json", read_json(folder / "card.json") | {"training_window": window})


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (damaged, "IntegrityError: .*its files are not what its card describes"),
        (old_features, "IntegrityError: .*fitted on features 0dd"),
        (no_card, "InputError: .*card.json"),
        (fitted_on_the_future, "InputError: .*fitted on games until 2024-w10"),
    ],
)
def test_one_that_cannot_be_served_stops_no_other_and_is_logged(
    context: RunContext, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], None], why: str
) -> None:
    before = predict(context)
    spoil(context.paths.ensemble(RIVAL))
    assert predict(context).equals(before)
    assert not context.paths.challenge.exists()
    (record,) = [each for each in caplog.records if each.levelname != "INFO"]
    assert record.levelname == "WARNING"
    found = challenge_upcoming(context)
    assert record.getMessage() == found.sentence
    assert re.search(FAILED + why, found.sentence)
    forget_ledger(context)
    assert append_to_ledger(context)["production"] == before.height


def test_from_a_tampered_decision_log_none_is_chosen(context: RunContext) -> None:
    context.paths.history.write_text(
        context.paths.history.read_text().replace("training", "person")
    )
    sentence = challenge_upcoming(context).sentence
    assert sentence.startswith("The challenger made no forecast: IntegrityError: ")


@pytest.mark.parametrize(("p_hat", "p_push"), [(1.0, 0.0), (None, 0.0), (0.5, 1.0), (0.5, -0.1)])
def test_what_is_no_probability_never_reaches_the_ledger(
    context: RunContext, p_hat: float | None, p_push: float
) -> None:
    def forecast(week: UpcomingWeek) -> WeekForecast:
        found = forecast_week(week)
        rows = found.rows.with_columns(p_hat=pl.lit(p_hat, pl.Float64), p_push=pl.lit(p_push))
        return replace(found, rows=rows)

    found = challenge_upcoming(context, forecast=forecast)
    assert found.rows is None
    assert found.problem is not None
    assert re.match(r"InputError: 2024_10_\w+ \w+: p_hat ", found.problem)


def test_even_a_mistake_in_the_program_stops_no_other_model(context: RunContext) -> None:
    def forecast(*_: object) -> pl.DataFrame:
        raise KeyError("p_hat")

    found = challenge_upcoming(context, forecast=forecast)
    assert (found.version, found.problem) == (RIVAL, "KeyError: 'p_hat'")
    assert Challenge(problem="x").sentence == "The challenger made no forecast: x"


# --- isolation


def wild(context: RunContext) -> int:
    """The challenger has forecast every walk-forward game, later and the wrong way round."""
    walked_forward = ledger.read(context.paths.ledger).filter(book="learning").drop("seal")
    rows = walked_forward.with_columns(
        p_hat=1 - pl.col("p_hat"),
        made_at=pl.col("made_at").dt.offset_by("30s"),
        model_version=pl.lit(RIVAL),
        model_hash=pl.lit("wild"),
        period_flag=pl.lit("challenger"),
    )
    named = ledger.with_prediction_id(rows).select(ledger.CONTENT)
    return ledger.append(context.paths.ledger, named).n_new["learning"]


def test_nothing_a_challenger_writes_changes_any_other_forecast_flag_or_alert(
    context: RunContext,
) -> None:
    """Predictions, flags, alerts and the walk-forward's own metrics, to the last bit."""
    forecast_weeks(context, pl.col("season") == 2024)
    before, seen = predict(context), alert_state(context)
    metrics = update_metrics(context)
    files = contents(context.paths.home / "data" / "upcoming")
    evidence = context.paths.weekly_evidence.read_bytes()
    assert wild(context) > 100
    assert predict(context).equals(before)
    assert contents(context.paths.home / "data" / "upcoming") == files
    after = alert_state(context)
    assert after.evidence.equals(seen.evidence)
    assert after.alerts.equals(seen.alerts)
    assert after.statuses() == seen.statuses()
    with_wild = update_metrics(context)
    others = with_wild.filter(pl.col("model_version") != RIVAL)
    assert others.equals(metrics)
    assert context.paths.weekly_evidence.read_bytes() == evidence


def test_a_challenger_is_followed_as_a_version_of_its_own(context: RunContext) -> None:
    wild(context)
    rows = update_metrics(context).filter(model_version=RIVAL)
    assert rows["scope"].unique().to_list() == ["version"]
    assert rows["window"].unique().sort().to_list() == ["all", "season"]
    counted = graded_ledger(context).filter(COUNTED, book="learning")
    assert counted["model_version"].unique().to_list() == ["replay_2024"]
