"""What goes over HTTP to a served ensemble, and how a request is answered or refused.

    POST /invocations {"dataframe_split": {"columns": [...], "data": [[...], ...]}}

One row per game: every column of `ensemble/request.py`, null where no forecast of a market is wanted
or a signal is not known; and `feature_version`, so that features of another definition are refused.
"""

import json
from pathlib import Path
from typing import Protocol, Self

import polars as pl
import polars.selectors as cs

from nfl_signals.core.errors import NflSignalsError, SchemaError
from nfl_signals.markets.bounds import PROBABILITY

FEATURE_VERSION = "feature_version"
"""Column in which a request says which features it holds."""


class Reader(Protocol):
    """What turns an ensemble folder into answers; its class can be imported by name."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a folder, wherever it lies."""

    def predict(self, requests: pl.DataFrame) -> pl.DataFrame:
        """Answer requests; one that cannot be answered is an InputError that says which and why."""


def with_feature_version(requests: pl.DataFrame, feature_version: str) -> pl.DataFrame:
    """Requests of an ensemble as they are sent to its server."""
    return requests.with_columns(pl.lit(feature_version).alias(FEATURE_VERSION))


def request_body(requests: pl.DataFrame, feature_version: str) -> bytes:
    """The JSON to post.

    Example:
        >>> request_body(pl.DataFrame({"game_id": ["2024_10_SF_TB"], "total_line": [None]}), "3f")
        b'{"dataframe_split": {"columns": ["game_id", "total_line", "feature_version"], \
"data": [["2024_10_SF_TB", null, "3f"]]}}'
    """
    sent = with_feature_version(requests, feature_version)
    content = {"columns": sent.columns, "data": sent.rows()}
    return json.dumps({"dataframe_split": content}, allow_nan=False).encode()


def answer(reader: Reader, sent: pl.DataFrame, feature_version: str) -> pl.DataFrame:
    """Answer what was sent to a server, if it holds the features that the ensemble was fitted on.

    Raises:
        SchemaError: other features; or a game twice, whose answers could not be kept apart.
        InputError: whatever else the ensemble refuses.
        NflSignalsError: an answer that is no number, or a probability that is none.
    """
    others = sent.filter(pl.col(FEATURE_VERSION).ne_missing(feature_version))
    if others.height:
        raise SchemaError(
            f"request: column {FEATURE_VERSION}, game {others['game_id'][0]}: "
            f"{others[FEATURE_VERSION][0]!r}; this model was fitted on {feature_version!r}."
        )
    twice = sent.filter(pl.col("game_id").is_duplicated())
    if twice.height:
        raise SchemaError(f"request: column game_id: {twice['game_id'][0]} is there twice.")
    answers = reader.predict(sent.drop(FEATURE_VERSION))
    _refuse_no_numbers(answers)
    return answers


def _refuse_no_numbers(answers: pl.DataFrame) -> None:
    for name in answers.select(cs.float()).columns:
        number = pl.col(name)
        holds = PROBABILITY.hold(number) if name.startswith("p_") else number.is_finite()
        bad = answers.filter(~holds.fill_null(name != "p_hat"))  # others may be unknown
        if bad.height:
            raise NflSignalsError(
                f"answer: column {name}, game {bad['game_id'][0]}: {bad[name][0]} is no answer; none is "
                "given. Send the request to the maintainer of the model."
            )
