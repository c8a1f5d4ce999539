"""The week that is bet on, and when it ends."""

from datetime import datetime, time, timedelta

PREDICTION_WEEKDAY = 1  # Tuesday: from 00:00 UTC on the week that is bet on is the next one
WEEK_ENDS = time(10, 0)  # UTC, on Wednesdays: games moved to Tuesday night are over


def end_of_football_week(as_of: datetime) -> datetime:
    """The Wednesday, 10:00 UTC, at which the week that is being bet on ends.

    From Tuesday 00:00 UTC on that is the week ahead; what is left of the old one is part of it.

    Example:
        >>> from datetime import UTC
        >>> end_of_football_week(datetime(2023, 11, 14, 14, tzinfo=UTC)).isoformat()
        '2023-11-22T10:00:00+00:00'
        >>> end_of_football_week(datetime(2023, 11, 15, 3, tzinfo=UTC)).isoformat()
        '2023-11-22T10:00:00+00:00'
        >>> end_of_football_week(datetime(2023, 11, 20, 14, tzinfo=UTC)).isoformat()
        '2023-11-22T10:00:00+00:00'
    """
    since_tuesday = (as_of.weekday() - PREDICTION_WEEKDAY) % 7
    today = datetime.combine(as_of.date(), WEEK_ENDS, as_of.tzinfo)
    return today + timedelta(days=8 - since_tuesday)
