"""Two books of the ledger: whose rows count, what is refused, and what the comparison finds."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.simulated_challengers import simulated_pairs
from nfl_signals.core.errors import InputError, IntegrityError, SettingsError
from nfl_signals.core.files import write_json, write_parquet
from nfl_signals.core.paths import Paths
from nfl_signals.core.setting_sections import GateSettings
from nfl_signals.core.settings import load_settings
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.monitoring import ledger
from nfl_signals.promotion.books import (
    PRICE,
    STANDS_IN,
    WALK_FORWARD,
    Book,
    books_named,
    comparable,
    paired,
    refuse_too_good,
    rows_of,
)
from nfl_signals.promotion.comparison import compare, pairs_of
from nfl_signals.promotion.gate import judge
from nfl_signals.promotion.measures import PAIRS_SCHEMA
from nfl_signals.registry.model_card import read_card
from nfl_signals.stats.confidence_sequence import brier_difference
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.graded_games import graded

QUOTED = {"line": pl.lit(0.0), "price_yes": pl.lit(-110.0), "price_no": pl.lit(-110.0)}
MODEL = books_named("model_v202322")
REPLAY = books_named("replay")
FITTED = {"v202322": 202322}
BOOKS = {
    "champion": {"book": "learning", "model_version": "replay_2024"},
    "challenger": {"book": "production", "model_version": "v202322"},
}
UTC_TIME = pl.Datetime("us", "UTC")


def forecast(rows: pl.DataFrame, role: str, **changes: Any) -> pl.DataFrame:  # noqa: ANN401 - constants
    """Rows of the ledger, as one of the two would have written them two days before kickoff."""
    start = pl.lit(utc("2024-09-08 17:00")).cast(UTC_TIME)
    timed = rows.with_columns(kickoff_at=start + pl.duration(weeks=pl.col("week") - 1))
    constant = {"p_push": 0.0, "model_hash": role, "feature_version": "f", "period_flag": "ok"}
    constant["horizon"] = "kickoff"
    constant |= {"signal_source": "model"} | BOOKS[role] | changes
    made = timed.with_columns(
        p_hat=f"p_{role}",
        made_at=pl.col("kickoff_at") - timedelta(days=2),
        written_at=pl.col("kickoff_at") - timedelta(days=2),
        **{name: pl.lit(value) for name, value in constant.items()},
    )
    return ledger.with_prediction_id(made).select(ledger.CONTENT)


def home(
    folder: Path, pairs: pl.DataFrame, *forecasts: pl.DataFrame, last: str = "2023-w22"
) -> RunContext:
    """A home that holds a ledger, the markets behind it and the model's card."""
    paths = Paths(folder)
    ledger.append(paths.ledger, pl.concat(forecasts))
    points = pl.when(pl.col("y") == 1).then(3).otherwise(-3).cast(pl.Float64)
    columns = ("game_id", "season", "market", "line", "price_yes", "price_no", "p_market")
    kickoff = pl.concat(forecasts).select("game_id", "kickoff_at").unique()
    markets = pairs.select(*columns, points=points, horizon=pl.lit("kickoff")).join(
        kickoff, on="game_id"
    )
    totals = markets.with_columns(market=pl.lit("total"), points=pl.lit(44.0))
    write_parquet(paths.markets / "2024.parquet", pl.concat([markets, totals]))
    card = {"model_version": "v202322", "model_hash": "challenger", "feature_version": "f"}
    window = {"training_window": {"last": last}}
    write_json(paths.ensemble("v202322") / "card.json", card | window)
    return RunContext(
        settings=load_settings(home=folder),
        paths=paths,
        release=DirectoryRelease(folder),
        seasons=(2024,),
        as_of=utc("2025-03-01 00:00"),
    )


@pytest.fixture(scope="module")
def pairs() -> pl.DataFrame:
    """A season of moneylines, as the gate sees it; nothing moves after the pick."""
    rows = simulated_pairs("better", seasons=1, seed=1, markets=("moneyline",))
    still = [pl.lit(None, pl.Float64).alias(n) for n in ("clv_champion", "clv_challenger")]
    vig = [pl.col("price_yes").round(), pl.col("price_no").round()]
    return rows.with_columns(*still, *vig)


@pytest.fixture
def context(tmp_path: Path, pairs: pl.DataFrame) -> RunContext:
    return home(tmp_path, pairs, forecast(pairs, "champion"), forecast(pairs, "challenger"))


def test_names_mean_books() -> None:
    assert books_named("proxy") == (PRICE,)
    assert REPLAY == (WALK_FORWARD, STANDS_IN)
    assert (Book(signal_source="model", model_version="v202322"),) == MODEL
    copy = Book(signal_source="model", model_version="v202401r202510")
    assert books_named("model_v202401r202510") == (copy,)
    for name in ("model_9", "v202401", "model_v202401r"):
        with pytest.raises(SettingsError, match=f"{name}: no such book; expected proxy, replay"):
            books_named(name)


def test_pairs_are_what_both_forecast_of_the_same_games(
    context: RunContext, pairs: pl.DataFrame
) -> None:
    found = pairs_of(context, REPLAY, MODEL)
    assert found.schema == PAIRS_SCHEMA
    same = ["game_id", "outcome", "y", "p_champion", "p_challenger", "price_yes"]
    assert found.select(same).equals(pairs.sort("week", "game_id").select(same))


def test_the_last_forecast_before_kickoff_counts(tmp_path: Path, pairs: pl.DataFrame) -> None:
    """Two versions were served in production; the last forecast is the book's."""
    early = forecast(pairs.with_columns(p_challenger=pl.lit(0.5)), "challenger")
    early = early.with_columns(pl.col(ledger.TIMES) - timedelta(days=1))
    early = ledger.with_prediction_id(early).select(ledger.CONTENT)
    context = home(
        tmp_path, pairs, forecast(pairs, "champion"), forecast(pairs, "challenger"), early
    )
    production = Book(signal_source="model", book="production")
    assert pairs_of(context, REPLAY, (production,))["p_challenger"].n_unique() > 1


def test_the_proxy_is_the_price_on_the_others_rows(context: RunContext) -> None:
    found = pairs_of(context, (PRICE,), MODEL)
    assert found["p_champion"].equals(found["p_market"].alias("p_champion"))
    swapped = pairs_of(context, MODEL, (PRICE,))
    assert swapped["p_challenger"].equals(found["p_champion"].alias("p_challenger"))
    assert found["clv_champion"].null_count() == found.height == 270


def test_another_line_or_price_is_another_bet(tmp_path: Path, pairs: pl.DataFrame) -> None:
    late = pl.col("week") > 10
    moved = pairs.with_columns(
        price_yes=pl.col("price_yes") + pl.when(late).then(pl.col("price_yes").sign()).otherwise(0)
    )
    context = home(tmp_path, pairs, forecast(pairs, "champion"), forecast(moved, "challenger"))
    assert pairs_of(context, REPLAY, MODEL)["week"].max() == 10
    assert compare(context, "replay", "model_v202322").n_left_out == 8 * 15


def test_books_that_share_nothing_are_not_compared(tmp_path: Path, pairs: pl.DataFrame) -> None:
    early, late = pairs.filter(pl.col("week") < 9), pairs.filter(pl.col("week") > 9)
    context = home(tmp_path, pairs, forecast(early, "champion"), forecast(late, "challenger"))
    with pytest.raises(InputError, match="share no settled game"):
        compare(context, "replay", "model_v202322")
    with pytest.raises(InputError, match="one book; name two"):
        compare(context, "proxy", "proxy")


def test_games_that_are_not_over_are_not_compared(context: RunContext) -> None:
    then = replace(context, as_of=utc("2024-10-01 00:00"))
    assert pairs_of(then, REPLAY, MODEL)["week"].max() == 4


def test_the_comparison_is_the_gates_and_holds_in_every_week(context: RunContext) -> None:
    found, rows = (compare(context, "replay", "model_v202322"), pairs_of(context, REPLAY, MODEL))
    seed = context.settings.seed
    assert found.report == judge(rows, GateSettings(), focus=None, seed=seed, once=True)
    assert found.n_left_out == 0
    p, q, y, week = (rows[n].to_numpy() for n in ("p_challenger", "p_champion", "y", "week"))
    sequence = found.sequences["moneyline"]
    assert sequence.estimate.tolist() == brier_difference(p, q, y, week).estimate.tolist()
    assert len(sequence.low) == 18
    assert list(found.sequences) == ["moneyline"]


def test_a_model_fitted_on_later_games_is_refused(tmp_path: Path, pairs: pl.DataFrame) -> None:
    both = forecast(pairs, "champion"), forecast(pairs, "challenger")
    context = home(tmp_path, pairs, *both, last="2024-w09")
    message = r"v202322: trained on games up to 2024-w09, which reaches beyond 2024_01_00"
    for order in (("replay", "model_v202322"), ("model_v202322", "proxy")):
        with pytest.raises(IntegrityError, match=message):
            compare(context, *order)


def test_the_week_that_a_model_was_partly_fitted_on_is_left_out(
    tmp_path: Path, pairs: pl.DataFrame
) -> None:
    rest = pairs.filter(pl.col("week") >= 9)
    context = home(
        tmp_path, pairs, forecast(pairs, "champion"), forecast(rest, "challenger"), last="2024-w09"
    )
    assert pairs_of(context, REPLAY, MODEL)["week"].min() == 10


def test_a_model_without_a_card_is_refused(context: RunContext) -> None:
    (context.paths.ensemble("v202322") / "card.json").unlink()
    with pytest.raises(IntegrityError, match="nothing says which games v202322 was fitted on"):
        compare(context, "replay", "model_v202322")


def test_a_walk_forward_of_a_later_season_is_refused() -> None:
    rows = pl.DataFrame({"model_version": ["replay_2024"], "season": [2023], "week": [22]})
    rows = rows.with_columns(
        game_id=pl.lit("2023_22_SF_KC"),
        market=pl.lit("ats"),
        made_at=pl.lit(utc("2024-02-06 14:00")),
        kickoff_at=pl.lit(utc("2024-02-11 23:30")),
    )
    with pytest.raises(IntegrityError, match="reaches beyond 2023_22_SF_KC"):
        comparable(rows, {"replay_2024": 202400})
    assert comparable(rows, {"replay_2024": 202300}).height == 1


def test_a_copy_is_fitted_until_the_last_game_of_its_recalibration(
    tmp_path: Path, pairs: pl.DataFrame
) -> None:
    context = home(tmp_path, pairs, forecast(pairs, "champion"), forecast(pairs, "challenger"))
    folder = context.paths.ensemble("v202322")
    write_json(folder / "card.json", read_card(folder) | {"recalibration": {"last": "2024-w06"}})
    with pytest.raises(IntegrityError, match="v202322: trained on games up to 2024-w06"):
        compare(context, "replay", "model_v202322")


@pytest.mark.parametrize("minutes", [0, 30])
def test_what_is_made_at_kickoff_or_later_is_refused(pairs: pl.DataFrame, minutes: int) -> None:
    rows = forecast(pairs, "challenger")
    assert comparable(rows, FITTED).height == rows.height
    late = rows.with_columns(made_at=pl.col("kickoff_at") + timedelta(minutes=minutes))
    with pytest.raises(IntegrityError, match=r"v202322, 2024_01_00 moneyline: made at 2024-09-08"):
        comparable(late, FITTED)


def test_a_score_too_good_to_be_true_is_refused_and_a_better_one_is_not() -> None:
    leaky, better = (simulated_pairs(kind, seasons=2, seed=1) for kind in ("leaky", "better"))
    with pytest.raises(IntegrityError, match=r"Brier score is 0\.\d+ below .* that is a leak"):
        refuse_too_good(leaky, GateSettings(), seed=1)
    refuse_too_good(better, GateSettings(), seed=1)
    refuse_too_good(leaky.filter(pl.col("week") < 3), GateSettings(), seed=1)  # too few to accuse


def test_pairs_need_the_same_quote_and_keep_missing_prices(pairs: pl.DataFrame) -> None:
    blank = [pl.lit(None, pl.Float64).alias(n) for n in ("price_yes", "price_no", "p_market")]
    unpriced = pairs.drop("clv_champion", "clv_challenger").with_columns(blank)
    value = pl.lit(None, pl.Float64).alias("closing_line_value")
    one = unpriced.rename({"p_champion": "p_hat"}).with_columns(value)
    two = unpriced.rename({"p_challenger": "p_hat"}).with_columns(value)
    assert paired(one, two).height == pairs.height
    assert paired(one, two.with_columns(line=pl.lit(0.5))).is_empty()


def test_what_a_challenger_says_in_the_shadow_book_is_never_taken_for_the_walk_forward() -> None:
    """It is served later and on the same games, and would displace it."""
    walk_forward = graded(book="learning", model_version="replay_2024").with_columns(**QUOTED)
    wild = walk_forward.with_columns(
        p_hat=1 - pl.col("p_hat"),
        model_version=pl.lit("v202409"),
        made_at=pl.col("made_at").dt.offset_by("1h"),
    )
    rows = WALK_FORWARD.rows(pl.concat([walk_forward, wild]))
    assert rows.equals(WALK_FORWARD.rows(walk_forward))
    named = Book(signal_source="model", book="learning", model_version="v202409")
    assert set(named.rows(pl.concat([walk_forward, wild]))["model_version"]) == {"v202409"}


def test_a_challenger_is_compared_by_what_it_said_beside_the_champion(
    tmp_path: Path, pairs: pl.DataFrame
) -> None:
    """Both forecast the same games at the same quotes: the champion in production, the other beside it."""
    beside = {"book": "learning", "period_flag": "challenger", "model_version": "v202322"}
    served = {"book": "production", "model_version": "v202222"}
    context = home(
        tmp_path,
        pairs,
        forecast(pairs, "champion", **served),
        forecast(pairs, "challenger", **beside),
    )
    card = read_card(context.paths.ensemble("v202322")) | {"model_version": "v202222"}
    write_json(context.paths.ensemble("v202222") / "card.json", card)
    found = pairs_of(context, books_named("model_v202222"), MODEL)
    assert found.height == pairs.height
    same = ["game_id", "p_champion", "p_challenger"]
    assert found.select(same).equals(pairs.sort("week", "game_id").select(same))


def test_what_a_version_said_itself_counts_before_what_stands_in_for_it() -> None:
    own = graded(book="learning", model_version="v202322").with_columns(**QUOTED)
    stand_in = own.with_columns(model_version=pl.lit("stand_in_2024"), p_hat=1 - pl.col("p_hat"))
    everything = pl.concat([stand_in, own.head(5)])
    chosen = rows_of((*MODEL, STANDS_IN), everything)
    assert chosen.height == own.filter(pl.col("outcome").is_not_null()).height
    assert chosen.filter(model_version="v202322").height == 5
