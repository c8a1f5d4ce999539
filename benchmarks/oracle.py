"""How much of what can be known about simulated games the forecasts know."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from against_truth import true_probabilities
from comparison import HOME, LEARNERS, mean, ratio, stored_home, text
from numpy.typing import NDArray
from terminal import run, show

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import read_parquet, write_json
from nfl_signals.markets.definitions import MARKETS, Market
from nfl_signals.reports.shared.settled import earlier_seasons
from nfl_signals.simulator import write
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.bootstrap import Interval
from nfl_signals.workspace.run_context import RunContext

MANUAL = """\
The simulated league knows the true probability of every game at the home's decision time. This compares
it with the price, the stack and the learners of a finished simulated home, market by market, on the same
games: settled, priced, neither tied nor pushed, in the seasons that the stack predicted.

  NFL_SIGNALS_HOME=/tmp/league nfl-signals run --horizon kickoff
  python benchmarks/oracle.py --home /tmp/league

'gap closed' is the share of the way from the base rate (the share of YES in earlier seasons) to the
truth that a forecast has gone, in Brier score; a dash where chance alone could have put the truth
no better than the base rate, so that a share means nothing. The last two columns leave out
the luck of the games: given the true probability t, a forecast p costs (p - t)^2 more Brier than t
does on average, so they are far sharper than the scores that were realised. Intervals cover 95 % and
redraw whole weeks. Learners never see a line or a price, and the spread and the total are drawn by
a bookmaker who knows more than they do: there their gap closed may be far below zero.
"""
TRUTH, BASE = "truth", "base rate"
FORECASTERS = {"price": "p_market", "stack": "p_hat"} | {n: f"p_{n}" for n in LEARNERS}
COLUMNS = {TRUTH: "t", **FORECASTERS, BASE: "base_rate"}
FORMATS = {  # digits, scale
    "brier": (4, 1),
    "minus_truth": (5, 1),
    "gap_closed": (0, 100),
    "expected_minus_truth": (5, 1),
    "expected_gap_closed": (0, 100),
}
MEANINGLESS = {TRUTH: list(FORMATS)[1:], BASE: ["gap_closed", "expected_gap_closed"]}
HEAD = [
    "",
    "Brier",
    "minus truth",
    "gap closed, %",
    "expected Brier - truth",
    "expected gap closed, %",
]


def main() -> None:
    """Print one table a market; write the figures where asked."""
    options = _arguments()
    context = stored_home(options.home)
    simulated, horizon = context.paths.simulated, context.settings.horizon
    true = true_probabilities(
        read_parquet(simulated / write.TRUTH),
        read_parquet(simulated / write.TRUTH_TUESDAY),
        horizon,
    )
    found = {
        name: _report(market, games(context, market, true)) for name, market in MARKETS.items()
    }
    if options.out:
        print(f"Written: {write_json(Path(options.out) / 'oracle.json', found)}")


def games(context: RunContext, market: Market, true: pl.DataFrame) -> pl.DataFrame:
    """Settled games with every forecast and the truth at the home's horizon, conditional on no push.

    Returns:
        `season, week, y` (1.0 for YES) and the values of COLUMNS.

    Raises:
        InputError: the home's forecasts are of another league than its truth.
    """
    markets = context.markets.filter(market=market.name)
    stacked = read_parquet(context.paths.stacked).filter(market=market.name)
    settled = markets.filter(pl.col("outcome").is_not_null())
    rows = (
        stacked.join(settled.select("game_id", "outcome"), on="game_id")
        .join(earlier_seasons(settled, market), on="season")
        .join(
            true.filter(market=market.name).select("game_id", t="truth"), on="game_id", how="left"
        )
        .filter(pl.col("outcome") != "push")
        .with_columns(y=(pl.col("outcome") == "yes").cast(pl.Float64))
        .select("season", "week", "y", *COLUMNS.values())
        .sort("season", "week")
    )
    if rows.is_empty() or rows["t"].null_count():
        raise InputError(
            f"{context.paths.simulated}: truth.parquet lacks games; run the home again."
        )
    return rows


def _report(market: Market, rows: pl.DataFrame) -> dict[str, Any]:
    weeks = (rows["season"] * 100 + rows["week"]).to_numpy()
    y, t = _array(rows, "y"), _array(rows, COLUMNS[TRUTH])
    gaps = {
        name: ((p - y) ** 2 - (t - y) ** 2, (p - t) ** 2)
        for name, p in ((name, _array(rows, column)) for name, column in COLUMNS.items())
    }
    found = {
        name: {
            "brier": mean((_array(rows, column) - y) ** 2, weeks),
            "minus_truth": mean(gaps[name][0], weeks),
            "gap_closed": _closed(gaps[name][0], gaps[BASE][0], weeks),
            "expected_minus_truth": mean(gaps[name][1], weeks),
            "expected_gap_closed": _closed(gaps[name][1], gaps[BASE][1], weeks),
        }
        for name, column in COLUMNS.items()
    }
    seasons = f"{rows['season'][0]}-{rows['season'][-1]}"
    title = f"{market.title}: {rows.height:,} games of {seasons}"
    show(title, HEAD, [[name, *_cells(name, figures)] for name, figures in found.items()])
    return {
        name: {key: each and asdict(each) for key, each in figures.items()}
        for name, figures in found.items()
    }


def _closed(gap: Floats, possible: Floats, weeks: NDArray[np.int64]) -> Interval | None:
    """Share of the possible gap that is closed; None where chance alone could make that gap zero."""
    return ratio(possible - gap, possible, weeks) if mean(possible, weeks).low > 0 else None


def _cells(name: str, figures: Mapping[str, Interval | None]) -> list[str]:
    return [
        "-" if each is None or key in MEANINGLESS.get(name, ()) else text(each, *FORMATS[key])
        for key, each in figures.items()
    ]


def _array(rows: pl.DataFrame, column: str) -> Floats:
    return rows[column].to_numpy().astype(np.float64)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--home",
        metavar="DIR",
        default=HOME,
        help="finished simulated home (default: NFL_SIGNALS_HOME)",
    )
    parser.add_argument("--out", metavar="DIR", help="write oracle.json there")
    options = parser.parse_args()
    if not options.home:
        parser.error("give --home DIR or set NFL_SIGNALS_HOME")
    return options


if __name__ == "__main__":
    run(main)
