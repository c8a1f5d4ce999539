"""How near the forecasts of either horizon are to the truth of their moment, and what mixing them costs."""

import argparse
from collections.abc import Iterable
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from against_truth import (
    FORECASTERS,
    calibration,
    calibration_intervals,
    expected_brier,
    known_games,
    share_of_gap,
    true_probabilities,
)
from comparison import SEED, stored_home, text
from other_horizon import asked_at
from terminal import quiet, run, show

from nfl_signals.core.files import write_json, write_text
from nfl_signals.core.settings import load_settings
from nfl_signals.definitions import defs
from nfl_signals.defs.launch import run_job
from nfl_signals.markets.decision_time import MADE, Horizon
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.simulator.write import TRUTH, TRUTH_TUESDAY
from nfl_signals.stats.arrays import Ints
from nfl_signals.training.baselines import predict_out_of_fold
from nfl_signals.training.stacks import collect_stacked, train_stack
from nfl_signals.workspace.run_context import RunContext, open_run

MANUAL = """\
Simulates a league for each seed, trains the walk-forward at both horizons in two homes, and compares
with the true probabilities. No figure holds the luck of the games: scores are in expectation over
outcomes. Homes that are finished in --work are used again.

  python benchmarks/horizons.py --work /tmp/horizons
  python benchmarks/horizons.py --work /tmp/horizons --seeds 1 2 --seasons 24 --out /tmp/figures

First table: expected Brier score of the truth, the stack's forecast, the price at decision time and the
base rate (share of YES in earlier seasons); 'share' is how much of the way from the base rate to the
truth a forecast has gone. The truth on Tuesday is the probability given all that was settled by Tuesday,
14:00 UTC, at the lines that stood then; practice and who comes back are open (see
nfl_signals/simulator/games/tuesday.py). At kickoff it is given all of that, at the closing lines.

Second table: the stack trained on Tuesday and the one trained at kickoff, both asked on Tuesday about the
same games at the same inputs; 'more' is the second less the first, 'leagues' in how many of them it is
above 0. 'distance' is the mean squared distance to the truth of Tuesday: what the expected score exceeds the
best one by. Slope (1 is calibrated, below 1 too sure) and error (root mean square of forecast less
recalibrated forecast) are of the logistic recalibration towards that truth. Weeks are redrawn whole,
of all leagues together, with the models as they were trained; intervals cover 95 %.
"""
SETTINGS = """\
source: simulated
horizon: {horizon}
seed: {seed}
simulator:
  first_season: {first}
  n_seasons: {seasons}
"""
LAST_SEASON = 2025  # of every league; half of it is played
MEASURES = {  # title, digits, scale
    "distance": ("distance x 1,000", 3, 1000.0),
    "slope": ("slope", 2, 1.0),
    "error": ("error, points", 2, 100.0),
}


def main() -> None:
    """Play the leagues and print both tables."""
    options = _arguments()
    leagues = [
        _league(options.work / f"{options.seasons}_{seed}", seed, options.seasons)
        for seed in options.seeds
    ]
    found = {"shares": _shares(leagues), "asked_on_tuesday": _asked(leagues)}
    if options.out:
        print(f"Written: {write_json(options.out / 'horizons.json', found)}")


def _league(folder: Path, seed: int, seasons: int) -> dict[Horizon, RunContext]:
    homes: dict[Horizon, RunContext] = {}
    first = LAST_SEASON + 1 - seasons
    for horizon in MADE:
        home = folder / horizon
        settings = SETTINGS.format(horizon=horizon, seed=seed, first=first, seasons=seasons)
        write_text(home / "signals.yaml", settings)
        if not stored_home(str(home)).paths.stacked.exists():
            print(f"seed {seed}: {horizon} ...", flush=True)
            _train(home)
        homes[horizon] = stored_home(str(home))
    return homes


def _train(home: Path) -> None:
    """All that the walk-forward needs of `nfl-signals run`."""
    context = open_run(load_settings(home=home))
    where = {"home": str(home)}
    run_job(defs, "backfill_seasons", context, where, quiet, seasons=context.seasons)
    predict_out_of_fold(context)
    for name in MARKETS:
        train_stack(context, name)
    collect_stacked(context)


def _shares(leagues: list[dict[Horizon, RunContext]]) -> list[dict[str, Any]]:
    found, shown = [], []
    for name, horizon in product(MARKETS, MADE):
        rows = _together(_known(homes[horizon], name) for homes in leagues)
        brier = {who: float(expected_brier(rows, who).mean()) for who in FORECASTERS}
        weeks = _weeks(rows)
        shares = {who: share_of_gap(rows, who, weeks, seed=SEED) for who in ("forecast", "price")}
        found.append({
            "market": name, "horizon": horizon, "n": rows.height, "brier": brier,
            "share_of_gap": {who: asdict(each) for who, each in shares.items()},
        })  # fmt: skip
        scores = [f"{brier[who]:.5f}" for who in FORECASTERS]
        cells = [text(each, 0, 100.0) for each in shares.values()]
        shown.append([name, horizon, f"{rows.height:,}", *scores, *cells])
    columns = ["", "horizon", "games", "truth", "forecast", "price", "base rate"]
    title = "Expected Brier score, and share of the gap closed, %"
    show(title, [*columns, "forecast's share", "price's share"], shown)
    return found


def _asked(leagues: list[dict[Horizon, RunContext]]) -> list[dict[str, Any]]:
    answers = [asked_at(homes["kickoff"], homes["tuesday"]) for homes in leagues]
    by_market = {
        name: _together(
            _both(homes["tuesday"], other, name)
            for homes, other in zip(leagues, answers, strict=True)
        )
        for name in MARKETS
    }
    found, shown = [], []
    for name, rows in {**by_market, "all": pl.concat(by_market.values())}.items():
        own, other, t = (rows[each].to_numpy() for each in ("forecast", "other", "truth"))
        figures = calibration_intervals(own, other, t, _weeks(rows), seed=SEED)
        worse = _worse_in(rows)
        found.append(
            {"market": name, "n": rows.height, "leagues_worse": worse}
            | {key: asdict(each) for key, each in figures.items()}
        )
        for measure, (unit, digits, scale) in MEASURES.items():
            names = (f"{measure}_{who}" for who in ("own", "other", "more"))
            cells = [text(figures[of], digits, scale) if of in figures else "" for of in names]
            counted = f"{worse[measure]} of {len(leagues)}" if measure in worse else ""
            shown.append([f"{name}, {rows.height:,}", unit, *cells, counted])
    columns = ["market, games", "", "trained on Tuesday", "trained at kickoff", "more", "leagues"]
    show("Asked on Tuesday", columns, shown)
    return found


def _worse_in(rows: pl.DataFrame) -> dict[str, int]:
    """In how many leagues the stack trained at kickoff has the larger distance, and error."""
    worse = dict.fromkeys(("distance", "error"), 0)
    for league in rows.partition_by("league"):
        own, other, t = (league[each].to_numpy() for each in ("forecast", "other", "truth"))
        worse["distance"] += int(np.mean((other - t) ** 2) > np.mean((own - t) ** 2))
        worse["error"] += int(calibration(other, t).error > calibration(own, t).error)
    return worse


def _known(context: RunContext, name: MarketName) -> pl.DataFrame:
    files = (context.paths.simulated / file for file in (TRUTH, TRUTH_TUESDAY))
    true = true_probabilities(*map(context.read, files), context.settings.horizon)
    stacked = context.read(context.paths.stacked)
    return known_games(stacked, context.markets, true, MARKETS[name])


def _both(tuesday: RunContext, other: pl.DataFrame, name: MarketName) -> pl.DataFrame:
    """Games of Tuesday's stack, with what the other one forecasts of them."""
    rows = _known(tuesday, name)
    other = other.filter(market=name).select("game_id", other="p_hat")
    return rows.join(other, on="game_id", validate="1:1", maintain_order="left")


def _together(leagues: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(rows.with_columns(league=pl.lit(i)) for i, rows in enumerate(leagues))


def _weeks(rows: pl.DataFrame) -> Ints:
    """A label of each game's week, distinct over seasons and leagues."""
    label = rows.select((pl.col("league") * 10_000 + pl.col("season")) * 100 + pl.col("week"))
    return label.to_series().to_numpy().astype(np.int64)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder of the homes")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[SEED], metavar="N", help="a league for each"
    )
    parser.add_argument(
        "--seasons", type=int, default=12, metavar="N", help="of each league (default: 12)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write horizons.json there")
    options = parser.parse_args()
    options.work = options.work.resolve()
    return options


if __name__ == "__main__":
    run(main)
