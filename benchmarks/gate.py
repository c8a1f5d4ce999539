"""How often the promotion gate is right: simulated challengers, and real seasons walked forward."""

import argparse
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from alarms import wilson
from opening_lines import LEARNERS, QUANTILES, VALUED, ends, opened, season_values, spread_of_values
from scipy.special import expit, logit
from simulated_challengers import LEAK, NOISE, TOO_SURE, Kind, answer_of, decided
from terminal import run, season_range, show

from nfl_signals.core.files import read_parquet, write_json
from nfl_signals.core.paths import Paths
from nfl_signals.features.settled_games import settled_games
from nfl_signals.markets.definitions import KEYS, MarketName
from nfl_signals.monitoring.closing_line_value import with_closing_line_value
from nfl_signals.monitoring.grading import grade
from nfl_signals.monitoring.ledger import read
from nfl_signals.promotion.books import paired
from nfl_signals.promotion.gate import GateReport
from nfl_signals.promotion.measures import brier_excess, extra_slippage, valued

MANUAL = """\
Simulated: seasons of 18 weeks x 15 games in three markets whose true probabilities are known. The
champion is honest (its logits are the truth's up to what nobody knows); only for `better` are its
logits 1.6 times too large. Challengers:
  better         honest, against a champion that is too sure
  equal          knows as much of the truth as the champion, but something else
  copy           the champion's own numbers
  overconfident  the champion's logits times 1.6
  worse          the champion's logits and noise, half as wide as the market's logits spread
  leaky          knows the results: to be refused before the gate
For each and so many seasons: the share of simulated spans in which the gate, asked every week until it does,
promotes, rejects or refuses, with its 95 % Wilson interval, in per cent; insufficient: none of these. About
all markets, as for a model trained by the calendar; or about the moneyline alone, as after an alarm on it.

Real (--real HOME, a finished home on nflverse's seasons): at the end of each season the gate judges all
games since the first; whether the challenger is calibrated, by all its forecasts. `close` is the
no-vig price taken, `stack` the walk-forward of the stack, which knows the close, `lightgbm` and
`logistic` are learners that know no price, from the walk-forward forecasts; `copy`, `too sure`, `noisy`
and `leaky` are made of the stack as above. The last columns are the season after: Brier score of the
challenger less the champion's over all markets, and slippage.

The walk-forward is at the close, which no market moves from. --lines FILE gives the line at the pick instead:
one row per game_id with spread_open, total_open, home_ml_open, away_ml_open, null where unknown;
openers of spreads and totals pay -110, and forecasts are carried over from the closing to the opening
line as closing-line value is. Two more tables then have the closing-line value season by season, and how it
and what a challenger loses of it are distributed over games: the reason of the limit on slippage. It is an
upper bound: the stack knows the close, and the learners, who know no price, still know who starts and
who is hurt, as of kickoff; the opener was made days before.

  python benchmarks/gate.py --spans 200
  python benchmarks/gate.py --spans 0 --real /tmp/real --lines /data/lines_open.parquet
"""
FOCUS: dict[str, Sequence[MarketName] | None] = {"all markets": None, "an alarm": ["moneyline"]}
SIMULATED: tuple[Kind, ...] = ("better", "equal", "copy", "overconfident", "worse", "leaky")
ANSWERS = ("promote", "reject", "insufficient", "refused")
COMPARED = (
    ("close", "stack"),
    ("stack", "copy"),
    ("stack", "too sure"),
    ("stack", "noisy"),
    ("stack", "leaky"),
    ("logistic", "lightgbm"),
    ("too sure", "stack"),
    ("close", "lightgbm"),
)
UNITS = "Brier and slippage in 1/10,000, churn in per cent"
SEED = 20_260_217


def simulated(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Share of answers by challenger, what is asked about, and seasons."""
    found = []
    for kind, focus, seasons in product(SIMULATED, FOCUS, options.spans_of):
        ask = partial(_decided, kind, seasons, FOCUS[focus])
        with ProcessPoolExecutor() as pool:
            spans = range(options.seed, options.seed + options.spans)
            answers = Counter(pool.map(ask, spans, chunksize=5))
        found.append({"challenger": kind, "about": focus, "seasons": seasons} | dict(answers))
    return found


def _decided(kind: Kind, seasons: int, focus: Sequence[MarketName] | None, seed: int) -> str:
    return decided(kind, seasons=seasons, seed=seed, focus=focus)


def forecasts(home: Path, lines: Path | None) -> dict[str, pl.DataFrame]:
    """Graded rows of every forecaster, at the opening line where there is one."""
    paths = Paths(home)
    rows = read(paths.ledger).filter(pl.col("model_version").str.starts_with("replay_"))
    walked = read_parquet(paths.oof).filter(scheme="walk_forward")
    walked = walked.filter(pl.col("learner").is_in(LEARNERS))
    rows = rows.join(walked.pivot(on="learner", index=KEYS, values="p_hat"), on=KEYS).sort(KEYS)
    rows = rows.drop_nulls(["price_yes", "price_no"]).with_columns(stack="p_hat")
    markets = read_parquet(paths.markets).filter(horizon="kickoff")
    settled = settled_games(markets)
    rows = rows if lines is None else opened(rows, read_parquet(lines), settled)
    points = markets.pivot(on="market", index="game_id", values="points")
    outcomes = points.select("game_id", pl.col("moneyline").alias("result"), "total")
    graded = _spoilt(grade(rows, outcomes)).with_columns(close="p_market", copy="stack")
    names = {name for pair in COMPARED for name in pair}
    asked = [graded.with_columns(pl.lit(name).alias("who"), p_hat=name) for name in sorted(names)]
    found = with_closing_line_value(pl.concat(asked), markets, settled)
    return {name: found.filter(who=name) for name in names}


def _spoilt(graded: pl.DataFrame) -> pl.DataFrame:
    """The stack made worse in known ways, and one that knows the result."""
    x, y = (graded[name].to_numpy() for name in ("stack", "y"))
    x, leak = logit(x), LEAK * np.nan_to_num(2 * y - 1)
    spread = graded.select(pl.col("stack").std().over("market")).to_series().to_numpy() * 4
    noise = NOISE * spread * np.random.default_rng(SEED).normal(size=len(x))
    made = {"noisy": x + noise, "too sure": TOO_SURE * x, "leaky": x + leak}
    return graded.with_columns(pl.Series(name, expit(values)) for name, values in made.items())


def season_by_season(options: argparse.Namespace) -> list[dict[str, Any]]:
    """The gate's answer at the end of every season, and what the next one showed."""
    graded, found = options.graded, []
    for champion, challenger in COMPARED:
        pairs = paired(graded[champion], graded[challenger])
        pairs = pairs.filter(pl.col("season") >= options.seasons[0])
        own = graded[challenger].drop_nulls("y").with_columns(p_challenger="p_hat")
        for season in options.seasons:
            known = pl.col("season") <= season
            report = answer_of(pairs.filter(known), options.seed, own.filter(known))
            after = pairs.filter(pl.col("season") == season + 1)
            found.append({
                "champion": champion, "challenger": challenger, "until": season,
                **_figures(report), **_later(after, options.seed),
            })  # fmt: skip
    return found


def main() -> None:
    """Print the tables asked for; write the figures where asked."""
    options = _arguments()
    found: dict[str, Any] = {}
    if options.spans:
        found["simulated"] = simulated(options)
        rows = [_simulated_row(each, options.spans) for each in found["simulated"]]
        title = f"Decided, asked every week, in per cent of {options.spans} spans [95 % Wilson interval]"
        show(title, ["challenger", "about", "seasons", *ANSWERS], rows)
    if options.real:
        options.graded = forecasts(Path(options.real), options.lines)
        found["real"] = season_by_season(options)
        title = f"Real seasons from {options.seasons[0]}, judged at the end of each; {UNITS}"
        columns = ["old -> new", "until", "answer", "why", "improves", "churn"]
        columns += ["slippage", "Brier, then", "slippage, then"]
        show(title, columns, [_real_row(each) for each in found["real"]])
    if options.lines:
        values = found["values"] = season_values(options)
        rows = [
            [str(year), *(_value(values, year, name) for name in VALUED)]
            for year in options.seasons
        ]
        show("Closing-line value in 1/10,000 (all games with a close)", ["season", *VALUED], rows)
        found["distribution"] = spread_of_values(options, COMPARED)
        columns = ["who", "n", "mean", "sd", "mean size", *(f"{q:.0%}" for q in QUANTILES)]
        title = "Closing-line value, and what a challenger loses of it, a game in 1/10,000"
        show(
            title, [*columns, "error of a season"], [_spread_row(r) for r in found["distribution"]]
        )
    if options.out:
        print(f"Written: {write_json(Path(options.out) / 'gate.json', found)}")


def _figures(report: GateReport | None) -> dict[str, Any]:
    if report is None:
        return {"answer": "refused", "games": None, "why": [], "values": {}}
    stopping = "FAIL" if report.answer == "reject" else "UNDERPOWERED"
    why = [
        f for f in report.findings if f.verdict == stopping and (f.holds_back or stopping == "FAIL")
    ]
    return {
        "answer": report.answer,
        "games": report.n_games,
        "why": [f"{finding.name} {finding.market}".removesuffix(" all") for finding in why],
        "values": {f.name: [f.value, f.low, f.high] for f in report.findings if f.market == "all"},
    }


def _later(season: pl.DataFrame, seed: int) -> dict[str, Any]:
    measured = {"next_brier": (brier_excess, season.drop_nulls("y"))}
    measured |= {"next_slippage": (extra_slippage, valued(season))}
    return {
        name: [*ends(measure(rows, seed=seed, level=0.95)).values()] if rows.height else None
        for name, (measure, rows) in measured.items()
    }


def _simulated_row(found: dict[str, Any], spans: int) -> list[str]:
    cells = []
    for answer in ANSWERS:
        hits = found.get(answer, 0)
        low, high = wilson(hits, spans)
        cells.append(f"{100 * hits / spans:.1f} [{100 * low:.1f}, {100 * high:.1f}]")
    return [found["challenger"], found["about"], str(found["seasons"]), *cells]


def _real_row(found: dict[str, Any]) -> list[str]:
    values = found["values"]
    scales = {"improves": 1e4, "churn": 100, "slippage": 1e4}
    figures = [_text(values.get(name), scale) for name, scale in scales.items()]
    later = [_text(found[name], 1e4) for name in ("next_brier", "next_slippage")]
    who = f"{found['champion']} -> {found['challenger']}"
    when = [str(found["until"]), found["answer"], *(why.split(" ")[0] for why in found["why"][:1])]
    return [who, *when, *([] if found["why"] else [""]), *figures, *later]


def _spread_row(found: dict[str, Any]) -> list[str]:
    mean = _text([found[name] for name in ("estimate", "low", "high")], 1e4)
    sizes = [found["sd"], found["mean_size"], *found["quantiles"], found["season_se"]]
    return [found["who"], str(found["n"]), mean, *(f"{1e4 * size:.0f}" for size in sizes)]


def _value(found: list[dict[str, Any]], season: int, who: str) -> str:
    cell = {(each["season"], each["who"]): each for each in found}.get((season, who))
    ends = cell and [cell[name] for name in ("estimate", "low", "high")]
    return f"{_text(ends, 1e4)} ({cell['n']})" if cell else "-"


def _text(value: list[float | None] | None, scale: float) -> str:
    """Estimate [low, high] in units of 1 / scale."""
    shown = [f"{scale * end:.0f}" for end in value or [] if end is not None]
    if len(shown) < 2:
        return shown[0] if shown else "-"
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=200, help="simulated for each (default: 200)")
    parser.add_argument(
        "--spans-of", type=int, nargs="+", default=[1, 2, 4], help="seasons (default: 1 2 4)"
    )
    parser.add_argument(
        "--real", metavar="HOME", help="a finished home on real seasons, at kickoff"
    )
    parser.add_argument(
        "--seasons", type=season_range, default=season_range("2015-2023"), help="A-B, of --real"
    )
    parser.add_argument("--lines", type=Path, metavar="FILE", help="opening lines, parquet")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default: {SEED}")
    parser.add_argument("--out", metavar="DIR", help="write gate.json there")
    options = parser.parse_args()
    if options.lines and not options.real:
        parser.error("--lines: expected --real beside it")
    if options.spans < 0:
        parser.error("--spans: expected 0 or more")
    return options


if __name__ == "__main__":
    run(main)
