"""The ledger: every prediction as it was before kickoff, append-only, sealed.

`made_at` is the as-of of a forecast, `written_at` the clock when it was written. What is written long
after it says that it was made, at lines of a later day perhaps, is no production: it is flagged as
backdated and counted nowhere.

Each row's seal is a SHA-256 over its content and the seal before it, so an edited, removed or
reordered row breaks the chain at its place. A chain cannot show that its *last* rows were cut off
or that all of it was rewritten: every append notes its head, the last seal, beside it
(`monitoring/heads.py`), and nothing is appended where one that was noted is gone.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from nfl_signals.core.errors import InputError, IntegrityError, NotThereYetError, RewrittenError
from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.core.hash_chain import GENESIS, broken_links, seals_after
from nfl_signals.core.locks import exclusive, lock_beside
from nfl_signals.core.moment import LATEST
from nfl_signals.markets.bounds import LINES_TAKEN, PRICE, unfair
from nfl_signals.markets.decision_time import MADE
from nfl_signals.markets.definitions import KEYS, MARKETS, ODDS, QUOTE, can_push
from nfl_signals.monitoring.heads import (
    RESTORE,
    NotedHead,
    heads_beside,
    missing_heads,
    note_head,
    noted_heads,
    require_there,
)

UTC_TIME = pl.Datetime("us", "UTC")
SCHEMA = pl.Schema(
    {
        "prediction_id": pl.String(),
        "made_at": UTC_TIME,
        "written_at": UTC_TIME,
        "kickoff_at": UTC_TIME,
        "season": pl.Int32(),
        "week": pl.Int32(),
        "game_id": pl.String(),
        "market": pl.String(),
        "line": pl.Float64(),
        "price_yes": pl.Float64(),
        "price_no": pl.Float64(),
        "p_hat": pl.Float64(),
        "p_push": pl.Float64(),
        "model_version": pl.String(),
        "model_hash": pl.String(),
        "feature_version": pl.String(),
        "horizon": pl.String(),
        "signal_source": pl.String(),
        "book": pl.String(),
        "period_flag": pl.String(),
        "seal": pl.String(),
    }
)
CONTENT = [name for name in SCHEMA if name != "seal"]
IDENTITY = ["book", "signal_source", "model_version", "model_hash", *KEYS, *QUOTE]
TIMES = ["made_at", "written_at"]
OPTIONAL = ODDS  # no price is known where no bookmaker quotes one yet
BOOKS = ("production", "learning")
BACKDATED = "backdated"  # `period_flag` of what was written long after it says that it was made
IN_PRODUCTION = pl.col("book") == "production"

RULES: tuple[tuple[str, str, pl.Expr], ...] = (
    ("market", "a market", pl.col("market").is_in(list(MARKETS))),
    *(
        ("line", f"{limits}", (pl.col("market") != name) | limits.hold(pl.col("line")))
        for name, limits in LINES_TAKEN.items()
    ),
    ("price_yes", f"{PRICE}", PRICE.hold(pl.col("price_yes"))),
    ("price_no", f"{PRICE}", PRICE.hold(pl.col("price_no"))),
    ("price_no", "odds that fit price_yes", ~unfair(pl.col("price_yes"), pl.col("price_no"))),
    ("p_hat", "a probability in (0, 1)", pl.col("p_hat").is_between(0, 1, closed="none")),
    ("p_push", "a probability in [0, 1)", pl.col("p_push").is_between(0, 1, closed="left")),
    ("p_push", "0 where no push is possible", can_push() | (pl.col("p_push") == 0)),
    ("signal_source", "proxy or model", pl.col("signal_source").is_in(["proxy", "model"])),
    ("horizon", " or ".join(MADE), pl.col("horizon").is_in(list(MADE))),
    ("book", "production or learning", pl.col("book").is_in(BOOKS)),
    ("made_at", "a time before kickoff", pl.col("made_at") < pl.col("kickoff_at")),
    (
        "written_at",
        "a time before kickoff in book production",
        ~IN_PRODUCTION | (pl.col("written_at") < pl.col("kickoff_at")),
    ),
    (
        "written_at",
        f"a time from made_at to {LATEST // timedelta(hours=1)} hours after it in book production",
        ~IN_PRODUCTION
        | (pl.col("written_at") - pl.col("made_at")).is_between(timedelta(0), LATEST),
    ),
)
IN_TIME = pl.all_horizontal(holds for name, _, holds in RULES if name in TIMES)
"""Whether a row may be written: before kickoff, and in production not long after it was made."""


@dataclass(frozen=True, kw_only=True)
class AppendResult:
    """What an append did."""

    n_new: dict[str, int]  # by book
    n_already: int  # there before, identical, and skipped
    total: int  # rows in the ledger now
    head: str  # seal of its last row, to be noted elsewhere as an anchor


def prediction_id(
    *,
    book: str,
    signal_source: str,
    model_version: str,
    model_hash: str,
    game_id: str,
    market: str,
    line: float,
    price_yes: float | None,
    price_no: float | None,
    made_at: datetime,
) -> str:
    """Name of one prediction: its source, the bet with line and prices, and when it was made.

    First 16 hex digits of SHA-256 over book|signal_source|model_version|model_hash|game_id|market|
    line|price_yes|price_no|made_at in ISO form; numbers as Python writes floats. `made_at` is zone
    aware and the same instant gives the same id in any zone.

    Example:
        >>> source = dict(book="production", signal_source="model", model_version="v1", model_hash="a")
        >>> bet = dict(game_id="2025_01_DAL_PHI", market="ats", line=7.5, price_yes=-110.0, price_no=-110.0)
        >>> prediction_id(**source, **bet, made_at=datetime(2025, 9, 2, 14, tzinfo=UTC))
        'eb634410854baa92'
    """
    if made_at.tzinfo is None:
        raise ValueError(f"made_at: expected a time zone, got {made_at.isoformat()}")
    parts = (book, signal_source, model_version, model_hash, game_id, market)
    quote = (str(value) for value in (line, price_yes, price_no))
    text = "|".join((*parts, *quote, made_at.astimezone(UTC).isoformat()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def with_prediction_id(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the column `prediction_id` computed from its other columns."""
    names = [*IDENTITY, "made_at"]
    ids = [prediction_id(**row) for row in rows.select(names).iter_rows(named=True)]
    return rows.with_columns(pl.Series("prediction_id", ids, dtype=pl.String))


def append(path: Path, rows: pl.DataFrame, *, first_stays: bool = False) -> AppendResult:
    """Add predictions to the ledger, once each, atomically, one writer at a time, and note its head.

    Args:
        path: the ledger; made where missing.
        rows: every column of SCHEMA but `seal`, in any order; `price_*` may be null.
        first_stays: a row whose id is there already is skipped, whatever it holds.

    Raises:
        InputError: a column, type or value cannot be used, or a row is dated at or after kickoff;
            names the game. Nothing is written.
        IntegrityError: an id is in the ledger already with different content, unless `first_stays`.
        RewrittenError: the ledger is not what was sealed, or a head noted beside it is gone.
        StorageError: the ledger cannot be written or another writer holds it for a minute.
    """
    checked = _checked(rows)
    busy = "another writer holds the ledger; try again when it is done."
    with exclusive(lock_beside(path), busy=busy):
        return _extend(path, checked, first_stays=first_stays)


def read(path: Path) -> pl.DataFrame:
    """The ledger in the order written.

    Raises:
        NotThereYetError: no run has written one.
        IntegrityError: it cannot be read, or its columns or types are not the ledger's.
    """
    try:
        ledger = read_parquet(path)
    except NotThereYetError:
        raise
    except InputError as error:
        raise IntegrityError(
            f"{path}: cannot be read; restore a copy, what was sealed is made nowhere else ({error})"
        ) from error
    if ledger.schema != SCHEMA:
        raise IntegrityError(
            f"{path}: columns or types are not those of this version's ledger; restore a copy, or, where "
            "an earlier version wrote it, start in another home (NFL_SIGNALS_HOME)."
        )
    return ledger


def head_of(ledger: pl.DataFrame) -> str:
    """The seal of its last row; of an empty one what stands before the first."""
    return str(ledger["seal"].item(-1)) if ledger.height else GENESIS


def chain_problems(ledger: pl.DataFrame, noted: Sequence[NotedHead] = ()) -> list[str]:
    """Rows that are not what was sealed, and noted heads that are not in the chain any more."""
    seals = ledger["seal"].to_list()
    names = ledger.select("prediction_id", *KEYS).rows()
    broken = [
        "row {} ({}, {} {}): edited, or what came before it was removed or reordered".format(
            place, *names[place]
        )
        for place in broken_links(_contents(ledger), seals)
    ]
    return [*broken, *missing_heads(noted, seals)]


def require_chain(path: Path, ledger: pl.DataFrame, noted: Sequence[NotedHead]) -> None:
    """Raise RewrittenError, with the file and the first of `chain_problems`, where there is one."""
    if problems := chain_problems(ledger, noted):
        raise RewrittenError(f"{path}: {problems[0]}; {RESTORE}")


def verify(ledger: pl.DataFrame, *, noted: Sequence[NotedHead] = ()) -> list[str]:
    """Problems that show the ledger is not what was written; empty when it is sound.

    Heads that were `noted` must still be in the chain.
    """
    if ledger.schema != SCHEMA:
        return ["columns or types are not the ledger's"]
    problems = chain_problems(ledger, noted)
    problems += [
        f"{row[0]} ({row[1]}, {row[2]}): {name}: expected {words}"
        for name, words, holds in RULES
        if name in TIMES
        for row in ledger.filter(~holds).select("prediction_id", *KEYS).iter_rows()
    ]
    repeated = ledger.filter(pl.col("prediction_id").is_duplicated())["prediction_id"]
    return problems + [f"{name}: more than one row" for name in sorted(set(repeated))]


def _extend(path: Path, rows: pl.DataFrame, *, first_stays: bool) -> AppendResult:
    heads = heads_beside(path)
    noted = noted_heads(heads)
    require_there(path, noted)
    ledger = read(path) if path.exists() else SCHEMA.to_frame()
    require_chain(path, ledger, noted)
    known = ledger.join(rows.select("prediction_id"), on="prediction_id", how="semi")
    changed = known.drop("seal").join(rows, on=CONTENT, how="anti", nulls_equal=True)
    if changed.height and not first_stays:
        row = changed.row(0, named=True)
        raise IntegrityError(
            f"{path}: {row['prediction_id']} ({row['game_id']} {row['market']}) is there already "
            "with other content; a prediction is never rewritten, append one with a new made_at."
        )
    new = rows.join(known.select("prediction_id"), on="prediction_id", how="anti")
    seals = list(seals_after(head_of(ledger), _contents(new)))
    if seals:
        sealed = new.with_columns(pl.Series("seal", seals, dtype=pl.String)).select(*SCHEMA)
        ledger = pl.concat([ledger, sealed])
        write_parquet(path, ledger)
    if (
        ledger.height
    ):  # after the rows: of a process killed in between the next append notes the head
        note_head(heads, head_of(ledger))
    return AppendResult(
        n_new={book: new.filter(book=book).height for book in BOOKS},
        n_already=known.height,
        total=ledger.height,
        head=head_of(ledger),
    )


def _checked(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` in column order, or the InputError that says which row cannot be used and why."""
    expected = {(name, SCHEMA[name]) for name in CONTENT}
    if wrong := expected ^ set(rows.schema.items()):
        listed = ", ".join(sorted(f"{name} {kind}" for name, kind in wrong))
        raise InputError(f"ledger rows: wrong, missing or unknown columns: {listed}.")
    present = [(name, "a value", pl.col(name).is_not_null()) for name in CONTENT]
    for name, words, holds in (*(rule for rule in present if rule[0] not in OPTIONAL), *RULES):
        _refuse(rows.filter(~holds), name, words)
    _refuse(rows.filter(pl.col("prediction_id").is_duplicated()), "prediction_id", "unique ids")
    named = with_prediction_id(rows)["prediction_id"]
    _refuse(rows.filter(pl.col("prediction_id") != named), "prediction_id", "with_prediction_id's")
    return rows.select(CONTENT)


def _refuse(bad: pl.DataFrame, name: str, words: str) -> None:
    if bad.height:
        row = bad.row(0, named=True)
        raise InputError(
            f"ledger rows: {row['game_id']} {row['market']}, {name}: expected {words}, got "
            f"{row[name]} (kickoff {row['kickoff_at']}); {bad.height} such row(s), none written."
        )


def _contents(rows: pl.DataFrame) -> list[str]:
    """Canonical form: a JSON array in column order; floats as their shortest exact decimal."""
    return [
        json.dumps(row, default=datetime.isoformat, ensure_ascii=False)
        for row in rows.select(CONTENT).iter_rows()
    ]
