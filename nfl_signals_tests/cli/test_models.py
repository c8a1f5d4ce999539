"""Commands about the served model: what they show, what they change, and how they refuse."""

import re
from pathlib import Path

import pytest

from nfl_signals.core.paths import Paths
from nfl_signals.registry import decision_log
from nfl_signals.registry.mlflow_registry import CHAMPION, open_registry
from nfl_signals.registry.model_card import CARD
from nfl_signals_tests.conftest import SMALL_LEAGUE
from nfl_signals_tests.support.homes import (
    CommandResult,
    fingerprints,
    in_fresh_process,
    nfl_signals,
)
from nfl_signals_tests.support.production import home_with_a_second_version

pytestmark = pytest.mark.slow

FIRST, SECOND = "v202409", "v20240902"
OVERRULED = ("promote", SECOND, "--against-the-gate", "--reason", "a drill [red]")


def call(*arguments: str, home: Path, **extra: str) -> CommandResult:
    done = nfl_signals(*arguments, home=home, extra=SMALL_LEAGUE | extra)
    if "COLUMNS" not in extra:
        assert max(map(len, done.out.splitlines()), default=0) <= 80
        assert "…" not in done.out
    return done


@pytest.fixture
def home(finished_home: Path, tmp_path: Path) -> Path:
    """FIRST is champion; SECOND can be served."""
    return home_with_a_second_version(finished_home, tmp_path / "home", first=FIRST, second=SECOND)


def champions(home: Path) -> tuple[str | None, str]:
    """The champion of the history, and whom the registry's alias points to."""
    decisions = decision_log.read(Paths(home).history)
    aliased = open_registry(Paths(home)).find(CHAMPION).version
    return decision_log.champion(decisions), aliased


def test_a_promotion_shows_what_the_gate_found_and_a_rollback_takes_it_back(home: Path) -> None:
    done = call(*OVERRULED, home=home)
    assert (done.code, done.err) == (0, "")
    assert re.search(r"^calibrated +moneyline +\d+ +\d\.\d{4} \(.*\) +0\.05 ", done.out, re.M)
    assert "The gate: Insufficient evidence" in done.out
    assert f"{SECOND}: promoted (2024-11-05 14:00 UTC)" in done.out
    assert "against the gate: a drill [red]" in done.out
    assert f"{SECOND} makes the next predictions." in done.out
    assert champions(home) == (SECOND, SECOND)
    done = call("promote", SECOND, home=home)
    assert f"{SECOND} is champion already; nothing was written." in done.out
    done = call("rollback", "--reason", "Enough.", home=home)
    assert f"Rolled back by hand to {FIRST}, from {SECOND}. Enough." in done.out
    assert champions(home) == (FIRST, FIRST)


def test_a_refusal_is_one_line_exit_code_2_and_changes_nothing(home: Path) -> None:
    before = fingerprints(home, "data", "models")
    (Paths(home).ensemble(SECOND) / CARD).rename(home / CARD)
    unknown = call("promote", SECOND, home=home)
    (home / CARD).rename(Paths(home).ensemble(SECOND) / CARD)
    refused = [unknown, call("promote", SECOND, home=home), call("rollback", home=home)]
    refused.append(call(*OVERRULED[:-2], home=home))
    words = [
        f"no version {SECOND}",
        "--against-the-gate",
        "there was no champion",
        "needs a --reason",
    ]
    for done, word in zip(refused, words, strict=True):
        assert done.code == 2
        assert done.err.count("\n") == 1
        assert word in done.err
    assert fingerprints(home, "data", "models") == before


def test_where_the_settings_name_another_book_the_promotion_is_reported_as_not_served(
    home: Path,
) -> None:
    done = call(*OVERRULED, home=home, NFL_SIGNALS_SIGNAL_SOURCE=f"model_{FIRST}", COLUMNS="200")
    assert done.code == 0
    assert f"signal_source is model_{FIRST}: the decision is recorded, but {FIRST} is" in done.out
    assert "makes the next predictions" not in done.out


KILLED = """
import os, pathlib
put = pathlib.Path.replace
def dies(self, target):
    os._exit(9) if target.name == "history.jsonl" else put(self, target)
pathlib.Path.replace = dies
"""


def test_killed_on_the_way_the_old_champion_is_served_and_a_repetition_completes(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(KILLED)
    kill = SMALL_LEAGUE | {"PYTHONPATH": str(tmp_path)}
    assert in_fresh_process(*OVERRULED, home=home, extra=kill).code == 9
    assert decision_log.verify(Paths(home).history) == []
    assert champions(home) == (FIRST, FIRST)
    assert call(*OVERRULED, home=home).code == 0
    assert champions(home) == (SECOND, SECOND)
    assert len(decision_log.read(Paths(home).history)) == 2


def test_killed_before_the_aliases_pointed_a_repetition_completes(home: Path) -> None:
    call(*OVERRULED, home=home)
    open_registry(Paths(home)).set_alias(CHAMPION, FIRST)
    history = Paths(home).history.read_bytes()
    assert call(*OVERRULED, home=home).code == 0
    assert champions(home) == (SECOND, SECOND)
    assert Paths(home).history.read_bytes() == history


def test_history_shows_every_decision_in_order(home: Path) -> None:
    call(*OVERRULED, home=home)
    call("rollback", home=home)
    done = call("history", home=home)
    assert (done.code, done.err) == (0, "")
    starts = re.findall(r"^(2024-11-05 14:00)  ?(\w+) ", done.out, re.M)
    assert [kind for _, kind in starts] == ["first", "promoted", "rolled_back"]
    assert done.out.count("step: person") == 2
    after = re.findall(r"champion after it: (\w+)", done.out)
    assert after == [FIRST, SECOND, FIRST]
    Paths(home).history.unlink()
    assert "No decision yet" in call("history", home=home).out


def test_compare_shows_findings_and_what_holds_every_week(finished_home: Path) -> None:
    before = fingerprints(finished_home, "data", "models")
    done = call("compare", "proxy", "replay", home=finished_home)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("replay (challenger) against proxy (champion): ")
    for name in ("improves", "calibrated", "skill", "churn", "slippage", "drawdown"):
        assert re.search(rf"^{name} .*(PASS|FAIL|UNDERPOWERED)", done.out, re.M)
    for market in ("ats", "moneyline", "total"):
        assert re.search(rf"^{market} +\d+ +-?\d\.\d{{4}} \(.*\) (undecided|cha)", done.out, re.M)
    assert "\nNothing is decided here. The gate would say: " in done.out
    assert fingerprints(finished_home, "data", "models") == before


def test_a_book_that_nobody_has_is_refused(finished_home: Path) -> None:
    done = call("compare", "proxy", "v202409", home=finished_home)
    assert done.code == 2
    assert "v202409: no such book; expected proxy, replay or model_vN" in done.err
