"""Commands about the served model: what they show, what they change, and how they refuse."""

import re
from pathlib import Path

import pytest

from nfl_signals.core.paths import Paths
from nfl_signals.registry import decision_log
from nfl_signals.registry.mlflow_registry import CHAMPION, open_registry
from nfl_signals.registry.model_card import CARD
from nfl_signals_tests.conftest import SMALL_LEAGUE
from nfl_signals_tests.support.homes import Said, fingerprints, in_fresh_process, nfl_signals
from nfl_signals_tests.support.production import home_with_a_second_version

pytestmark = pytest.mark.slow

FIRST, SECOND = "v202409", "v20240902"
OVERRULED = ("promote", SECOND, "--against-the-gate", "--reason", "a drill [red]")


def ask(*arguments: str, home: Path, **extra: str) -> Said:
    said = nfl_signals(*arguments, home=home, extra=SMALL_LEAGUE | extra)
    if "COLUMNS" not in extra:
        assert max(map(len, said.out.splitlines()), default=0) <= 80
        assert "…" not in said.out
    return said


@pytest.fixture
def home(finished_home: Path, tmp_path: Path) -> Path:
    """FIRST is champion; SECOND can be served."""
    return home_with_a_second_version(finished_home, tmp_path / "home", first=FIRST, second=SECOND)


def seated(home: Path) -> tuple[str | None, str]:
    """The champion of the history, and whom the registry's alias points to."""
    decisions = decision_log.read(Paths(home).history)
    aliased = open_registry(Paths(home)).find(CHAMPION).version
    return decision_log.champion(decisions), aliased


def test_a_promotion_shows_what_the_gate_found_and_a_rollback_takes_it_back(home: Path) -> None:
    said = ask(*OVERRULED, home=home)
    assert (said.code, said.err) == (0, "")
    assert re.search(r"^calibrated +moneyline +\d+ +\d\.\d{4} \(.*\) +0\.05 ", said.out, re.M)
    assert "The gate: Insufficient evidence" in said.out
    assert f"{SECOND}: promoted (2024-11-05 14:00 UTC)" in said.out
    assert "against the gate: a drill [red]" in said.out
    assert f"{SECOND} makes the next predictions." in said.out
    assert seated(home) == (SECOND, SECOND)
    said = ask("rollback", "--reason", "Enough.", home=home)
    assert f"Rolled back by hand to {FIRST}, from {SECOND}. Enough." in said.out
    assert seated(home) == (FIRST, FIRST)


def test_a_refusal_is_one_line_exit_code_2_and_changes_nothing(home: Path) -> None:
    before = fingerprints(home, "data", "models")
    (Paths(home).ensemble(SECOND) / CARD).rename(home / CARD)
    unknown = ask("promote", SECOND, home=home)
    (home / CARD).rename(Paths(home).ensemble(SECOND) / CARD)
    refused = [unknown, ask("promote", SECOND, home=home), ask("rollback", home=home)]
    refused.append(ask(*OVERRULED[:-2], home=home))
    words = [
        f"no version {SECOND}",
        "--against-the-gate",
        "there was no champion",
        "needs a --reason",
    ]
    for said, word in zip(refused, words, strict=True):
        assert said.code == 2
        assert said.err.count("\n") == 1
        assert word in said.err
    assert fingerprints(home, "data", "models") == before


def test_where_the_settings_name_another_book_it_is_said_that_nobody_hears(home: Path) -> None:
    said = ask(*OVERRULED, home=home, NFL_SIGNALS_SIGNAL_SOURCE=f"model_{FIRST}", COLUMNS="200")
    assert said.code == 0
    assert f"signal_source is model_{FIRST}: the decision is recorded, but {FIRST} goes" in said.out
    assert "makes the next predictions" not in said.out


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
    assert seated(home) == (FIRST, FIRST)
    assert ask(*OVERRULED, home=home).code == 0
    assert seated(home) == (SECOND, SECOND)
    assert len(decision_log.read(Paths(home).history)) == 2


def test_killed_before_the_aliases_pointed_a_repetition_completes(home: Path) -> None:
    ask(*OVERRULED, home=home)
    open_registry(Paths(home)).set_alias(CHAMPION, FIRST)
    history = Paths(home).history.read_bytes()
    assert ask(*OVERRULED, home=home).code == 0
    assert seated(home) == (SECOND, SECOND)
    assert Paths(home).history.read_bytes() == history


def test_history_tells_every_decision_in_order(home: Path) -> None:
    ask(*OVERRULED, home=home)
    ask("rollback", home=home)
    said = ask("history", home=home)
    assert (said.code, said.err) == (0, "")
    starts = re.findall(r"^(2024-11-05 14:00)  ?(\w+) ", said.out, re.M)
    assert [kind for _, kind in starts] == ["first", "promoted", "rolled_back"]
    assert said.out.count("step: person") == 2
    after = re.findall(r"champion after it: (\w+)", said.out)
    assert after == [FIRST, SECOND, FIRST]
    Paths(home).history.unlink()
    assert "No decision yet" in ask("history", home=home).out


def test_compare_shows_findings_and_what_holds_every_week(finished_home: Path) -> None:
    before = fingerprints(finished_home, "data", "models")
    said = ask("compare", "proxy", "replay", home=finished_home)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("replay (challenger) against proxy (champion): ")
    for name in ("improves", "calibrated", "skill", "churn", "slippage", "drawdown"):
        assert re.search(rf"^{name} .*(PASS|FAIL|UNDERPOWERED)", said.out, re.M)
    for market in ("ats", "moneyline", "total"):
        assert re.search(rf"^{market} +\d+ +-?\d\.\d{{4}} \(.*\) (cannot|cha)", said.out, re.M)
    assert "The gate would say: " in said.out
    assert fingerprints(finished_home, "data", "models") == before


def test_a_book_that_nobody_has_is_refused(finished_home: Path) -> None:
    said = ask("compare", "proxy", "v202409", home=finished_home)
    assert said.code == 2
    assert "v202409: no such book; expected proxy, replay or model_vN" in said.err
