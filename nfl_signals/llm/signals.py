"""Signals of every team before every game, with the reason where there are none.

A team about which nothing was written though its own report was due, in a week in which something was
written about others, is quiet: its signals are zero. Before its report is due, and in a week in which
nothing was written about anybody, signals are missing, as are those that a reader declines or fails to
give.
"""

from collections.abc import Collection
from datetime import datetime

import polars as pl

from nfl_signals.ingest.history import History
from nfl_signals.llm.answers import NO_NEWS, Refusal, Signals
from nfl_signals.llm.documents import Dossier, dossiers
from nfl_signals.llm.provider import Provider
from nfl_signals.llm.schemas import LLM_SIGNALS
from nfl_signals.markets.decision_time import Horizon

QUIET = "quiet"
NO_DOCUMENTS = Refusal(reason="no documents this week")
NOT_DUE = Refusal(reason="its report is not due yet")
NUMBERS = tuple(Signals.model_fields)

SCHEMA = pl.Schema({name: each.dtype.type for name, each in LLM_SIGNALS.columns.items()})


def read_signals(
    history: History,
    provider: Provider,
    seasons: Collection[int],
    *,
    as_of: datetime | None = None,
    horizon: Horizon,
) -> pl.DataFrame:
    """`SCHEMA` of every team before each of its games, by kickoff and game, two rows per game.

    The numbers are null exactly where `available` is false; `reason` is empty where documents were
    read, 'quiet' where there were none to read; `known_at` is the newest document's, before decision
    time. `as_of` as for `dossiers`.
    """
    teams = dossiers(history, seasons, as_of=as_of, horizon=horizon)
    answers = [_without_reading(provider, team) for team in teams]
    unread = [i for i, answer in enumerate(answers) if answer is None]
    for i, answer in zip(unread, provider.read([teams[i] for i in unread]), strict=True):
        answers[i] = answer
    rows = [
        _row(provider, team, answer)
        for team, answer in zip(teams, answers, strict=True)
        if answer is not None
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _without_reading(provider: Provider, team: Dossier) -> Signals | Refusal | None:
    """The answer of a dossier that needs no reader; None for the others."""
    declined = provider.declines(team.kickoff_at)
    if declined is not None:
        return declined
    if team.documents:
        return None
    if not team.week_had_documents:
        return NO_DOCUMENTS
    return NO_NEWS if team.report_due else NOT_DUE


def _row(provider: Provider, team: Dossier, answer: Signals | Refusal) -> tuple[object, ...]:
    if isinstance(answer, Refusal):
        available, reason = False, answer.reason
        numbers: tuple[float | None, ...] = (None,) * len(NUMBERS)
    else:
        available, reason = True, "" if team.documents else QUIET
        numbers = tuple(getattr(answer, name) for name in NUMBERS)
    return (
        *(team.game_id, team.team_id, team.season, team.week, team.kickoff_at),
        *(available, reason, len(team.documents), provider.name),
        *numbers,
        *(team.documents_hash, team.known_at),
    )
