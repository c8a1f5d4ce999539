"""The week that is bet on: when it ends, and the Tuesday on which its predictions are made."""

from datetime import datetime, time, timedelta

PREDICTION_WEEKDAY = 1  # Tuesday: from 00:00 UTC on the week that is bet on is the next one
PREDICTION_TIME = time(14, 0)  # UTC; 9 or 10 in the morning, US Eastern: when the schedule fires
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


def tuesday_before(kickoff: datetime) -> datetime:
    """The last Tuesday, 14:00 UTC, before a kickoff.

    Example:
        >>> from datetime import UTC
        >>> tuesday_before(datetime(2023, 11, 19, 18, tzinfo=UTC)).isoformat()
        '2023-11-14T14:00:00+00:00'
        >>> tuesday_before(datetime(2023, 11, 14, 13, tzinfo=UTC)).isoformat()
        '2023-11-07T14:00:00+00:00'
    """
    days = (kickoff.weekday() - PREDICTION_WEEKDAY) % 7
    tuesday = datetime.combine(kickoff.date(), PREDICTION_TIME, kickoff.tzinfo) - timedelta(days)
    return tuesday if tuesday < kickoff else tuesday - timedelta(weeks=1)
