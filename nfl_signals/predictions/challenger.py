"""The challenger: who it is, and what it would say beside the champion.

What it says is kept in the learning book, where a later comparison finds both on the same games at the
same lines. It never speaks to a consumer, and a challenger that cannot speak stops nobody who can.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.predictions.champion import PROXY, configured_version, load_served_model
from nfl_signals.registry import decision_log
from nfl_signals.workspace.market_games import trained_versions
from nfl_signals.workspace.run_context import RunContext

Ask = Callable[[Ensemble], pl.DataFrame]
PROBABLE = pl.col("p_hat").is_between(0, 1, closed="none") & pl.col("p_push").is_between(
    0, 1, closed="left"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class Challenge:
    """What became of asking the challenger.

    Attributes:
        version: who challenges; None: nobody does, or it could not be found out.
        rows: what it said, as the ledger's columns without `seal`; None where it said nothing.
        problem: why it is silent; None where it is not.
    """

    version: str | None = None
    rows: pl.DataFrame | None = None
    problem: str | None = None

    @property
    def sentence(self) -> str:
        """All of it in words."""
        if self.problem is not None:
            return f"{self.version or 'the challenger'} is silent: {self.problem}"
        if self.rows is None:
            return "nobody challenges the champion"
        return f"{self.version} challenges the champion with {self.rows.height} predictions"


def challenger(context: RunContext) -> str | None:
    """The newest ensemble trained after the champion that the history has not rejected.

    Under `proxy` the champion of the history is challenged, else who speaks. None where nobody
    challenges.

    Raises:
        IntegrityError: the history was tampered with.
    """
    decisions = decision_log.read(context.paths.history, as_of=context.as_of)
    named = configured_version(context)
    champion = decision_log.champion(decisions) if named == PROXY else named
    rejected = {each.version for each in decisions if each.kind == "rejected"}
    later = trained_versions(context.paths.ensemble("any").parent, after=champion)
    return next((each for each in reversed(later) if each not in {champion, *rejected}), None)


def run_challenger(context: RunContext, ask: Ask) -> Challenge:
    """Ask the challenger; what goes wrong is told and logged, and never rises.

    Args:
        context: whose challenger.
        ask: makes ledger rows, without `seal`, of what an ensemble says.
    """
    version = None
    try:
        version = challenger(context)
        if version is None:
            return Challenge()
        pin = context.settings.model_copy(update={"signal_source": f"model_{version}"})
        ensemble = load_served_model(replace(context, settings=pin))
        assert ensemble is not None  # only the proxy has none
        return Challenge(version=version, rows=_probable(ask(ensemble)))
    except Exception as error:  # whatever it is, production speaks without the challenger
        silent = Challenge(version=version, problem=f"{type(error).__name__}: {error}")
        _log.warning(silent.sentence)
        return silent


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
