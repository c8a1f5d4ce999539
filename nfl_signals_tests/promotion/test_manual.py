"""A person decides who speaks: with the gate or against it, never for what cannot or must not speak."""

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
from nfl_signals.predictions.champion import seat_first, spoken_version
from nfl_signals.predictions.upcoming import append_to_ledger, predict_upcoming
from nfl_signals.promotion.gate import judge
from nfl_signals.promotion.manual import before_champion, candidate, promote, roll_back, unheard
from nfl_signals.promotion.measures import PAIRS_SCHEMA
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision
from nfl_signals.registry.model_card import CARD, model_hash, read_card
from nfl_signals.workspace.run_context import World, open_world
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.production import speak
from nfl_signals_tests.support.small_training import LEAST, open_small
from nfl_signals_tests.support.worlds import contents, copy_world, drop_rows, earlier, settings_of

FIRST, SECOND, THIRD = "v202403", "v20240302", "v20240303"
COPY = "v202403r202403"
NEWEST, LAST_SEASON = "v202409", "v202322"
THIS_SEASON = pl.col("season") == 2024
PLAYED = {"first": "2018-w01", "n_games": 1000}
WHY = "it is a test"


@pytest.fixture
def small(small_home: Path, tmp_path: Path) -> World:
    """FIRST is champion; SECOND and THIRD can speak, and are as good."""
    world = open_small(shutil.copytree(small_home, tmp_path / "home"))
    for version in (SECOND, THIRD):
        another(world, FIRST, version)
    return world


@pytest.fixture
def world(finished_home: Path, tmp_path: Path) -> World:
    """The champion is last season's; NEWEST has its walk-forward replay to show."""
    gate = {"min_weeks": 6, "min_games": 60}  # nine weeks of the season are played
    copy = copy_world(finished_home, tmp_path / "home", gate=gate)
    another(copy, NEWEST, LAST_SEASON, training_window={"last": "2023-w22", **PLAYED})
    copy.paths.history.unlink()
    seat_first(earlier(copy, utc("2024-09-03 14:00")), LAST_SEASON)
    return copy


def another(world: World, version: str, name: str, **changes: object) -> None:
    """Another version that differs from the first by a file that nobody reads."""
    folder = shutil.copytree(world.paths.ensemble(version), world.paths.ensemble(name))
    (folder / "name.json").write_text(f'"{name}"')
    card = read_card(folder) | {"model_version": name, "model_hash": model_hash(folder)}
    write_json(folder / CARD, card | changes)


def overrule(world: World, version: str) -> Decision:
    found = candidate(world, version)
    return promote(world, found, reason=WHY, against_the_gate=True)


def kinds(world: World) -> list[str]:
    return [each.kind for each in decision_log.read(world.paths.history)]


# --- with the gate, and against it


def test_whom_the_gate_would_promote_needs_no_reason(world: World) -> None:
    speak(world, THIS_SEASON, slope=-1.0)
    found = candidate(world, NEWEST)
    assert (found.champion, found.answer) == (LAST_SEASON, "promote")
    decision = promote(world, found)
    assert (decision.kind, decision.step, decision.version) == ("promoted", "person", NEWEST)
    assert decision.sentence.startswith(
        "A person promoted it, with the gate. The gate said: Promot"
    )
    assert decision.measures["findings"][0]["name"] == "calibrated"
    assert spoken_version(world) == NEWEST


def test_where_the_gate_cannot_tell_a_person_needs_to_say_so_and_why(world: World) -> None:
    found = candidate(world, f"model_{NEWEST}")  # the champion has said nothing yet
    assert (found.version, found.answer) == (NEWEST, "insufficient")
    before = contents(world.paths.home / "models")
    with pytest.raises(InputError, match=r"the gate says: Insufficient .* say --against-the-gate"):
        promote(world, found, reason=WHY)
    with pytest.raises(InputError, match="--against-the-gate needs a --reason"):
        promote(world, found, against_the_gate=True)
    assert contents(world.paths.home / "models") == before
    decision = promote(world, found, reason=f"{WHY}.", against_the_gate=True)
    assert decision.sentence.startswith(f"A person promoted it, against the gate: {WHY}. The gate")
    assert decision.measures["gate"] == "insufficient"


def test_who_is_too_sure_is_promoted_by_nobody(world: World) -> None:
    another(world, NEWEST, "v201722", training_window=PLAYED | {"last": "2017-w22"})
    speak(world, pl.lit(value=True), slope=4.0, version="v201722")
    found = candidate(world, "v201722")
    assert found.answer == "reject"
    assert [each.market for each in found.uncalibrated] == ["moneyline"]
    for against in (False, True):
        with pytest.raises(
            InputError, match=r"v201722 is not calibrated, .* Moneyline: .*error is"
        ):
            promote(world, found, reason=WHY, against_the_gate=against)
    assert kinds(world) == ["first"]


def test_a_recalibrated_copy_is_known_by_what_the_gate_found_when_it_was_made(small: World) -> None:
    """It has said nothing itself, and the replay is that of what it is a copy of."""
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


# --- what cannot speak


def edited_file(world: World) -> None:
    (world.paths.ensemble(SECOND) / "name.json").write_text("2")


def card_with(**changes: object) -> Callable[[World], None]:
    def change(world: World) -> None:
        card = world.paths.ensemble(SECOND) / CARD
        write_json(card, read_json(card) | changes)

    return change


def known_otherwise(world: World) -> None:
    """The history knows other files by its name."""
    overrule(world, SECOND)
    roll_back(world)
    folder = world.paths.ensemble(SECOND)
    (folder / "name.json").write_text("2")
    card_with(model_hash=model_hash(folder))(world)


def gone(world: World) -> None:
    shutil.rmtree(world.paths.ensemble(SECOND))


def taught_by_the_future(world: World) -> None:
    drop_rows(world.paths.markets / "2024.parquet", pl.col("week") == 3)


UNLOADABLE: list[tuple[Callable[[World], None], type[NflSignalsError], str]] = [
    (gone, InputError, f"no version {SECOND}; there are {FIRST}, {THIRD}"),
    (edited_file, IntegrityError, "its files are not what its card describes"),
    (card_with(feature_version="0dd"), IntegrityError, "fitted on features 0dd"),
    (card_with(horizon={"ats": "x"}), IntegrityError, "horizon"),
    (card_with(label={"ats": "x"}), IntegrityError, "label"),
    (known_otherwise, IntegrityError, r"was promoted as \w{12}"),
    (taught_by_the_future, InputError, "taught by games until 2024-w03"),
]


@pytest.mark.parametrize(("spoil", "error", "said"), UNLOADABLE)
def test_what_cannot_speak_is_neither_promoted_nor_gone_back_to(
    small: World, spoil: Callable[[World], None], error: type[NflSignalsError], said: str
) -> None:
    spoil(small)
    before = contents(small.paths.home)
    with pytest.raises(error, match=said):
        overrule(small, SECOND)
    with pytest.raises(error, match=said):
        roll_back(small, SECOND)
    assert contents(small.paths.home) == before


# --- back again


def predictions(world: World) -> list[bytes]:
    predict_upcoming(world)
    return [path.read_bytes() for path in (world.paths.upcoming, world.paths.explanations)]


def test_after_a_rollback_predictions_are_byte_for_byte_what_they_were(world: World) -> None:
    before = predictions(world)
    append_to_ledger(world)
    overrule(world, NEWEST)
    between = predictions(world)
    assert between != before
    append_to_ledger(world)
    decision = roll_back(world, reason="It was a drill.")
    assert (decision.kind, decision.champion) == ("rolled_back", LAST_SEASON)
    assert decision.sentence == (
        f"A person gave the seat back to {LAST_SEASON}, from {NEWEST}. It was a drill."
    )
    assert predictions(world) == before
    assert append_to_ledger(world)["production"] == 0  # said already


def test_going_back_goes_back_one_further_each_time(small: World) -> None:
    overrule(small, SECOND)
    overrule(small, THIRD)
    assert [roll_back(small).champion for _ in range(2)] == [SECOND, FIRST]
    with pytest.raises(InputError, match=f"nobody was champion before {FIRST}; name a version"):
        roll_back(small)
    assert roll_back(small, f"model_{THIRD}").champion == THIRD
    assert before_champion(small) == FIRST  # whom it was rolled back from does not come again
    assert roll_back(small, THIRD).champion == THIRD
    assert kinds(small)[-3:] == ["rolled_back"] * 3
    another(small, FIRST, COPY)
    with pytest.raises(InputError, match="it never was champion; promote it instead"):
        roll_back(small, COPY)


# --- two at once, and twice the same


def test_of_two_promotions_at_once_one_wins_and_the_other_is_told(small: World) -> None:
    found = [candidate(small, version) for version in (SECOND, THIRD)]

    def seat(index: int) -> str:
        try:
            return promote(small, found[index], reason=WHY, against_the_gate=True).champion
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(seat, range(2)), key=len)
    winner = spoken_version(small)
    assert said[0] == winner
    assert f"was decided against {FIRST}, but {winner} holds the seat" in said[1]
    assert kinds(small) == ["first", "promoted"]


def test_a_promotion_that_is_repeated_is_one_line(small: World) -> None:
    decision = overrule(small, SECOND)
    before = contents(small.paths.home / "models")
    assert overrule(small, SECOND) == decision
    assert promote(small, candidate(small, SECOND)) == decision
    assert contents(small.paths.home / "models") == before


# --- the one line of the settings


@pytest.mark.parametrize("source", ["proxy", f"model_{FIRST}"])
def test_where_the_settings_name_another_voice_a_promotion_says_that_it_is_not_heard(
    small: World, source: str
) -> None:
    assert unheard(small) is None
    pinned = open_world(settings_of(small.paths.home, training=LEAST, signal_source=source))
    overrule(pinned, SECOND)
    warning = str(unheard(pinned))
    assert warning.startswith(f"signal_source is {source}: the decision is recorded, but ")
    assert f"{source.removeprefix('model_')} goes on speaking" in warning
    assert spoken_version(small) == SECOND
