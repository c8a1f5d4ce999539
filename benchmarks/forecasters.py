"""How good the forecasts are beside the closing line, FiveThirtyEight's Elo and nfelo."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import implied_points
import numpy as np
import polars as pl
from comparison import HOME, LEARNERS, mean, ratio, stored_home, text
from scipy.stats import norm
from terminal import run, season_range, show

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import read_parquet, write_json
from nfl_signals.stacking.inputs import stack_inputs
from nfl_signals.stats import scores
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.bootstrap import Interval
from nfl_signals.workspace.run_context import RunContext

MANUAL = """\
Scores the moneyline forecasts of a finished home and other forecasters' on the same games: those
that have a price, were not tied, and that every forecaster forecast. Then compares the margins and
totals that the learners expect with the closing line and with what happened.

  NFL_SIGNALS_HOME=/tmp/real NFL_SIGNALS_NFLVERSE=/data/nflverse nfl-signals run --source nflverse \\
      --horizon kickoff
  python benchmarks/forecasters.py --home /tmp/real --forecasts /data/forecasts.parquet

Learners are scored on their walk-forward forecasts, which never saw a price; the stack on p_hat,
which blends them with the close; each season is predicted from earlier seasons only. Intervals
cover 95 % and redraw whole weeks; those of slopes are Fisher's. Differences are paired by game;
below zero means better. The file of forecasts has one row per game_id and the home team's
probability of winning in p_538_elo, p_538_qbelo and p_nfelo_unregressed.
"""
OTHERS = {"QB Elo": "p_538_qbelo", "Elo": "p_538_elo", "nfelo, unregressed": "p_nfelo_unregressed"}
STACK, CLOSE, QB_ELO = "stack", "close", "QB Elo"
COLUMNS = {name: f"p_{name}" for name in LEARNERS} | {STACK: "p_hat", CLOSE: "p_market"} | OTHERS
PAIRS = [
    *((learner, QB_ELO) for learner in LEARNERS),
    *((learner, CLOSE) for learner in LEARNERS),
    (STACK, CLOSE),
    (STACK, QB_ELO),
]


def main() -> None:
    """Print every table; write the figures where asked."""
    options = _arguments()
    context = stored_home(options.home)
    games = shared_games(context, read_parquet(Path(options.forecasts)), options.seasons)
    found = {
        "moneyline": _report_scores(games),
        "seasons": _report_seasons(games),
        "differences": _report_differences(games),
        "implied_points": implied_points.report(context, options.seasons),
    }
    if options.out:
        print(f"Written: {write_json(Path(options.out) / 'forecasters.json', found)}")


def shared_games(
    context: RunContext, forecasts: pl.DataFrame, seasons: Sequence[int]
) -> pl.DataFrame:
    """Settled, untied, priced games that every forecaster forecast, with all probabilities.

    Returns:
        `game_id, season, week, y` (1.0 where the home team won) and the values of COLUMNS.

    Raises:
        InputError: there is no such game.
    """
    learners = stack_inputs(
        read_parquet(context.paths.oof),
        context.markets,
        market="moneyline",
        scheme="walk_forward",
        learners=LEARNERS,
    )
    stacked = read_parquet(context.paths.stacked).filter(market="moneyline")
    games: pl.DataFrame = (
        learners.join(stacked.select("game_id", "p_hat"), on="game_id")
        .join(forecasts.select("game_id", *OTHERS.values()), on="game_id")
        .filter(pl.col("season").is_in(list(seasons)), pl.col("outcome").is_in(["yes", "no"]))
        .with_columns(y=(pl.col("outcome") == "yes").cast(pl.Float64))
        .select("game_id", "season", "week", "y", *COLUMNS.values())
        .drop_nulls()
        .sort("season", "week", "game_id")
    )
    if games.is_empty():
        raise InputError(
            f"no game of {seasons[0]}-{seasons[-1]} has every forecast; widen --seasons."
        )
    return games


def _report_scores(games: pl.DataFrame) -> dict[str, Any]:
    y, weeks = games["y"].to_numpy(), _weeks(games)
    rows, found = [], {}
    for name, column in COLUMNS.items():
        p = games[column].to_numpy()
        brier, slope = mean((p - y) ** 2, weeks), _slope(p, y)
        loss = scores.log_loss(p, y)
        rows.append([name, f"{games.height:,}", text(brier, 4), f"{loss:.4f}", text(slope, 2)])
        found[name] = {"brier": asdict(brier), "log_loss": loss, "slope": asdict(slope)}
    seasons = f"{games['season'][0]}-{games['season'][-1]}"
    columns = ["forecaster", "n", "Brier", "log loss", "calibration slope"]
    show(f"Moneyline, {seasons}: the games that every forecaster has", columns, rows)
    return found


def _slope(p: Floats, y: Floats) -> Interval:
    fitted = scores.calibration_slope_intercept(p, y)
    half = float(norm.ppf(0.975)) * fitted.slope_se
    low, high = fitted.slope - half, fitted.slope + half
    return Interval(estimate=fitted.slope, low=low, high=high, n=len(p), n_blocks=len(p))


def _report_seasons(games: pl.DataFrame) -> dict[str, Any]:
    briers = games.group_by("season", maintain_order=True).agg(
        pl.len().alias("n"),
        *(((pl.col(c) - pl.col("y")) ** 2).mean().alias(name) for name, c in COLUMNS.items()),
    )
    show(
        "Brier by season",
        ["season", "n", *COLUMNS],
        [[str(s), str(n), *(f"{b:.4f}" for b in values)] for s, n, *values in briers.iter_rows()],
    )
    return {str(row.pop("season")): row for row in briers.to_dicts()}


def _report_differences(games: pl.DataFrame) -> dict[str, Any]:
    weeks = _weeks(games)
    squared = {
        name: ((games[column] - games["y"]) ** 2).to_numpy() for name, column in COLUMNS.items()
    }
    pairs = {
        f"{one} minus {other}": mean(squared[one] - squared[other], weeks) for one, other in PAIRS
    }
    rows = [[name, text(interval, 5)] for name, interval in pairs.items()]
    best = min(LEARNERS, key=lambda name: squared[name].mean())
    reduction = ratio(squared[best] - squared[STACK], squared[best], weeks)
    rows.append([f"stack's reduction of {best}'s, %", text(reduction, 2, scale=100)])
    show("Paired differences of Brier scores (below zero: better)", ["", "difference"], rows)
    return {name: asdict(interval) for name, interval in pairs.items()} | {
        "stack_reduction": {"best_learner": best, **asdict(reduction)}
    }


def _weeks(games: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    return (games["season"] * 100 + games["week"]).to_numpy().astype(np.int64)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--home", metavar="DIR", default=HOME, help="finished home (default: NFL_SIGNALS_HOME)"
    )
    parser.add_argument(
        "--forecasts", metavar="PATH", required=True, help="parquet of other forecasters"
    )
    parser.add_argument(
        "--seasons",
        metavar="A-B",
        type=season_range,
        default="2009-2022",
        help="seasons scored (default: 2009-2022)",
    )
    parser.add_argument("--out", metavar="DIR", help="write forecasters.json there")
    options = parser.parse_args()
    if not options.home:
        parser.error("give --home DIR or set NFL_SIGNALS_HOME")
    return options


if __name__ == "__main__":
    run(main)
