"""When forecasts are made: what was known, and what time it was."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LATEST = timedelta(hours=6)
"""From what is known to what is written, at most: as long as a run may last (`dagster_home/dagster.yaml`)."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The instant of a run, and the clock at the moment of writing; both aware, UTC."""

    as_of: datetime  # nothing known after it is used
    clock: datetime  # to the second

    @property
    def backdated(self) -> bool:
        """Whether what is written now says that it was made long ago.

        Its lines and prices may be those of a later day: upstream keeps only the newest.
        """
        return self.clock - self.as_of > LATEST

    @property
    def bets_from(self) -> datetime:
        """Games that kicked off by then can no longer be bet on; of a backdated run that is its as-of."""
        return self.as_of if self.backdated else max(self.as_of, self.clock)
