"""Requests to an ensemble: one row per game, complete in itself, fit for a JSON request.

    game_id
    home_<feature>, away_<feature>          every feature of the data dictionary
    spread_line, total_line                 nflverse's signs; null: no forecast wanted
    home_moneyline, away_moneyline, home_spread_odds, away_spread_odds, over_odds, under_odds
                                            American odds; null: no forecast of that market
    home_signal_<name>, away_signal_<name>  signal times confidence; null: no signal
    home_<channel>_<k>, away_<channel>_<k>  for an ensemble with the learner lstm: each team's last
                                            games, k = 1 the oldest (`sequences.py`); 0 before its first

Team features go in and the two-row layout of gold features comes out, so that learners read a
request exactly as they read the stored tables.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from nfl_signals.core.errors import SchemaError
from nfl_signals.features.declarations import FEATURES
from nfl_signals.learners.sequences import CHANNELS, WINDOW, sequences
from nfl_signals.markets.bounds import (
    BOTH_SIDES,
    QUOTES,
    SCALED,
    SIGNAL,
    Bounds,
    contradicted,
    unfair,
)
from nfl_signals.markets.decision_time import Horizon
from nfl_signals.markets.definitions import LINES, MARKETS, PRICES, Market
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.stacking.inputs import SIGNALS, weighed_signals
from nfl_signals.stats.arrays import Floats

SIDES = ("home", "away")
FEATURE_COLUMNS = [f"{side}_{feature.name}" for side in SIDES for feature in FEATURES]
SIGNAL_COLUMNS = [f"{side}_signal_{name}" for side in SIDES for name in SIGNALS]
SEQUENCE_COLUMNS = [
    f"{side}_{channel}_{game}"
    for side in SIDES
    for game in range(1, WINDOW + 1)
    for channel in CHANNELS
]


def _required(name: str, limits: Bounds) -> pl.Expr:
    return limits.hold(pl.col(name)).fill_null(value=False)


RULES: list[tuple[str, str, pl.Expr]] = [
    ("game_id", "a name, once", pl.col("game_id").is_not_null() & pl.col("game_id").is_unique()),
    *((name, f"{limits}", limits.hold(pl.col(name))) for name, limits in QUOTES.items()),
    *((name, f"{SIGNAL}", SIGNAL.hold(pl.col(name))) for name in SIGNAL_COLUMNS),
    *(
        (f"{side}_{each.name}", f"{each.bounds}", _required(f"{side}_{each.name}", each.bounds))
        for side in SIDES
        for each in FEATURES
    ),
]
"""Column, what is expected of it, and whether a row holds to it (null: allowed)."""
START = datetime(2000, 1, 1, tzinfo=UTC)  # requests have no time; theirs only keeps their order


def game_requests(
    features: pl.DataFrame,
    markets: pl.DataFrame,
    signals: pl.DataFrame,
    games: Sequence[str],
    *,
    with_sequences: bool = False,
    horizon: Horizon,
) -> pl.DataFrame:
    """Requests for stored games, in the order of `games`.

    From gold features, gold markets and signals (two rows per game or none); `with_sequences` adds
    what the learner lstm reads.
    """
    wanted = pl.DataFrame({"game_id": games}, schema={"game_id": pl.String})
    sides = [
        features.filter(pl.col("is_home") == (side == "home"))
        .join(weighed_signals(signals), on=["game_id", "team_id"], how="left")
        .select(
            "game_id",
            *(pl.col(feature.name).alias(f"{side}_{feature.name}") for feature in FEATURES),
            *(pl.col(f"signal_{name}").alias(f"{side}_signal_{name}") for name in SIGNALS),
        )
        for side in SIDES
    ]
    table = wanted
    for part in [*sides, *(_quotes(markets, market) for market in MARKETS.values())]:
        table = table.join(part, on="game_id", how="left", maintain_order="left")
    table = table.select("game_id", *FEATURE_COLUMNS, *LINES, *PRICES, *SIGNAL_COLUMNS)
    if not with_sequences:
        return table
    games_before = sequences(features, markets, wanted["game_id"], horizon)
    numbers = games_before.reshape(len(wanted), -1)
    return table.hstack(pl.DataFrame(numbers, schema=SEQUENCE_COLUMNS))


def checked(requests: pl.DataFrame) -> pl.DataFrame:
    """Requests with every column there, numeric and possible; optional columns filled with null.

    SchemaError otherwise: it names the column, the row and what was expected.
    """
    missing = [name for name in ["game_id", *FEATURE_COLUMNS] if name not in requests.columns]
    if missing:
        raise SchemaError(
            f"request: column {missing[0]} is missing ({len(missing)} in all); every feature of the "
            "data dictionary is needed, for both teams."
        )
    optional = [*LINES, *PRICES, *SIGNAL_COLUMNS]
    full = requests.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in optional if name not in requests.columns
    )
    for name in [*FEATURE_COLUMNS, *optional]:
        if not (full[name].dtype.is_numeric() or full[name].dtype == pl.Null):
            raise SchemaError(
                f"request: column {name}: expected numbers, found {full[name].dtype}."
            )
    # pandas and JSON have no null among numbers: there NaN means "not given".
    full = full.with_columns(
        pl.col(FEATURE_COLUMNS).cast(pl.Float64),
        pl.col(optional).cast(pl.Float64).fill_nan(None),
        pl.col("game_id").cast(pl.String),
    )
    _refuse_the_impossible(full)
    return full


def request_features(requests: pl.DataFrame) -> pl.DataFrame:
    """The two-row layout of gold features, in the order of the requests."""
    numbered = requests.with_row_index("row").with_columns(
        kickoff_at=pl.lit(START) + pl.col("row").cast(pl.Int64) * timedelta(minutes=1)
    )
    sides = [
        numbered.select(
            "game_id",
            "kickoff_at",
            pl.lit(side == "home").alias("is_home"),
            pl.lit(START.year, pl.Int32).alias("season"),
            pl.lit(1, pl.Int32).alias("week"),
            *(pl.col(f"{side}_{feature.name}").alias(feature.name) for feature in FEATURES),
        )
        for side in SIDES
    ]
    return pl.concat(sides)


def requests_hash(requests: pl.DataFrame) -> str:
    """SHA-256 of requests, whatever the order of their games."""
    return hashlib.sha256(requests.sort("game_id").write_csv().encode()).hexdigest()


def request_sequences(requests: pl.DataFrame) -> Floats:
    """N x 2 x window x channels, as the learner lstm reads them; SchemaError as of `checked`."""
    missing = [name for name in SEQUENCE_COLUMNS if name not in requests.columns]
    if missing:
        raise SchemaError(
            f"request: column {missing[0]} is missing ({len(missing)} in all); this ensemble has the "
            "learner lstm, which reads each team's last games."
        )
    frame = requests.select(pl.col(SEQUENCE_COLUMNS).cast(pl.Float64))
    numbers = frame.to_numpy()
    held = frame.select(_required(name, SCALED) for name in SEQUENCE_COLUMNS).to_numpy()
    if not held.all():
        row, column = np.argwhere(~held)[0]
        raise SchemaError(
            f"request: column {SEQUENCE_COLUMNS[column]}, game {requests['game_id'][int(row)]}: "
            f"{numbers[row, column]}; expected {SCALED}; 0 stands for no game."
        )
    return np.ascontiguousarray(numbers).reshape(-1, len(SIDES), WINDOW, len(CHANNELS))


def request_market(requests: pl.DataFrame, market: Market) -> pl.DataFrame:
    """`game_id, market, line, price_yes, price_no, p_market, signal_<name>...` in request order.

    `p_market` is null where line or prices are missing; signals are null unless both teams have them.
    """
    yes, no = pl.col(market.price_yes_column), pl.col(market.price_no_column)
    return requests.select(
        "game_id",
        pl.lit(market.name).alias("market"),
        market.line().alias("line"),
        yes.alias("price_yes"),
        no.alias("price_no"),
        pl.when(market.line().is_not_null()).then(no_vig_probability(yes, no)).alias("p_market"),
        *(
            (pl.col(f"home_signal_{n}") + market.away_sign * pl.col(f"away_signal_{n}")).alias(
                f"signal_{n}"
            )
            for n in SIGNALS
        ),
    )


def _quotes(markets: pl.DataFrame, market: Market) -> pl.DataFrame:
    """Line and prices of one market under the schedule's column names."""
    line = [] if market.line_column is None else [pl.col("line").alias(market.line_column)]
    prices = [
        pl.col("price_yes").alias(market.price_yes_column),
        pl.col("price_no").alias(market.price_no_column),
    ]
    return markets.filter(market=market.name).select("game_id", *line, *prices)


def _refuse_the_impossible(requests: pl.DataFrame) -> None:
    tests = [holds.fill_null(value=True) for _, _, holds in RULES]
    held = requests.select(test.min().alias(str(n)) for n, test in enumerate(tests)).row(0)
    if False in held:
        column, expected, _ = RULES[held.index(False)]
        row = requests.filter(~tests[held.index(False)]).row(0, named=True)
        raise SchemaError(
            f"request: column {column}, game {row['game_id']}: {row[column]}; expected {expected}."
        )
    for market in MARKETS.values():
        yes, no = market.price_yes_column, market.price_no_column
        for row in requests.filter(unfair(pl.col(yes), pl.col(no))).iter_rows(named=True):
            raise SchemaError(
                f"request: column {yes}, game {row['game_id']}: {row[yes]:+g} and {row[no]:+g} ({no}) are "
                f"no prices of one market; expected {BOTH_SIDES}."
            )
    for row in requests.filter(contradicted(requests)).iter_rows(named=True):
        raise SchemaError(
            f"request: column spread_line, game {row['game_id']}: {row['spread_line']:g} and moneylines of "
            f"{row['home_moneyline']:+g} (home) and {row['away_moneyline']:+g} cannot both be meant; a "
            "positive spread favours the home team, bettors write it with a minus."
        )
