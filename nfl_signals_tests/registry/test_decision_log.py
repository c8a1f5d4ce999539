"""The history of decisions: chained, once each, and never given to two winners."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfl_signals.alerts.episodes import STEPS_TAKEN_SCHEMA
from nfl_signals.alerts.series_status import steps_taken
from nfl_signals.core.errors import InputError, IntegrityError, NflSignalsError, StorageError
from nfl_signals.registry.decision_log import (
    Decision,
    champion,
    champion_decision,
    known_at,
    read,
    record,
    verify,
)

NOW = datetime(2024, 11, 5, 14, tzinfo=UTC)
FIRST = Decision(
    at=NOW,
    kind="first",
    version="v202409",
    model_hash="a" * 64,
    champion="v202409",
    step="training",
    sentence="There was no champion.",
)
PROMOTED = Decision(
    at=NOW + timedelta(weeks=1),
    kind="promoted",
    version="v202410",
    model_hash="b" * 64,
    champion="v202410",
    step="retraining",
    alerts=("5eed", "cafe"),
    sentence="Better calibrated – by 0.02.",
    measures={"difference": -0.021, "games": 128},
)
REJECTED = replace(
    PROMOTED,
    at=NOW + timedelta(days=2),
    kind="rejected",
    version="v202409r202409",
    model_hash="c" * 64,
    champion="v202409",
    step="recalibration",
    alerts=("5eed",),
)
BACK = replace(FIRST, at=NOW + timedelta(weeks=2), kind="rolled_back", step="person")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """First, rejected, promoted."""
    history = tmp_path / "models" / "history.jsonl"
    record(history, FIRST, expected_champion=None)
    record(history, REJECTED, expected_champion="v202409")
    record(history, PROMOTED, expected_champion="v202409")
    return history


# --- what is read is what was decided


def test_decisions_come_back_in_the_order_written(path: Path) -> None:
    assert read(path) == (FIRST, REJECTED, PROMOTED)
    assert verify(path) == []


def test_without_a_file_nothing_was_decided_and_there_is_no_champion(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == ()
    assert verify(tmp_path / "none") == []
    assert champion_decision([]) is champion([]) is None


def test_the_same_decisions_give_the_same_bytes_in_any_time_zone(
    path: Path, tmp_path: Path
) -> None:
    eastern = timezone(-timedelta(hours=5))
    other = tmp_path / "other.jsonl"
    for decision, expected in ((FIRST, None), (REJECTED, "v202409"), (PROMOTED, "v202409")):
        record(
            other, replace(decision, at=decision.at.astimezone(eastern)), expected_champion=expected
        )
    assert other.read_bytes() == path.read_bytes()


def test_a_decision_made_twice_is_one_line(path: Path) -> None:
    before = path.read_bytes()
    assert record(path, PROMOTED, expected_champion="v202409") == PROMOTED
    assert record(path, replace(PROMOTED), expected_champion="v202410") == PROMOTED
    assert path.read_bytes() == before


def test_measures_that_json_writes_otherwise_are_still_the_same_decision(tmp_path: Path) -> None:
    pair = replace(FIRST, measures={"interval": (0.1, 0.2)})
    for _ in range(2):
        record(tmp_path / "history", pair, expected_champion=None)
    assert len(read(tmp_path / "history")) == 1


def test_a_line_separator_in_a_sentence_ends_no_line(tmp_path: Path) -> None:
    odd = replace(FIRST, sentence="one\u2028two\nthree")
    record(tmp_path / "history", odd, expected_champion=None)
    assert read(tmp_path / "history") == (odd,)


def test_a_figure_that_is_no_number_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        record(tmp_path / "h", replace(FIRST, measures={"x": float("nan")}), expected_champion=None)
    assert not (tmp_path / "h").exists()


# --- who is champion


def test_only_decisions_that_promote_change_the_champion(path: Path) -> None:
    decisions = read(path)
    assert [champion(decisions[:n]) for n in range(4)] == [None, "v202409", "v202409", "v202410"]
    assert champion_decision(decisions) == PROMOTED


def test_as_of_an_earlier_day_the_champion_of_that_day_is_found(path: Path) -> None:
    decisions = read(path)
    assert champion(known_at(decisions, NOW - timedelta(seconds=1))) is None
    assert champion(known_at(decisions, PROMOTED.at - timedelta(seconds=1))) == "v202409"
    assert champion(known_at(decisions, PROMOTED.at)) == "v202410"


def test_a_promotion_in_a_run_as_of_an_earlier_day_does_not_touch_today(path: Path) -> None:
    earlier = replace(FIRST, at=NOW - timedelta(days=365), version="v202309", model_hash="d" * 64)
    record(path, replace(earlier, champion="v202309"), expected_champion=None)
    decisions = read(path)
    assert champion(known_at(decisions, NOW - timedelta(days=1))) == "v202309"
    assert champion(decisions) == "v202410"


def test_a_rollback_promotes_a_former_champion_again(path: Path) -> None:
    record(path, BACK, expected_champion="v202410")
    assert champion(read(path)) == "v202409"


def test_after_a_rollback_of_the_same_instant_the_same_promotion_is_a_new_line(path: Path) -> None:
    record(path, replace(BACK, at=PROMOTED.at), expected_champion="v202410")
    assert champion(read(path)) == "v202409"
    record(path, PROMOTED, expected_champion="v202409")
    assert champion(read(path)) == "v202410"
    assert len(read(path)) == 5


# --- what is refused


def test_a_promotion_decided_against_an_outdated_champion_is_refused_with_the_winner(
    path: Path,
) -> None:
    before = path.read_bytes()
    late = replace(PROMOTED, version="v202411", champion="v202411", model_hash="e" * 64)
    with pytest.raises(
        InputError, match=r"the champion was v202409, but v202410 is champion since 2024"
    ):
        record(path, late, expected_champion="v202409")
    assert path.read_bytes() == before


def test_of_many_simultaneous_promotions_exactly_one_wins(path: Path) -> None:
    def attempt(number: int) -> str | None:
        name = f"v2025{number:02d}"
        mine = replace(BACK, kind="promoted", version=name, champion=name, model_hash=name)
        try:
            record(path, mine, expected_champion="v202410")
        except InputError:
            return None
        return name

    with ThreadPoolExecutor(8) as pool:
        winners = [name for name in pool.map(attempt, range(8)) if name]
    assert [champion(read(path))] == winners
    assert len(read(path)) == 4
    assert verify(path) == []


CONTRADICTIONS: dict[str, tuple[dict[str, Any], type[NflSignalsError], str]] = {
    "other files under a known name": ({"model_hash": "f"}, IntegrityError, "choose a new one"),
    "another version as champion": ({"champion": "v202409"}, InputError, "is named as champion"),
    "a rejection that promotes": ({"kind": "rejected"}, InputError, "leaves the champion, v202410"),
    "first beside a champion": ({"kind": "first"}, InputError, "there is a champion already"),
    "back to one that never was champion": (
        {"kind": "rolled_back", "version": "v1", "champion": "v1"},
        InputError,
        "it never was champion",
    ),
    "no time zone": ({"at": datetime(2024, 11, 20)}, InputError, "expected a time zone"),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_a_decision_that_contradicts_itself_or_the_log_is_refused(path: Path, what: str) -> None:
    changes, error, message = CONTRADICTIONS[what]
    if what == "a rejection that promotes":
        changes = changes | {"version": "v3", "champion": "v3"}
    before = path.read_bytes()
    decision = replace(PROMOTED, **{"at": NOW + timedelta(weeks=3), **changes})
    with pytest.raises(error, match=message):
        record(path, decision, expected_champion="v202410")
    assert path.read_bytes() == before


# --- tampering and accidents


Tamper = Callable[[list[str]], list[str]]


def edited(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace("rejected", "promoted"), lines[2]]


def removed(lines: list[str]) -> list[str]:
    return [lines[0], lines[2]]


def reordered(lines: list[str]) -> list[str]:
    return [lines[1], lines[0], lines[2]]


def half_a_line(lines: list[str]) -> list[str]:
    return [lines[0], lines[1][:40], lines[2]]


def an_edited_hash(lines: list[str]) -> list[str]:
    line = json.loads(lines[1])
    return [lines[0], json.dumps(line | {"before": "0" * 64}, sort_keys=True), lines[2]]


@pytest.mark.parametrize("tamper", [edited, removed, reordered, half_a_line, an_edited_hash])
def test_a_changed_line_is_found_and_nobody_is_read_from_it(path: Path, tamper: Tamper) -> None:
    path.write_text("\n".join(tamper(path.read_text().splitlines())) + "\n")
    assert verify(path)[0].startswith(("line 1:", "line 2:"))
    with pytest.raises(IntegrityError, match=r"history\.jsonl: line \d: .*; restore a copy"):
        read(path)
    with pytest.raises(IntegrityError):
        record(path, BACK, expected_champion="v202410")


def test_bytes_that_are_no_text_are_an_edited_line(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace("–".encode(), b"\xff"))
    problem = "edited, or what came before it was removed or reordered"
    assert verify(path) == [f"line 2: {problem}", f"line 3: {problem}"]


KILLED = """
import os, sys
from pathlib import Path
from nfl_signals.core import files
from nfl_signals.registry.decision_log import record
from nfl_signals_tests.registry.test_decision_log import BACK
files.Path.replace = lambda *_: os._exit(9)
record(Path(sys.argv[1]), BACK, expected_champion="v202410")
"""


def test_a_promotion_killed_before_its_last_step_leaves_the_old_champion_and_a_working_history(
    path: Path,
) -> None:
    before = path.read_bytes()
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == 9
    assert path.read_bytes() == before
    record(path, BACK, expected_champion="v202410")
    assert champion(read(path)) == "v202409"


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(StorageError, match="cannot be locked"):
        record(tmp_path / "models" / "history.jsonl", FIRST, expected_champion=None)


# --- what was tried against an alert


def test_treatments_are_one_row_per_alert_and_judged_work(path: Path) -> None:
    record(path, replace(BACK, alerts=("5eed",)), expected_champion="v202410")
    table = steps_taken(read(path))
    assert table.schema == STEPS_TAKEN_SCHEMA
    assert table.rows() == [
        ("5eed", REJECTED.at, "recalibration", "rejected"),
        ("5eed", PROMOTED.at, "retraining", "promoted"),
        ("cafe", PROMOTED.at, "retraining", "promoted"),
    ]


def test_without_decisions_there_are_no_treatments() -> None:
    assert steps_taken([]).equals(pl.DataFrame(schema=STEPS_TAKEN_SCHEMA))
