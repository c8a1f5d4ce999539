"""Claims about games with and without signals, and about the coherence of markets."""

from dataclasses import dataclass, field
from functools import partial

import polars as pl
import pytest

from nfl_signals.stacking.inputs import SIGNALS, logit_matrix
from nfl_signals.stacking.logistic import LogisticStack
from nfl_signals.stacking.walk_forward import (
    prefer_signals,
    walk_forward_blend,
    walk_forward_coherence,
)
from nfl_signals.stats.arrays import Floats
from nfl_signals_tests.support.walk_forward_games import (
    ALL_INPUTS,
    BLENDS,
    GAMES,
    league,
    linear,
    walk_forward,
)

NEWS = [f"signal_{name}" for name in SIGNALS]
NEWS_WEIGHTS = [f"weight_{name}" for name in SIGNALS]


def both(rows: pl.DataFrame, *, blend: str = "linear") -> tuple[pl.DataFrame, pl.DataFrame]:
    """The walk-forward without signals and the one with them."""
    return walk_forward(rows, blend=blend), walk_forward(rows, inputs=ALL_INPUTS, blend=blend)


# --- the stacked model with signals


def test_games_that_lack_a_signal_neither_train_nor_are_answered_by_the_stacked_model_with_signals() -> (
    None
):
    rows = league(silent_every=3)
    training: list[Floats] = []

    def fit(x: Floats, y: Floats, season: int) -> LogisticStack:
        training.append(x)
        return linear(x, y, season, inputs=ALL_INPUTS)

    blended = walk_forward_blend(rows, inputs=ALL_INPUTS, fit_blend=fit, min_seasons=1)
    available = rows.drop_nulls(NEWS)
    assert len(available) == 200
    assert blended["game_id"].to_list() == (
        available.filter(pl.col("season") > 2001)["game_id"].to_list()
    )
    first = available.filter((pl.col("season") == 2001) & (pl.col("outcome") != "push"))
    assert training[0].tobytes() == logit_matrix(first, ALL_INPUTS).tobytes()


def test_one_missing_signal_is_enough_to_leave_a_game_out() -> None:
    one = pl.when(pl.col("game_id") != "g0240").then(pl.col(NEWS[-1])).alias(NEWS[-1])
    blended = walk_forward_blend(
        league().with_columns(one),
        inputs=ALL_INPUTS,
        fit_blend=partial(linear, inputs=ALL_INPUTS),
        min_seasons=1,
    )
    assert "g0240" not in blended["game_id"]
    assert len(blended) == 4 * GAMES - 1


def test_seasons_are_counted_from_the_first_that_has_signals() -> None:
    """Signals from 2002: blended from 2003, calibrated from 2005."""
    plain, signals = both(league(silent_until=2002))
    assert plain["season"].unique().sort().to_list() == [2004, 2005]
    assert signals["season"].unique().to_list() == [2005]


# --- games without signals


@pytest.mark.parametrize("blend", BLENDS)
def test_a_game_without_signals_gets_the_plain_answer_bit_for_bit(blend: str) -> None:
    rows = league(silent_every=3)
    plain, signals = both(rows, blend=blend)
    table = prefer_signals(plain, signals)
    silent = table.filter(~pl.col("llm_available"))
    assert 0 < len(silent) < len(table)
    never_available = walk_forward(rows.drop(NEWS), blend=blend).join(
        silent, on="game_id", how="semi"
    )
    assert silent.select(never_available.columns).equals(never_available)


def test_a_game_with_signals_gets_the_answer_of_the_stacked_model_that_weighs_them() -> None:
    plain, signals = both(league(silent_every=3))
    table = prefer_signals(plain, signals)
    available = table.filter("llm_available")
    assert available.select(signals.columns).equals(signals)
    quiet = plain.join(available, on="game_id", how="semi")
    assert (available["p_raw"] != quiet["p_raw"]).all()


def test_available_means_that_every_signal_was_there() -> None:
    rows = league(silent_every=3)
    table = prefer_signals(*both(rows))
    complete = rows.drop_nulls(NEWS)["game_id"]
    assert table["llm_available"].to_list() == table["game_id"].is_in(complete.implode()).to_list()


def test_unused_signals_weigh_zero_and_have_no_value() -> None:
    """One of three signals was there: it was not used, so it does not appear."""
    rows = league(silent_every=3).with_columns(pl.col(NEWS[0]).fill_null(0.7))
    silent = prefer_signals(*both(rows)).filter(~pl.col("llm_available"))
    assert silent.select(NEWS_WEIGHTS).unique().rows() == [(0.0, 0.0, 0.0)]
    assert silent.select(NEWS).unique().rows() == [(None, None, None)]


@pytest.mark.parametrize("by", ["kickoff_at", "p_market"])
def test_every_game_of_the_plain_stacked_model_is_there_once_in_its_order(by: str) -> None:
    plain, signals = (table.sort(by) for table in both(league(silent_every=3)))
    assert prefer_signals(plain, signals)["game_id"].equals(plain["game_id"])


def test_answers_to_requests_need_no_season_and_no_kickoff() -> None:
    plain, signals = (
        table.drop("season", "week", "kickoff_at", "outcome")
        for table in both(league(silent_every=3))
    )
    table = prefer_signals(plain, signals)
    assert table["game_id"].equals(plain["game_id"])
    assert table["llm_available"].sum() == len(signals)


def test_the_stacked_model_with_signals_adds_no_game() -> None:
    plain, signals = both(league())
    fewer = plain.filter(pl.col("season") == 2005)
    assert prefer_signals(fewer, signals)["game_id"].equals(fewer["game_id"])


def test_where_the_stacked_model_with_signals_never_forecast_all_answers_are_plain() -> None:
    plain, signals = both(league(silent_until=2004))
    assert signals.is_empty()
    table = prefer_signals(plain, signals)
    assert not table["llm_available"].any()
    shared = [name for name in plain.columns if name not in NEWS]
    assert table.select(shared).equals(plain.select(shared))


# --- coherence of a game's markets


@dataclass
class Notes:
    """An `Agree` that notes what it was given and pushes every forecast a little."""

    calls: list[tuple[pl.DataFrame, pl.DataFrame]] = field(default_factory=list)

    def agree(self, settled: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        self.calls.append((settled, rows))
        return rows.with_columns(p_hat=pl.col("p_calibrated") + 0.01, p_push=pl.lit(0.03))


def three_markets() -> pl.DataFrame:
    """Each market's rows one after the other, as they are stored."""
    table = walk_forward(league())
    names = ("total", "ats", "moneyline")
    return pl.concat(table.with_columns(market=pl.lit(name)) for name in names)


def settled_games() -> pl.DataFrame:
    """Scores of every season, those of the rows' own seasons included."""
    return league([*range(1999, 2007)]).select("game_id", "season", margin=pl.lit(3.0))


def test_scores_of_earlier_seasons_alone_make_a_seasons_markets_coherent() -> None:
    notes = Notes()
    walk_forward_coherence(three_markets(), settled_games(), make_coherent=notes.agree)
    assert len(notes.calls) == 2
    for season, (settled, rows) in zip([2004, 2005], notes.calls, strict=True):
        assert settled["season"].unique().sort().to_list() == list(range(1999, season))
        assert len(settled) == (season - 1999) * GAMES
        assert rows["season"].unique().to_list() == [season]
        assert len(rows) == 3 * GAMES


def test_coherence_keeps_every_row_in_time_order_with_a_games_markets_together() -> None:
    rows = three_markets()
    table = walk_forward_coherence(rows, settled_games(), make_coherent=Notes().agree)
    assert table.columns == [*rows.columns, "p_hat", "p_push"]
    assert table["market"].to_list() == ["ats", "moneyline", "total"] * (2 * GAMES)
    assert table["game_id"].to_list() == [
        game for game in walk_forward(league())["game_id"] for _ in range(3)
    ]
    assert (table["p_hat"] - table["p_calibrated"]).to_list() == pytest.approx([0.01] * len(table))


def test_nothing_to_agree_on_is_an_empty_table_of_the_same_columns_and_types() -> None:
    rows = three_markets()
    full = walk_forward_coherence(rows, settled_games(), make_coherent=Notes().agree)
    empty = walk_forward_coherence(rows.head(0), settled_games(), make_coherent=Notes().agree)
    assert empty.is_empty()
    assert empty.schema == full.schema
