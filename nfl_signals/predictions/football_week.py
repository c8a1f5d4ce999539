"""The week that is bet on: when it ends, and the Tuesday on which its predictions are made."""

from datetime import datetime, time, timedelta

PREDICTION_WEEKDAY = 1  # Tuesday: the week's schedule fires then
PREDICTION_TIME = time(14, 0)  # UTC; 9 or 10 in the morning, US Eastern
WEEK_ENDS = time(10, 0)  # UTC, on Wednesdays: games moved to Tuesday night are over


def end_of_football_week(as_of: datetime) -> datetime:
    """The Wednesday, 10:00 UTC, at which the week that is being bet on ends.

    On a Tuesday that is the week ahead, what is left of the old one included; on other days the
    current one.

    Example:
        >>> from datetime import UTC
        >>> end_of_football_week(datetime(2023, 11, 14, 14, tzinfo=UTC)).isoformat()
        '2023-11-22T10:00:00+00:00'
        >>> end_of_football_week(datetime(2023, 11, 18, 14, tzinfo=UTC)).isoformat()
        '2023-11-22T10:00:00+00:00'
    """
    days = (PREDICTION_WEEKDAY + 1 - as_of.weekday()) % 7
    end = datetime.combine(as_of.date(), WEEK_ENDS, as_of.tzinfo) + timedelta(days)
    return (
        end if end > as_of and as_of.weekday() != PREDICTION_WEEKDAY else end + timedelta(weeks=1)
    )


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
