"""Runs to work on: copies of the finished home, and small changes to what they store."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.core.settings import Settings, load_settings
from nfl_signals.learners.baseline import Baseline
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring.heads import heads_beside
from nfl_signals.registry.decision_log import LEDGER_HEAD
from nfl_signals.workspace.market_games import load_market_games
from nfl_signals.workspace.run_context import RunContext, open_run

LEAGUE = {"first_season": 2018, "n_seasons": 7, "weeks_played": 9}
"""The league of the fixture `finished_home`."""


def settings_of(home: Path, **changes: Any) -> Settings:  # noqa: ANN401 - field values
    """Settings that open a copy of the finished home; `changes` win."""
    return load_settings(**{"home": home, "simulator": LEAGUE, **changes})


def copy_context(finished: Path, folder: Path, **changes: Any) -> RunContext:  # noqa: ANN401
    """The finished home copied to `folder`, opened with some settings changed."""
    shutil.copytree(
        finished, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("dagster_home")
    )
    return open_run(settings_of(folder, **changes))


def earlier(context: RunContext, as_of: datetime) -> RunContext:
    """The same run at another instant."""
    return replace(context, as_of=as_of)


def rewrite(path: Path, *columns: pl.Expr) -> None:
    """Replace columns of a stored table."""
    write_parquet(path, read_parquet(path).with_columns(*columns))


def drop_rows(path: Path, where: pl.Expr) -> None:
    """Remove rows of a stored table."""
    write_parquet(path, read_parquet(path).filter(~where))


def predict_in_sample(context: RunContext) -> None:
    """Out-of-fold forecasts replaced by those of models that were fitted on the very games."""
    in_sample = []
    for market in MARKETS:
        market_games = load_market_games(context, market)
        rows = np.flatnonzero(market_games.played & market_games.has_line)
        for learner in context.settings.training.learners:
            folder = context.paths.baseline(market, learner, market_games.version())
            model = Baseline.load(folder, market_games.matrix.names)
            p, _ = model.predict(market_games.matrix.inputs.take(rows), market_games.line[rows])
            games = market_games.matrix.games["game_id"].gather(rows)
            named = {"market": pl.lit(market), "learner": pl.lit(learner)}
            in_sample.append(pl.DataFrame({"game_id": games, "in_sample": p}).with_columns(**named))
    oof = read_parquet(context.paths.oof)
    keys = ["game_id", "market", "learner"]
    both = oof.join(pl.concat(in_sample), on=keys, how="left", maintain_order="left")
    p_hat = pl.coalesce("in_sample", "p_hat").alias("p_hat")
    write_parquet(context.paths.oof, both.with_columns(p_hat).select(oof.columns))


def forget_ledger(context: RunContext) -> None:
    """Remove the ledger and the heads noted beside it and in the registry: nothing was sealed yet."""
    for path in (context.paths.ledger, heads_beside(context.paths.ledger)):
        path.unlink(missing_ok=True)
    forget_tag(context)


def forget_tag(context: RunContext) -> None:
    """Remove the ledger's head from the registry."""
    if context.paths.registry_store.exists():
        with closing(sqlite3.connect(context.paths.registry_store)) as store, store:
            store.execute("DELETE FROM registered_model_tags WHERE key = ?", (LEDGER_HEAD,))


def contents(folder: Path) -> dict[str, bytes]:
    """Relative path and bytes of every file below a folder, locks left out."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.name.endswith(".lock")
    }
