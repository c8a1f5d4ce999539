"""A name stands for the same files for ever."""

from pathlib import Path
from typing import Any

import pytest

from nfl_signals.core.files import write_json
from nfl_signals.registry.model_card import model_hash, read_card
from nfl_signals.registry.version_store import store_version
from nfl_signals_tests.support.run_contexts import contents

NAME = "v202409"


def put(store: Path, weight: float, *, games: int = 100) -> str:
    """Store a model of one number; returns the name it got."""
    staged = store / ".staged"
    write_json(staged / "parts" / "weight.json", weight)

    def describe(name: str) -> dict[str, Any]:
        card = {"model_version": name, "model_hash": model_hash(staged), "games": games}
        card["feature_version"] = "3f2a"
        write_json(staged / "card.json", card)
        return card

    name = str(store_version(staged, store, NAME, describe=describe)["model_version"])
    assert not staged.exists()
    assert read_card(store / name)["model_version"] == name
    assert read_card(store / name)["model_hash"] == model_hash(store / name)
    return name


def test_the_same_files_find_themselves_and_others_get_the_next_name(tmp_path: Path) -> None:
    assert [put(tmp_path, weight) for weight in (1.0, 2.0, 1.0, 3.0, 2.0)] == [
        NAME,
        f"{NAME}02",
        NAME,
        f"{NAME}03",
        f"{NAME}02",
    ]


def test_what_lies_there_is_never_written_again(tmp_path: Path) -> None:
    put(tmp_path, 1.0)
    before = contents(tmp_path)
    inode = (tmp_path / NAME).stat().st_ino
    put(tmp_path, 1.0)
    assert contents(tmp_path) == before
    assert (tmp_path / NAME).stat().st_ino == inode
    put(tmp_path, 2.0)
    assert contents(tmp_path / NAME) == {
        name.removeprefix(f"{NAME}/"): content for name, content in before.items()
    }


def test_the_same_files_fitted_on_other_games_are_another_version(tmp_path: Path) -> None:
    assert put(tmp_path, 1.0) == NAME
    assert put(tmp_path, 1.0, games=99) == f"{NAME}02"


@pytest.mark.parametrize("damage", ["parts/weight.json", "card.json"])
def test_a_damaged_folder_is_made_good_by_its_own_files(tmp_path: Path, damage: str) -> None:
    put(tmp_path, 1.0)
    before = contents(tmp_path)
    (tmp_path / NAME / damage).unlink()
    assert put(tmp_path, 1.0) == NAME
    assert contents(tmp_path) == before
