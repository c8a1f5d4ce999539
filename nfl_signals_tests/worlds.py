"""Worlds to work on: copies of the finished home, and small changes to what they store."""

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from nfl_signals.pipeline.world import World, open_world
from nfl_signals.settings import Settings, load_settings
from nfl_signals.storage import read_parquet, write_parquet

LEAGUE = {"first_season": 2018, "n_seasons": 7, "weeks_played": 9}
"""The league of the fixture `finished_home`."""


def settings_of(home: Path, **changes: Any) -> Settings:  # noqa: ANN401 - field values
    """Settings that open a copy of the finished home; `changes` win."""
    return load_settings(**{"home": home, "simulator": LEAGUE, **changes})


def copy_world(finished: Path, folder: Path, **changes: Any) -> World:  # noqa: ANN401
    """The finished home copied to `folder`, opened with some settings changed."""
    shutil.copytree(
        finished, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("dagster_home")
    )
    return open_world(settings_of(folder, **changes))


def earlier(world: World, as_of: datetime) -> World:
    """The same world standing at another instant."""
    return replace(world, as_of=as_of)


def rewrite(path: Path, *columns: pl.Expr) -> None:
    """Replace columns of a stored table."""
    write_parquet(path, read_parquet(path).with_columns(*columns))


def drop_rows(path: Path, where: pl.Expr) -> None:
    """Remove rows of a stored table."""
    write_parquet(path, read_parquet(path).filter(~where))


def contents(folder: Path) -> dict[str, bytes]:
    """Relative path and bytes of every file below a folder, locks left out."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.endswith(".lock")
    }
