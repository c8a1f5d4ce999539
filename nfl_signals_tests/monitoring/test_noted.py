"""No place notes another head of the ledger before the old ones are found in it."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.checks.catalog import ALL_CHECKS
from nfl_signals.checks.tables import ledger_sealed
from nfl_signals.core.errors import RewrittenError
from nfl_signals.core.files import write_parquet
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.heads import heads_beside
from nfl_signals.monitoring.noted import ledger_head, noted_heads, require_noted_heads
from nfl_signals.predictions.registration import point_aliases
from nfl_signals.predictions.summary import status
from nfl_signals.predictions.upcoming import append_to_ledger
from nfl_signals.promotion.manual import candidate, roll_back
from nfl_signals.registry.decision_log import LEDGER_HEAD
from nfl_signals.registry.mlflow_store import tag_of
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.checks.test_anchors import decide, nearer
from nfl_signals_tests.conftest import SMALL_LEAGUE
from nfl_signals_tests.monitoring.test_heads import sealed_anew
from nfl_signals_tests.support.homes import copy_of, nfl_signals
from nfl_signals_tests.support.run_contexts import contents, copy_context, forget_ledger, forget_tag


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def gone(path: Path) -> None:
    path.unlink()


def rewritten(path: Path) -> None:
    write_parquet(path, sealed_anew(nearer(ledger.read(path))))


def cut_off(path: Path) -> None:
    write_parquet(path, ledger.read(path).head(-5))


def edited(path: Path) -> None:
    rows = ledger.read(path)
    write_parquet(path, rows.with_columns(p_hat=1 - pl.col("p_hat")))


SPOILT = [gone, rewritten, cut_off, edited]


def test_the_first_run_notes_a_head(finished_home: Path, context: RunContext) -> None:
    """In the registry too, though its model was registered before the ledger was there."""
    noted, store = noted_heads(context), context.paths.registry_store
    assert [each.head for each in noted] == 2 * [ledger_head(context)]
    assert [each.place for each in noted] == [
        f"{store}, tag ledger_head",
        f"{heads_beside(context.paths.ledger)}, line 1",
    ]


@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize(
    "step",
    [
        append_to_ledger,
        ledger_head,
        ledger_sealed,
        lambda context: candidate(context, "v202409"),
        roll_back,
    ],
)
def test_nothing_is_decided_or_added_on_a_ledger_that_was_changed(
    context: RunContext, spoil: Callable[[Path], None], step: Callable[[RunContext], object]
) -> None:
    spoil(context.paths.ledger)
    before = contents(context.paths.home)
    with pytest.raises(Exception, match=r"ledger/predictions\.parquet: ") as caught:
        step(context)
    if step is not ledger_sealed:
        assert isinstance(caught.value, RewrittenError)
        assert "restore that file from a backup" in str(caught.value)
    assert contents(context.paths.home) == before


@pytest.mark.parametrize("spoil", [gone, rewritten, cut_off])
def test_the_decision_log_alone_is_enough(
    context: RunContext, spoil: Callable[[Path], None]
) -> None:
    decide(context)
    forget_tag(context)
    spoil(context.paths.ledger)
    heads_beside(context.paths.ledger).unlink()
    with pytest.raises(RewrittenError, match=r"history\.jsonl, line 2"):
        require_noted_heads(context)


@pytest.mark.slow
@pytest.mark.parametrize("spoil", [gone, rewritten, cut_off])
def test_the_registrys_tag_alone_is_enough_and_is_not_moved(
    context: RunContext, spoil: Callable[[Path], None]
) -> None:
    noted = tag_of(context.paths, LEDGER_HEAD)
    spoil(context.paths.ledger)
    heads_beside(context.paths.ledger).unlink()
    with pytest.raises(RewrittenError, match=r"mlflow\.db, tag ledger_head"):
        point_aliases(context)
    assert noted is not None
    assert tag_of(context.paths, LEDGER_HEAD) == noted


@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize("command", [("run",), ("week",), ("outcomes",), ("promote", "v202409")])
def test_a_command_stops_with_the_file_the_place_and_what_to_do(
    finished_home: Path, tmp_path: Path, spoil: Callable[[Path], None], command: tuple[str, ...]
) -> None:
    """A promotion of the champion itself is one that changes nothing."""
    home = copy_of(finished_home, tmp_path / "home")
    ledger_file = home / "data/ledger/predictions.parquet"
    spoil(ledger_file)
    done = nfl_signals(*command, home=home, extra=SMALL_LEAGUE)
    assert done.code == 2
    assert done.err.startswith(f"error: {ledger_file}: ")
    assert done.err.count("\n") == 1
    assert "restore that file from a backup" in done.err


def test_status_and_every_check_say_that_the_ledger_is_gone(context: RunContext) -> None:
    context.paths.ledger.unlink()
    told = f"{context.paths.ledger}: is gone, though {heads_beside(context.paths.ledger)}, line 1 "
    assert status(context)["ledger"].startswith(told)
    for name in ("ledger: sealed", "ledger: written in order", "ledger: every version is known"):
        with pytest.raises(RewrittenError) as caught:
            ALL_CHECKS[name](context)
        assert str(caught.value).startswith(told)


def test_a_home_that_has_sealed_nothing_has_nothing_to_be_held_to(context: RunContext) -> None:
    forget_ledger(context)
    require_noted_heads(context)
    assert ledger_head(context) is None
