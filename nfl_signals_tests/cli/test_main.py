"""The command line explains itself, and reports in one line what went wrong."""

import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.main import get_command

from nfl_signals.checks.catalog import ALL_CHECKS
from nfl_signals.cli import ui
from nfl_signals.cli.main import app
from nfl_signals.core import files
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import SECTIONS, Settings
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.simulator.feed.write import trouble_release
from nfl_signals.simulator.write import RELEASE
from nfl_signals_tests.conftest import SMALL_LEAGUE
from nfl_signals_tests.support.homes import CommandResult, copy_of, fingerprints, nfl_signals

COMMANDS = get_command(app).commands  # type: ignore[attr-defined]
LOOKING = ["picks", "status", "verify"]
CHECKS = ALL_CHECKS


def call(*arguments: str, home: Path, **extra: str) -> CommandResult:
    return nfl_signals(*arguments, home=home, extra=SMALL_LEAGUE | extra)


def squeezed(text: str) -> str:
    """Words without the boxes and line breaks between them."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_names_its_options_and_what_it_does(
    command: str, tmp_path: Path
) -> None:
    done = call(command, "--help", home=tmp_path)
    text = squeezed(done.out)
    assert (done.code, done.err) == (0, "")
    for option in COMMANDS[command].params:
        assert option.opts[0] in text or option.human_readable_name in text
    purpose = " ".join((COMMANDS[command].help or "").replace("`", "").split("\n\n")[0].split())
    assert purpose in text
    assert max(map(len, done.out.splitlines())) <= 80


def test_help_of_run_shows_how_to_call_it(tmp_path: Path) -> None:
    text = squeezed(call("run", "--help", home=tmp_path).out)
    assert "nfl-signals run --source nflverse --home real --as-of 2023-11-14" in text
    assert "NFL_SIGNALS_NFLVERSE" in text


def test_without_a_command_the_way_in_is_shown(tmp_path: Path) -> None:
    done = call(home=tmp_path)
    assert all(name in done.out + done.err for name in COMMANDS)
    assert "Start with nfl-signals run" in squeezed(done.out + done.err)


@pytest.mark.slow
def test_run_ends_with_a_table_for_each_market_and_the_way_to_the_report(
    nflverse_home: Path,
) -> None:
    done = (nflverse_home / "printed.txt").read_text()
    where = [done.index(f"\n{market.title}") for market in MARKETS.values()]
    assert where == sorted(where)
    assert done.count("kickoff    game") == len(MARKETS)
    report = nflverse_home / "home" / "reports" / "backtest.md"
    assert str(report) in done.replace("\n", "")
    assert report.exists()


@pytest.mark.slow
def test_run_without_a_terminal_prints_one_line_a_step(nflverse_home: Path) -> None:
    printed = (nflverse_home / "printed.txt").read_text()
    steps = re.findall(r"^\[(\d+)/(\d+)\] (\w+)$", printed, flags=re.MULTILINE)
    (total,) = {int(total) for _, total, _ in steps}
    assert [int(done) for done, *_ in steps] == list(range(1, total + 1))
    assert {"raw_games", "gold_features_no_leak", "backtest"} <= {n for *_, n in steps}


@pytest.mark.slow
@pytest.mark.parametrize("command", [*LOOKING, "settings"])
def test_output_fits_eighty_columns_without_cutting_a_word(
    command: str, finished_home: Path
) -> None:
    done = call(command, home=finished_home)
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    assert "…" not in done.out


@pytest.mark.slow
def test_picks_show_every_upcoming_prediction(finished_home: Path) -> None:
    done = call("picks", home=finished_home).out
    upcoming = pl.read_parquet(Paths(finished_home).upcoming)
    shown = re.findall(r"^ \w{3} \d\d:\d\d  (\w+) at (\w+) .* [-+]\d+/[-+]\d+ ", done, re.MULTILINE)
    assert len(shown) == upcoming.height
    sides = {tuple(game.split("_")[2:]) for game in upcoming["game_id"]}
    assert set(shown) == sides


@pytest.mark.slow
def test_status_says_the_served_model_and_what_there_is(finished_home: Path) -> None:
    done = squeezed(call("status", home=finished_home).out)
    assert "source simulated" in done
    assert "seasons 2018-2024" in done
    assert "model v202409" in done
    assert "predictions in the production book" in done


@pytest.mark.slow
def test_status_folds_a_long_path_and_keeps_all_of_it(finished_home: Path, tmp_path: Path) -> None:
    home = copy_of(finished_home, tmp_path / ("long" * 20))
    done = call("status", home=home).out
    assert max(map(len, done.splitlines())) <= 80
    assert f"home{home}source" in re.sub(r"\s", "", done)


@pytest.mark.slow
def test_status_before_the_first_run_says_not_yet(finished_home: Path, tmp_path: Path) -> None:
    shutil.copytree(Paths(finished_home).simulated, Paths(tmp_path).simulated)
    done = squeezed(call("status", home=tmp_path).out)
    missing = ["seasons", "model", "champion", "ledger", "calibration", "last run"]
    assert done.count("not yet") == len(missing)


@pytest.mark.slow
def test_looking_changes_nothing(finished_home: Path, tmp_path: Path) -> None:
    home = copy_of(finished_home, tmp_path / "home")
    before = fingerprints(home, "data", "models", "reports")
    assert [call(command, home=home).code for command in LOOKING] == [0, 0, 0]
    assert fingerprints(home, "data", "models", "reports") == before


@pytest.mark.slow
def test_looking_remembers_the_source_of_the_last_run(nflverse_home: Path, tmp_path: Path) -> None:
    home = copy_of(nflverse_home / "home", tmp_path / "home")
    release = str(nflverse_home / "league" / "release")
    done = call("status", home=home, NFL_SIGNALS_NFLVERSE=release)
    assert "source nflverse" in squeezed(done.out)
    assert not Paths(home).simulated.exists()


@pytest.mark.slow
def test_verify_prints_one_line_a_check(finished_home: Path) -> None:
    done = call("verify", home=finished_home, COLUMNS="200")
    assert done.code == 0
    lines = done.out.splitlines()
    for line, name in zip(lines, CHECKS, strict=False):
        assert line.startswith(f"ok    {name} (")
    heads = re.findall(r"^head of the (ledger|decision log): ([0-9a-f]{16})$", done.out, re.M)
    assert [name for name, _ in heads] == ["ledger", "decision log"]
    assert lines[-1].startswith(
        "Not to be found without --anchor or a key (NFL_SIGNALS_LEDGER_KEY): ledger, heads.txt, registry "
        "and decision log rewritten"
    )
    anchors = [each for _, head in heads for each in ("--anchor", head)]
    noted = call("verify", *anchors, home=finished_home)
    assert (noted.code, "ok    anchors: held (noted_heads 2)" in noted.out) == (0, True)
    assert "Not to be found without a key: rows after the heads" in noted.out
    foreign = call("verify", "--anchor", "0123456789abcdef", home=finished_home, COLUMNS="200")
    assert foreign.code == 1
    assert "FAILED anchors: held: noted head 0123456789abcdef is in neither ledger" in foreign.out


@pytest.mark.parametrize("anchor", ["abc", "0123456789abcdeg", "0" * 65])
def test_verify_refuses_what_is_no_head_before_it_checks_anything(
    finished_home: Path, anchor: str
) -> None:
    done = call("verify", "--anchor", "0" * 16, "--anchor", anchor, home=finished_home)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: --anchor {anchor}: expected at least 16 hex digits, and at")


@pytest.mark.slow
def test_verify_checks_anchors_though_another_check_fails(
    finished_home: Path, tmp_path: Path
) -> None:
    """Of a ledger and a decision log of which one cannot be read, the other is still held to them."""
    home = copy_of(finished_home, tmp_path / "home")
    head = str(pl.read_parquet(Paths(home).ledger)["seal"][-1])
    for file in (Paths(home).raw("games", 2018), Paths(home).history):
        file.write_bytes(b"no such file")
    done = call("verify", "--anchor", head, home=home, COLUMNS="400")
    assert done.code == 1
    assert "ok    anchors: held (noted_heads 1)" in done.out
    done = call("verify", "--anchor", "f" * 64, home=home, COLUMNS="400")
    assert "FAILED anchors: held: noted head ffff" in done.out


@pytest.mark.slow
def test_verify_names_each_check_that_tampering_breaks_and_no_other(
    finished_home: Path, tmp_path: Path
) -> None:
    home = copy_of(finished_home, tmp_path / "home")
    paths = Paths(home)
    ledger = pl.read_parquet(paths.ledger)
    files.write_parquet(paths.ledger, ledger.with_columns(p_hat=1 - pl.col("p_hat")))
    stacked = pl.read_parquet(paths.stacked)
    files.write_parquet(paths.stacked, stacked.head(-1))
    model = paths.baseline("total", "lightgbm", "v202409") / "model.txt"
    model.write_text(model.read_text().replace("max_bin", "max_bon", 1))

    done = call("verify", home=home, COLUMNS="400")

    assert done.code == 1
    failed = [line for line in done.out.splitlines() if line.startswith("FAILED")]
    names = [
        "calibrated_predictions: contract",
        "ledger: sealed",
        "models: files match cards",
        "upcoming_predictions: in the ledger",  # with other probabilities
    ]
    assert [line.removeprefix("FAILED ").split(": ")[:2] for line in failed] == [
        name.split(": ") for name in names
    ]
    assert stacked["game_id"][-1] in failed[0]
    assert "row 0" in failed[1]
    assert str(model.parent) in failed[2]
    assert done.err == f"error: 4 of {len(CHECKS)} checks failed\n"


@pytest.mark.slow
def test_brackets_in_a_path_are_printed_as_they_are(finished_home: Path, tmp_path: Path) -> None:
    home = copy_of(finished_home, tmp_path / "a[/b][red]")
    done = call("status", home=home, COLUMNS="400")
    assert (done.code, done.err) == (0, "")
    assert re.match(r"home +(\S+) *\n", done.out)[1] == str(home)  # type: ignore[index]
    (Paths(home).raw("games", 2018)).write_bytes(b"")
    done = call("verify", home=home, COLUMNS="400")
    assert done.code == 1
    assert f"{home}/data/raw/games/2018.parquet: cannot be read" in done.out


def test_settings_lists_every_field_with_its_value_and_variable(tmp_path: Path) -> None:
    done = call("settings", home=tmp_path, NFL_SIGNALS_SEED="42").out
    for name in set(Settings.model_fields).difference(SECTIONS):
        assert re.search(rf"^{name} = ", done, re.MULTILINE)
        assert f"\n    NFL_SIGNALS_{name.upper()}\n" in done
    assert "\nseed = 42\n" in done
    assert "\nmonitor.window_weeks = 8\n" in done
    assert "\n    NFL_SIGNALS_MONITOR__WINDOW_WEEKS\n" in done


def test_settings_are_those_that_a_command_in_this_home_has(finished_home: Path) -> None:
    """Nothing is set here: the league is the home's, and no default."""
    done = nfl_signals("settings", home=finished_home, extra={}).out
    assert f"\nsimulator.first_season = {Settings().simulator.first_season}\n" not in done
    assert "\nsimulator.first_season = 2018\n" in done
    assert "\nhorizon = tuesday\n" in done


@pytest.mark.slow
def test_simulate_writes_a_release_and_says_how_to_run_on_it(tmp_path: Path) -> None:
    out = tmp_path / "league"
    done = call("simulate", "--out", str(out), "--n-seasons", "2", "--seed", "3", home=tmp_path)
    assert done.code == 0
    assert (out / "release" / "schedules" / "games.parquet").exists()
    assert (out / "truth.parquet").exists()
    assert f"NFL_SIGNALS_NFLVERSE={out / 'release'} nfl-signals run --source nflverse" in done.out
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_simulate_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        out = str(tmp_path / name)
        call("simulate", "--out", out, "--n-seasons", "2", "--weeks-played", "0", home=tmp_path)
    one, two = (fingerprints(tmp_path / name, "release") for name in ("one", "two"))
    assert one == two
    assert len(one) > 2


INPUT_ERRORS = {
    "backward seasons": (["run", "--seasons", "2023-2010"], "2023-2010 runs backwards"),
    "unknown source": (["run", "--source", "espn"], "source: "),
    "not a date": (["run", "--as-of", "Tuesday"], "as_of: "),
    "impossible week": (["simulate", "--out", "x", "--weeks-played", "23"], "weeks_played: "),
    "no such folder": (["run", "--source", "nflverse"], "nowhere: no such folder"),
}


@pytest.mark.parametrize("mistake", INPUT_ERRORS)
def test_input_that_cannot_be_used_is_one_line_on_stderr_and_exit_code_2(
    mistake: str, tmp_path: Path
) -> None:
    arguments, message = INPUT_ERRORS[mistake]
    done = call(*arguments, home=tmp_path, NFL_SIGNALS_NFLVERSE=str(tmp_path / "nowhere"))
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert message in done.err
    assert "Traceback" not in done.out + done.err


def test_a_misspelt_option_is_refused_with_exit_code_2(tmp_path: Path) -> None:
    done = call("run", "--sauce", "nflverse", home=tmp_path)
    assert done.code == 2
    assert "--sauce" in done.err


@pytest.mark.slow
def test_picks_before_the_first_run_say_what_is_missing(
    finished_home: Path, tmp_path: Path
) -> None:
    shutil.copytree(Paths(finished_home).simulated, Paths(tmp_path).simulated)
    done = call("picks", home=tmp_path)
    assert done.code == 2
    assert done.err == (
        f"error: {Paths(tmp_path).upcoming}: not there yet; `nfl-signals run` makes it, and so does "
        "its asset in Dagster.\n"
    )


@pytest.mark.slow
def test_ui_serves_only_this_machine(
    finished_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_of(finished_home, tmp_path / "home")
    started: list[list[str]] = []
    monkeypatch.setattr(ui.os, "execve", lambda _, command, __: started.append(command))
    monkeypatch.setattr(ui, "start_watching", lambda *_: None)
    done = call("ui", "--port", "3210", home=home, NFL_SIGNALS_SOURCE="simulated")
    assert done.out == (
        "simulated, seasons 2018-2024, the source's now\n"
        "Dagster: http://127.0.0.1:3210 (stop with Ctrl-C)\n"
    )
    (command,) = started
    assert command[command.index("dagster") :][:2] == ["dagster", "dev"]
    assert command[command.index("-h") + 1] == "127.0.0.1"
    assert command[command.index("-p") + 1] == "3210"


@pytest.mark.slow
def test_ui_starts_without_a_release_that_is_refused(
    nflverse_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_of(nflverse_home / "home", tmp_path / "home")
    release = shutil.copytree(nflverse_home / "league" / RELEASE, tmp_path / "release")
    trouble_release(release, "other_sport")
    started: list[list[str]] = []
    monkeypatch.setattr(ui.os, "execve", lambda _, command, __: started.append(command))
    monkeypatch.setattr(ui, "start_watching", lambda *_: None)
    done = call("ui", home=home, NFL_SIGNALS_NFLVERSE=str(release))
    assert (done.code, len(started)) == (0, 1), done.err
