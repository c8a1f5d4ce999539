"""Which forecasts of the ledger are meant, and whether they may be compared.

Refused before the gate: forecasts made at or after kickoff, by a version fitted on the games that it
is judged on, and a score too good to be had honestly. No interval helps against a leak.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from nfl_signals.core.errors import IntegrityError, SettingsError
from nfl_signals.core.setting_sections import GateSettings
from nfl_signals.markets.definitions import KEYS, QUOTE
from nfl_signals.monitoring.rolling_windows import REPLAY, STAND_IN
from nfl_signals.promotion.measures import CODE, PAIRS_SCHEMA, brier_excess
from nfl_signals.stats.group_sequential import level_of_each_look


@dataclass(frozen=True, kw_only=True)
class Book:
    """Rows of the ledger that are compared as one."""

    signal_source: str  # model, or proxy: the no-vig price on the rows of the other book
    book: str | None = None  # production or learning (the shadow book); None: both
    model_version: str | None = None  # None: any
    prefix: str = ""  # of the names of its versions

    def rows(self, graded: pl.DataFrame) -> pl.DataFrame:
        """Its forecasts of settled games, newest first, one at each line and price."""
        fields = ("signal_source", "book", "model_version")
        wanted = {name: value for name in fields if (value := getattr(self, name)) is not None}
        named = pl.col("model_version").str.starts_with(self.prefix)
        mine = graded.filter(pl.col("outcome").is_not_null(), named, **wanted)
        return _first_of_quote(mine.sort("made_at", descending=True, maintain_order=True))


Books = tuple[Book, ...]
"""Where they forecast one game at one quote, the first one's forecast counts."""

PRICE = Book(signal_source="proxy")
WALK_FORWARD = Book(signal_source="model", book="learning", prefix=REPLAY)
STANDS_IN = Book(signal_source="model", book="learning", prefix=STAND_IN)


def production(version: str) -> Book:
    """What a version forecast while it was served."""
    return Book(signal_source="model", book="production", model_version=version)


def forecast_by(version: str) -> Book:
    """What a version forecast itself: as champion, and beside one as its challenger."""
    return Book(signal_source="model", model_version=version)


def books_named(name: str) -> Books:
    """The books meant by 'proxy', 'replay' (the walk-forward) or 'model_vN', 'model_vNrN'.

    Raises:
        SettingsError: it is none of these.
    """
    if name == "proxy":
        return (PRICE,)
    if name == "replay":
        return (WALK_FORWARD, STANDS_IN)
    if re.fullmatch(r"model_v\d+(r\d+)?", name):
        return (forecast_by(name.removeprefix("model_")),)
    raise SettingsError(f"{name}: no such book; expected proxy, replay or model_vN.")


def rows_of(books: Books, graded: pl.DataFrame) -> pl.DataFrame:
    """Their forecasts of settled games, those of the first book first, one at each line and price."""
    return _first_of_quote(pl.concat(each.rows(graded) for each in books))


def comparable(rows: pl.DataFrame, trained_until: Mapping[str, int]) -> pl.DataFrame:
    """Rows that may be judged: made before kickoff, by versions fitted on earlier weeks only.

    `trained_until` is season * 100 + week of each version's last training game. Rows of that very week
    are left out, for its card does not say which of their games the version was fitted on.

    Raises:
        IntegrityError: names the prediction, or the version, the game and the training window's end.
    """
    late = rows.filter(pl.col("made_at") >= pl.col("kickoff_at"))
    if late.height:
        row = late.row(0, named=True)
        raise IntegrityError(
            f"{row['model_version']}, {row['game_id']} {row['market']}: made at {row['made_at']}, "
            f"kickoff was {row['kickoff_at']}; it cannot be compared."
        )
    if rows.is_empty():
        return rows
    last = pl.col("model_version").replace_strict(trained_until, return_dtype=pl.Int64)
    leaky = rows.filter(last > CODE).sort("season", "week", "game_id", "made_at")
    if leaky.height:
        row = leaky.row(0, named=True)
        season, week = divmod(trained_until[row["model_version"]], 100)
        raise IntegrityError(
            f"{row['model_version']}: trained on games up to {season}-w{week:02d}, which reaches "
            f"beyond {row['game_id']} ({row['market']}); it knows what it is judged on."
        )
    return rows.filter(last < CODE)


def as_price(rows: pl.DataFrame) -> pl.DataFrame:
    """The price's own forecast on rows that have one; it never leans, so it has no line value."""
    priced = rows.drop_nulls("p_market")
    return priced.with_columns(p_hat="p_market", closing_line_value=pl.lit(None, pl.Float64))


def paired(champion: pl.DataFrame, challenger: pl.DataFrame) -> pl.DataFrame:
    """Two books' graded rows, joined where game, market, line and prices are the same: PAIRS_SCHEMA.

    Another line is another bet, and another time of the week another market. Where they meet at several
    quotes of a game, the challenger's first row counts, then the champion's. In time order.
    """
    named = [
        rows.rename({"p_hat": f"p_{role}", "closing_line_value": f"clv_{role}"})
        for role, rows in (("champion", champion), ("challenger", challenger))
    ]
    other = named[1].select(*KEYS, *QUOTE, "p_challenger", "clv_challenger")
    both = named[0].join(
        other, on=[*KEYS, *QUOTE], nulls_equal=True, validate="1:1", maintain_order="right_left"
    )
    columns = [pl.col(name).cast(kind) for name, kind in PAIRS_SCHEMA.items()]
    first = both.unique(KEYS, keep="first", maintain_order=True)
    return first.select(columns).sort("season", "week", *KEYS)


def refuse_too_good(pairs: pl.DataFrame, policy: GateSettings, *, seed: int) -> None:
    """Refuse a challenger whose moneyline score lies so far below the price's that it must leak.

    Raises:
        IntegrityError: the whole interval of the Brier difference is below -`policy.max_edge`.
    """
    rows = pairs.filter(market="moneyline").drop_nulls(["y", "p_market"])
    weeks = rows.select("season", "week").n_unique()
    if rows.height < policy.min_games or weeks < policy.min_weeks:
        return
    level = level_of_each_look(policy.level)  # asked every week
    found = brier_excess(rows, over="p_market", seed=seed, level=level)
    if found.high < -policy.max_edge:
        raise IntegrityError(
            f"moneyline: the challenger's Brier score is {-found.estimate:.4f} below that of the "
            f"price over {found.n} games (at least {-found.high:.4f}; credible: {policy.max_edge:g} "
            "at most): that is a leak until shown otherwise."
        )


def _first_of_quote(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.unique([*KEYS, *QUOTE], keep="first", maintain_order=True)
