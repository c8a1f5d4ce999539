"""Claims about the model registry, on ensembles that can be worked out by hand: `registry`."""

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
from polars.testing import assert_frame_equal

from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.paths import Paths
from nfl_signals.registry.mlflow_registry import Registry, open_registry
from nfl_signals.registry.mlflow_store import CHALLENGER, CHAMPION
from nfl_signals.registry.serving import ENVIRONMENT
from nfl_signals_tests.support.fake_ensemble import FEATURES, FakeEnsemble, requests, write_ensemble
from nfl_signals_tests.support.homes import made_once

REPOSITORY = Path(__file__).parents[2]
ODD_NAME = "a home [1] é, 50% #2"
"""What people call folders, and what URIs have to escape."""


def registered(registry: Registry, folder: Path) -> int:
    """Register an ensemble; MLflow's number of it."""
    version = registry.register(
        folder,
        reader=FakeEnsemble,
        example=requests(),
        metrics={"brier": 0.21},
        params={"seed": 3},
    )
    return version.number


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with version v202409 as champion (bias 0.25) and v202410 as challenger (bias 0.3)."""

    def make(home: Path) -> None:
        registry = open_registry(Paths(home), create=True)
        for version, bias, alias in (("v202409", 0.25, CHAMPION), ("v202410", 0.3, CHALLENGER)):
            registered(registry, write_ensemble(home / version, version=version, bias=bias))
            registry.set_alias(alias, version)

    return made_once(tmp_path_factory, "registry", make)


@pytest.fixture
def home(original: Path, tmp_path: Path) -> Path:
    """A copy of `original` that a test may change, opened once where it lies."""
    copy = shutil.copytree(original, tmp_path / "home")
    open_registry(Paths(copy))
    return copy


@pytest.fixture
def registry(home: Path) -> Registry:
    return open_registry(Paths(home))


def statements(home: Path) -> str:
    """Everything that the store says, as SQL."""
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
    said = {name: registry.load(name).predict(requests(2)) for name in (CHAMPION, CHALLENGER)}
    difference = said[CHALLENGER]["p_hat"] - said[CHAMPION]["p_hat"]
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


def test_registering_the_same_files_again_makes_no_second_version(
    registry: Registry, home: Path
) -> None:
    before = statements(home)
    assert registered(registry, home / "v202409") == 1
    assert statements(home) == before


def test_a_version_trained_again_is_another_number_and_its_name_means_the_newer(
    registry: Registry, home: Path
) -> None:
    again = write_ensemble(home / "again", version="v202409", bias=0.26)
    assert registered(registry, again) == 3
    assert registry.find("v202409").number == 3
    assert registry.find(CHAMPION).number == 1


def test_files_that_are_not_what_their_card_says_are_not_registered(
    registry: Registry, home: Path
) -> None:
    (home / "v202410" / "parts" / "bias.json").write_text("0.4")
    with pytest.raises(IntegrityError, match=r"v202410: its files are not what its card"):
        registered(registry, home / "v202410")
    assert len(registry.history()) == 2


def test_an_example_that_cannot_be_answered_registers_nothing(
    registry: Registry, home: Path
) -> None:
    before = statements(home)
    unknown = requests().with_columns(home_strength=pl.lit(None, pl.Float64))
    with pytest.raises(InputError, match="home_strength"):
        registry.register(
            write_ensemble(home / "new", bias=0.5),
            reader=FakeEnsemble,
            example=unknown,
            metrics={},
            params={},
        )
    assert statements(home) == before


@pytest.mark.parametrize("name", ["v202411", "champions", ""])
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


@pytest.mark.parametrize("name", ["moved", ODD_NAME])
def test_a_moved_home_loads_and_nothing_in_it_names_the_old_place(
    home: Path, tmp_path: Path, name: str
) -> None:
    assert home.as_uri() in statements(home)
    moved = home.rename(tmp_path / name)
    registry = open_registry(Paths(moved))
    assert registry.load(CHAMPION).predict(requests(3))["p_hat"].to_list() == [0.25, 0.5, 0.75]
    assert registry.find(CHAMPION).folder.is_relative_to(moved)
    store = statements(moved)
    assert home.as_uri() not in store
    assert str(home) not in store
    assert f"{Path.cwd()}/mlruns" not in store


def test_a_moved_home_takes_new_versions_where_it_lies_now(home: Path, tmp_path: Path) -> None:
    moved = home.rename(tmp_path / ODD_NAME)
    registry = open_registry(Paths(moved))
    assert registered(registry, write_ensemble(moved / "new", version="v202411", bias=0.1)) == 3
    assert registry.find("v202411").folder.is_relative_to(moved)
    assert registry.load("v202411").predict(requests(2))["p_hat"].to_list() == [0.1, 0.6]
    assert not home.exists()


def test_a_copy_is_a_registry_of_its_own(home: Path, tmp_path: Path) -> None:
    before = statements(home)
    copy = open_registry(Paths(shutil.copytree(home, tmp_path / "home copied")))
    copy.set_alias(CHAMPION, "v202410")
    assert copy.find(CHAMPION).folder.is_relative_to(tmp_path / "home copied")
    assert open_registry(Paths(home)).find(CHAMPION).version == "v202409"
    assert statements(home) == before


def test_opening_again_where_it_lies_writes_nothing(home: Path, registry: Registry) -> None:
    before = Paths(home).registry_store.read_bytes()
    open_registry(Paths(home))
    assert Paths(home).registry_store.read_bytes() == before
    assert registry.find(CHAMPION).number == 1


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
        "asked = requests(3).with_columns(feature_version=pl.lit(FEATURES)).to_pandas()\n"
        "print(json.dumps(m.load_model(sys.argv[1]).predict(asked)['p_hat'].tolist()))"
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
        "from nfl_signals.registry.mlflow_registry import serve_with",
        "from nfl_signals_tests.support.fake_ensemble import FakeEnsemble",
        "serve_with(FakeEnsemble)",
    ]


def test_requirements_are_exact_and_leave_out_this_package(registry: Registry) -> None:
    lines = (registry.find(CHAMPION).folder / "requirements.txt").read_text().split()
    assert all("==" in line and "+" not in line for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert {"mlflow", "polars", "lightgbm"} <= names - {"nfl-signals"} == names


def test_metrics_params_and_card_lie_beside_the_version(registry: Registry) -> None:
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
    ("asked", "message"),
    [
        (requests().drop("home_strength"), r"missing inputs \['home_strength'\]"),
        (bad(home_strength="strong"), "column home_strength|input column.*home_strength"),
        (bad(home_strength=float("nan")), "column home_strength, game 2024_10_000: None"),
        (bad(game_id="2024_10_000"), "column game_id: 2024_10_000 is there twice"),
    ],
)
def test_a_bad_request_is_refused_with_the_name_of_its_column(
    registry: Registry, asked: pl.DataFrame, message: str
) -> None:
    from mlflow import MlflowException

    with pytest.raises(MlflowException, match=message) as refused:
        registry.load(CHAMPION).predict(asked)
    assert refused.value.get_http_status_code() == 400
