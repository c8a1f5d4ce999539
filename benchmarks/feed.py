"""Seasons played on the feed of each day: which days stop, which games are missed, what lost tables cost."""

import argparse
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl
from terminal import run, season_range, show

from nfl_signals.core.errors import NflSignalsError
from nfl_signals.core.files import write_json
from nfl_signals.core.settings import load_settings
from nfl_signals.ensemble.ensemble import Ensemble
from nfl_signals.ensemble.request import game_requests
from nfl_signals.features.build import build_features, build_markets
from nfl_signals.ingest.history import History
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.llm.provider import open_provider
from nfl_signals.llm.signals import read_signals
from nfl_signals.markets.definitions import KEYS, MARKETS
from nfl_signals.monitoring import ledger
from nfl_signals.monitoring.steps import update_metrics
from nfl_signals.predictions.champion import load_served_model
from nfl_signals.predictions.upcoming import append_to_ledger, predict_upcoming
from nfl_signals.predictions.week import upcoming_games
from nfl_signals.simulator.feed.cut import Feed
from nfl_signals.stats.bootstrap import week_block_interval
from nfl_signals.workspace import stored_seasons, tables
from nfl_signals.workspace.llm_signals import build_signals
from nfl_signals.workspace.run_context import RunContext, chosen_seasons, open_run

MANUAL = """\
Plays every day from --first to --last, or the --days named, in a copy of a home that was trained before
them, with the release cut to what was published that day: the daily job each morning of the season, the
weekly job every Tuesday of the year. A day fails where a job raises, or where a game of the week that
has line and prices is not predicted. Nothing is retrained.

Then the seasons of --without-reports are forecast once more without a single injury report, as if the
file had answered 404: what that costs in Brier score, per market, with the interval over whole weeks.

  export NFL_SIGNALS_CLOCK=as_of               # what time it is, the days say
  nfl-signals run --source nflverse --seasons 2013-2020 --as-of 2021-08-01     # a home, trained
  python benchmarks/feed.py --nflverse /data/nflverse --first 2021-08-01 --last 2024-02-20
"""
MORNING = time(14, tzinfo=UTC)  # 9:00 US Eastern in summer, 10:00 in winter
TUESDAY = 1
IN_SEASON = (9, 10, 11, 12, 1, 2)  # months of the daily schedule


def main() -> None:
    """Play the days, then the seasons without reports."""
    options = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(shutil.copytree(options.home, Path(folder) / "home"))
        days = options.days or list(mornings(options.first, options.last))
        trained = days[0].isoformat()
        settings = load_settings(
            home=home, source="nflverse", nflverse=options.nflverse, as_of=trained, clock="as_of"
        )
        context = trained_on(open_run(settings))
        figures = play(context, days)
        show("Feed of each day", list(figures), [[str(number) for number in figures.values()]])
        if options.out is not None:
            write_json(options.out / "feed.json", figures)
        if options.without_reports:
            cost_of_reports(context, options.without_reports)


def trained_on(context: RunContext) -> RunContext:
    """The context with the seasons that the home has."""
    stored = context.paths.raw("games", context.seasons[-1]).parent.glob("*.parquet")
    return replace(context, seasons=tuple(sorted(int(file.stem) for file in stored)))


def play(context: RunContext, days: Sequence[datetime]) -> dict[str, int]:
    """Run the jobs of every day and print what failed; how many ran, and how many games were predicted."""
    feed, predicted = Feed(DirectoryRelease(Path(str(context.settings.nflverse)))), set[str]()
    counts: Counter[str] = Counter()
    for instant in days:
        today = on_the_day(context, feed, instant)
        for job, due in (
            ("daily", instant.month in IN_SEASON),
            ("weekly", instant.weekday() == TUESDAY),
        ):
            if not due:
                continue
            counts[job] += 1
            try:
                refresh(today)
                if job == "weekly":
                    predicted |= predict(today)
                else:
                    update_metrics(today)
            except (NflSignalsError, pl.exceptions.PolarsError, AssertionError) as error:
                counts["failed"] += 1
                print(f"{instant:%Y-%m-%d} {job}: {type(error).__name__}: {error}", flush=True)
    rows = ledger.read(context.paths.ledger).filter(book="production")
    assert set(rows["game_id"]) == predicted, "the ledger holds other games than were predicted"
    return {
        **{name: counts[name] for name in ("daily", "weekly", "failed")},
        "games with a line": _owed(feed, days[0], days[-1]),
        "games predicted": len(predicted),
    }


def _owed(feed: Feed, first: datetime, last: datetime) -> int:
    """Games of the days that were played and had a line."""
    between = feed.games.filter(pl.col("kickoff").is_between(first, last))
    return between.drop_nulls(["spread_line", "result"]).height


def mornings(first: datetime, last: datetime) -> Iterator[datetime]:
    """Every morning from the first day to the last."""
    while first <= last:
        yield first
        first += timedelta(days=1)


def on_the_day(context: RunContext, feed: Feed, instant: datetime) -> RunContext:
    """The run's context with the release, the seasons and the now of a day."""
    release = feed.at(instant)
    seasons = chosen_seasons(context.settings, release, instant)
    mine = tuple(season for season in seasons if season >= context.seasons[0])
    return replace(context, release=release, seasons=mine, as_of=instant)


def refresh(context: RunContext) -> None:
    """What both jobs begin with: raw and gold of the seasons that are not over."""
    seasons = stored_seasons.unfinished_seasons(context)
    for table in tables.READERS:
        tables.ingest(context, table, seasons)
    tables.build_gold(context, seasons)
    tables.build_gold_markets(context, seasons)
    build_signals(context, seasons)


def predict(context: RunContext) -> set[str]:
    """Games of the week that were predicted; AssertionError where one with a line was not."""
    upcoming = set(predict_upcoming(context)["game_id"])
    append_to_ledger(context)
    week = upcoming_games(context.markets, context.moment)
    lined = set(week.drop_nulls(["line", "price_yes", "price_no"])["game_id"])
    assert upcoming == lined, f"not predicted although there is a line: {sorted(lined - upcoming)}"
    return upcoming


def cost_of_reports(context: RunContext, seasons: range) -> None:
    """Brier score of every market with the seasons' injury reports and without them."""
    whole = replace(context, seasons=tuple(range(context.seasons[0], seasons[-1] + 1)))
    for table in tables.READERS:
        tables.ingest(whole, table, list(seasons))
    whole = replace(whole, as_of=datetime(seasons[-1] + 1, 3, 1, tzinfo=UTC))
    history = tables.load_history(whole)
    kept = history.injuries.filter(~pl.col("season").is_in(list(seasons)))
    served = load_served_model(context)
    assert served is not None, "the home serves no model"
    ensemble = Ensemble.load(context.paths.ensemble(served.version))
    found = [
        forecasts(ensemble, each, whole, seasons).rename({"p_hat": name})
        for name, each in (("with", history), ("without", replace(history, injuries=kept)))
    ]
    outcomes = build_markets(history).select("game_id", "market", "season", "week", "outcome")
    both = found[0].join(found[1], on=KEYS).join(outcomes, on=KEYS)
    both = both.filter(pl.col("outcome").is_in(["yes", "no"]))
    rows = [_cost(market, both.filter(market=market)) for market in MARKETS]
    columns = ["market", "games", "Brier with", "without", "difference [95 %]"]
    show(f"No injury reports in {seasons[0]}-{seasons[-1]}", columns, rows)


def forecasts(
    ensemble: Ensemble, history: History, context: RunContext, seasons: range
) -> pl.DataFrame:
    """`game_id, market, p_hat` of every game of the seasons that has a line."""
    markets = build_markets(history)
    mine = markets.filter(pl.col("season").is_in(list(seasons))).drop_nulls(["line", "p_market"])
    provider = open_provider(context.settings.llm, context.paths.llm_responses)
    requests = game_requests(
        build_features(history, horizon="kickoff"),
        markets,
        read_signals(history, provider, list(seasons), horizon="kickoff"),
        mine["game_id"].unique(maintain_order=True).to_list(),
        with_sequences=ensemble.reads_sequences,
        horizon="kickoff",
    )
    return ensemble.predict(requests).select("game_id", "market", "p_hat")


def _cost(market: str, rows: pl.DataFrame) -> list[str]:
    outcome = (rows["outcome"] == "yes").cast(pl.Float64).to_numpy()
    brier = {name: (rows[name].to_numpy() - outcome) ** 2 for name in ("with", "without")}
    weeks = (rows["season"] * 100 + rows["week"]).to_numpy()
    found = week_block_interval(brier["without"] - brier["with"], weeks, seed=1)
    means = [f"{brier[name].mean():.5f}" for name in ("with", "without")]
    return [
        market,
        str(rows.height),
        *means,
        f"{found.estimate:+.5f} [{found.low:+.5f}, {found.high:+.5f}]",
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    home = os.environ.get("NFL_SIGNALS_HOME")
    parser.add_argument(
        "--home", default=home, required=home is None, help="trained before --first"
    )
    parser.add_argument("--nflverse", required=True, help="folder of nflverse releases")
    parser.add_argument("--first", type=_day, help="with --last: every day from here")
    parser.add_argument("--last", type=_day, help="to here")
    parser.add_argument("--days", type=_day, nargs="+", help="or these days alone, ascending")
    parser.add_argument("--out", type=Path, help="folder for feed.json, the figures")
    parser.add_argument("--without-reports", type=season_range, help="seasons, such as 2022-2023")
    options = parser.parse_args()
    if options.days is None and None in (options.first, options.last):
        parser.error("say which days: --first and --last, or --days")
    return options


def _day(written: str) -> datetime:
    return datetime.combine(date.fromisoformat(written), MORNING)


if __name__ == "__main__":
    run(main)
