"""Whose numbers count, what a change means, how an alert reads, what a trend is made of."""

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.setting_sections import MonitorSettings, RuleName
from nfl_signals.ingest.quality import Quality
from nfl_signals.reports.weekly.alerts import BY_HAND, alert_records, grouped, state_of
from nfl_signals.reports.weekly.cells import PRICE_IS_CLOSE, window_cells, window_header
from nfl_signals.reports.weekly.charts import charts_of
from nfl_signals.reports.weekly.glossary import glossary
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.numbers import verdict, weekly_numbers
from nfl_signals.reports.weekly.picks import pick_records
from nfl_signals.reports.weekly.report import write_weekly_report
from nfl_signals.reports.weekly.series import (
    SeriesLabel,
    judged_series,
    measured_series,
    serving_models,
    why_replaced,
)
from nfl_signals.reports.weekly.trends import rolling_rows, trends
from nfl_signals.reports.weekly.windows import changes
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.weekly_games import POLICY, at, upcoming, weekly_inputs

BEFORE = utc("2025-11-04 14:00")  # no game of `upcoming` has begun
MODEL = SeriesLabel(market="moneyline", book="production", signal_source="model")
WALK_FORWARD = SeriesLabel(market="moneyline", book="learning", signal_source="model")


def chosen(metrics: pl.DataFrame, serving: str | None = None) -> SeriesLabel | None:
    return judged_series(metrics, market="moneyline", window_weeks=8, serving=serving)


def with_path(*, season_error: tuple[float, float], e_value: tuple[float, float]) -> WeeklyInputs:
    """Moneyline's last two weeks with these values."""
    inputs = weekly_inputs()
    mine = MODEL.rows(inputs.evidence).sort("week").tail(2)
    columns = {"season_error": season_error, "e_value": e_value}
    changed = mine.with_columns(*(pl.Series(name, pair) for name, pair in columns.items()))
    return replace(inputs, evidence=changed, metrics=inputs.metrics.clear())


def alert(**changed: Any) -> pl.DataFrame:  # noqa: ANN401 - a value of any column
    return weekly_inputs().alerts.with_columns(**{k: pl.lit(v) for k, v in changed.items()})


def test_what_the_feed_lacks_is_said_with_the_day_since_when(tmp_path: Path) -> None:
    inputs = weekly_inputs()
    quality = Quality("injuries", weekly_numbers(inputs)["season"])
    quality.degrade(0)
    lacking = replace(inputs, quality=quality.frame(inputs.moment.as_of))
    text = write_weekly_report(tmp_path / "week.md", lacking).replace("\\", "")
    assert "## Data\n\nWhat was repaired" in text
    since = f"since {inputs.moment.as_of:%Y-%m-%d}"
    assert f"2025 injuries: table_missing (no rows), 0 rows, degrade, {since}" in text
    assert "## Data" not in write_weekly_report(tmp_path / "week.md", inputs)


def test_production_counts_as_soon_as_it_has_a_window_of_its_own() -> None:
    metrics = weekly_inputs().metrics
    assert chosen(metrics) == MODEL
    judged = (pl.col("book") == "production") & (pl.col("window") == "8w")
    assert chosen(metrics.filter(~judged)) == WALK_FORWARD


def test_production_that_is_no_longer_served_gives_way_to_walk_forward() -> None:
    ended = (pl.col("book") == "production") & (pl.col("window_end_week") == 9)
    assert chosen(weekly_inputs().metrics.filter(~ended)) == WALK_FORWARD


def test_of_two_production_series_the_one_that_is_serving_counts() -> None:
    metrics = weekly_inputs().metrics
    mine = MODEL.rows(metrics).with_columns(signal_source=pl.lit("proxy"))
    both = pl.concat([metrics, mine])
    proxy = replace(MODEL, signal_source="proxy")
    assert [chosen(both, name) for name in ("proxy", "model", None)] == [proxy, MODEL, MODEL]
    assert proxy in measured_series(both)


def test_without_any_metrics_no_series_counts() -> None:
    assert chosen(weekly_inputs().metrics.clear()) is None


def test_production_and_walk_forward_are_never_put_into_one_number() -> None:
    numbers = weekly_numbers(weekly_inputs())
    assert [part["series"]["book"] for part in numbers["markets"]] == ["production"] * 3
    assert [part["series"]["book"] for part in numbers["others"]] == ["learning"] * 3
    for part in (*numbers["markets"], *numbers["others"]):
        series = SeriesLabel(
            market=part["market"],
            book=part["series"]["book"],
            signal_source=part["series"]["signal_source"],
        )
        games = series.rows(weekly_inputs().graded)
        everything = {row["window"]: row for row in part["windows"]}["all"]
        assert everything["n"] == games["y"].count()


def test_a_season_error_matters_when_it_crosses_the_limit() -> None:
    crossed = changes(with_path(season_error=(0.04, 0.06), e_value=(2.0, 2.1)), MODEL)
    assert [row["matters"] for row in crossed] == [True, False]
    assert [crossed[0][name] for name in ("before", "now", "limit")] == [0.04, 0.06, 0.05]
    stayed = changes(with_path(season_error=(0.06, 0.09), e_value=(2.0, 2.1)), MODEL)
    assert [row["matters"] for row in stayed] == [False, False]


@pytest.mark.parametrize(
    ("season_error", "e_value", "words"),
    [
        (
            (0.04, 0.06),
            (2.0, 2.1),
            "the season's error is now above the limit of 0.050: 0.040 to 0.060 (evidence 2.10 of the "
            "20 needed)",
        ),
        ((0.06, 0.04), (2.0, 2.1), "the season's error is now within the limit of 0.050"),
        ((0.0, 0.0), (19.0, 21.0), "the evidence has reached what an alarm needs: 19 to 21"),
        ((0.0, 0.0), (0.1, 2.0), "the evidence multiplied within one week: 0.10 to 2.00"),
        ((0.0, 0.0), (2.0, 2.1), "nothing that chance would not do (season error 0 to 0"),
    ],
)
def test_what_matters_is_put_into_words(
    season_error: tuple[float, float], e_value: tuple[float, float], words: str, tmp_path: Path
) -> None:
    path = with_path(season_error=season_error, e_value=e_value).evidence
    metrics = weekly_inputs().metrics.filter(pl.col("window_end_week") == 9)
    inputs = replace(weekly_inputs(), evidence=path, metrics=metrics)
    text = write_weekly_report(tmp_path / "x.md", inputs)
    assert f"- Moneyline: {words}" in text


@pytest.mark.parametrize(
    ("pair", "matters"),
    [((19.0, 21.0), True), ((0.1, 2.0), True), ((0.1, 1.9), False), ((21.0, 22.0), False)],
)
def test_evidence_matters_when_it_suffices_or_one_week_multiplies_it_by_what_would(
    pair: tuple[float, float], *, matters: bool
) -> None:
    found = changes(with_path(season_error=(0.0, 0.0), e_value=pair), MODEL)
    assert found[1]["matters"] is matters


def test_a_new_season_is_not_compared_with_the_last_one() -> None:
    inputs = with_path(season_error=(0.04, 0.06), e_value=(2.0, 2.1))
    path = inputs.evidence.with_columns(season=pl.Series([2024, 2025], dtype=pl.Int32))
    assert changes(replace(inputs, evidence=path), MODEL) == []


def test_a_new_model_is_not_compared_with_the_last_one() -> None:
    inputs = with_path(season_error=(0.04, 0.06), e_value=(2.0, 2.1))
    path = inputs.evidence.with_columns(segment=pl.Series([1, 2], dtype=pl.Int32))
    assert changes(replace(inputs, evidence=path), MODEL) == []


def test_alerts_are_sorted_by_what_is_open_and_grave() -> None:
    rows = [
        alert(alert_id="a", state="recovered", severity="critical"),
        alert(alert_id="b", state="open", severity="info"),
        alert(alert_id="c", state="open", severity="warning"),
    ]
    assert [row["alert_id"] for row in alert_records(pl.concat(rows))] == ["c", "b", "a"]


def test_an_alert_has_since_when_and_what_happens_next() -> None:
    row = alert_records(alert(next_step="retraining"))[0]
    assert row["since"] == "2025 week 3"
    assert row["until"] == "now"
    assert row["next"].startswith("a new model is trained")
    nothing = alert().with_columns(next_step=pl.lit(None, pl.String))
    assert alert_records(nothing)[0]["next"] == BY_HAND
    assert alert_records(alert(state="ended"))[0]["until"] == "it was no longer served"


def test_alerts_of_a_week_are_those_that_opened_or_closed_in_it() -> None:
    closed = {"closed_season": 2025, "closed_week": 9, "state": "recovered"}
    rows = alert_records(
        pl.concat(
            [
                alert(alert_id="old"),
                alert(alert_id="new", opened_week=9).cast(alert().schema),
                alert(alert_id="over", **closed).cast(alert().schema),
            ]
        )
    )
    found = grouped(rows, season=2025, week=9)
    assert [row["alert_id"] for row in found["opened"]] == ["new"]
    assert [row["alert_id"] for row in found["recovered"]] == ["over"]
    assert {row["alert_id"] for row in found["open"]} == {"old", "new"}


def test_a_market_is_in_the_state_of_its_gravest_open_alert() -> None:
    warned = alert(severity="warning", action="recalibrate")
    both = pl.concat([alert(severity="info", action="watch"), warned])
    state = state_of(alert_records(both), MODEL)
    assert (state["level"], state["to_do"]) == ("warning", "let it be recalibrated")
    assert state_of(alert_records(alert(state="recovered")), MODEL)["word"] == "all right"
    assert state_of([], None)["level"] == "none"


def test_an_open_alert_of_production_shows_even_while_walk_forward_is_judged() -> None:
    assert state_of(alert_records(alert(severity="warning")), WALK_FORWARD)["level"] == "warning"
    assert state_of(alert_records(alert(book="learning")), MODEL)["level"] == "ok"


def test_no_model_is_serving_where_nothing_is_upcoming() -> None:
    assert serving_models(upcoming().clear(), bets_from=BEFORE) == []
    assert "No model is serving" in verdict([], [], week="week 9 of 2025")


def test_a_week_whose_games_have_begun_was_served_and_is_not_being_served() -> None:
    kickoff = upcoming()["kickoff_at"].max()
    played = verdict([], serving_models(upcoming(), bets_from=kickoff), week="week 10 of 2025")
    assert "Served week 10: the model (model_v1). Its games have begun" in played
    assert "Serving" not in played
    to_come = verdict([], serving_models(upcoming(), bets_from=BEFORE), week="week 9 of 2025")
    assert "Serving week 10: the model (model_v1). What to do" in to_come + " What to do"


def test_production_without_games_in_the_newest_week_has_not_too_few_of_them() -> None:
    metrics = weekly_inputs().metrics
    asked = {"market": "moneyline", "window_weeks": 8}
    assert why_replaced(metrics, **asked) == "no graded games of this week"
    unseen = metrics.filter(pl.col("book") != "production")
    assert why_replaced(unseen, **asked) == "too few games"


def test_a_walk_forward_has_the_close_and_no_price_at_the_pick() -> None:
    limits = weekly_numbers(weekly_inputs())["limits"]
    parts = weekly_numbers(weekly_inputs())
    shown = [part for part in parts["markets"] + parts["others"] if part["series"]]
    assert {part["series"]["is_walk_forward"] for part in shown} == {True, False}
    for part in shown:
        walk_forward = part["series"]["is_walk_forward"]
        header = window_header(at_close=part["at_close"])
        assert ("price at the pick (skill)" in header) is not walk_forward
        assert all(
            len(window_cells(row, at_close=part["at_close"])) == len(header)
            for row in part["windows"]
        )
        chart = charts_of(part, limits=limits, alone=True)["brier"]
        assert ("price at the pick" in chart.caption) is not walk_forward


def test_a_walk_forward_of_a_tuesday_has_a_price_of_its_own_beside_the_close() -> None:
    inputs = weekly_inputs()
    early = replace(inputs, graded=inputs.graded.with_columns(horizon=pl.lit("tuesday")))
    parts = weekly_numbers(early)
    shown = [part for part in parts["markets"] + parts["others"] if part["series"]]
    assert not any(part["at_close"] for part in shown)
    headers = [window_header(at_close=part["at_close"]) for part in shown]
    assert all("price at the pick (skill)" in header for header in headers)


def test_prices_that_are_all_the_close_are_said_to_be(tmp_path: Path) -> None:
    inputs = weekly_inputs()
    assert PRICE_IS_CLOSE not in write_weekly_report(tmp_path / "week.md", inputs)
    closing = replace(inputs, graded=inputs.graded.with_columns(p_market="p_close"))
    assert write_weekly_report(tmp_path / "week.md", closing).count(PRICE_IS_CLOSE) == 1


def test_a_command_in_a_sentence_of_the_report_is_code(tmp_path: Path) -> None:
    lacking = replace(weekly_inputs(), missing=("run `nfl-signals week` again",))
    assert "- run `nfl-signals week` again" in write_weekly_report(tmp_path / "week.md", lacking)


def test_different_models_on_different_markets_are_both_named() -> None:
    proxy = pl.when(pl.col("market") == "total").then(pl.lit("proxy"))
    rows = upcoming().with_columns(
        proxy.otherwise("signal_source").alias("signal_source"),
        proxy.otherwise("model_version").alias("model_version"),
    )
    words = verdict([], serving_models(rows, bets_from=BEFORE), week="week 9 of 2025")
    assert "the model (model_v1) on Against the spread, Moneyline" in words
    assert "the market's own prices (proxy) (proxy) on Total" in words


def test_a_prediction_without_prices_has_no_difference() -> None:
    rows = pick_records(upcoming().with_columns(p_market=pl.lit(None, pl.Float64)))
    assert {row["gap"] for row in rows} == {None}
    assert [row["kickoff"] for row in rows] == ["Sun 09 Nov 13:00"] * 6


def test_rolling_scores_are_those_of_the_last_weeks_games() -> None:
    rows = rolling_rows(weekly_inputs(), MODEL)
    games = MODEL.rows(weekly_inputs().graded).filter(pl.col("week") > 1).drop_nulls("y")
    p, q, close, y = (games[name].to_numpy() for name in ("p_hat", "p_market", "p_close", "y"))
    last = rows[-1]
    assert (last["season"], last["week"], last["n"]) == (2025, 9, len(y))
    assert last["brier"] == pytest.approx(np.mean((p - y) ** 2))
    assert last["brier_price"] == pytest.approx(np.mean((q - y) ** 2))
    assert last["brier_close"] == pytest.approx(np.mean((close - y) ** 2))
    assert last["brier_close"] != pytest.approx(last["brier_price"])
    assert rows[0]["half_width"] is None


def test_the_interval_of_a_rolling_score_takes_weeks_as_blocks() -> None:
    """Two weeks of one game each: the mean's standard error by hand."""
    games = MODEL.rows(weekly_inputs().graded).filter(pl.col("outcome") != "push")
    two = games.unique("week", keep="first", maintain_order=True).head(2)
    rows = rolling_rows(replace(weekly_inputs(), graded=two), MODEL)
    y = two["y"].to_numpy()
    gap = (two["p_hat"].to_numpy() - y) ** 2 - (two["p_close"].to_numpy() - y) ** 2
    by_hand = np.std(gap, ddof=1) / np.sqrt(2)
    assert rows[-1]["half_width"] == pytest.approx(1.96 * by_hand, rel=1e-4)


def test_charts_show_as_many_seasons_as_the_evidence_remembers() -> None:
    inputs = weekly_inputs()
    older = WALK_FORWARD.rows(inputs.evidence).with_columns(pl.col("season") - 5)
    path = pl.concat([inputs.evidence, older])
    shown = trends(replace(inputs, evidence=path), WALK_FORWARD)["path"]
    assert {row["season"] for row in shown} == {2024, 2025}


def test_the_glossary_says_of_every_rule_when_its_alarm_is_raised() -> None:
    rules = get_args(RuleName)
    alarms = {dict(glossary(MonitorSettings(rule=rule)))["Alarm"] for rule in rules}
    assert len(alarms) == len(rules)


def test_the_glossary_names_the_limits_in_force() -> None:
    words = dict(glossary(POLICY))
    assert "above 0.05 for more than 7 days and the evidence has reached 20" in words["Alarm"]
    assert "at most 5 % of seasons" in words["Evidence (e-value)"]
    changed = {"max_calibration_error": 0.1, "min_days": 3, "evidence": 0.0, "rule": "literal"}
    words = dict(glossary(POLICY.model_copy(update=changed)))
    assert "plain error stays above 0.1 for more than 3 days" in words["Alarm"]
    assert "in at most all seasons" in words["Evidence (e-value)"]


def test_mondays_report_shows_no_game_that_has_kicked_off_as_one_to_come() -> None:
    inputs = weekly_inputs()
    played, to_come = upcoming(["2025_10_DAL_MIN"]), upcoming(["2025_10_ARI_CAR"])
    monday_night = pl.col("kickoff_at").dt.offset_by("30h")
    both = pl.concat([played, to_come.with_columns(monday_night)])
    numbers = weekly_numbers(replace(inputs, upcoming=both, moment=at("2025-11-10 12:00")))
    assert {row["game"] for row in numbers["predictions"]} == {"ARI at CAR"}
    over = weekly_numbers(replace(inputs, upcoming=both, moment=at("2025-11-11 12:00")))
    assert over["predictions"] == []
    late = at("2025-11-10 23:00", clock="2025-11-11 00:20")  # the hour's run, written after kickoff
    assert weekly_numbers(replace(inputs, upcoming=both, moment=late))["predictions"] == []


def test_what_is_missing_is_written_into_the_report_and_nothing_where_nothing_is(
    tmp_path: Path,
) -> None:
    inputs, path = weekly_inputs(), tmp_path / "2025-w09.md"
    write_weekly_report(path, inputs)
    assert "## Missing" not in path.read_text()
    lines = ("the schedule shows no game", "not predicted, no usable line or price (total): a_b")
    write_weekly_report(path, replace(inputs, missing=lines))
    assert (
        "## Missing\n\n- the schedule shows no game\n- not predicted, no usable" in path.read_text()
    )
