"""An alert is sent once: not twice after a kill, and never lost without a word."""

import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.alerts.delivery import DeliveryReport, UndeliveredError, deliver
from nfl_signals.alerts.outbox import Delivery, alone, read_outbox, write_outbox
from nfl_signals.core.errors import IntegrityError, StorageError
from nfl_signals_tests.support.alert_rows import OVER, alerts

THREE = alerts({"alert_id": "a"}, {"alert_id": "b", "market": "ats"}, {"alert_id": "c"})


class KilledError(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class Phone:
    """Keeps what it is sent; `fails` raises instead, `killed` ends the run before or after."""

    def __init__(self, *, fails: Exception | None = None, killed: str = "") -> None:
        self.received: list[str] = []
        self.fails, self.killed = fails, killed

    def __call__(self, title: str, body: str) -> None:
        if self.killed == "before":
            raise KilledError
        if self.fails:
            raise self.fails
        self.received.append(f"{title}: {body}")
        if self.killed == "after":
            raise KilledError


def statuses(outbox: Path) -> dict[str, str]:
    return {f"{row.alert_id} {row.event}": row.status for row in read_outbox(outbox).values()}


def run(outbox: Path, table: pl.DataFrame, phone: Phone, attempts: int = 3) -> DeliveryReport:
    return deliver(outbox, table, phone, attempts=attempts)


def test_what_was_sent_is_not_sent_again(tmp_path: Path) -> None:
    phone, outbox = Phone(), tmp_path / "data" / "deliveries.jsonl"
    first = run(outbox, alerts({}), phone)
    assert first.sentence == "sent: moneyline opened"
    assert run(outbox, alerts({}), phone).sentence == "nothing to send"
    assert len(phone.received) == 1


def test_escalation_and_recovery_are_sent_when_they_come(tmp_path: Path) -> None:
    phone, outbox = Phone(), tmp_path / "o.jsonl"
    for row in ({}, {"escalated": True}, {"escalated": True, **OVER}):
        run(outbox, alerts(row), phone)
    assert [text.split(":")[1].strip() for text in phone.received] == [
        "calibration warning",
        "calibration needs a person",
        "calibration is good again",
    ]


@pytest.mark.parametrize("killed", ["before", "after"])
def test_a_run_killed_while_it_sends_is_reported_and_not_sent_again(
    tmp_path: Path, killed: str
) -> None:
    outbox, phone = tmp_path / "o.jsonl", Phone(killed=killed)
    with pytest.raises(KilledError):
        run(outbox, alerts({}), phone)
    assert statuses(outbox) == {"a1 opened": "sending"}
    phone.killed = ""
    report = run(outbox, alerts({}), phone)
    assert report.sentence == "interrupted, perhaps never sent: moneyline opened"
    assert len(phone.received) == (killed == "after")
    assert run(outbox, alerts({}), phone).interrupted == ()


def test_from_every_state_that_a_kill_can_leave_nothing_is_sent_twice_or_lost(
    tmp_path: Path,
) -> None:
    """The file as it was at each claim, with and without the message that was under way."""
    outbox, states = tmp_path / "o.jsonl", [b""]
    deliver(outbox, THREE, lambda *_: states.append(outbox.read_bytes()), attempts=3)
    states.append(outbox.read_bytes())
    for state in states:
        outbox.unlink()
        if state:
            outbox.write_bytes(state)
        before = Counter(statuses(outbox).values())
        phone = Phone()
        report = run(outbox, THREE, phone)
        assert len(report.interrupted) == before["sending"]
        assert len(phone.received) == 3 - before["sent"] - before["sending"]
        assert set(statuses(outbox).values()) <= {"sent", "interrupted"}


def test_a_process_that_dies_holds_no_lock_and_leaves_its_claim(tmp_path: Path) -> None:
    outbox = tmp_path / "o.jsonl"
    script = (
        "import os, sys; from pathlib import Path; from nfl_signals.alerts.delivery import deliver; "
        "from nfl_signals_tests.support.alert_rows import alerts; "
        "deliver(Path(sys.argv[1]), alerts({}), lambda *_: os._exit(9), attempts=3)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(outbox)], check=False).returncode == 9
    assert len(run(outbox, alerts({}), Phone()).interrupted) == 1


def test_runs_at_the_same_time_send_each_event_once(tmp_path: Path) -> None:
    phone, outbox = Phone(), tmp_path / "o.jsonl"
    runs = [threading.Thread(target=run, args=(outbox, THREE, phone)) for _ in range(4)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert len(phone.received) == 3


def test_a_run_that_finds_another_at_it_says_so(tmp_path: Path) -> None:
    outbox = tmp_path / "o.jsonl"
    with (
        alone(outbox),
        pytest.raises(StorageError, match="another run is sending"),
        alone(outbox, seconds=0.01),
    ):
        pass


def test_a_failed_message_is_tried_again_so_many_times_in_all(tmp_path: Path) -> None:
    outbox, phone = tmp_path / "o.jsonl", Phone(fails=OSError("https://secret"))
    assert run(outbox, alerts({}), phone, 2).sentence == (
        "failed, to be tried again: moneyline opened (OSError)"
    )
    assert run(outbox, alerts({}), phone, 2).sentence == "given up: moneyline opened (OSError)"
    assert run(outbox, alerts({}), phone, 2).sentence == "nothing to send"
    phone.fails = None
    assert run(outbox, alerts({}), phone, 3).sentence == "sent: moneyline opened"
    assert [row.attempts for row in read_outbox(outbox).values()] == [3]


def test_a_message_that_some_took_is_not_sent_to_them_again(tmp_path: Path) -> None:
    outbox = tmp_path / "o.jsonl"
    phone = Phone(fails=UndeliveredError("1 of 2 URLs did not take it: 1 slack", taken=1))
    assert run(outbox, alerts({}), phone).sentence == (
        "sent: moneyline opened (1 of 2 URLs did not take it: 1 slack)"
    )
    phone.fails = UndeliveredError("2 of 2 URLs did not take it: 2 slack", taken=0)
    assert len(run(outbox, THREE, phone).failed) == 3
    assert len(run(outbox, alerts({}), phone).sent) == 0


def test_one_message_that_fails_does_not_keep_the_next_from_going_out(tmp_path: Path) -> None:
    titles: list[str] = []

    def send(title: str, body: str) -> None:
        titles.append(title)
        if "spread" in title:
            raise TimeoutError

    report = deliver(tmp_path / "o.jsonl", THREE, send, attempts=3)
    assert (len(titles), len(report.sent), len(report.failed)) == (3, 2, 1)


def test_a_long_history_floods_nobody(tmp_path: Path) -> None:
    outbox, phone = tmp_path / "o.jsonl", Phone()
    history = [{"alert_id": f"old {n}", "escalated": n % 2 == 0, **OVER} for n in range(40)]
    report = run(outbox, alerts(*history, {"alert_id": "now"}), phone)
    assert report.sentence == "sent: moneyline opened; over before notifications began: 100"
    assert len(phone.received) == 1
    assert run(outbox, alerts(*history, {"alert_id": "now"}), phone).sentence == "nothing to send"


def test_an_outbox_that_was_begun_without_alerts_sends_the_next_even_if_it_is_over(
    tmp_path: Path,
) -> None:
    outbox, phone = tmp_path / "o.jsonl", Phone()
    run(outbox, alerts(), phone)
    run(outbox, alerts(OVER), phone)
    assert [text.split(":")[1].strip() for text in phone.received] == [
        "calibration warning",
        "calibration is good again",
    ]


@pytest.mark.parametrize("over", [OVER, {"state": "ended"}], ids=["recovered", "ended"])
@pytest.mark.parametrize(("first", "expected"), [("sent", 1), ("interrupted", 1), ("failed", 0)])
def test_the_end_is_sent_to_whoever_may_have_read_of_the_beginning(
    tmp_path: Path, first: str, expected: int, over: dict[str, object]
) -> None:
    outbox = tmp_path / "o.jsonl"
    row = Delivery(alert_id="a1", event="opened", market="moneyline", status=first, attempts=1)
    write_outbox(outbox, {row.key: row})
    phone = Phone()
    run(outbox, alerts(over), phone, attempts=1)
    assert len(phone.received) == expected


ROW = '{"alert_id": "a", "event": "opened", "market": "ats", "status": "%s", "attempts": 1}'


@pytest.mark.parametrize(
    "content",
    [b"\xff", b"not JSON", b"5", b'{"alert_id": "a"}', (ROW % "lost").encode()],
    ids=["no text", "no JSON", "a number", "a column missing", "unknown status"],
)
def test_a_file_that_is_no_outbox_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    outbox = tmp_path / "o.jsonl"
    outbox.write_bytes(content)
    with pytest.raises(IntegrityError, match="not an outbox of alerts"):
        run(outbox, alerts({}), Phone())
    assert outbox.read_bytes() == content
