"""The margins and totals that the market-free learners expect, beside the closing line.

The stored out-of-fold table holds probabilities at the closing line only. Each learner is therefore
fitted again, walk-forward, and states its mean. Started by forecasters.py, which explains it.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
from comparison import LEARNERS, mean, root, text
from terminal import show
from threadpoolctl import threadpool_limits

from nfl_signals.core.files import read_parquet
from nfl_signals.learners.baseline import fit_baseline
from nfl_signals.markets.definitions import MarketName
from nfl_signals.stacking.splits import walk_forward
from nfl_signals.stats.bootstrap import Interval
from nfl_signals.workspace.market_games import load_market_games
from nfl_signals.workspace.run_context import RunContext

CLOSE = "close"
FORECASTERS = [CLOSE, *LEARNERS]
POINTS: dict[MarketName, str] = {"ats": "home margin", "total": "total points"}
HAPPENED, LINE = "expected minus what happened", "expected minus closing line"

Figures = dict[str, Interval]


def report(context: RunContext, seasons: Sequence[int]) -> dict[str, Any]:
    """Print errors of the implied points of both markets; return them for the JSON file."""
    return {name: _report_market(context, name, seasons) for name in POINTS}


def _report_market(context: RunContext, name: MarketName, seasons: Sequence[int]) -> dict[str, Any]:
    rows = implied_points(context, name, seasons)
    parts = {"all": rows} | {str(s): rows.filter(pl.col("season") == s) for s in seasons}
    found = {key: {who: errors(part, who) for who in FORECASTERS} for key, part in parts.items()}
    print(
        f"Refitted {name} learners repeat the stored p_hat within {_refit_gap(context, name, rows):.0e}."
    )
    _show_overall(POINTS[name], rows.height, found["all"])
    by_season = {season: figures for season, figures in found.items() if season != "all"}
    _show_intervals(POINTS[name], HAPPENED, "mean_error", by_season)
    _show_intervals(POINTS[name], LINE, "mean_from_line", by_season)
    _show_sizes(POINTS[name], HAPPENED, ("mean_absolute_error", "rmse"), by_season)
    _show_sizes(POINTS[name], LINE, ("mean_absolute_from_line", "rms_from_line"), by_season)
    return {
        key: {who: {n: asdict(i) for n, i in figures.items()} for who, figures in part.items()}
        for key, part in found.items()
    }


def implied_points(context: RunContext, name: MarketName, seasons: Sequence[int]) -> pl.DataFrame:
    """Walk-forward means of every learner for the played games of the seasons that have a line.

    Returns:
        `game_id, season, week, points, close` (the line) and, per learner, `<learner>` (points) and
        `p_<learner>` (probability of YES at the line).
    """
    games = load_market_games(context, name)
    season = games.matrix.games["season"].to_numpy().astype(np.int64)
    folds = walk_forward(season, min_train_seasons=context.settings.training.min_learner_seasons)
    parts = []
    for fold in (fold for fold in folds if fold.number in seasons):
        train = fold.train[games.played[fold.train]]
        test = fold.test[(games.played & games.has_line)[fold.test]]
        columns = {"points": games.points[test], CLOSE: games.line[test]}
        for learner in LEARNERS:
            with threadpool_limits(limits=1):
                baseline = fit_baseline(
                    games.matrix,
                    train,
                    games.points,
                    games.line,
                    market=games.market,
                    learner=learner,
                    seed=context.settings.seed,
                )
            columns[learner] = baseline.expected(games.matrix.inputs.take(test))
            columns[f"p_{learner}"] = baseline.predict(
                games.matrix.inputs.take(test), games.line[test]
            )[0]
        tested = games.matrix.games[test].select("game_id", "season", "week")
        parts.append(tested.with_columns(**{key: pl.Series(a) for key, a in columns.items()}))
    return pl.concat(parts)


def errors(rows: pl.DataFrame, who: str) -> Figures:
    """Errors against what happened and distance from the line, in points, each with its interval."""
    weeks = (rows["season"] * 100 + rows["week"]).to_numpy()
    error, of_close, from_line = (
        (rows[own] - rows[other]).to_numpy()
        for own, other in ((who, "points"), (CLOSE, "points"), (who, CLOSE))
    )
    return {
        "mean_error": mean(error, weeks),
        "mean_absolute_error": mean(np.abs(error), weeks),
        "rmse": root(mean(error**2, weeks)),
        "absolute_error_minus_close": mean(np.abs(error) - np.abs(of_close), weeks),
        "mean_from_line": mean(from_line, weeks),
        "mean_absolute_from_line": mean(np.abs(from_line), weeks),
        "rms_from_line": root(mean(from_line**2, weeks)),
    }


def _refit_gap(context: RunContext, name: MarketName, rows: pl.DataFrame) -> float:
    """Largest difference from the stored probabilities; large after a change of code or data."""
    stored = read_parquet(context.paths.oof).filter(market=name, scheme="walk_forward")
    wide = stored.pivot(on="learner", index="game_id", values="p_hat")
    both = rows.join(wide, on="game_id", suffix="_stored", maintain_order="left")
    gaps = [(both[f"p_{who}"] - both[f"{who}_stored"]).abs().max() for who in LEARNERS]
    return max(float(gap) for gap in gaps)  # type: ignore[arg-type]


def _show_overall(what: str, n: int, found: dict[str, Figures]) -> None:
    show(
        f"{what}: errors in points over {n:,} games (error = expected minus what happened)",
        [
            "",
            "mean error",
            "MAE",
            "RMSE",
            "MAE minus close",
            "minus line",
            "|.| to line",
            "RMS to line",
        ],
        [
            [
                who,
                text(figures["mean_error"], 2),
                text(figures["mean_absolute_error"], 2),
                text(figures["rmse"], 2),
                *_unless_close(who, text(figures["absolute_error_minus_close"], 3)),
                *_unless_close(who, text(figures["mean_from_line"], 2)),
                *_unless_close(who, f"{figures['mean_absolute_from_line'].estimate:.2f}"),
                *_unless_close(who, f"{figures['rms_from_line'].estimate:.2f}"),
            ]
            for who, figures in found.items()
        ],
    )


def _unless_close(who: str, cell: str) -> list[str]:
    return ["-" if who == CLOSE else cell]


def _show_intervals(
    what: str, title: str, key: str, by_season: dict[str, dict[str, Figures]]
) -> None:
    names = FORECASTERS if key == "mean_error" else LEARNERS
    show(
        f"{what}: mean of {title}, points, by season",
        ["season", "n", *names],
        [
            [season, str(found[CLOSE][key].n), *(text(found[who][key], 2) for who in names)]
            for season, found in by_season.items()
        ],
    )


def _show_sizes(
    what: str, title: str, keys: tuple[str, str], by_season: dict[str, dict[str, Figures]]
) -> None:
    names = [who for who in FORECASTERS if who != CLOSE or "mean_absolute_error" in keys]
    show(
        f"{what}: size of {title}, points, by season, MAE / RMSE",
        ["season", *names],
        [
            [
                season,
                *(" / ".join(f"{found[who][key].estimate:.2f}" for key in keys) for who in names),
            ]
            for season, found in by_season.items()
        ],
    )
