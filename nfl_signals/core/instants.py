"""Days and instants as people write them: one reader for every setting and option that takes one."""

import re
from datetime import UTC, date, datetime, time

from nfl_signals.markets.bounds import SEASON

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
INSTANT = re.compile(DAY.pattern + r"[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})")
A_DAY = "write a day, e.g. 2023-11-14"
AN_INSTANT = f"{A_DAY}, or an instant with its offset from UTC, e.g. 2023-11-14T14:00:00+00:00"


def read_instant(value: object) -> datetime:
    """An instant with its offset; a day means its start, 00:00 UTC. Anything else is a ValueError.

    Example:
        >>> read_instant("2023-11-14").isoformat()
        '2023-11-14T00:00:00+00:00'
        >>> read_instant("2023-11-14 09:00-05:00").isoformat()
        '2023-11-14T09:00:00-05:00'
    """
    if isinstance(value, str) and INSTANT.fullmatch(value):
        value = _parsed(value, AN_INSTANT)
    if not isinstance(value, datetime):
        return datetime.combine(read_day(value, expected=AN_INSTANT), time(), tzinfo=UTC)
    if value.tzinfo is None or not SEASON.low <= value.year <= SEASON.high:
        raise ValueError(AN_INSTANT)
    return value


def read_day(value: object, *, expected: str = A_DAY) -> date:
    """A day; anything else is a ValueError that says what is `expected`."""
    if isinstance(value, str) and DAY.fullmatch(value):
        value = _parsed(value, expected).date()
    plain = isinstance(value, date) and not isinstance(value, datetime)
    if not plain or not SEASON.low <= value.year <= SEASON.high:  # type: ignore[attr-defined]
        raise ValueError(expected)
    return value  # type: ignore[return-value]


def _parsed(text: str, expected: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no such day or time; {expected}") from None
