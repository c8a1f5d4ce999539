"""Claims about the model registry, on ensembles that can be worked out by hand."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from filelock import FileLock, Timeout
from polars.testing import assert_frame_equal

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.paths import Paths
from nfl_signals.registry.mlflow_model import ENVIRONMENT
from nfl_signals.registry.mlflow_registry import (
    CHALLENGER,
    CHAMPION,
    Registry,
    create_registry,
    open_registry,
)
from nfl_signals.registry.mlflow_store import artifacts_uri, registry_lock, store_uri
from nfl_signals_tests.support.fake_ensemble import FEATURES, FakeEnsemble, requests, write_ensemble
from nfl_signals_tests.support.homes import made_in_place, made_once, put_back

REPOSITORY = Path(__file__).parents[2]
ODD_NAME = "a home [1] é, 50% #2"
"""What people call folders, and what URIs have to escape."""


def registered(registry: Registry, folder: Path) -> int:
    """Register an ensemble; MLflow's number of it."""
    version = registry.register(
        folder, reader=FakeEnsemble, example=requests(), metrics={"brier": 0.21}, params={"seed": 3}
    )
    return version.number


def make_registry(home: Path) -> None:
    """A registry with version v202409 as champion (bias 0.25) and v202410 as challenger (bias 0.3)."""
    registry = create_registry(Paths(home))
    for version, bias, alias in (("v202409", 0.25, CHAMPION), ("v202410", 0.3, CHALLENGER)):
        registered(registry, write_ensemble(home / version, version=version, bias=bias))
        registry.set_alias(alias, version)
    registry.mark_complete()


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "registry", make_registry)


@pytest.fixture
def home(original: Path, tmp_path: Path) -> Path:
    """A copy of `original` that a test may change: its registry can be read, and not be added to."""
    return shutil.copytree(original, tmp_path / "home")


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_in_place(tmp_path_factory, "built", make_registry)


@pytest.fixture
def built(built_home: Path) -> Path:
    """A home whose registry was built where it lies."""
    return put_back(built_home)


@pytest.fixture
def registry(home: Path) -> Registry:
    return open_registry(Paths(home))


def statements(home: Path) -> str:
    """Everything that the store holds, as SQL."""
    with closing(sqlite3.connect(Paths(home).registry_store)) as connection:
        return "\n".join(connection.iterdump())


def test_a_registered_ensemble_answers_through_mlflow_as_it_does_without(
    registry: Registry,
) -> None:
    model = registry.load(CHAMPION)
    answers = model.predict(requests(5))
    assert answers["p_hat"].to_list() == [0.25, 0.375, 0.5, 0.625, 0.75]
    assert_frame_equal(answers, FakeEnsemble(0.25).predict(requests(5)), check_exact=True)


def test_what_is_unknown_stays_unknown(registry: Registry) -> None:
    assert registry.load(CHAMPION).predict(requests(2))["p_low"].to_list() == [None, 0.65]


def test_versions_are_listed_oldest_first_with_their_aliases(registry: Registry) -> None:
    listed = [(each.number, each.version, each.aliases) for each in registry.history()]
    assert listed == [(1, "v202409", (CHAMPION,)), (2, "v202410", (CHALLENGER,))]


def test_a_version_says_which_files_and_which_features_it_is(registry: Registry) -> None:
    version = registry.find("v202409")
    card = json.loads((registry.load("v202409").ensemble / "card.json").read_text())
    assert version.model_hash == card["model_hash"]
    assert version.feature_version == FEATURES


def test_champion_and_challenger_answer_side_by_side(registry: Registry) -> None:
    answers = {name: registry.load(name).predict(requests(2)) for name in (CHAMPION, CHALLENGER)}
    difference = answers[CHALLENGER]["p_hat"] - answers[CHAMPION]["p_hat"]
    assert difference.to_list() == pytest.approx([0.05, 0.05])


def test_promotion_and_rollback_move_an_alias(registry: Registry) -> None:
    registry.set_alias(CHAMPION, "v202410")
    registry.remove_alias(CHALLENGER)
    assert [each.aliases for each in registry.history()] == [(), (CHAMPION,)]
    registry.set_alias(CHAMPION, "v202409")
    assert [each.aliases for each in registry.history()] == [(CHAMPION,), ()]


def test_removing_an_alias_that_points_nowhere_changes_nothing(registry: Registry) -> None:
    for _ in range(2):
        registry.remove_alias(CHALLENGER)
        assert [each.aliases for each in registry.history()] == [(CHAMPION,), ()]


def test_registering_the_same_files_again_makes_no_second_version(built: Path) -> None:
    before = statements(built)
    assert registered(open_registry(Paths(built)), built / "v202409") == 1
    assert statements(built) == before


def test_a_version_trained_again_is_another_number_and_its_name_means_the_newer(
    built: Path,
) -> None:
    registry = open_registry(Paths(built))
    again = write_ensemble(built / "again", version="v202409", bias=0.26)
    assert registered(registry, again) == 3
    assert registry.find("v202409").number == 3
    assert registry.find(CHAMPION).number == 1


def test_files_that_are_not_what_their_card_says_are_not_registered(built: Path) -> None:
    registry = open_registry(Paths(built))
    (built / "v202410" / "parts" / "bias.json").write_text("0.4")
    with pytest.raises(IntegrityError, match=r"v202410: its files are not what its card"):
        registered(registry, built / "v202410")
    assert len(registry.history()) == 2


def test_an_example_that_cannot_be_answered_registers_nothing(built: Path) -> None:
    before = statements(built)
    unknown = requests().with_columns(home_strength=pl.lit(None, pl.Float64))
    with pytest.raises(InputError, match="home_strength"):
        open_registry(Paths(built)).register(
            write_ensemble(built / "new", bias=0.5),
            reader=FakeEnsemble,
            example=unknown,
            metrics={},
            params={},
        )
    assert statements(built) == before


@pytest.mark.parametrize("name", ["v202411", "champions", ""])
@pytest.mark.slow
def test_a_version_that_was_never_registered_is_refused_by_name(
    registry: Registry, name: str
) -> None:
    with pytest.raises(InputError, match=f"no version and no alias {name}"):
        registry.find(name)


def test_an_alias_that_nobody_reads_is_refused(registry: Registry) -> None:
    with pytest.raises(InputError, match="there are champion and challenger"):
        registry.set_alias("favourite", "v202409")


def test_a_home_without_registry_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"mlflow\.db: no model was registered yet; run the"):
        open_registry(Paths(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_damaged_store_is_an_error_at_once(home: Path) -> None:
    """MLflow by itself would try for more than a minute."""
    Paths(home).registry_store.write_bytes(b"not a database, but long enough to be read as one" * 9)
    with pytest.raises(IntegrityError, match=r"mlflow\.db: not a readable registry"):
        open_registry(Paths(home))


def test_a_store_that_lacks_a_page_is_an_error_at_once(home: Path) -> None:
    store = Paths(home).registry_store
    content = store.read_bytes()
    store.write_bytes(content[: len(content) // 2])
    with pytest.raises(IntegrityError, match=r"mlflow\.db: not a readable registry .*; restore it"):
        open_registry(Paths(home))


@pytest.mark.parametrize("name", ["moved", ODD_NAME])
def test_a_moved_registry_is_read_where_it_lies_and_not_added_to(
    built: Path, tmp_path: Path, name: str
) -> None:
    assert open_registry(Paths(built)).current
    moved = built.rename(tmp_path / name)
    registry = open_registry(Paths(moved))
    assert not registry.current
    assert registry.load(CHAMPION).predict(requests(3))["p_hat"].to_list() == [0.25, 0.5, 0.75]
    assert registry.find(CHAMPION).folder.is_relative_to(moved)
    with pytest.raises(IntegrityError, match=r"registry: was written as file.*; build it anew"):
        registered(registry, write_ensemble(moved / "new", version="v202411", bias=0.1))
    assert not built.exists()


@pytest.mark.slow
def test_a_registry_built_anew_where_it_lies_names_no_old_place(
    built: Path, tmp_path: Path
) -> None:
    """In the process that read the old store, in a folder whose name URIs have to escape."""
    assert built.as_uri() in statements(built)
    moved = built.rename(tmp_path / ODD_NAME)
    open_registry(Paths(moved)).history()
    make_registry(moved)
    registry = open_registry(Paths(moved))
    assert registry.current
    assert registry.load(CHALLENGER).predict(requests(2))["p_hat"].to_list() == [0.3, 0.8]
    assert registry.find(CHALLENGER).folder.is_relative_to(moved)
    assert len(list((moved / "models/registry/artifacts/models").iterdir())) == 2
    store = statements(moved)
    assert built.as_uri() not in store
    assert str(built) not in store
    assert f"{Path.cwd()}/mlruns" not in store
    assert not built.exists()


@pytest.mark.slow
def test_a_registry_that_was_not_built_to_its_end_is_not_current(tmp_path: Path) -> None:
    registry = create_registry(Paths(tmp_path))
    assert not registry.current
    registry.mark_complete()
    assert open_registry(Paths(tmp_path)).current


def test_a_copy_is_a_registry_of_its_own(built: Path, tmp_path: Path) -> None:
    before = statements(built)
    copy = open_registry(Paths(shutil.copytree(built, tmp_path / "home copied")))
    copy.set_alias(CHAMPION, "v202410")
    assert copy.find(CHAMPION).folder.is_relative_to(tmp_path / "home copied")
    assert open_registry(Paths(built)).find(CHAMPION).version == "v202409"
    assert statements(built) == before


def test_opening_writes_nothing(home: Path, registry: Registry) -> None:
    before = Paths(home).registry_store.read_bytes()
    assert registry.find(CHAMPION).number == 1
    open_registry(Paths(home))
    assert Paths(home).registry_store.read_bytes() == before


def test_uris_escape_what_would_end_a_path() -> None:
    assert store_uri(Path("/a b/[1]/x?y#z%.db")) == "sqlite:////a b/[1]/x%3Fy%23z%25.db"
    assert artifacts_uri(Path("/a b")) == "file:///a%20b/artifacts"


def test_one_process_may_take_the_lock_twice(tmp_path: Path) -> None:
    elsewhere = FileLock(tmp_path / ".lock")
    with registry_lock(tmp_path), registry_lock(tmp_path), pytest.raises(Timeout):
        elsewhere.acquire(timeout=0)
    with elsewhere.acquire(timeout=0):
        pass


@pytest.mark.slow
def test_mlflow_serves_no_file_of_the_original_from_a_copy(built: Path, tmp_path: Path) -> None:
    """In fresh processes, by alias: `models:/nfl_signals@champion` is what README serves."""
    copy = shutil.copytree(built, tmp_path / "copy")
    script = "import mlflow.pyfunc as m; print(m.load_model('models:/nfl_signals@champion'))"
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(REPOSITORY)}

    def load(home: Path) -> subprocess.CompletedProcess[str]:
        store = {"MLFLOW_TRACKING_URI": store_uri(Paths(home).registry_store)}
        command = [sys.executable, "-c", script]
        return subprocess.run(
            command,
            env=environment | store,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert load(built).returncode == 0
    refused = load(copy)
    assert refused.returncode
    assert f"is a copy that names the models of {Paths(built).registry}" in refused.stderr
    make_registry(copy)
    assert load(copy).returncode == 0


@pytest.mark.slow
def test_a_model_folder_loads_elsewhere_by_its_path_alone(
    registry: Registry, home: Path, tmp_path: Path
) -> None:
    """In a fresh process that refuses pickles, with the home gone."""
    folder = shutil.copytree(registry.find(CHAMPION).folder, tmp_path / "carried away")
    shutil.rmtree(home)
    script = (
        "import sys, json, mlflow.pyfunc as m\n"
        "from nfl_signals_tests.support.fake_ensemble import *\n"
        "sent = requests(3).with_columns(feature_version=pl.lit(FEATURES)).to_pandas()\n"
        "print(json.dumps(m.load_model(sys.argv[1]).predict(sent)['p_hat'].tolist()))"
    )
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [0.25, 0.5, 0.75]


def test_a_model_folder_holds_data_and_four_lines_of_code(registry: Registry) -> None:
    files = [file for file in registry.find(CHAMPION).folder.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} == {".py", ".json", ".yaml", ".txt", ""}
    code = [file.read_text().splitlines() for file in files if file.suffix == ".py"]
    assert [line for line in code[0][1:] if line] == [
        "from nfl_signals.registry.mlflow_model import serve_with",
        "from nfl_signals_tests.support.fake_ensemble import FakeEnsemble",
        "serve_with(FakeEnsemble)",
    ]


def test_requirements_are_exact_and_leave_out_this_package(registry: Registry) -> None:
    lines = (registry.find(CHAMPION).folder / "requirements.txt").read_text().split()
    assert all("==" in line and "+" not in line for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert {"mlflow", "polars", "lightgbm"} <= names - {"nfl-signals"} == names


def test_metrics_params_and_card_lie_beside_the_version(built: Path) -> None:
    registry = open_registry(Paths(built))
    found = registry.client.get_model_version("nfl_signals", "1")
    run = registry.client.get_run(found.run_id)
    assert run.data.metrics == {"brier": 0.21}
    assert run.data.params == {"seed": "3"}
    assert run.info.status == "FINISHED"
    assert [item.path for item in registry.client.list_artifacts(found.run_id)] == ["card.json"]


def bad(**columns: Any) -> pl.DataFrame:  # noqa: ANN401 - a value of any type
    """Two games, some of their columns replaced."""
    return requests().with_columns(**{name: pl.lit(value) for name, value in columns.items()})


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (requests().drop("home_strength"), r"missing inputs \['home_strength'\]"),
        (bad(home_strength="strong"), "column home_strength|input column.*home_strength"),
        (bad(home_strength=float("nan")), "column home_strength, game 2024_10_000: None"),
        (bad(game_id="2024_10_000"), "column game_id: 2024_10_000 is there twice"),
    ],
)
def test_a_bad_request_is_refused_with_the_name_of_its_column(
    registry: Registry, sent: pl.DataFrame, message: str
) -> None:
    from mlflow import MlflowException

    with pytest.raises(MlflowException, match=message) as refused:
        registry.load(CHAMPION).predict(sent)
    assert refused.value.get_http_status_code() == 400
