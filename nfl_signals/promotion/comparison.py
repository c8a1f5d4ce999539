"""Two voices on the same games: who they are, whether they may be compared, and what the gate says.

Refused before the gate: what was said at or after kickoff, what was taught by the games it is judged
on, and a score too good to be had honestly. No interval helps against a leak.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from nfl_signals.core.errors import InputError, IntegrityError, SettingsError
from nfl_signals.core.setting_sections import GateSettings
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.monitoring.rolling_windows import COUNTED
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.promotion.gate import GateReport, judge
from nfl_signals.promotion.measures import PAIRS_SCHEMA, brier_excess, week_codes
from nfl_signals.registry.model_card import CARD, read_card
from nfl_signals.stats.confidence_sequence import ConfidenceSequence, brier_difference
from nfl_signals.workspace.run_context import RunContext

KEY = ["game_id", "market"]
QUOTE = ["line", "price_yes", "price_no"]
WALK_FORWARD_VERSION = re.compile(r"replay_(\d{4})")
CODE = pl.col("season").cast(pl.Int64) * 100 + pl.col("week")


@dataclass(frozen=True, kw_only=True)
class Book:
    """Whose rows of the ledger are meant.

    Attributes:
        signal_source: 'model', or 'proxy': the no-vig price of whatever rows the other has.
        book: 'production' or 'learning'; None for the proxy, whom no book owns.
        model_version: as in the ledger; None: whichever version spoke.
    """

    signal_source: str
    book: str | None = None
    model_version: str | None = None

    def rows(self, graded: pl.DataFrame) -> pl.DataFrame:
        """Its last word on each settled game and market."""
        wanted = {name: value for name, value in vars(self).items() if value is not None}
        counted = COUNTED if self.model_version is None else pl.lit(value=True)
        said = graded.filter(pl.col("outcome").is_not_null(), counted, **wanted).sort("made_at")
        return said.unique(KEY, keep="last", maintain_order=True)


PROXY = Book(signal_source="proxy")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the gate says, and the score difference as it may be read every week.

    Attributes:
        report: of the gate; challenger against champion.
        sequences: Brier score of the challenger less that of the champion after each week, by market.
        n_left_out: rows of the challenger that were not compared: the champion was silent or took
            another line or price, or their week taught one of the two in part.
    """

    report: GateReport
    sequences: dict[MarketName, ConfidenceSequence]
    n_left_out: int


def book_named(name: str) -> Book:
    """Who is meant by 'proxy', 'replay' (the walk-forward learning book) or 'model_vN', 'model_vNrN'.

    Raises:
        SettingsError: it is none of these.
    """
    if name == "proxy":
        return PROXY
    if name == "replay":
        return Book(signal_source="model", book="learning")
    if re.fullmatch(r"model_v\d+(r\d+)?", name):
        version = name.removeprefix("model_")
        return Book(signal_source="model", book="production", model_version=version)
    raise SettingsError(f"{name}: no such voice; expected proxy, replay or model_vN.")


def compare(context: RunContext, a: str, b: str) -> Comparison:
    """Hold challenger `b` against champion `a` on all games that both spoke on.

    Args:
        context: the run; games that ended after its `as_of` are unknown.
        a: 'proxy', 'replay' or 'model_vN'.
        b: likewise.

    Raises:
        SettingsError: a name means nobody.
        InputError: they share no game.
        IntegrityError: one of them leaks.
    """
    settings, graded = context.settings, graded_ledger(context)
    champion, challenger = book_named(a), book_named(b)
    pairs = _pairs(context, graded, champion, challenger)
    refuse_too_good(pairs, settings.gate, seed=settings.seed)
    asked = champion if challenger == PROXY else challenger
    return Comparison(
        report=judge(
            pairs, settings.gate, focus=None, seed=settings.seed, monitor=settings.monitor
        ),
        sequences={
            name: _sequence(pairs.filter(market=name))
            for name in MARKETS
            if pairs.filter(market=name)["y"].count()
        },
        n_left_out=asked.rows(graded).height - pairs.height,
    )


def pairs_of(context: RunContext, champion: Book, challenger: Book) -> pl.DataFrame:
    """What both said of the same settled games, for `gate.judge`.

    Returns:
        PAIRS_SCHEMA in time order. Both took the same line at the same prices: another line is
        another question, and another time of the week another market. Weeks that taught a version
        in part are left out, for its card does not say which of their games it knew.

    Raises:
        InputError: they share no game.
        IntegrityError: one of them leaks; see `refuse_late` and `refuse_trained_on`.
    """
    return _pairs(context, graded_ledger(context), champion, challenger)


def paired(champion: pl.DataFrame, challenger: pl.DataFrame) -> pl.DataFrame:
    """Two voices' graded rows, joined where game, market, line and prices are the same.

    Args:
        champion: one row per game and market, as `graded_ledger` gives them.
        challenger: likewise.

    Returns:
        PAIRS_SCHEMA in time order.
    """
    named = [
        rows.rename({"p_hat": f"p_{role}", "closing_line_value": f"clv_{role}"})
        for role, rows in (("champion", champion), ("challenger", challenger))
    ]
    other = named[1].select(*KEY, *QUOTE, "p_challenger", "clv_challenger")
    both = named[0].join(other, on=[*KEY, *QUOTE], nulls_equal=True, validate="1:1")
    columns = [pl.col(name).cast(kind) for name, kind in PAIRS_SCHEMA.items()]
    return both.select(columns).sort("season", "week", *KEY)


def refuse_late(rows: pl.DataFrame) -> None:
    """Refuse what was said at or after kickoff.

    Raises:
        IntegrityError: names the prediction.
    """
    late = rows.filter(pl.col("made_at") >= pl.col("kickoff_at"))
    if late.height:
        row = late.row(0, named=True)
        raise IntegrityError(
            f"{row['model_version']}, {row['game_id']} {row['market']}: said at {row['made_at']}, "
            f"kickoff was {row['kickoff_at']}; it cannot be compared."
        )


def refuse_trained_on(rows: pl.DataFrame, taught_until: Mapping[str, int]) -> pl.DataFrame:
    """Refuse versions that were taught by later games than they are judged on.

    Args:
        rows: model_version, season, week, game_id, market.
        taught_until: season * 100 + week of each version's last training game.

    Returns:
        The rows of weeks after it; those of the week itself are left out.

    Raises:
        IntegrityError: names the version, the game and the training window's end.
    """
    if rows.is_empty():
        return rows
    last = pl.col("model_version").replace_strict(taught_until, return_dtype=pl.Int64)
    leaky = rows.filter(last > CODE)
    if leaky.height:
        row = leaky.row(0, named=True)
        end = divmod(taught_until[row["model_version"]], 100)
        raise IntegrityError(
            f"{row['model_version']}: trained on games up to {end[0]}-w{end[1]:02d}, which reaches "
            f"beyond {row['game_id']} ({row['market']}); it knows what it is judged on."
        )
    return rows.filter(last < CODE)


def refuse_too_good(pairs: pl.DataFrame, policy: GateSettings, *, seed: int) -> None:
    """Refuse a challenger whose moneyline score lies so far below the price's that it must leak.

    The whole interval of the Brier difference must lie below -`policy.max_edge`.

    Raises:
        IntegrityError: it does.
    """
    rows = pairs.filter(market="moneyline").drop_nulls(["y", "p_market"])
    weeks = rows.select("season", "week").n_unique()
    if rows.height < policy.min_games or weeks < policy.min_weeks:
        return
    found = brier_excess(rows, over="p_market", seed=seed, level=policy.level)
    if found.high < -policy.max_edge:
        raise IntegrityError(
            f"moneyline: the challenger's Brier score is {-found.estimate:.4f} below that of the "
            f"price over {found.n} games (at least {-found.high:.4f}; credible: {policy.max_edge:g} "
            "at most): that is a leak until proved otherwise."
        )


def _pairs(
    context: RunContext, graded: pl.DataFrame, champion: Book, challenger: Book
) -> pl.DataFrame:
    if champion == PROXY == challenger:
        raise InputError("proxy and proxy: one voice; name two different ones.")
    rows = {
        who: _comparable(context, who.rows(graded))
        for who in (champion, challenger)
        if who != PROXY
    }
    for who, other in ((champion, challenger), (challenger, champion)):
        if who == PROXY:
            rows[PROXY] = _as_proxy(rows[other])
    pairs = paired(rows[champion], rows[challenger])
    if pairs.is_empty():
        raise InputError(
            f"{context.paths.ledger}: the two voices share no settled game at the same line and "
            "prices; compare them when they do."
        )
    return pairs


def _comparable(context: RunContext, rows: pl.DataFrame) -> pl.DataFrame:
    refuse_late(rows)
    versions = rows["model_version"].unique().sort().to_list()
    return refuse_trained_on(rows, {name: _trained_until(context, name) for name in versions})


def _as_proxy(rows: pl.DataFrame) -> pl.DataFrame:
    """The price's own forecast on rows that have one; it never leans, so it has no value."""
    priced = rows.drop_nulls("p_market")
    return priced.with_columns(p_hat="p_market", closing_line_value=pl.lit(None, pl.Float64))


def _trained_until(context: RunContext, version: str) -> int:
    """Season * 100 + week; a season's replay is taught by the seasons before it."""
    if found := WALK_FORWARD_VERSION.fullmatch(version):
        return int(found[1]) * 100
    folder = context.paths.ensemble(version)
    if not (folder / CARD).exists():
        raise IntegrityError(
            f"{folder / CARD}: not there, so nothing says which games taught {version}; restore it."
        )
    card: dict[str, Any] = read_card(folder)
    # What a recalibrated copy learned last, it learned from what its original said.
    taught = [card[name]["last"] for name in ("training_window", "recalibration") if name in card]
    season, week = max(taught).split("-w")
    return int(season) * 100 + int(week)


def _sequence(rows: pl.DataFrame) -> ConfidenceSequence:
    said = rows.drop_nulls("y")
    p, q, y = (said[name].to_numpy() for name in ("p_challenger", "p_champion", "y"))
    return brier_difference(p, q, y, week_codes(said))
