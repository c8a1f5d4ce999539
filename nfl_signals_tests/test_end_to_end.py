"""The whole pipeline: same seed, same bytes; what was said stays said; the truth is never read."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from nfl_signals.core.files import read_json
from nfl_signals.core.paths import Paths
from nfl_signals.core.settings import load_settings
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.heads import NotedHead
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.registry import decision_log
from nfl_signals.registry.mlflow_registry import CHALLENGER, CHAMPION, open_registry
from nfl_signals.workspace.run_context import open_run
from nfl_signals_tests.conftest import SMALL_LEAGUE
from nfl_signals_tests.support.homes import (
    AS_OF,
    copy_of,
    fingerprints,
    in_fresh_process,
    made_once,
    nfl_signals,
)
from nfl_signals_tests.support.http_release import served

pytestmark = pytest.mark.slow

RESULTS = ("data", "models", "reports")
TRUTHS = ("data/simulated/truth.parquet", "data/simulated/truth_tuesday.parquet")
ONE_MORE_WEEK = SMALL_LEAGUE | {"NFL_SIGNALS_SIMULATOR__WEEKS_PLAYED": "10"}


@pytest.fixture(scope="session")
def fresh_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small league, run in a process of its own with one thread."""

    def make(home: Path) -> None:
        one_thread = SMALL_LEAGUE | {"NFL_SIGNALS_THREADS": "1"}
        done = in_fresh_process("run", home=home, extra=one_thread)
        assert done.code == 0, done.err

    return made_once(tmp_path_factory, "fresh", make)


@pytest.fixture(scope="session")
def blind_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in another process with two threads, where the truth was deleted beforehand."""

    def make(home: Path) -> None:
        out = home / "data" / "simulated"
        nfl_signals("simulate", "--out", out, home=home, extra=SMALL_LEAGUE)
        for truth in TRUTHS:
            (home / truth).unlink()
        two_threads = SMALL_LEAGUE | {"NFL_SIGNALS_THREADS": "2"}
        done = in_fresh_process("run", home=home, extra=two_threads)
        assert done.code == 0, done.err

    return made_once(tmp_path_factory, "blind", make)


@pytest.fixture(scope="session")
def home_run_twice(tmp_path_factory: pytest.TempPathFactory, fresh_home: Path) -> Path:
    """A copy of `fresh_home` after a second run."""

    def make(folder: Path) -> None:
        home = copy_of(fresh_home, folder / "home")
        done = nfl_signals("run", home=home, extra=SMALL_LEAGUE)
        assert done.code == 0, done.err

    return made_once(tmp_path_factory, "twice", make) / "home"


@pytest.fixture(scope="session")
def later_home(tmp_path_factory: pytest.TempPathFactory, home_run_twice: Path) -> Path:
    """A copy of `home_run_twice` after one more week was played."""

    def make(folder: Path) -> None:
        home = copy_of(home_run_twice, folder / "home")
        done = nfl_signals("run", home=home, extra=ONE_MORE_WEEK)
        assert done.code == 0, done.err

    return made_once(tmp_path_factory, "later", make) / "home"


def test_two_fresh_processes_give_the_same_bytes_with_one_thread_and_with_two(
    fresh_home: Path, blind_home: Path
) -> None:
    one, two = fingerprints(fresh_home, *RESULTS), fingerprints(blind_home, *RESULTS)
    for truth in TRUTHS:
        del one[truth]
    # The blind home's league was written by `simulate`, which adds a report for people.
    two = {name: digest for name, digest in two.items() if "/simulated/league" not in name}
    assert {Path(name).suffix for name in one} >= {
        ".parquet",
        ".json",
        ".jsonl",
        ".txt",
        ".ubj",
        ".md",
    }
    assert one == two


def test_this_process_gives_the_same_bytes_as_a_fresh_one(
    finished_home: Path, fresh_home: Path
) -> None:
    assert fingerprints(finished_home, *RESULTS) == fingerprints(fresh_home, *RESULTS)


def test_the_pipeline_runs_without_the_truth_and_does_not_make_it_again(blind_home: Path) -> None:
    assert not any((blind_home / truth).exists() for truth in TRUTHS)
    assert pl.read_parquet(Paths(blind_home).upcoming).height > 0


def test_wall_clock_times_are_in_one_file_only(fresh_home: Path) -> None:
    record = read_json(Paths(fresh_home).run_record)
    day = record["started_at"][: len("2026-01-01")]
    texts = [
        file
        for folder in ("data", "models", "reports")
        for suffix in ("json", "md", "txt")
        for file in (fresh_home / folder).rglob(f"*.{suffix}")
    ]
    assert [file.name for file in texts if day in file.read_text()] == ["run.json"]


def test_another_seed_gives_other_games_models_and_predictions(
    fresh_home: Path, nflverse_home: Path
) -> None:
    one = fingerprints(fresh_home, *RESULTS)
    other = fingerprints(nflverse_home / "home", *RESULTS)
    same = {name for name in one.keys() & other.keys() if one[name] == other[name]}
    assert {name for name in same if Path(name).suffix in {".parquet", ".ubj", ".txt"}} == set()


@pytest.fixture
def address(nflverse_home: Path) -> Iterator[str]:
    """URL of a loopback server of the release that `nflverse_home` read from its folder."""
    with served(nflverse_home / "league" / "release") as server:
        yield server.url


def test_a_release_read_through_http_gives_the_same_gold_as_its_folder(
    address: str, nflverse_home: Path, tmp_path: Path
) -> None:
    variables = {
        "NFL_SIGNALS_NFLVERSE": address,
        "NFL_SIGNALS_SOURCE": "nflverse",
        "NFL_SIGNALS_AS_OF": AS_OF,
        "NFL_SIGNALS_CLOCK": "as_of",
    }
    done = nfl_signals("backfill", "2018-2024", home=tmp_path, extra=variables)
    assert done.code == 0, done.err
    tables = ("data/raw", "data/gold")
    assert fingerprints(tmp_path, *tables) == fingerprints(nflverse_home / "home", *tables)
    assert any(Paths(tmp_path).downloads.iterdir())


def test_running_again_adds_nothing_to_the_ledger(fresh_home: Path, home_run_twice: Path) -> None:
    one, two = Paths(fresh_home).ledger, Paths(home_run_twice).ledger
    assert one.read_bytes() == two.read_bytes()


def test_running_again_gives_the_same_tables_models_and_reports(
    fresh_home: Path, home_run_twice: Path
) -> None:
    before, after = fingerprints(fresh_home, *RESULTS), fingerprints(home_run_twice, *RESULTS)
    # The first run's predictions could not know a calibration window; the second run's can.
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed <= {"data/upcoming/predictions.parquet"}
    flag = "period_flag"
    one, two = (pl.read_parquet(Paths(home).upcoming) for home in (fresh_home, home_run_twice))
    assert one.drop(flag).equals(two.drop(flag))


def test_one_more_week_keeps_every_old_row_of_the_ledger(
    home_run_twice: Path, later_home: Path
) -> None:
    before, after = (ledger.read(Paths(home).ledger) for home in (home_run_twice, later_home))
    assert after.head(before.height).equals(before)
    assert after.height > before.height
    assert ledger.verify(after, noted=[NotedHead(head=before["seal"][-1], place="before")]) == []


def test_one_more_week_adds_the_next_weeks_predictions_and_the_walk_forward_of_the_last(
    home_run_twice: Path, later_home: Path
) -> None:
    before = ledger.read(Paths(home_run_twice).ledger).height
    new = ledger.read(Paths(later_home).ledger).slice(before)
    weeks = {
        book: set(new.filter(book=book, season=2024)["week"]) for book in ("production", "learning")
    }
    assert weeks["production"] == {11}
    assert 10 in weeks["learning"]
    assert (new["made_at"] < new["kickoff_at"]).all()


def test_one_more_week_grades_what_was_predicted_for_it(
    home_run_twice: Path, later_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = pl.read_parquet(Paths(home_run_twice).upcoming)
    for name, value in ONE_MORE_WEEK.items():
        monkeypatch.setenv(name, value)
    graded = graded_ledger(open_run(load_settings(home=later_home)))
    mine = graded.filter(book="production", week=10)
    assert set(mine["prediction_id"]) == set(said["prediction_id"])
    assert mine["outcome"].null_count() == 0
    unplayed = graded.filter(book="production", week=11)
    assert unplayed.height == unplayed["outcome"].null_count() > 0


def test_one_more_week_leaves_the_past_of_the_features_as_it_was(
    home_run_twice: Path, later_home: Path
) -> None:
    before, after = (
        pl.read_parquet(Paths(home).features / "*.parquet").filter(
            (pl.col("season") < 2024) | (pl.col("week") <= 9)
        )
        for home in (home_run_twice, later_home)
    )
    assert before.equals(after)


def test_one_more_week_makes_new_models_beside_the_old_ones(later_home: Path) -> None:
    cards = [
        read_json(card)
        for kind in ("baseline", "stacker", "ensemble")
        for card in (later_home / "models" / kind).rglob("card.json")
    ]
    assert {card["model_version"] for card in cards} == {"v202409", "v202410"}
    registered = open_registry(Paths(later_home)).history()
    aliases = {version.version: version.aliases for version in registered}
    assert aliases == {"v202409": (CHAMPION,), "v202410": (CHALLENGER,)}


def test_a_newer_model_is_not_served_before_it_is_promoted(later_home: Path) -> None:
    first, judged = decision_log.read(Paths(later_home).history)
    assert (first.kind, first.champion) == ("first", "v202409")
    assert (judged.kind, judged.champion) == ("insufficient", "v202409")
    assert judged.version > first.version
    upcoming = pl.read_parquet(Paths(later_home).upcoming)
    assert upcoming["model_version"].unique().to_list() == ["v202409"]
