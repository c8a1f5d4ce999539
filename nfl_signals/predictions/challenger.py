"""The challenger: which version it is, and what it forecasts beside the champion.

Its forecasts go to the shadow book (`learning`), where a later comparison finds both on the same games
at the same lines. It serves no consumer, and a challenger that fails stops no other model.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import write_parquet
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.predictions.champion import (
    PROXY,
    configured_version,
    load_version,
    trained_by_then,
)
from nfl_signals.predictions.upcoming import week_of
from nfl_signals.predictions.week import UpcomingWeek, WeekForecast, forecast_week
from nfl_signals.registry import decision_log
from nfl_signals.workspace.run_context import RunContext

PROBABLE = pl.col("p_hat").is_between(0, 1, closed="none") & pl.col("p_push").is_between(
    0, 1, closed="left"
)
FLAG = "challenger"
Forecast = Callable[[UpcomingWeek], WeekForecast]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class Challenge:
    """What the challenger did."""

    version: str | None = None  # None: there is none, or it could not be found out
    # its forecasts, as the ledger's columns without `seal`; None where it made none
    rows: pl.DataFrame | None = None
    problem: str | None = None  # why it made none; None where nothing went wrong

    @property
    def sentence(self) -> str:
        """All of it in words."""
        if self.problem is not None:
            return f"{self.version or 'The challenger'} made no forecast: {self.problem}"
        if self.rows is None:
            return "There is no challenger."
        return f"{self.version} challenges the champion with {self.rows.height} predictions."


def challenger(context: RunContext) -> str | None:
    """The newest ensemble trained after the champion that the gate has not rejected.

    Under `proxy` it challenges the champion of the decision log, else the model that is served.
    None where there is none.

    Raises:
        IntegrityError: the decision log was tampered with.
    """
    named = configured_version(context)
    champion = decision_log.champion(context.decisions) if named == PROXY else named
    rejected = {each.version for each in context.decisions if each.kind == "rejected"}
    later = trained_by_then(context, after=champion)
    return next((each for each in reversed(later) if each not in {champion, *rejected}), None)


def challenge_upcoming(context: RunContext, *, forecast: Forecast = forecast_week) -> Challenge:
    """Forecast the upcoming week with the challenger; stored for the shadow book, for no consumer.

    What goes wrong is logged and returned, never raised.
    """
    found = _challenge(context, forecast)
    _log.log(logging.WARNING if found.problem else logging.INFO, found.sentence)
    if found.rows is None:
        context.paths.challenge.unlink(missing_ok=True)
    else:
        write_parquet(context.paths.challenge, found.rows)
    return found


def _challenge(context: RunContext, forecast: Forecast) -> Challenge:
    version = None
    try:
        version = challenger(context)
        if version is None:
            return Challenge()
        flags: dict[tuple[str, str], str] = {(market, "model"): FLAG for market in MARKETS}
        model = load_version(context, version)
        week = week_of(context, model, book="learning", flags=flags)
        return Challenge(version=version, rows=_probable(forecast(week).rows.drop("p_market")))
    except Exception as error:  # whatever it is, production goes on without the challenger
        return Challenge(version=version, problem=f"{type(error).__name__}: {error}")


def _probable(rows: pl.DataFrame) -> pl.DataFrame:
    """Refused here, one impossible number does not keep the others out of the ledger."""
    wrong = rows.filter(~PROBABLE.fill_null(value=False))
    if wrong.height:
        row = wrong.row(0, named=True)
        raise InputError(
            f"{row['game_id']} {row['market']}: p_hat {row['p_hat']}, p_push {row['p_push']}; "
            "expected probabilities."
        )
    return rows
