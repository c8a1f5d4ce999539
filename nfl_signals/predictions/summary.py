"""After a run: the picks, the model that is served, the state of the home."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl

from nfl_signals.alerts.steps import alert_state
from nfl_signals.core.errors import InputError, NflSignalsError, NotThereYetError
from nfl_signals.core.files import read_object
from nfl_signals.core.settings import describe
from nfl_signals.ingest.quality import in_words, wanting
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.monitoring.noted import stored_ledger
from nfl_signals.predictions.best_prices import best_in_words
from nfl_signals.predictions.champion import CHAMPION_SOURCE, configured_version, served_version
from nfl_signals.predictions.flags import FLAG_WORDS
from nfl_signals.predictions.notices import notices as what_is_missing
from nfl_signals.predictions.upcoming import (
    best_priced,
    not_by_served_model,
    not_in_ledger,
    sealed_upcoming,
)
from nfl_signals.registry import decision_log
from nfl_signals.workspace.run_context import RunContext

Sort = Literal["kickoff", "edge"]
EASTERN = ZoneInfo("America/New_York")


@dataclass(frozen=True, kw_only=True)
class Pick:
    """One upcoming game and market, as shown to a person."""

    made_at: str  # when it was predicted, ISO
    kickoff_at: str  # UTC, ISO
    day: str  # of the kickoff, US Eastern, e.g. 'Nov 9'
    kickoff: str  # US Eastern, e.g. 'Sun 13:00'
    game: str  # away at home, current franchise codes
    market: str  # title of the market
    line: str  # threshold in points, empty for the moneyline
    prices: str  # American odds on YES and NO
    p_market: float  # no-vig probability of YES
    p_hat: float  # the model's probability of YES given no push
    p_push: float  # probability of a push
    side: str  # the one that the model rates higher than the market does
    edge: float  # by how much, probability
    flag: str  # what the market's calibration is, in words; 'ok' where nothing is to be said
    model: str  # who forecast it, e.g. 'champion v202409'
    best: str  # line, odds and sportsbook of the best price for that side; '' without any
    data_flag: str  # rules that found something wanting about the game


def picks(
    context: RunContext, *, market: MarketName | None = None, sort: Sort = "kickoff"
) -> list[Pick]:
    """`pick_rows` as a person reads them."""
    rows = pick_rows(context, market=market, sort=sort)
    return [_pick(row) for row in rows.iter_rows(named=True)]


def pick_rows(
    context: RunContext, *, market: MarketName | None = None, sort: Sort = "kickoff"
) -> pl.DataFrame:
    """Predictions of games still to come as the ledger holds them, of one market or all.

    In order of kickoff, game and market, or with the largest edge first.

    The columns of the ledger without its seal and `BEST`; `home, away`, current franchise codes; `side`, that
    which is rated higher than its price, and `edge`, by how much, probability.

    Raises:
        InputError: no run has made predictions yet, or none by the version that the settings name.
    """
    sealed, problem = sealed_upcoming(context), not_by_served_model(context)
    if problem and context.settings.signal_source != CHAMPION_SOURCE:
        served_version(context)  # whether there is such a version at all
        raise InputError(f"signal_source {context.settings.signal_source}: {problem}.")
    upcoming = sealed.filter(pl.col("kickoff_at") > context.moment.bets_from)
    upcoming = best_priced(context, upcoming)
    home = context.features.filter(pl.col("is_home"))
    teams = home.select("game_id", home="team_id", away="opponent_id")
    rows = upcoming.join(teams, on="game_id", how="left").sort("kickoff_at", "game_id", "market")
    sides = [_side(row) for row in rows.iter_rows(named=True)]
    edge = (pl.col("p_hat") - pl.col("p_market")).abs()
    rows = rows.with_columns(pl.Series("side", sides, pl.String), edge=edge)
    if market is not None:
        rows = rows.filter(market=market)
    return rows.sort("edge", descending=True, maintain_order=True) if sort == "edge" else rows


def notices(context: RunContext) -> list[str]:
    """What a person must know beside the picks: what is missing, late, or by another model."""
    upcoming = context.read(context.paths.upcoming)
    problems = [each for each in (not_by_served_model(context), not_in_ledger(context)) if each]
    data = wanting(context.quality.filter(season=max(context.seasons)))
    return [
        *(f"{problem}." for problem in problems),
        *what_is_missing(context.markets, upcoming, context.moment),
        *(f"data: {line}" for line in in_words(data)),
    ]


def status(context: RunContext) -> dict[str, Any]:
    """Which model is served and what there is; 'not yet' for what no run has produced."""
    paths = context.paths
    return {
        "home": str(paths.home),
        "source": context.settings.source,
        "as of": describe(context.as_of),
        "horizon": context.settings.horizon,
        "seasons": "-".join(map(str, context.seasons[:1] + context.seasons[-1:])) or "not yet",
        "signal source": context.settings.signal_source,
        "model": served_model_line(context),
        "champion": _or_not_yet(partial(champion_line, context)),
        "data": "\n".join(in_words(context.quality)) or "nothing repaired, set aside or missing",
        "ledger": _or_not_yet(partial(_ledger_line, context)),
        "calibration": _or_not_yet(
            lambda: "\n".join(each.sentence for each in alert_state(context).statuses())
        ),
        "last run": _or_not_yet(partial(_last_run_line, context)),
    }


def _or_not_yet(value: Callable[[], object]) -> str:
    try:
        return str(value()) or "not yet"
    except NotThereYetError:
        return "not yet"
    except NflSignalsError as error:  # what is there and cannot be read
        return str(error)


def served_model_line(context: RunContext) -> str:
    """Version that is served, or 'proxy'; or why none can be."""
    if configured_version(context) is None:
        return "not yet"
    try:
        return served_version(context)
    except NflSignalsError as error:
        return f"none: {error}"


def champion_line(context: RunContext) -> str:
    """The champion, since when and why, in words; '' where there is none."""
    held = decision_log.champion_decision(context.decisions)
    if held is None:
        return ""
    kind = held.kind.replace("_", " ")
    return f"{held.champion} since {describe(held.at)} ({kind}, {held.step}): {held.sentence}"


def _ledger_line(context: RunContext) -> str:
    counts = stored_ledger(context).group_by("book").len().sort("book")
    named = {"learning": "shadow book (learning)"}
    return ", ".join(
        f"{rows} predictions in the {named.get(book, f'{book} book')}"
        for book, rows in counts.iter_rows()
    )


def _last_run_line(context: RunContext) -> str:
    kinds = {"finished_at": str}
    return str(read_object(context.paths.run_record, kinds, remedy="run again.")["finished_at"])


def _side(row: dict[str, Any]) -> str:
    yes = row["p_hat"] > row["p_market"]
    return MARKETS[row["market"]].side(yes=yes, home=str(row["home"]), away=str(row["away"]))


def _pick(row: dict[str, Any]) -> Pick:
    kickoff = row["kickoff_at"].astimezone(EASTERN)
    market, home, away = MARKETS[row["market"]], str(row["home"]), str(row["away"])
    return Pick(
        made_at=describe(row["made_at"]),
        kickoff_at=describe(row["kickoff_at"]),
        day=f"{kickoff:%b} {kickoff.day}",
        kickoff=f"{kickoff:%a %H:%M}",
        game=f"{away} at {home}",
        market=market.title,
        line=market.quoted(row["line"], home),
        prices=f"{row['price_yes']:+.0f}/{row['price_no']:+.0f}",
        p_market=row["p_market"],
        p_hat=row["p_hat"],
        p_push=row["p_push"],
        side=row["side"],
        edge=row["edge"],
        flag=FLAG_WORDS.get(row["period_flag"], row["period_flag"]),
        model=f"{row['signal_source']} {row['model_version']}",
        best=best_in_words(row, home, away),
        data_flag=row.get("data_flag") or "",
    )
