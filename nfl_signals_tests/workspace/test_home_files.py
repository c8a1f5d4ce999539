"""A home begins with files that come with the package, and never by accident in a folder of other things."""

from pathlib import Path

import pytest

from nfl_signals.core.errors import InputError
from nfl_signals.core.settings import PROJECT_ROOT, load_settings
from nfl_signals.workspace.home_files import make_home, refuse_no_home, usual

IN_A_CLONE = {
    "signals.yaml": "signals.yaml",
    "workspace.yaml": "workspace.yaml",
    "dagster.yaml": "dagster_home/dagster.yaml",
}


@pytest.mark.parametrize("name", IN_A_CLONE)
def test_a_clone_has_the_files_that_come_with_the_package(name: str) -> None:
    assert (PROJECT_ROOT / IN_A_CLONE[name]).read_text(encoding="utf-8") == usual(name)


def test_a_home_is_made_once_and_its_settings_can_be_read(tmp_path: Path) -> None:
    made = make_home(tmp_path / "new" / "home")
    assert made.name == "signals.yaml"
    assert load_settings(home=made.parent).signal_source == "champion"
    with pytest.raises(InputError, match="is a home already"):
        make_home(made.parent)
    with pytest.raises(InputError, match="is a file"):
        make_home(made)


def test_a_folder_of_other_things_is_made_no_home_by_accident(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refuse_no_home()  # empty
    (tmp_path / "letter.txt").touch()
    with pytest.raises(InputError, match=r"is no home, and not empty.*nfl-signals init \."):
        refuse_no_home()
    make_home(tmp_path)
    refuse_no_home()
