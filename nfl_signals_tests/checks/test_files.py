"""A damaged file is named by `verify`, in whichever folder it lies and whoever reads it otherwise."""

import re
from pathlib import Path

import pytest

from nfl_signals.checks.files import FOLDERS, files_readable
from nfl_signals.core.errors import IntegrityError
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.run_contexts import copy_context


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def one_of_each_folder_and_kind(context: RunContext) -> list[Path]:
    paths, found = context.paths, {}
    for folder in FOLDERS:
        for file in sorted((paths.home / folder).rglob("*")):
            kept = file.suffix in (".parquet", ".json", ".jsonl") and file.is_file()
            if kept and file.stat().st_size and not file.is_relative_to(paths.registry):
                found[file.parent, file.suffix] = file
    return list(found.values())


@pytest.mark.slow
def test_half_of_any_file_is_found_and_named(context: RunContext) -> None:
    damaged = one_of_each_folder_and_kind(context)
    assert len(damaged) > 15
    for file in damaged:
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(IntegrityError, match=re.escape(str(file))):
            files_readable(context)
        file.write_bytes(whole)
    files_readable(context)


def test_the_figures_count_the_files_of_each_kind(context: RunContext) -> None:
    figures = files_readable(context)
    assert set(figures) == {"parquet", "json", "jsonl", "md", "html"}
    assert min(figures.values()) > 0
