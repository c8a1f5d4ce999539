"""Whoever rewrites the ledger without the key is found, though chain and noted heads be made to fit."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from nfl_signals.checks.tables import ledger_sealed
from nfl_signals.core.errors import IntegrityError, RewrittenError, SettingsError
from nfl_signals.core.settings import load_settings
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.noted import require_noted_heads
from nfl_signals.monitoring.signatures import problems, sign
from nfl_signals.predictions.upcoming import append_to_ledger, append_walk_forward
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.run_contexts import contents, copy_context, forget_ledger

KEY, OTHER = SecretStr("kept in the scheduler"), SecretStr("made up by somebody")
NOW = utc("2024-11-05 14:00")


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    """A home whose ledger was signed with `KEY` after its last append."""
    made = copy_context(finished_home, tmp_path, ledger_key=KEY.get_secret_value())
    append_to_ledger(made)
    return made


def found(context: RunContext, key: SecretStr = KEY) -> list[str]:
    return problems(context.paths.signatures, ledger.read(context.paths.ledger), key)


def chain_anew(context: RunContext, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    rows = ledger.read(context.paths.ledger)
    forget_ledger(context)
    ledger.append(context.paths.ledger, change(rows).drop("seal"))


def test_what_a_run_with_a_key_appends_is_signed_once(context: RunContext) -> None:
    before = context.paths.signatures.read_bytes()
    assert found(context) == []
    append_to_ledger(context)
    assert context.paths.signatures.read_bytes() == before
    (line,) = before.splitlines()
    rows = ledger.read(context.paths.ledger)
    signed = json.loads(line)
    assert (signed["rows"], signed["head"]) == (rows.height, rows["seal"][-1])
    assert signed["signed_at"] == "2024-11-05T14:00:00+00:00"
    assert KEY.get_secret_value() not in before.decode()


def test_a_known_signature(tmp_path: Path) -> None:
    """HMAC-SHA-256 of '3|ab|2024-11-05T14:00:00+00:00' under 'kept in the scheduler', by OpenSSL."""
    appended = ledger.AppendResult(n_new={}, n_already=0, total=3, head="ab")
    sign(tmp_path / "signatures", appended, key=KEY, clock=NOW)
    signed = json.loads((tmp_path / "signatures").read_text())
    assert signed["signature"] == "e0fc6b796bc47d8d1f7601bcfe4f4a1c92a330ee68e79f1389c98a256bacca82"


def nearer(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(p_hat=0.85 * pl.col("p_hat") + 0.15 * 0.5)


@pytest.mark.parametrize(
    "change", [nearer, lambda rows: rows.head(-5)], ids=["rewritten", "cut off"]
)
def test_a_sound_chain_of_other_rows_is_found(
    context: RunContext, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    chain_anew(context, change)
    assert ledger.verify(ledger.read(context.paths.ledger)) == []
    assert "rows were cut off or rewritten" in found(context)[0]
    with pytest.raises(IntegrityError, match=r"signatures\.jsonl, line 1\) is missing: rows were"):
        ledger_sealed(context)


def test_a_signature_by_another_key_or_altered_is_found(context: RunContext) -> None:
    assert found(context, OTHER)[0] == "line 1: altered, or made with another key"
    chain_anew(context, nearer)
    context.paths.signatures.unlink()
    rows = ledger.read(context.paths.ledger)
    appended = ledger.AppendResult(
        n_new={}, n_already=0, total=rows.height, head=str(rows["seal"][-1])
    )
    sign(context.paths.signatures, appended, key=OTHER, clock=NOW)
    assert found(context)[0] == "line 1: altered, or made with another key"


@pytest.mark.parametrize("text", ["[]", "{", '{"rows": 1}', "\ufffd", ""])
def test_a_line_that_is_no_signature_is_named(context: RunContext, text: str) -> None:
    context.paths.signatures.write_text(f"{text}\n")
    assert found(context)[0] == "line 1: altered, or made with another key"


@pytest.mark.parametrize("step", [append_to_ledger, append_walk_forward, require_noted_heads])
def test_a_run_with_another_key_adds_nothing_and_is_told_to_take_the_one_before(
    context: RunContext, step: Callable[[RunContext], object]
) -> None:
    misspelt = context.settings.model_copy(update={"ledger_key": OTHER})
    named = replace(context, settings=misspelt)
    later = replace(named, as_of=named.as_of + timedelta(days=7))
    before = contents(context.paths.home)
    for run in (named, later):
        with pytest.raises(RewrittenError) as caught:
            step(run)
        text = str(caught.value)
        assert text.startswith(f"{context.paths.signatures}: line 1: altered, or made with another")
        assert "ledger_key is not the key used before" in text
        assert OTHER.get_secret_value() not in text
        assert caught.value.exit_code == 2
    assert contents(context.paths.home) == before


@pytest.mark.parametrize("change", [nearer, lambda rows: rows.head(-5)], ids=["anew", "cut off"])
def test_a_run_with_the_key_adds_nothing_to_rows_that_it_did_not_sign(
    context: RunContext, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    chain_anew(context, change)
    before = contents(context.paths.home)
    with pytest.raises(RewrittenError, match="restore that file from a backup"):
        append_to_ledger(context)
    assert contents(context.paths.home) == before


def test_a_key_is_changed_by_putting_the_signatures_of_the_old_one_away(
    context: RunContext, tmp_path: Path
) -> None:
    """As README says; the old signatures are still those of the ledger, by the old key."""
    kept = context.paths.signatures.rename(tmp_path / "signatures-2024.jsonl")
    renewed = replace(context, settings=context.settings.model_copy(update={"ledger_key": OTHER}))
    append_to_ledger(renewed)
    assert found(context, OTHER) == []
    assert problems(kept, ledger.read(context.paths.ledger), KEY) == []
    ledger_sealed(renewed)


def test_rows_that_a_run_without_the_key_appended_are_named_until_one_with_it_signs(
    context: RunContext,
) -> None:
    rows = ledger.read(context.paths.ledger).tail(2).drop("seal")
    more = rows.with_columns(price_yes=pl.lit(-105.0), price_no=pl.lit(-115.0))
    named = ledger.with_prediction_id(more).select(ledger.CONTENT)
    ledger.append(context.paths.ledger, named)
    assert found(context) == [
        "2 rows at the end are not signed; the next run with the key signs them"
    ]
    append_to_ledger(context)
    assert found(context) == []
    assert len(context.paths.signatures.read_text().splitlines()) == 2


def test_verify_says_how_many_signatures_it_read_and_how_many_it_could_not(
    context: RunContext, finished_home: Path, tmp_path: Path
) -> None:
    assert ledger_sealed(context)["signatures"] == 1
    keyless = context.settings.model_copy(update={"ledger_key": None})
    without = RunContext(
        settings=keyless,
        paths=context.paths,
        release=context.release,
        seasons=context.seasons,
        as_of=context.as_of,
    )
    assert ledger_sealed(without)["signatures_unread_without_ledger_key"] == 1


def test_a_key_that_is_too_short_is_refused_and_none_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NFL_SIGNALS_LEDGER_KEY", "hunter2")
    with pytest.raises(SettingsError, match="ledger_key") as caught:
        load_settings(home=tmp_path)
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("NFL_SIGNALS_LEDGER_KEY", KEY.get_secret_value())
    assert KEY.get_secret_value() not in repr(load_settings(home=tmp_path))
