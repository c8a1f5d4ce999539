"""A folder changes hands between data homes without losing or mixing anything."""

from pathlib import Path
from typing import Any

import pytest

from nfl_signals.core.errors import StorageError
from nfl_signals.core.files import read_json
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings
from nfl_signals.workspace.data_homes import CONTENTS, claim_home, data_home_name
from nfl_signals_tests.support.run_contexts import contents, copy_context, settings_of

SIMULATED = {seed: Settings(seed=seed) for seed in (1, 2, 3)}
NFLVERSE = Settings(source="nflverse")
LEDGER = "data/ledger/predictions.parquet"


def claim(home: Path, settings: Settings) -> None:
    claim_home(Paths(home), settings)


def furnish(home: Path, run_context: str, *, names: tuple[str, ...] = CONTENTS) -> None:
    """Give the home one file per belonging that says whose it is."""
    for name in names:
        file = home / name / "rows.txt"
        file.parent.mkdir(parents=True)
        file.write_text(f"{run_context}: {name}")


def owners(home: Path) -> set[str]:
    """Whose files lie in the home, those set aside left out."""
    files = [home / name / "rows.txt" for name in CONTENTS]
    return {file.read_text().split(":")[0] for file in files if file.exists()}


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"simulator": {"weeks_played": 10}}, True),
        ({"threads": 1, "seasons": "2014-2020", "signal_source": "proxy"}, True),
        ({"seed": 2}, False),
        ({"simulator": {"hold": 0.05}}, False),
        ({"simulator": {"n_seasons": 13}}, False),
        ({"source": "nflverse"}, False),
    ],
)
def test_a_data_home_is_named_by_what_its_past_depends_on(
    changes: dict[str, Any], same: bool
) -> None:
    assert (
        data_home_name(Settings(**{"seed": 1, **changes})) == data_home_name(Settings(seed=1))
    ) is same


def test_a_home_from_before_a_bookmaker_could_be_ignorant_keeps_its_name() -> None:
    assert data_home_name(Settings(seed=1)) == "simulated-1ef035ae"
    ignorant = {"drift_known": False}
    assert data_home_name(Settings(seed=1, simulator=ignorant)) != data_home_name(Settings(seed=1))


def test_a_fresh_home_is_claimed_without_moving_anything(tmp_path: Path) -> None:
    claim(tmp_path, SIMULATED[1])
    assert read_json(tmp_path / "data/data_home.json") == {
        "data_home": data_home_name(SIMULATED[1])
    }
    assert not (tmp_path / "data/homes").exists()


def test_claiming_the_present_data_home_again_moves_nothing(tmp_path: Path) -> None:
    claim(tmp_path, SIMULATED[1])
    furnish(tmp_path, "one")
    before = contents(tmp_path)
    claim(tmp_path, SIMULATED[1])
    claim(tmp_path, SIMULATED[1].model_copy(update={"threads": 9}))
    assert contents(tmp_path) == before


def test_a_finished_data_home_comes_back_byte_for_byte(finished_home: Path, tmp_path: Path) -> None:
    """And the other league's ledger, written meanwhile, waits untouched for its own return."""
    copy_context(finished_home, tmp_path)
    mine, other = settings_of(tmp_path), settings_of(tmp_path, seed=1)
    before = contents(tmp_path)
    claim(tmp_path, other)
    assert not [name for name in CONTENTS if (tmp_path / name).exists()]
    (tmp_path / "data/ledger").mkdir()
    (tmp_path / LEDGER).write_bytes(b"the other league's")
    claim(tmp_path, mine)
    aside = tmp_path / "data/homes" / data_home_name(other)
    assert contents(aside) == {LEDGER: b"the other league's"}
    back = {name: file for name, file in contents(tmp_path).items() if "homes" not in name}
    assert back == before
    claim(tmp_path, other)
    assert (tmp_path / LEDGER).read_bytes() == b"the other league's"


def test_another_week_of_the_same_league_keeps_its_ledger(
    finished_home: Path, tmp_path: Path
) -> None:
    copy_context(finished_home, tmp_path)
    before = (tmp_path / LEDGER).read_bytes()
    claim(
        tmp_path,
        settings_of(
            tmp_path, simulator={**settings_of(tmp_path).simulator.model_dump(), "weeks_played": 10}
        ),
    )
    assert (tmp_path / LEDGER).read_bytes() == before


class KilledError(BaseException):
    """Nothing catches it, as nothing catches a kill."""


def kill_at(monkeypatch: pytest.MonkeyPatch, move: int) -> None:
    """The process dies just before its `move`-th rename of a belonging."""
    moves, rename = iter(range(move)), Path.rename

    def dying(source: Path, destination: Path) -> Path:
        if next(moves, None) is None:
            raise KilledError
        return rename(source, destination)

    monkeypatch.setattr(Path, "rename", dying)


@pytest.mark.parametrize("after", [SIMULATED[1], SIMULATED[2], SIMULATED[3], NFLVERSE])
@pytest.mark.parametrize("move", range(15))
def test_a_switch_killed_between_any_two_moves_is_finished_by_the_next_claim(
    tmp_path: Path, move: int, after: Settings
) -> None:
    """Eleven folders go, four of the other data home come; whoever is next, nothing is mixed or lost."""
    theirs = ("data/gold", "data/ledger", "models", "reports")
    claim(tmp_path, SIMULATED[2])
    furnish(tmp_path, "two", names=theirs)
    claim(tmp_path, SIMULATED[1])
    furnish(tmp_path, "one")
    with pytest.MonkeyPatch.context() as patch:
        kill_at(patch, move)
        with pytest.raises(KilledError):
            claim(tmp_path, SIMULATED[2])
    claim(tmp_path, after)
    expected = {data_home_name(SIMULATED[1]): {"one"}, data_home_name(SIMULATED[2]): {"two"}}
    assert owners(tmp_path) == expected.get(data_home_name(after), set())
    for settings, owner, count in ((SIMULATED[1], "one", 11), (SIMULATED[2], "two", 4)):
        claim(tmp_path, settings)
        assert owners(tmp_path) == {owner}
        assert sum((tmp_path / name / "rows.txt").exists() for name in CONTENTS) == count


def test_a_folder_that_is_in_the_way_stops_the_move_and_keeps_both(tmp_path: Path) -> None:
    claim(tmp_path, SIMULATED[1])
    furnish(tmp_path, "one", names=("data/ledger",))
    in_the_way = tmp_path / "data/homes" / data_home_name(SIMULATED[1]) / "data/ledger/rows.txt"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("older")
    with pytest.raises(StorageError, match="data/ledger: could not be moved"):
        claim(tmp_path, SIMULATED[2])
    assert in_the_way.read_text() == "older"
    assert (tmp_path / "data/ledger/rows.txt").read_text() == "one: data/ledger"
