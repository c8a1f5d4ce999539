"""Claims about requests to an ensemble."""

import json
import random

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.errors import SchemaError
from nfl_signals.ensemble.request import (
    FEATURE_COLUMNS,
    RULES,
    SEQUENCE_COLUMNS,
    SIGNAL_COLUMNS,
    checked,
    game_requests,
    request_features,
    request_market,
    request_sequences,
)
from nfl_signals.features.build import build_markets
from nfl_signals.features.declarations import FEATURES
from nfl_signals.ingest.history import History
from nfl_signals.learners.game_matrix import game_matrix
from nfl_signals.markets.definitions import ATS, LINES, MARKETS, MONEYLINE, PRICES, TOTAL, Market
from nfl_signals.stacking.inputs import SIGNALS, game_signals
from nfl_signals_tests.support.absurd import ABSURD

NAMES = [feature.name for feature in FEATURES]
NEWS = [f"signal_{name}" for name in SIGNALS]
EVERY_MARKET = pytest.mark.parametrize("market", MARKETS.values(), ids=list(MARKETS))


@pytest.fixture(scope="module")
def markets(simulated_history: History) -> pl.DataFrame:
    return build_markets(simulated_history)


@pytest.fixture(scope="module")
def signals(simulated_features: pl.DataFrame) -> pl.DataFrame:
    """Made up for three teams of four."""
    rows = simulated_features.select("game_id", "team_id")
    random = np.random.default_rng(1)
    known = pl.Series(random.random(len(rows)) < 0.75)
    numbers = {name: random.uniform(-1, 1, len(rows)) for name in SIGNALS}
    numbers |= {"confidence": random.random(len(rows))}
    return rows.with_columns(available=known, **numbers).with_columns(
        pl.when("available").then(pl.col(name)).alias(name) for name in numbers
    )


@pytest.fixture(scope="module")
def games(simulated_features: pl.DataFrame) -> list[str]:
    """Forty game ids in no order, the schedule's last among them."""
    ids = simulated_features["game_id"].unique(maintain_order=True).to_list()
    return [*random.Random(2).sample(ids[:-1], 39), ids[-1]]


@pytest.fixture(scope="module")
def requests(
    simulated_features: pl.DataFrame, markets: pl.DataFrame, signals: pl.DataFrame, games: list[str]
) -> pl.DataFrame:
    return game_requests(simulated_features, markets, signals, games, horizon="kickoff")


def request(**columns: object) -> pl.DataFrame:
    """One request, all features 0, with nothing optional but what is given."""
    return pl.DataFrame({"game_id": ["g"], **dict.fromkeys(FEATURE_COLUMNS, 0.0), **columns})


def market_row(market: Market, **columns: object) -> dict[str, object]:
    """What one request holds for a market."""
    return request_market(checked(request(**columns)), market).row(0, named=True)


# --- stored games as requests


def test_a_request_holds_the_features_that_are_stored_value_for_value(
    simulated_features: pl.DataFrame, requests: pl.DataFrame, games: list[str]
) -> None:
    rows = request_features(requests)
    assert len(rows) == 2 * len(games)
    keys = ["game_id", "is_home"]
    stored = rows.select(keys).join(
        simulated_features.select(*keys, *NAMES), on=keys, how="left", maintain_order="left"
    )
    assert rows.select(*keys, *NAMES).equals(stored)


@EVERY_MARKET
def test_learners_read_a_request_as_they_read_the_stored_tables_in_the_order_requested(
    simulated_features: pl.DataFrame, requests: pl.DataFrame, games: list[str], market: Market
) -> None:
    matrix = game_matrix(request_features(requests), market)
    assert matrix.games["game_id"].to_list() == games
    stored = game_matrix(simulated_features, market)
    place = {game: row for row, game in enumerate(stored.games["game_id"])}
    assert matrix.names == stored.names
    assert matrix.x.tobytes() == stored.x[[place[game] for game in games]].tobytes()


@EVERY_MARKET
def test_a_market_is_requested_with_the_stored_line_price_and_probability(
    markets: pl.DataFrame, requests: pl.DataFrame, games: list[str], market: Market
) -> None:
    rows = request_market(requests, market)
    columns = ["game_id", "market", "line", "price_yes", "price_no", "p_market"]
    order = pl.DataFrame({"game_id": games})
    stored = order.join(
        markets.filter(market=market.name), on="game_id", how="left", maintain_order="left"
    )
    assert rows.select(columns).equals(stored.select(columns))
    assert 0 < rows["p_market"].null_count() < len(rows)


@EVERY_MARKET
def test_signals_of_a_request_are_those_of_the_stored_game(
    simulated_features: pl.DataFrame,
    signals: pl.DataFrame,
    requests: pl.DataFrame,
    games: list[str],
    market: Market,
) -> None:
    home = simulated_features.filter("is_home").select("game_id", "team_id")
    stored = pl.DataFrame({"game_id": games}).join(
        game_signals(signals, home, market), on="game_id", how="left", maintain_order="left"
    )
    rows = request_market(requests, market).select("game_id", *NEWS)
    assert rows.equals(stored)
    assert 0 < rows[NEWS[0]].null_count() < len(rows)


@pytest.mark.parametrize("start", [0, 17, 39])
def test_a_request_alone_means_what_it_means_among_many(requests: pl.DataFrame, start: int) -> None:
    alone = requests[start]
    for market in MARKETS.values():
        many = game_matrix(request_features(requests), market).x[start]
        assert game_matrix(request_features(alone), market).x.tobytes() == many.tobytes()
        assert request_market(alone, market).equals(request_market(requests, market)[start])


def test_stored_games_need_no_signals(
    simulated_features: pl.DataFrame, markets: pl.DataFrame, signals: pl.DataFrame, games: list[str]
) -> None:
    rows = game_requests(simulated_features, markets, signals.head(0), games, horizon="kickoff")
    assert rows.select(SIGNAL_COLUMNS).null_count().row(0) == (len(games),) * 6
    assert rows["game_id"].to_list() == games


def test_requests_survive_json(requests: pl.DataFrame) -> None:
    """Every double has a decimal form that reads back to the same bits; null stays null."""
    sent = json.loads(json.dumps(requests.to_dicts()))
    received = checked(pl.DataFrame(sent, infer_schema_length=None))
    assert received.equals(checked(requests))


def test_no_requests_hold_no_market() -> None:
    none = checked(request().head(0))
    assert request_features(none).is_empty()
    for market in MARKETS.values():
        assert request_market(none, market).is_empty()
        assert len(game_matrix(request_features(none), market).names) == len(NAMES)


def test_no_two_columns_share_a_name() -> None:
    """The feature `offense` is a rating, the signal of that name is news."""
    columns = ["game_id", *FEATURE_COLUMNS, *LINES, *PRICES, *SIGNAL_COLUMNS]
    assert len(set(columns)) == len(columns)


# --- what may be left out


def test_every_line_and_price_of_a_request_has_limits() -> None:
    assert {*LINES, *PRICES} <= {column for column, _, _ in RULES}


def test_lines_prices_and_signals_may_be_left_out_and_then_no_market_is_requested() -> None:
    full = checked(request())
    assert full.select(*LINES, *PRICES, *SIGNAL_COLUMNS).null_count().unpivot()["value"].eq(1).all()
    for market in MARKETS.values():
        row = market_row(market)
        assert (row["p_market"], [row[name] for name in NEWS]) == (None, [None] * 3)


def test_a_moneyline_needs_two_prices_and_a_spread_its_line_as_well() -> None:
    prices = {"home_moneyline": [-150], "away_moneyline": [130], "home_spread_odds": [-110]}
    more = {"away_spread_odds": [-110], "over_odds": [-110.0]}
    found = {name: market_row(market, **prices, **more) for name, market in MARKETS.items()}
    assert found["moneyline"]["p_market"] == pytest.approx(0.6 / (0.6 + 100 / 230))
    assert found["moneyline"]["line"] == 0.0
    assert found["ats"]["p_market"] is None
    assert found["total"]["p_market"] is None
    spread = market_row(ATS, **prices, **more, spread_line=[3])
    assert (spread["line"], spread["p_market"]) == (3.0, 0.5)


@pytest.mark.parametrize(
    ("market", "expected"),
    [(ATS, 0.5), (MONEYLINE, 0.5), (TOTAL, -0.1)],
    ids=["ats", "moneyline", "total"],
)
def test_signals_are_combined_as_the_markets_outcome_needs_them(
    market: Market, expected: float
) -> None:
    news = {"home_signal_offense": [0.2], "away_signal_offense": [-0.3]}
    row = market_row(market, **news, home_signal_defense=[0.4])
    assert row["signal_offense"] == pytest.approx(expected)
    assert row["signal_defense"] is None


# --- what is refused


@pytest.mark.parametrize("column", ["game_id", "home_rating", "away_week_of_season"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(SchemaError, match=rf"request: column {column} is missing \(1 in all\)"):
        checked(request().drop(column))


def test_several_missing_columns_are_counted() -> None:
    with pytest.raises(SchemaError, match=rf"column home_{NAMES[0]} is missing \(5 in all\)"):
        checked(request().drop(FEATURE_COLUMNS[:5]))


@pytest.mark.parametrize(
    "column", ["away_rest_days", "spread_line", "over_odds", "home_signal_offense"]
)
@pytest.mark.parametrize(("value", "found"), [("-3", "String"), (True, "Boolean")])
def test_a_column_that_is_not_of_numbers_is_named(column: str, value: object, found: str) -> None:
    with pytest.raises(SchemaError, match=rf"column {column}: expected numbers, found {found}"):
        checked(request(**{column: [value]}))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), None])
def test_a_feature_that_is_not_a_finite_number_is_named_with_its_game(value: float | None) -> None:
    one = pl.when(pl.col("game_id") == "third").then(value).otherwise(0.0).alias("away_rating")
    many = pl.concat([request()] * 4).with_columns(
        game_id=pl.Series(["first", "second", "third", "fourth"])
    )
    wanted = rf"column away_rating, game third: {value}; expected points per game, -300 to 300"
    with pytest.raises(SchemaError, match=wanted):
        checked(many.with_columns(one))


def test_no_column_of_numbers_takes_an_absurd_one() -> None:
    """NaN among what may be left out is JSON's null: not given."""
    numbers = {*FEATURE_COLUMNS, *LINES, *PRICES, *SIGNAL_COLUMNS}
    assert {column for column, _, _ in RULES} == {"game_id", *numbers}
    for column, _, holds in RULES[1:]:
        absurd = pl.DataFrame({column: [*ABSURD, -9_999.0 if column not in PRICES else 1e6]})
        assert not absurd.select(holds).to_series().any(), column


@pytest.mark.parametrize(
    ("column", "value"),
    [("home_epa_rating", -9_999.0), ("over_odds", float("inf")), ("spread_line", 1e300)],
)
def test_an_absurd_number_is_named_with_its_column_and_its_game(column: str, value: float) -> None:
    with pytest.raises(SchemaError, match=f"request: column {column}, game g: "):
        checked(request(**{column: [value]}))


def test_a_line_of_the_lstm_is_within_bounds() -> None:
    rows = request(**dict.fromkeys(SEQUENCE_COLUMNS, 0.0))
    assert request_sequences(rows).sum() == 0
    for value in (*ABSURD, -9_999.0, None):
        with pytest.raises(SchemaError, match=f"column {SEQUENCE_COLUMNS[-1]}, game g: "):
            request_sequences(rows.with_columns(pl.lit(value).alias(SEQUENCE_COLUMNS[-1])))


@pytest.mark.parametrize("market", MARKETS.values(), ids=list(MARKETS))
def test_two_prices_that_are_not_of_one_market_are_refused(market: Market) -> None:
    pair = {market.price_yes_column: [-110.0], market.price_no_column: [-9_999.0]}
    with pytest.raises(
        SchemaError, match=f"column {market.price_yes_column}, game g: -110 and -9999"
    ):
        checked(request(**pair))


def test_a_spread_in_the_bettors_sign_is_refused_like_the_raw_one_is_withheld() -> None:
    prices = {"home_moneyline": [250.0], "away_moneyline": [-300.0]}
    assert checked(request(spread_line=[-7.0], **prices)).height == 1
    with pytest.raises(SchemaError, match=r"column spread_line, game g: 7 and moneylines of \+250"):
        checked(request(spread_line=[7.0], **prices))


def test_whole_numbers_are_numbers() -> None:
    whole = request().with_columns(pl.col(FEATURE_COLUMNS).cast(pl.Int64), spread_line=pl.lit(3))
    assert checked(whole).schema == checked(request()).schema
