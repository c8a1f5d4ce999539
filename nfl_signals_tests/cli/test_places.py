"""Homes and terminals as they come: one line and exit code 2, or the command works."""

import io
import sys
from pathlib import Path

import pytest

from nfl_signals.cli import main
from nfl_signals.cli.home_option import first_run
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import Settings
from nfl_signals.workspace.data_home import claim_home
from nfl_signals_tests.support.homes import in_fresh_process, nfl_signals


def refused(tmp_path: Path, *arguments: object, home: Path) -> str:
    done = nfl_signals(*arguments, home=home, extra={})
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "file"]
    return done.err


@pytest.mark.parametrize("command", ["run", "status", "settings", "ui --port 0"])
@pytest.mark.parametrize("below", ["", "home"])
def test_a_home_that_is_a_file_or_below_one_is_named(
    command: str, below: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    assert f"{file} is a file; name a folder" in refused(
        tmp_path, *command.split(), home=file / below
    )


def test_a_league_is_not_written_into_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    told = refused(tmp_path, "simulate", "--n-seasons", 2, "--out", file, home=tmp_path / "home")
    assert told.startswith(f"error: {file}/release/league.json: cannot be used (Not a directory)")
    assert file.read_text() == "mine"


def test_a_league_is_not_written_into_a_data_home(tmp_path: Path) -> None:
    league = tmp_path / "league"
    claim_home(Paths(league), Settings())
    before = sorted(tmp_path.rglob("*"))
    done = nfl_signals("simulate", "--out", str(league), home=tmp_path / "home", extra={})
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: {league}: is a data home; choose another folder.\n"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["picks", "status", "verify"])
def test_looking_at_a_folder_that_is_not_there_says_so_and_makes_none(
    command: str, tmp_path: Path
) -> None:
    done = nfl_signals(command, home=tmp_path / "nowhere", extra={})
    assert (done.code, done.out) == (2, "")
    said = f"error: {tmp_path}/nowhere: no such folder; {first_run('simulated')} makes the home.\n"
    assert done.err == said
    assert not any(tmp_path.iterdir())


def test_a_terminal_that_knows_few_signs_is_shown_the_others_by_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "hé [1] ü"
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii"))
    monkeypatch.setattr(sys, "argv", ["nfl-signals", "settings", "--home", str(home)])
    monkeypatch.setenv("NFL_SIGNALS_HOME", "")
    with pytest.raises(SystemExit) as ended:
        main.main()
    sys.stdout.flush()
    assert not ended.value.code
    assert b"h\\xe9 [1] \\xfc" in shown.getvalue().replace(b"\n", b"")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are never garbled")
def test_a_name_that_the_terminal_garbles_is_refused_by_the_variable_that_holds_it(
    tmp_path: Path,
) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = in_fresh_process("settings", home=tmp_path / "hé", extra=ascii_only)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: NFL_SIGNALS_HOME: cannot be read in the encoding ascii")
    assert "set PYTHONUTF8=1" in done.err


def test_output_that_finds_no_room_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(main, "as_last_run", full)
    done = nfl_signals("settings", home=tmp_path, extra={})
    assert done.code == 2
    assert done.err == (
        "error: output: cannot be used (No space left on device); free disk space, then run again.\n"
    )
