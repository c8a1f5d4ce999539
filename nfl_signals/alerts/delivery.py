"""Delivery of notifications: each is sent once, whatever is killed in between.

What is sent is `notifications.py`; what has been sent is `outbox.py`. Addresses are Apprise URLs
(mail, chat, telephones); they hold passwords, so no text made here names more than their number and
kinds.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from pydantic import SecretStr

from nfl_signals.alerts.notifications import ENDINGS, Event, events
from nfl_signals.alerts.outbox import Delivery, Rows, alone, read_outbox, write_outbox
from nfl_signals.core.errors import SettingsError

if TYPE_CHECKING:
    from apprise import Apprise

Send = Callable[[str, str], None]


class UndeliveredError(Exception):
    """Not every address took a message; `taken`: how many did."""

    def __init__(self, reason: str, *, taken: int) -> None:
        super().__init__(reason)
        self.taken = taken


@dataclass(frozen=True, kw_only=True)
class DeliveryReport:
    """What one run did: `failed` will be tried again, `given_up` will not."""

    sent: tuple[Delivery, ...] = ()
    failed: tuple[Delivery, ...] = ()
    given_up: tuple[Delivery, ...] = ()
    interrupted: tuple[Delivery, ...] = ()
    n_past: int = 0

    @property
    def sentence(self) -> str:
        """All of it in words.

        Example:
            >>> row = Delivery(alert_id="a1", event="opened", market="ats", status="sent", attempts=1)
            >>> DeliveryReport(sent=(row,), n_past=2).sentence
            'sent: ats opened; over before notifications began: 2'
        """
        words = {
            "sent": self.sent,
            "failed, to be tried again": self.failed,
            "given up": self.given_up,
            "interrupted, perhaps never sent": self.interrupted,
        }
        parts = [f"{name}: {', '.join(map(str, rows))}" for name, rows in words.items() if rows]
        if self.n_past:
            parts.append(f"over before notifications began: {self.n_past}")
        return "; ".join(parts) or "nothing to send"


def deliver(outbox: Path, alerts: pl.DataFrame, send: Send, *, attempts: int) -> DeliveryReport:
    """Send what has not been sent; of episodes over before the outbox existed, nothing.

    Args:
        outbox: file of `outbox.py`; made where missing.
        alerts: `episodes.ALERTS_SCHEMA`.
        send: takes title and body. Of what it raises, other than `UndeliveredError`, only the type
            is kept, for its words may hold an address.
        attempts: runs that try an event before it is given up.

    Raises:
        IntegrityError: the outbox is not one.
        StorageError: it cannot be written, or another run holds it for a minute.
    """
    with alone(outbox):
        begun, rows = outbox.exists(), read_outbox(outbox)
        claimed = [row for row in rows.values() if row.status == "sending"]
        interrupted = [replace(row, status="interrupted") for row in claimed]
        found = events(alerts)
        past = [] if begun else [_row(event, "past") for event in found if event.closed]
        _note(outbox, rows, *interrupted, *past)
        tried = [
            _notify(outbox, rows, event, send) for event in found if _is_due(event, rows, attempts)
        ]
    missed = [row for row in tried if row.status == "failed"]
    return DeliveryReport(
        sent=tuple(row for row in tried if row.status == "sent"),
        failed=tuple(row for row in missed if row.attempts < attempts),
        given_up=tuple(row for row in missed if row.attempts >= attempts),
        interrupted=tuple(interrupted),
        n_past=len(past),
    )


def open_sender(urls: SecretStr) -> Send:
    """What sends a title and a body to every Apprise URL; URLs are apart by commas or spaces.

    Raises:
        SettingsError: there is none, or one cannot be used; names its place and kind only.
    """
    # Apprise's own messages spell out what they could not reach, and so does the web client's.
    for name in ("apprise", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    pieces = re.split(r"\s+|,+(?=\w+://)", urls.get_secret_value())
    places = [place for piece in pieces if (place := piece.strip(","))]
    if not places:
        raise SettingsError("monitor.notify: holds no URL; leave it unset to send nothing.")
    services = [(_kind(url), _service(url, place)) for place, url in enumerate(places, start=1)]

    def send(title: str, body: str) -> None:
        missed = Counter(kind for kind, service in services if not _takes(service, title, body))
        if missed:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(missed.items()))
            raise UndeliveredError(
                f"{missed.total()} of {len(services)} URLs did not take it: {kinds}",
                taken=len(services) - missed.total(),
            )

    return send


def _service(url: str, place: int) -> "Apprise":
    from apprise import Apprise, AppriseAsset

    # In one thread and in order; a message names its sender.
    service = Apprise(asset=AppriseAsset(app_id="nfl_signals", async_mode=False))
    if not service.add(url):
        raise SettingsError(
            f"monitor.notify: URL {place} ({_kind(url)}) cannot be used; "
            "check its spelling against Apprise's form for that service."
        )
    return service


def _takes(service: "Apprise", title: str, body: str) -> bool:
    try:
        return bool(service.notify(title=title, body=body, body_format="text"))
    except Exception:  # one service's fault must not keep the message from the next
        return False


def _kind(url: str) -> str:
    """The scheme, where Apprise knows it: what else stands there may be a password."""
    from apprise import NotificationManager

    scheme, separator, _ = url.partition("://")
    if not separator:
        return "no scheme"
    known = NotificationManager()  # type: ignore[no-untyped-call]
    return scheme.lower() if scheme.lower() in known else "unknown scheme"


def _is_due(event: Event, rows: Rows, attempts: int) -> bool:
    row = rows.get((event.alert_id, event.event))
    if row is not None:
        return row.status == "failed" and row.attempts < attempts
    if event.event not in ENDINGS:
        return True
    opened = rows.get((event.alert_id, "opened"))
    # An address that may have got the beginning should get the end.
    return opened is not None and opened.status in ("sent", "interrupted")


def _notify(outbox: Path, rows: Rows, event: Event, send: Send) -> Delivery:
    before = rows.get((event.alert_id, event.event))
    claim = _row(event, "sending", attempts=1 + (before.attempts if before else 0))
    _note(outbox, rows, claim)
    try:
        send(event.title, event.body)
        done = replace(claim, status="sent")
    except UndeliveredError as error:
        # Taken by some it is not sent again: they would get it twice.
        done = replace(claim, status="sent" if error.taken else "failed", note=str(error))
    except Exception as error:  # the next event is still to be sent
        done = replace(claim, status="failed", note=type(error).__name__)
    _note(outbox, rows, done)
    return done


def _note(outbox: Path, rows: Rows, *changed: Delivery) -> None:
    rows.update({row.key: row for row in changed})
    write_outbox(outbox, rows)


def _row(event: Event, status: str, *, attempts: int = 0) -> Delivery:
    names = {name: getattr(event, name) for name in ("alert_id", "event", "market")}
    return Delivery(**names, status=status, attempts=attempts)
