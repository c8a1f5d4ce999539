"""Two books of the ledger on the same games, and what the gate finds: for compare and promote alike."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.settings import Settings
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.monitoring.rolling_windows import REPLAY, STAND_IN
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.promotion.books import (
    PRICE,
    Books,
    as_price,
    books_named,
    comparable,
    paired,
    refuse_too_good,
    rows_of,
)
from nfl_signals.promotion.gate import GateReport, judge
from nfl_signals.promotion.gate_findings import until_last_look
from nfl_signals.promotion.measures import week_codes
from nfl_signals.registry.model_card import CARD, read_card, week_code
from nfl_signals.stats.confidence_sequence import ConfidenceSequence, brier_difference
from nfl_signals.workspace.run_context import RunContext

BEFORE_SEASON = re.compile(rf"(?:{REPLAY}|{STAND_IN})(\d{{4}})")
"""Versions that are fitted on the seasons before the one they are named after."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the gate finds, and the score difference as it may be read every week."""

    report: GateReport
    sequences: dict[MarketName, ConfidenceSequence]  # Brier score less the champion's
    n_left_out: int  # challenger's rows without a match, or of a week that one was partly fitted on


def compare(context: RunContext, a: str, b: str) -> Comparison:
    """Compare challenger `b` with champion `a`, both named as for `book_named`, on their common games.

    Raises:
        SettingsError: a name means no book.
        InputError: they share no game.
        IntegrityError: one of them leaks.
    """
    champion, challenger = books_named(a), books_named(b)
    pairs = pairs_of(context, champion, challenger)
    if pairs.is_empty():
        raise InputError(
            f"{context.paths.ledger}: {a} and {b} share no settled game at the same line and "
            "prices; compare them when they do."
        )
    judged = champion if challenger == (PRICE,) else challenger
    forecasts = rows_of(judged, graded_ledger(context)).select("game_id", "market").unique()
    return Comparison(
        report=judge_pair(pairs, context.settings, once=True),
        sequences={
            name: _sequence(scored)
            for name in MARKETS
            if (scored := pairs.filter(market=name).drop_nulls("y")).height
        },
        n_left_out=forecasts.height - pairs.height,
    )


def pairs_of(context: RunContext, champion: Books, challenger: Books) -> pl.DataFrame:
    """What two sides forecast of the same settled games, for `judge_pair`; see `books.paired`.

    Raises:
        InputError: both are the price.
        IntegrityError: one of them leaks; see `books.comparable`.
    """
    price = (PRICE,)
    if champion == price == challenger:
        raise InputError("proxy and proxy: one book; name two different ones.")
    rows = {each: _rows(context, each) for each in (champion, challenger) if each != price}
    for each, other in ((champion, challenger), (challenger, champion)):
        if each == price:
            rows[each] = as_price(rows[other])
    return paired(rows[champion], rows[challenger])


def judge_pair(
    pairs: pl.DataFrame,
    settings: Settings,
    *,
    focus: Sequence[MarketName] = (),
    record: pl.DataFrame | None = None,
    once: bool = False,
) -> GateReport:
    """The gate on pairs, under the settings; arguments as `gate.judge`.

    Raises:
        IntegrityError: the challenger's score is too good to be had honestly.
    """
    policy, seed, monitor = settings.gate, settings.seed, settings.monitor
    refuse_too_good(pairs if once else until_last_look(pairs, policy.min_weeks), policy, seed=seed)
    return judge(
        pairs, policy, focus=focus or None, seed=seed, monitor=monitor, record=record, once=once
    )


def _rows(context: RunContext, books: Books) -> pl.DataFrame:
    rows = rows_of(books, graded_ledger(context))
    versions = rows["model_version"].unique().sort().to_list()
    return comparable(rows, {name: _trained_until(context, name) for name in versions})


def _trained_until(context: RunContext, version: str) -> int:
    """Season * 100 + week; a season's walk-forward is fitted on the seasons before it."""
    if found := BEFORE_SEASON.fullmatch(version):
        return int(found[1]) * 100
    folder = context.paths.ensemble(version)
    if not (folder / CARD).exists():
        raise IntegrityError(
            f"{folder / CARD}: not there, so nothing says which games {version} was fitted on; "
            "restore it."
        )
    card = read_card(folder)
    # What a recalibrated copy was fitted on last are its original's own forecasts.
    windows = (card[name] for name in ("training_window", "recalibration") if name in card)
    return max(week_code(window["last"]) for window in windows)


def _sequence(scored: pl.DataFrame) -> ConfidenceSequence:
    p, q, y = (scored[name].to_numpy() for name in ("p_challenger", "p_champion", "y"))
    return brier_difference(p, q, y, week_codes(scored))
