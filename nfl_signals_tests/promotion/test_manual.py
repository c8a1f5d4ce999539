"""Promotion by hand: with the gate or against it, never of what cannot or must not be served."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.errors import InputError, IntegrityError, NflSignalsError
from nfl_signals.core.files import read_json, write_json
from nfl_signals.core.setting_sections import GateSettings
from nfl_signals.predictions.champion import promote_first, served_version
from nfl_signals.predictions.upcoming import append_to_ledger, predict_upcoming
from nfl_signals.promotion.gate import judge
from nfl_signals.promotion.manual import (
    before_champion,
    candidate,
    promote,
    roll_back,
    why_not_served,
)
from nfl_signals.promotion.measures import PAIRS_SCHEMA
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision
from nfl_signals.registry.model_card import CARD, model_hash, read_card
from nfl_signals.workspace.run_context import RunContext, open_run
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.production import forecast_weeks
from nfl_signals_tests.support.run_contexts import (
    contents,
    copy_context,
    drop_rows,
    earlier,
    settings_of,
)
from nfl_signals_tests.support.small_training import LEAST, open_small

FIRST, SECOND, THIRD = "v202403", "v20240302", "v20240303"
COPY = "v202403r202403"
NEWEST, LAST_SEASON = "v202409", "v202322"
THIS_SEASON = pl.col("season") == 2024
PLAYED = {"first": "2018-w01", "n_games": 1000}
WHY = "it is a test"


@pytest.fixture
def small(small_home: Path, tmp_path: Path) -> RunContext:
    """FIRST is champion; SECOND and THIRD can be served, and are as good."""
    context = open_small(shutil.copytree(small_home, tmp_path / "home"))
    for version in (SECOND, THIRD):
        another(context, FIRST, version)
    return context


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    """The champion is last season's; NEWEST has its walk-forward to show."""
    gate = {"min_weeks": 6, "min_games": 60}  # nine weeks of the season are played
    copy = copy_context(finished_home, tmp_path / "home", gate=gate)
    another(copy, NEWEST, LAST_SEASON, training_window={"last": "2023-w22", **PLAYED})
    copy.paths.history.unlink()
    promote_first(earlier(copy, utc("2024-09-03 14:00")), LAST_SEASON)
    return copy


def another(context: RunContext, version: str, name: str, **changes: object) -> None:
    """Another version that differs from the first by a file that nobody reads."""
    folder = shutil.copytree(context.paths.ensemble(version), context.paths.ensemble(name))
    (folder / "name.json").write_text(f'"{name}"')
    card = read_card(folder) | {"model_version": name, "model_hash": model_hash(folder)}
    write_json(folder / CARD, card | changes)


def overrule(context: RunContext, version: str) -> Decision:
    found = candidate(context, version)
    return promote(context, found, reason=WHY, against_the_gate=True)


def kinds(context: RunContext) -> list[str]:
    return [each.kind for each in decision_log.read(context.paths.history)]


# --- with the gate, and against it


def test_whom_the_gate_would_promote_needs_no_reason(context: RunContext) -> None:
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    found = candidate(context, NEWEST)
    assert (found.champion, found.answer) == (LAST_SEASON, "promote")
    decision = promote(context, found)
    assert (decision.kind, decision.step, decision.version) == ("promoted", "person", NEWEST)
    assert decision.sentence.startswith("Promoted by hand, with the gate. The gate: Promot")
    assert decision.measures["findings"][0]["name"] == "calibrated"
    assert served_version(context) == NEWEST


def test_where_the_gate_cannot_tell_a_person_needs_to_say_so_and_why(context: RunContext) -> None:
    found = candidate(context, f"model_{NEWEST}")  # the champion has no forecast yet
    assert (found.version, found.answer) == (NEWEST, "insufficient")
    before = contents(context.paths.home / "models")
    with pytest.raises(InputError, match=r"The gate: Insufficient .* give --against-the-gate"):
        promote(context, found, reason=WHY)
    with pytest.raises(InputError, match="--against-the-gate needs a --reason"):
        promote(context, found, against_the_gate=True)
    assert contents(context.paths.home / "models") == before
    decision = promote(context, found, reason=f"{WHY}.", against_the_gate=True)
    assert decision.sentence.startswith(f"Promoted by hand, against the gate: {WHY}. The gate")
    assert decision.measures["gate"] == "insufficient"


def test_who_is_too_sure_is_promoted_by_nobody(context: RunContext) -> None:
    another(context, NEWEST, "v201722", training_window=PLAYED | {"last": "2017-w22"})
    forecast_weeks(context, pl.lit(value=True), slope=4.0, version="v201722")
    found = candidate(context, "v201722")
    assert found.answer == "reject"
    assert [each.market for each in found.uncalibrated] == ["moneyline"]
    for against in (False, True):
        with pytest.raises(
            InputError, match=r"v201722 is not calibrated, .* Moneyline: .*error is"
        ):
            promote(context, found, reason=WHY, against_the_gate=against)
    assert kinds(context) == ["first"]


def test_a_recalibrated_copy_is_known_by_what_the_gate_found_when_it_was_made(
    small: RunContext,
) -> None:
    """It has no forecast of its own, and the walk-forward is that of what it is a copy of."""
    another(small, FIRST, COPY, recalibrated_from=FIRST)
    assert candidate(small, COPY).findings == ()
    report = judge(PAIRS_SCHEMA.to_frame(), GateSettings(), focus=None, seed=1)
    decision = Decision(
        at=small.as_of,
        kind="insufficient",
        version=COPY,
        model_hash=str(read_card(small.paths.ensemble(COPY))["model_hash"]),
        champion=FIRST,
        step="recalibration",
        sentence=report.sentence,
        measures={"findings": [asdict(each) for each in report.findings]},
    )
    decision_log.record(small.paths.history, decision, expected_champion=FIRST)
    found = candidate(small, COPY)
    assert (found.answer, found.findings) == ("insufficient", report.findings)
    assert found.sentence == report.sentence
    assert overrule(small, COPY).measures["gate"] == "insufficient"
    assert candidate(small, COPY).answer == "insufficient"


# --- what cannot be served


def edited_file(context: RunContext) -> None:
    (context.paths.ensemble(SECOND) / "name.json").write_text("2")


def card_with(**changes: object) -> Callable[[RunContext], None]:
    def change(context: RunContext) -> None:
        card = context.paths.ensemble(SECOND) / CARD
        write_json(card, read_json(card) | changes)

    return change


def known_otherwise(context: RunContext) -> None:
    """The history knows other files by its name."""
    overrule(context, SECOND)
    roll_back(context)
    folder = context.paths.ensemble(SECOND)
    (folder / "name.json").write_text("2")
    card_with(model_hash=model_hash(folder))(context)


def gone(context: RunContext) -> None:
    shutil.rmtree(context.paths.ensemble(SECOND))


def fitted_on_the_future(context: RunContext) -> None:
    drop_rows(context.paths.markets / "2024.parquet", pl.col("week") == 3)


UNLOADABLE: list[tuple[Callable[[RunContext], None], type[NflSignalsError], str]] = [
    (gone, InputError, f"no version {SECOND}; there are {FIRST}, {THIRD}"),
    (edited_file, IntegrityError, "its files are not what its card describes"),
    (card_with(feature_version="0dd"), IntegrityError, "fitted on features 0dd"),
    (card_with(horizon={"ats": "x"}), IntegrityError, "horizon"),
    (card_with(label={"ats": "x"}), IntegrityError, "label"),
    (known_otherwise, IntegrityError, r"was promoted as \w{12}"),
    (fitted_on_the_future, InputError, "fitted on games until 2024-w03"),
]


@pytest.mark.parametrize(("spoil", "error", "message"), UNLOADABLE)
def test_what_cannot_be_served_is_neither_promoted_nor_gone_back_to(
    small: RunContext,
    spoil: Callable[[RunContext], None],
    error: type[NflSignalsError],
    message: str,
) -> None:
    spoil(small)
    before = contents(small.paths.home)
    with pytest.raises(error, match=message):
        overrule(small, SECOND)
    with pytest.raises(error, match=message):
        roll_back(small, SECOND)
    assert contents(small.paths.home) == before


# --- back again


def predictions(context: RunContext) -> list[bytes]:
    predict_upcoming(context)
    return [path.read_bytes() for path in (context.paths.upcoming, context.paths.explanations)]


@pytest.mark.slow
def test_after_a_rollback_predictions_are_byte_for_byte_what_they_were(context: RunContext) -> None:
    before = predictions(context)
    append_to_ledger(context)
    overrule(context, NEWEST)
    between = predictions(context)
    assert between != before
    append_to_ledger(context)
    decision = roll_back(context, reason="It was a drill.")
    assert (decision.kind, decision.champion) == ("rolled_back", LAST_SEASON)
    assert decision.sentence == (
        f"Rolled back by hand to {LAST_SEASON}, from {NEWEST}. It was a drill."
    )
    assert predictions(context) == before
    assert append_to_ledger(context)["production"] == 0  # appended already


def test_going_back_goes_back_one_further_each_time(small: RunContext) -> None:
    overrule(small, SECOND)
    overrule(small, THIRD)
    assert [roll_back(small).champion for _ in range(2)] == [SECOND, FIRST]
    with pytest.raises(InputError, match=f"there was no champion before {FIRST}; name a version"):
        roll_back(small)
    assert roll_back(small, f"model_{THIRD}").champion == THIRD
    assert before_champion(small) == FIRST  # whom it was rolled back from does not come again
    assert roll_back(small, THIRD).champion == THIRD
    assert kinds(small)[-3:] == ["rolled_back"] * 3
    another(small, FIRST, COPY)
    with pytest.raises(InputError, match="it never was champion; promote it instead"):
        roll_back(small, COPY)


# --- two at once, and twice the same


def test_of_two_promotions_at_once_one_wins_and_the_other_is_refused(small: RunContext) -> None:
    found = [candidate(small, version) for version in (SECOND, THIRD)]

    def promote_one(index: int) -> str:
        try:
            return promote(small, found[index], reason=WHY, against_the_gate=True).champion
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        results = sorted(pool.map(promote_one, range(2)), key=len)
    winner = served_version(small)
    assert results[0] == winner
    assert f"while the champion was {FIRST}, but {winner} is champion" in results[1]
    assert kinds(small) == ["first", "promoted"]


def test_a_promotion_that_is_repeated_is_one_line(small: RunContext) -> None:
    decision = overrule(small, SECOND)
    before = contents(small.paths.home / "models")
    assert overrule(small, SECOND) == decision
    assert promote(small, candidate(small, SECOND)) == decision
    assert contents(small.paths.home / "models") == before


# --- the one line of the settings


@pytest.mark.parametrize("source", ["proxy", f"model_{FIRST}"])
def test_where_the_settings_name_another_book_a_promotion_reports_that_it_is_not_served(
    small: RunContext, source: str
) -> None:
    assert why_not_served(small) is None
    pinned = open_run(settings_of(small.paths.home, training=LEAST, signal_source=source))
    overrule(pinned, SECOND)
    warning = str(why_not_served(pinned))
    assert warning.startswith(f"signal_source is {source}: the decision is recorded, but ")
    assert f"{source.removeprefix('model_')} is served" in warning
    assert served_version(small) == SECOND
