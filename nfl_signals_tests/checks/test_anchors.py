"""What a chain cannot show of itself, a head that was noted elsewhere shows."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.anchors import anchors_held, heads
from nfl_signals.checks.tables import ledger_sealed
from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.files import write_parquet
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.noted import ledger_head, noted_heads
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import LEDGER_HEAD, Decision
from nfl_signals.registry.model_card import read_card
from nfl_signals.registry.model_version import latest_version
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.run_contexts import copy_context, forget_ledger


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def decide(context: RunContext) -> None:
    """A decision that notes the ledger's head, as the gate's do."""
    champion = latest_version(context.paths.ensembles)
    decision = Decision(
        at=context.as_of + timedelta(hours=1),
        kind="insufficient",
        version=champion,
        model_hash=read_card(context.paths.ensemble(champion))["model_hash"],
        champion=champion,
        step="retraining",
        sentence="for a test",
        measures={LEDGER_HEAD: ledger_head(context)},
    )
    decision_log.record(context.paths.history, decision, expected_champion=champion)


def chain_anew(context: RunContext, rows: pl.DataFrame) -> None:
    """A sound chain of other rows in the ledger's place."""
    forget_ledger(context)
    ledger.append(context.paths.ledger, rows.drop("seal"))
    assert ledger.verify(ledger.read(context.paths.ledger)) == []


def nearer(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(p_hat=0.85 * pl.col("p_hat") + 0.15 * 0.5)


@pytest.mark.parametrize(
    "spoil", [nearer, lambda rows: rows.head(-5)], ids=["rewritten", "cut off"]
)
def test_a_chain_that_is_sound_but_not_what_was_decided_on_is_found(
    spoil: Callable[[pl.DataFrame], pl.DataFrame], context: RunContext
) -> None:
    decide(context)
    assert ledger_sealed(context)["noted_heads"] == len(noted_heads(context)) >= 1
    chain_anew(context, spoil(ledger.read(context.paths.ledger)))
    with pytest.raises(IntegrityError, match="is missing: rows were cut off or rewritten"):
        ledger_sealed(context)


def test_rows_that_are_appended_later_keep_every_head(context: RunContext) -> None:
    decide(context)
    before = heads(context)["ledger"]
    rows = ledger.read(context.paths.ledger).tail(3).drop("seal")
    later = rows.with_columns(pl.col(ledger.TIMES) - timedelta(minutes=1))
    ledger.append(context.paths.ledger, ledger.with_prediction_id(later).select(ledger.CONTENT))
    assert heads(context)["ledger"] != before
    ledger_sealed(context)
    anchors_held(context, [before])


def test_a_history_that_was_swapped_is_found_by_the_head_that_a_person_noted(
    context: RunContext,
) -> None:
    decide(context)
    noted = heads(context)["decision log"]
    anchors_held(context, [noted, noted.upper()])
    lines = context.paths.history.read_text().splitlines(keepends=True)
    context.paths.history.write_text("".join(lines[:-1]))
    assert decision_log.verify(context.paths.history) == []
    with pytest.raises(IntegrityError, match=f"noted head {noted} is in neither"):
        anchors_held(context, [noted])


@pytest.mark.parametrize("anchor", ["", "abc", "nonsense-nonsense"])
def test_what_is_no_head_is_refused(anchor: str, context: RunContext) -> None:
    with pytest.raises(InputError, match="expected at least 16 hex digits"):
        anchors_held(context, [anchor])


def test_an_empty_home_has_no_heads(context: RunContext) -> None:
    forget_ledger(context)
    context.paths.history.unlink()
    assert heads(context) == {}
    assert ledger_head(context) is None


def test_the_head_is_the_last_rows_seal(context: RunContext) -> None:
    rows = ledger.read(context.paths.ledger)
    assert ledger_head(context) == rows["seal"][-1]
    forget_ledger(context)
    write_parquet(context.paths.ledger, rows.head(0))
    assert ledger_head(context) == "0" * 64
