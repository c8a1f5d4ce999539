"""What a person reads after a run: picks as bettors write them, and the state of the home."""

from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.monitoring import ledger
from nfl_signals.predictions.summary import Pick, notices, picks, status
from nfl_signals.reports.steps import report_baselines
from nfl_signals.workspace.run_context import RunContext, open_home
from nfl_signals_tests.support.run_contexts import (
    contents,
    copy_context,
    earlier,
    forget_ledger,
    rewrite,
    settings_of,
)


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def only_pick(context: RunContext, market: str, **values: float | str) -> tuple[Pick, str, str]:
    """The pick of one upcoming row with some values replaced, its home and its away team."""
    row = read_parquet(context.paths.upcoming).filter(pl.col("market") == market).head(1)
    values = {"p_hat": 0.53, "price_yes": -110.0, "price_no": -110.0, "p_push": 0.0, **values}
    changed = row.with_columns(pl.lit(v).alias(k) for k, v in values.items())
    stored = ledger.with_prediction_id(changed)
    write_parquet(context.paths.upcoming, stored)
    forget_ledger(context)
    ledger.append(context.paths.ledger, stored.select(ledger.CONTENT))
    (pick,) = picks(context)
    away, home = pick.game.split(" at ")
    return pick, home, away


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (3.0, "-3"),
        (7.5, "-7.5"),
        (-3.5, "+3.5"),
        (-10.0, "+10"),
        (0.0, "pick'em"),
        (-0.0, "pick'em"),
    ],
)
def test_a_spread_is_quoted_for_the_home_team_with_a_minus_for_the_favourite(
    context: RunContext, line: float, shown: str
) -> None:
    pick, home, _ = only_pick(context, "ats", line=line)
    assert (pick.market, pick.line) == ("Against the spread", f"{home} {shown}")


@pytest.mark.parametrize(("line", "shown"), [(44.5, "44.5"), (48.0, "48")])
def test_a_total_is_a_number_of_points(context: RunContext, line: float, shown: str) -> None:
    assert only_pick(context, "total", line=line)[0].line == shown


def test_a_moneyline_has_no_line(context: RunContext) -> None:
    pick, _, _ = only_pick(context, "moneyline")
    assert (pick.market, pick.line) == ("Moneyline", "")


@pytest.mark.parametrize("market", ["ats", "moneyline", "total"])
@pytest.mark.parametrize("p_hat", [0.55, 0.45])
def test_the_side_is_the_one_that_the_model_rates_higher_than_the_market(
    context: RunContext, market: str, p_hat: float
) -> None:
    pick, home, away = only_pick(context, market, p_hat=p_hat)
    over, under = ("over", "under") if market == "total" else (home, away)
    assert pick.side == (over if p_hat > 0.5 else under)
    assert pick.edge == pytest.approx(0.05)


def test_a_favourite_that_the_model_rates_lower_than_the_market_is_leaned_against(
    context: RunContext,
) -> None:
    """80 % to win is 5 points less than the price has it: the side is the underdog."""
    prices = {"price_yes": -566.6666666666667, "price_no": 566.6666666666667}
    pick, _, away = only_pick(context, "moneyline", p_hat=0.80, **prices)
    assert (pick.side, round(pick.edge, 6)) == (away, 0.05)


def test_prices_carry_their_sign(context: RunContext) -> None:
    assert (
        only_pick(context, "moneyline", price_yes=-198.0, price_no=164.0)[0].prices == "-198/+164"
    )


def test_picks_are_all_upcoming_predictions_by_kickoff_in_eastern_time(context: RunContext) -> None:
    shown, upcoming = picks(context), read_parquet(context.paths.upcoming)
    assert len(shown) == upcoming.height
    assert [pick.p_hat for pick in shown] == upcoming["p_hat"].to_list()
    assert [pick.p_push for pick in shown] == upcoming["p_push"].to_list()
    first, last = shown[0], shown[-1]
    assert (first.made_at, first.day, first.kickoff) == (
        "2024-11-05T14:00:00+00:00",
        "Nov 7",
        "Thu 20:15",
    )
    assert last.kickoff == "Mon 20:15"
    _, _, away, home = upcoming["game_id"][0].split("_")
    assert first.game == f"{away} at {home}"


@pytest.mark.parametrize(
    ("flag", "words"), [("critical", "critical: do not lean on it"), ("ok", "ok"), ("new", "new")]
)
def test_picks_say_who_forecast_them_and_what_the_monitors_say_of_the_market(
    context: RunContext, flag: str, words: str
) -> None:
    pick, _, _ = only_pick(context, "moneyline", period_flag=flag)
    assert (pick.model, pick.flag) == ("model v202409", words)


def test_picks_are_of_one_market_where_it_is_named_and_by_edge_where_asked(
    context: RunContext,
) -> None:
    everything = picks(context)
    totals = picks(context, market="total", sort="edge")
    assert {pick.market for pick in totals} == {"Total"}
    assert [pick.edge for pick in totals] == sorted((pick.edge for pick in totals), reverse=True)
    assert len(totals) == sum(pick.market == "Total" for pick in everything)
    assert sorted(map(str, picks(context, sort="edge"))) == sorted(map(str, everything))


def test_a_game_that_has_kicked_off_is_no_pick_any_more(context: RunContext) -> None:
    kickoffs = read_parquet(context.paths.upcoming)["kickoff_at"].unique().sort()
    sunday = earlier(context, kickoffs[-2])
    assert {pick.kickoff for pick in picks(sunday)} == {"Mon 20:15"}
    assert picks(earlier(context, kickoffs[-1])) == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("model_v999", "v999 was never trained or is gone"),
        ("proxy", "the stored predictions are by v202409, and proxy is served; predict again"),
    ],
)
def test_a_setting_that_no_stored_prediction_answers_is_refused(
    finished_home: Path, tmp_path: Path, source: str, message: str
) -> None:
    named = copy_context(finished_home, tmp_path, signal_source=source)
    with pytest.raises(InputError, match=message):
        picks(named)


def test_picks_of_a_former_champion_are_shown_and_said_to_be_its(context: RunContext) -> None:
    rewrite(context.paths.upcoming, pl.lit("v202301").alias("model_version"))
    assert len(picks(context)) == read_parquet(context.paths.upcoming).height
    assert notices(context)[0] == (
        "the stored predictions are by v202301, and v202409 is served; predict again "
        "(`nfl-signals week`)."
    )


def test_no_upcoming_game_is_no_pick(context: RunContext) -> None:
    write_parquet(context.paths.upcoming, read_parquet(context.paths.upcoming).clear())
    assert picks(context) == []


def test_status_of_a_finished_home_names_the_served_model_and_what_there_is(
    context: RunContext,
) -> None:
    lines = status(context)
    books = dict(read_parquet(context.paths.ledger)["book"].value_counts().iter_rows())
    assert lines["ledger"] == (
        f"{books['learning']} predictions in the shadow book (learning), "
        f"{books['production']} predictions in the production book"
    )
    assert lines["home"] == str(context.paths.home)
    assert (lines["source"], lines["seasons"]) == ("simulated", "2018-2024")
    assert lines["as of"] == "2024-11-05T14:00:00+00:00"
    assert lines["model"] == "v202409"
    since = "v202409 since 2024-11-05T14:00:00+00:00 (first, training): The first ensemble of this"
    assert lines["champion"].startswith(since)
    assert lines["calibration"] == "not yet"  # production has not been graded
    assert lines["last run"] != "not yet"


def test_status_of_an_empty_home_is_not_yet(tmp_path: Path) -> None:
    context = open_home(settings_of(tmp_path))
    lines = status(context)
    missing = {name for name, value in lines.items() if value == "not yet"}
    assert missing == {"seasons", "model", "champion", "ledger", "calibration", "last run"}
    with pytest.raises(InputError, match="not there yet"):
        picks(context)


def test_status_is_not_yet_while_no_window_can_be_judged(context: RunContext) -> None:
    write_parquet(context.paths.calibration, read_parquet(context.paths.calibration).clear())
    assert status(context)["calibration"] == "not yet"


def test_status_names_the_model_of_the_settings(finished_home: Path, tmp_path: Path) -> None:
    lines = status(copy_context(finished_home, tmp_path, signal_source="proxy"))
    assert lines["signal source"] == lines["model"] == "proxy"


def test_status_gives_the_reason_why_no_model_can_be_served(
    finished_home: Path, tmp_path: Path
) -> None:
    lines = status(copy_context(finished_home, tmp_path, signal_source="model_v209922"))
    assert lines["model"].startswith("none: ")
    assert "Set signal_source to proxy" in lines["model"]
    assert lines["champion"].startswith("v202409 since ")


@pytest.mark.slow
def test_the_report_written_again_is_the_same(context: RunContext) -> None:
    before = contents(context.paths.reports)
    written = report_baselines(context)
    assert contents(context.paths.reports) == before
    assert written.name in before
