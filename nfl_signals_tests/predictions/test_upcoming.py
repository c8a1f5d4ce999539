"""Upcoming predictions and what goes into the ledger: before kickoff, once, and never rewritten."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import read_parquet
from nfl_signals.core.moment import LATEST, Moment
from nfl_signals.features.version import feature_version
from nfl_signals.markets.decision_time import decision_at
from nfl_signals.markets.definitions import MARKETS, can_push
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.steps import graded_at
from nfl_signals.predictions.champion import promote_first
from nfl_signals.predictions.summary import picks
from nfl_signals.predictions.upcoming import (
    append_to_ledger,
    load_week,
    not_in_ledger,
    predict_upcoming,
    sealed_upcoming,
)
from nfl_signals.predictions.week import UpcomingWeek, forecast_week, skipped_games
from nfl_signals.registry.model_card import read_card
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.run_contexts import (
    contents,
    copy_context,
    earlier,
    forget_ledger,
    rewrite,
    settings_of,
)

NOW = utc("2024-11-05 14:00")  # the Tuesday after week 9 of 2024


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def test_every_game_of_the_next_week_is_predicted_in_every_market(context: RunContext) -> None:
    upcoming = predict_upcoming(context)
    games = read_parquet(context.paths.raw("games", 2024)).filter(pl.col("week") == 10)
    assert sorted(upcoming["game_id"].unique()) == sorted(games["game_id"])
    assert upcoming.height == games.height * len(MARKETS)
    assert upcoming.select("season", "week").unique().rows() == [(2024, 10)]
    assert upcoming.columns == [*ledger.CONTENT, "p_market", "data_flag"]
    assert upcoming["data_flag"].unique().to_list() == [""]
    assert upcoming.equals(upcoming.sort("kickoff_at", "game_id", "market"))
    assert skipped_games(context.markets, context.moment) == {name: [] for name in MARKETS}


def test_predictions_are_made_now_and_before_kickoff(context: RunContext) -> None:
    upcoming = predict_upcoming(context)
    assert upcoming["made_at"].unique().to_list() == [NOW]
    assert (upcoming["kickoff_at"] > NOW).all()
    assert (upcoming["kickoff_at"] <= NOW + timedelta(days=8)).all()


def test_predictions_name_the_model_that_made_them(context: RunContext) -> None:
    upcoming = predict_upcoming(context)
    hash_ = read_card(context.paths.ensemble("v202409"))["model_hash"]
    shared = {"model_version": "v202409", "signal_source": "model", "book": "production"}
    shared |= {"model_hash": hash_}
    for column, value in (shared | {"feature_version": feature_version("tuesday")}).items():
        assert upcoming[column].unique().to_list() == [value]
    assert upcoming["p_hat"].is_between(0, 1, closed="none").all()


def test_predicting_again_gives_the_same_bytes(context: RunContext) -> None:
    predict_upcoming(context)
    before = contents(context.paths.home)
    predict_upcoming(context)
    assert contents(context.paths.home) == before


def test_games_that_have_kicked_off_and_weeks_after_the_next_are_left_out(
    context: RunContext,
) -> None:
    """On Saturday of week 10 its Thursday game is gone; Sunday of week 11 is eight days away."""
    saturday = earlier(context, utc("2024-11-09 20:00"))
    upcoming = predict_upcoming(saturday)
    assert upcoming["week"].unique().to_list() == [10]
    assert upcoming["kickoff_at"].min() > saturday.as_of
    tuesday = read_parquet(context.paths.raw("games", 2024)).filter(pl.col("week") == 10)
    assert 0 < upcoming["game_id"].n_unique() < tuesday.height
    assert skipped_games(saturday.markets, saturday.moment) == {name: [] for name in MARKETS}


def test_the_week_ahead_is_upcoming_from_tuesday_on_and_not_before(context: RunContext) -> None:
    kickoffs = read_parquet(context.paths.upcoming)["kickoff_at"].unique().sort()
    monday = earlier(context, utc("2024-11-04 20:00"))
    context.paths.history.unlink()  # the home was trained on Tuesday
    promote_first(monday)
    upcoming = predict_upcoming(monday)
    assert upcoming.height == 0
    assert upcoming.schema == read_parquet(context.paths.upcoming).schema
    assert append_to_ledger(monday)["production"] == 0
    tuesday = earlier(context, utc("2024-11-05 00:00"))
    assert predict_upcoming(tuesday)["kickoff_at"].unique().sort().equals(kickoffs)


def test_a_game_moved_to_tuesday_night_does_not_hide_the_week_after_it(context: RunContext) -> None:
    """A game of week 9, unplayed on Tuesday afternoon, stands beside all of week 10."""
    before = predict_upcoming(context)
    markets = read_parquet(context.paths.markets / "2024.parquet")
    moved = markets.filter(pl.col("week") == 9).drop_nulls()["game_id"].min()
    late, none = utc("2024-11-06 01:15"), pl.lit(None)
    is_it = pl.col("game_id") == moved
    rewrite(
        context.paths.markets / "2024.parquet",
        pl.when(is_it).then(pl.lit(late)).otherwise("kickoff_at").alias("kickoff_at"),
        *(pl.when(is_it).then(none).otherwise(name).alias(name) for name in ("points", "outcome")),
    )
    after = predict_upcoming(context)
    assert set(after["game_id"]) == {*before["game_id"], moved}


def test_games_without_line_or_price_are_skipped_and_listed(context: RunContext) -> None:
    """One game lacks its spread, another one price of its total, each elsewhere complete."""
    no_line, no_price = read_parquet(context.paths.upcoming)["game_id"].unique().sort()[:2]
    before = predict_upcoming(context)
    spread = (pl.col("game_id") == no_line) & (pl.col("market") == "ats")
    total = (pl.col("game_id") == no_price) & (pl.col("market") == "total")
    rewrite(
        context.paths.markets / "2024.parquet",
        *(pl.when(~spread).then(name).alias(name) for name in ("line",)),
        *(pl.when(~total).then(name).alias(name) for name in ("price_no", "p_market")),
    )
    expected = {"ats": [no_line], "moneyline": [], "total": [no_price]}
    assert skipped_games(context.markets, context.moment) == expected
    upcoming = predict_upcoming(context)
    forecast = set(upcoming.select("game_id", "market").rows())
    assert set(before.select("game_id", "market").rows()) - forecast == {
        (no_line, "ats"),
        (no_price, "total"),
    }
    others = ~pl.col("game_id").is_in([no_line, no_price])
    assert upcoming.filter(others).equals(before.filter(others))


def test_the_proxy_is_served_the_no_vig_probability_and_the_rate_of_pushes(
    finished_home: Path, tmp_path: Path
) -> None:
    context = copy_context(finished_home, tmp_path, signal_source="proxy")
    upcoming = predict_upcoming(context)
    assert upcoming["p_hat"].equals(upcoming["p_market"].alias("p_hat"))
    for column, value in (("model_hash", "no-vig"), ("model_version", "proxy")):
        assert upcoming[column].unique().to_list() == [value]
    assert upcoming["signal_source"].unique().to_list() == ["proxy"]
    past = context.markets.drop_nulls("outcome").filter(can_push())
    for name in MARKETS:
        outcomes = past.filter(pl.col("market") == name)["outcome"].to_list()
        rate = outcomes.count("push") / len(outcomes)
        rows = upcoming.filter(pl.col("market") == name).select("line", "p_push").rows()
        assert all(push == (rate if line % 1 == 0 else 0.0) for line, push in rows)
        assert rate > 0


def test_no_stored_table_states_a_push_that_cannot_be(finished_home: Path) -> None:
    context = open_run(settings_of(finished_home))
    keys, paths = ["game_id", "market"], context.paths
    quotes = context.markets.select(*keys, "line", "season", "week")
    for path in (paths.oof, paths.stacked, paths.ledger, paths.upcoming):
        stated = read_parquet(path).select(*keys, "p_push").join(quotes, on=keys)
        assert stated.filter(~can_push()).height > 0
        assert stated.filter(~can_push() & (pl.col("p_push") > 0)).rows() == []
        moneyline = stated.filter(can_push(), market="moneyline")
        assert (moneyline["p_push"] > 0).any(), path


def test_a_version_that_was_never_trained_is_refused(finished_home: Path, tmp_path: Path) -> None:
    context = copy_context(finished_home, tmp_path, signal_source="model_v209922")
    before = contents(tmp_path)
    with pytest.raises(InputError, match="v209922 was never trained or is gone"):
        predict_upcoming(context)
    assert contents(tmp_path) == before


def test_a_version_named_in_the_settings_is_served_as_the_champion_does_while_it_is_the_champion(
    finished_home: Path, tmp_path: Path
) -> None:
    named = copy_context(finished_home, tmp_path / "named", signal_source="model_v202409")
    champion = copy_context(finished_home, tmp_path / "champion")
    assert predict_upcoming(named).equals(predict_upcoming(champion))


def test_without_a_champion_nothing_is_predicted(context: RunContext) -> None:
    before = contents(context.paths.upcoming.parent)
    context.paths.history.unlink()
    with pytest.raises(InputError, match="no champion yet; run the retraining job"):
        predict_upcoming(context)
    assert contents(context.paths.upcoming.parent) == before


def test_a_champion_is_explained_by_its_own_learners_whatever_is_trained_today(
    finished_home: Path, tmp_path: Path
) -> None:
    context = copy_context(finished_home, tmp_path, training={"learners": ["logistic"]})
    before = read_parquet(context.paths.explanations)
    predict_upcoming(context)
    assert read_parquet(context.paths.explanations).equals(before)


def test_both_books_are_filled_once_and_counted(context: RunContext) -> None:
    forget_ledger(context)
    walked_forward = read_parquet(context.paths.stacked).filter(pl.col("kickoff_at") <= NOW).height
    upcoming = read_parquet(context.paths.upcoming).height
    first = append_to_ledger(context)
    total = walked_forward + upcoming
    assert first == {"learning": walked_forward, "production": upcoming, "total": total}
    before = context.paths.ledger.read_bytes()
    assert append_to_ledger(context) == {"learning": 0, "production": 0, "total": total}
    assert context.paths.ledger.read_bytes() == before
    assert ledger.verify(ledger.read(context.paths.ledger)) == []


def test_the_first_word_stays(context: RunContext) -> None:
    """Another probability under the same id is not appended, and is no error."""
    before = context.paths.ledger.read_bytes()
    rewrite(context.paths.upcoming, pl.col("p_hat") / 2)
    rewrite(context.paths.stacked, pl.col("p_hat") / 2)
    assert append_to_ledger(context)["production"] == 0
    assert context.paths.ledger.read_bytes() == before


def test_a_later_word_on_the_same_game_is_added_after_the_first(context: RunContext) -> None:
    before = ledger.read(context.paths.ledger)
    wednesday = earlier(context, NOW + timedelta(days=1))
    n = predict_upcoming(wednesday).height
    assert append_to_ledger(wednesday) == {
        "learning": 0,
        "production": n,
        "total": before.height + n,
    }
    after = ledger.read(context.paths.ledger)
    assert after.head(before.height).equals(before)
    assert after.tail(n)["made_at"].unique().to_list() == [wednesday.as_of]


def test_walked_forward_predictions_are_dated_at_decision_time_and_name_their_season(
    context: RunContext,
) -> None:
    book = ledger.read(context.paths.ledger).filter(pl.col("book") == "learning")
    assert book.height > 0
    assert book["made_at"].equals(book.select(made_at=decision_at("tuesday")).to_series())
    assert (book["kickoff_at"] <= NOW).all()
    assert book["model_version"].equals(
        book.select(pl.format("replay_{}", "season").alias("model_version")).to_series()
    )
    assert book["period_flag"].unique().to_list() == ["replay"]
    hashes = book.select("market", "season", "model_hash").unique()
    assert hashes["model_hash"].n_unique() == hashes.height == len(MARKETS)
    assert hashes["model_hash"].str.len_chars().unique().to_list() == [64]


def test_a_game_that_was_ahead_when_the_walk_forward_was_made_is_not_settled_at_a_later_line(
    context: RunContext,
) -> None:
    """Its line moves until kickoff; what was forecast is of the line that the training had."""
    for path in context.paths.markets.glob("*.parquet"):
        rewrite(path, pl.col("line") + 0.5)
    ahead = read_parquet(context.paths.stacked).filter(pl.col("kickoff_at") > NOW)
    assert ahead.height > 0
    a_week_on = earlier(open_run(settings_of(context.paths.home)), NOW + timedelta(weeks=1))
    assert append_to_ledger(a_week_on)["learning"] == 0


def test_a_walk_forward_by_other_weights_is_another_version(context: RunContext) -> None:
    rows = read_parquet(context.paths.stacked).filter(pl.col("kickoff_at") <= NOW)
    rewrite(context.paths.stacked, pl.col("weight_market") + 0.001)
    assert append_to_ledger(context)["learning"] == rows.height


# --- as-of and clock


def at(context: RunContext, *, since: timedelta) -> UpcomingWeek:
    """The upcoming week, written so long after its as-of."""
    moment = Moment(as_of=NOW, clock=NOW + since)
    return replace(load_week(context), moment=moment)


def test_no_game_that_has_begun_by_the_clock_is_predicted_and_the_ledger_takes_the_rest(
    context: RunContext, tmp_path: Path
) -> None:
    """Known at 14:00, written at 18:20: the game of 18:05 is on."""
    first = read_parquet(context.paths.upcoming)["kickoff_at"].min()
    assert isinstance(first, datetime)
    as_of, clock = first - timedelta(minutes=5), first + timedelta(minutes=15)
    week = replace(load_week(context), moment=Moment(as_of=as_of, clock=clock))
    rows = forecast_week(week).rows
    assert rows.height > 0
    assert (rows["kickoff_at"] > clock).all()
    assert rows["written_at"].unique().to_list() == [clock]
    assert rows["made_at"].unique().to_list() == [as_of]
    appended = ledger.append(tmp_path / "ledger.parquet", rows.drop("p_market"))
    assert appended.n_new["production"] == rows.height


def test_what_is_written_long_after_its_as_of_is_no_production(context: RunContext) -> None:
    live = forecast_week(at(context, since=LATEST)).rows
    assert live["book"].unique().to_list() == ["production"]
    backdated = forecast_week(at(context, since=LATEST + timedelta(seconds=1))).rows
    assert backdated["book"].unique().to_list() == ["learning"]
    assert backdated["period_flag"].unique().to_list() == [ledger.BACKDATED]
    assert backdated["p_hat"].equals(live["p_hat"])
    before = graded_at(ledger.read(context.paths.ledger), context.markets, NOW)
    ledger.append(context.paths.ledger, backdated.drop("p_market"))
    after = graded_at(ledger.read(context.paths.ledger), context.markets, NOW)
    assert after.equals(before)


def test_a_line_that_moves_within_the_hour_makes_another_prediction(context: RunContext) -> None:
    """Both are in the ledger, and the newest is shown."""
    before = read_parquet(context.paths.upcoming)
    moved = pl.when(pl.col("market") == "total").then(pl.col("line") + 1).otherwise("line")
    for path in context.paths.markets.glob("*.parquet"):
        rewrite(path, moved.alias("line"))
    n = before.filter(market="total").height
    again = predict_upcoming(open_run(settings_of(context.paths.home)))
    assert again["made_at"].equals(before["made_at"])
    same = again.join(before, on="prediction_id", how="semi")
    assert same["market"].unique().sort().to_list() == ["ats", "moneyline"]
    assert append_to_ledger(context)["production"] == n
    rows = ledger.read(context.paths.ledger).filter(book="production", market="total")
    assert rows.height == 2 * n
    shown = [pick.p_hat for pick in picks(context) if pick.market == MARKETS["total"].title]
    assert shown == again.filter(market="total")["p_hat"].to_list()


@pytest.mark.parametrize("late", [LATEST + timedelta(hours=1), timedelta(days=5, hours=12)])
def test_what_a_dead_run_predicted_is_not_sealed_later_on(
    context: RunContext, late: timedelta
) -> None:
    """Killed between the two steps, on Tuesday; the ledger is materialized when it is too late."""
    forget_ledger(context)
    later = earlier(context, NOW + late)
    assert append_to_ledger(later)["production"] == 0
    assert sealed_upcoming(later).is_empty()
    sentence = not_in_ledger(later)
    assert sentence is not None
    assert "stored predictions are not in the ledger" in sentence
    forget_ledger(context)  # nothing is written before what was written last
    soon = earlier(context, NOW + LATEST)
    rows = read_parquet(context.paths.upcoming).height
    assert append_to_ledger(soon)["production"] == rows
    written = ledger.read(context.paths.ledger).filter(book="production")["written_at"]
    assert written.unique().to_list() == [NOW + LATEST]


def test_what_is_shown_is_what_was_sealed(context: RunContext) -> None:
    sealed = sealed_upcoming(context)
    assert sealed.equals(read_parquet(context.paths.upcoming))
    rewrite(context.paths.upcoming, pl.col("p_hat") / 2)
    assert sealed_upcoming(context).equals(sealed)
    forget_ledger(context)
    assert sealed_upcoming(context).is_empty()
