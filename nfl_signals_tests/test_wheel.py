"""What is installed from a wheel runs in an empty folder, without the repository it was built in."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from nfl_signals.core.settings import PROJECT_ROOT
from nfl_signals_tests.conftest import SMALL_LEAGUE

BUILD = "from setuptools.build_meta import build_wheel; print(build_wheel('dist'))"
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "nfl_signals", "nfl_signals_tests")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what a clone holds."""
    folder = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        source = PROJECT_ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder, check=True, capture_output=True)
    (built,) = (folder / "dist").glob("*.whl")
    return built


def test_a_wheel_holds_the_package_its_data_and_no_test(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"nfl_signals"}
    templates = "nfl_signals/workspace/templates"
    wanted = ["nfl_signals/py.typed", "nfl_signals/ingest/known_exceptions.yaml"]
    wanted += [f"{templates}/{name}.yaml" for name in ("dagster", "signals", "workspace")]
    assert set(wanted) <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_an_installed_program_runs_in_an_empty_folder_which_becomes_the_home(
    wheel: Path, tmp_path: Path
) -> None:
    site, home = tmp_path / "site", tmp_path / "home"
    zipfile.ZipFile(wheel).extractall(site)
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if "NFL_SIGNALS" not in name}
    environment = kept | SMALL_LEAGUE | {"PYTHONPATH": str(site), "NO_COLOR": "1"}

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "nfl_signals.cli.main", *arguments]
        return subprocess.run(
            command, cwd=home, env=environment, capture_output=True, text=True, check=False
        )

    done = call("run")
    assert done.returncode == 0, done.stderr
    assert (home / "reports" / "dashboard.html").exists()
    assert (home / "dagster_home" / "dagster.yaml").exists()
    assert call("verify").returncode == 0
    assert not list(site.rglob("*.parquet"))
