"""The outbox: which notifications were sent, in a file that outlives a kill at any point.

One line of JSON per episode and event. A line is claimed (`sending`) before its message goes out and
marked after, so a killed run leaves a claim behind. Whether that message arrived cannot be known, and
it might be sent twice: the next run marks it `interrupted` and reports that.

    sending      claimed by a run that is at it, or was killed at it
    sent         at least one address took it
    failed       no address took it; later runs try again, so many times in all
    interrupted  a run was killed between claim and mark
    past         over before the outbox was begun: a long history is not sent
"""

import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.files import write_text
from nfl_signals.core.locks import WRITER_SECONDS, exclusive, lock_beside

STATUSES = ("sending", "sent", "failed", "interrupted", "past")


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What became of one event of one episode; `note`: what kinds of address did not take it."""

    alert_id: str
    event: str
    market: str
    status: str  # one of STATUSES
    attempts: int  # runs that tried
    note: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """One row each: episode and event."""
        return self.alert_id, self.event

    def __str__(self) -> str:
        return f"{self.market} {self.event}" + (f" ({self.note})" if self.note else "")


Rows = dict[tuple[str, str], Delivery]


def read_outbox(path: Path) -> Rows:
    """Rows by episode and event, in the order claimed; none where there is no file.

    Raises:
        IntegrityError: the file is not an outbox.
    """
    if not path.exists():
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [Delivery(**json.loads(line)) for line in lines]
        unknown = [row.status for row in rows if row.status not in STATUSES]
    except (OSError, ValueError, TypeError):
        unknown = ["unreadable"]
    if unknown:
        raise IntegrityError(
            f"{path}: not an outbox of alerts; restore a copy, or delete it and alerts that are "
            "still open are sent once more."
        )
    return {row.key: row for row in rows}


def write_outbox(path: Path, rows: Rows) -> None:
    """Replace the outbox in one step; errors as `files.write_text`."""
    write_text(path, "".join(json.dumps(asdict(row)) + "\n" for row in rows.values()))


def alone(path: Path, *, seconds: float = WRITER_SECONDS) -> AbstractContextManager[None]:
    """One run at a time: two would both find the same event unclaimed.

    A killed run's lock ends with it, so a claim seen in here is never another run's.

    Raises:
        StorageError: another run holds the outbox for so many seconds, or it cannot be locked.
    """
    busy = "another run is sending; try again when it is done."
    return exclusive(lock_beside(path), busy=busy, seconds=seconds)
