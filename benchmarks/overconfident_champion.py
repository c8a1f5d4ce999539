"""A champion too sure of itself at prices that move: is it found, answered, and replaced in a season?"""

import argparse
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from published_league import PublishedLeague, PublishedRelease, Week
from swapped_champion import champion, promote_distorted
from terminal import quiet, run, show

from nfl_signals.calibration.recalibration import RecalibrationMap
from nfl_signals.core.files import read_parquet, write_json, write_text
from nfl_signals.core.settings import describe, load_settings
from nfl_signals.definitions import defs
from nfl_signals.defs.launch import run_job
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.promotion.automatic import pending_steps
from nfl_signals.promotion.books import STANDS_IN, forecast_by, production
from nfl_signals.promotion.comparison import pairs_of
from nfl_signals.registry.decision_log import Decision
from nfl_signals.simulator.feed.cut import Feed
from nfl_signals.workspace.run_context import RunContext, open_run

MANUAL = """\
Trains before the first season, multiplies the champion's logits by --slope, and plays the seasons week by
week: each Tuesday the release of that day is published, its lines the opening ones, weekly_refresh runs, and
what the alerts need (recalibration, retraining) is done as the sensor would. A played game has its close.

Of real games --nflverse and --openers name folders: prices_SEASON.parquet with game_id, market, moment,
line. Openers there have no prices: spreads and totals pay -110, and moneylines show the close. Without them
a league is simulated, with opening lines and prices on every market.

Exits with 1 unless the drift is found, a retraining is judged on at least 80 % of the games that the champion
forecast and that were settled by then, and a sound model is promoted within a season of the alert.

  python benchmarks/overconfident_champion.py --work /tmp/one --nflverse /data/nflverse \\
    --openers /data/prices --first 2019 --last 2021
  python benchmarks/overconfident_champion.py --work /tmp/two --first 2020 --last 2022
"""
SETTINGS = """\
source: nflverse
nflverse: {release}
as_of: {as_of}
clock: as_of
"""
STANDARD = -110.0
JUDGED = 0.8  # of the settled games, at least
A_SEASON = timedelta(days=365)
SEED = 20_261_128


@dataclass(kw_only=True)
class Story:
    """What happened, week by week."""

    rows: list[list[str]] = field(default_factory=list)
    alerted: datetime | None = None
    answers: list[dict[str, Any]] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """What should have happened and did not."""
        judged = [each for each in self.answers if each["step"] == "retraining"]
        promoted = [each for each in judged if each["kind"] == "promoted"]
        found = []
        if self.alerted is None:
            found.append("the drift was not found")
        if not judged:
            found.append("no retraining was judged")
        if any(each["judged"] < JUDGED * each["settled"] for each in judged):
            found.append(f"a retraining was judged on less than {JUDGED:.0%} of the settled games")
        if not promoted:
            found.append("no retrained model was promoted")
        elif self.alerted and datetime.fromisoformat(promoted[0]["at"]) > self.alerted + A_SEASON:
            found.append("promoted later than a season after the alert")
        return found


def main() -> None:
    """Play the seasons and print the weeks in which something happened."""
    options = _arguments()
    published = _published(options)
    home = options.work / "home"
    played = range(options.first, options.last + 1)
    weeks = [each for each in published.weeks(options.first) if each.season in played]
    context = _at(home, published, weeks[0].tuesday - timedelta(days=7))
    _do("everything", context, context.seasons)
    promote_distorted(
        context,
        dict.fromkeys(MARKETS, RecalibrationMap(intercept=0.0, slope=options.slope)),
        f"Every logit is multiplied by {options.slope:g} from here on.",
    )
    story = Story()
    for week in weeks:
        _play(_at(home, published, week.tuesday), week, story)
        if any(
            each["kind"] == "promoted" and each["step"] == "retraining" for each in story.answers
        ):
            break
    columns = ["Tuesday of", "champion", "settled", "alerts", "answer"]
    show(f"Logits times {options.slope:g}", columns, story.rows)
    write_json(options.work / "story.json", {"problems": story.problems, "answers": story.answers})
    for problem in story.problems:
        print(f"NOT AS IT SHOULD BE: {problem}")
    sys.exit(1 if story.problems else 0)


def _play(context: RunContext, week: Week, story: Story) -> None:
    """The weekly job, in which the gate is asked again, then what the alerts need."""
    said = [_decided("weekly_refresh", context, context.seasons[-1:], week, story)]
    while (pending := pending_steps(context)) and pending[0].step not in said:
        said.append(pending[0].step)
        said.append(_decided(pending[0].step, context, context.seasons, week, story))
    said = [each for each in said if each]
    alerts = read_parquet(context.paths.alerts).filter(
        pl.col("severity") != "info", book="production"
    )
    if story.alerted is None and alerts.height:
        story.alerted = context.as_of
    settled = production(champion(context).version).rows(graded_ledger(context)).height
    states = [f"{a['market']} {a['severity']} {a['state']}" for a in alerts.to_dicts()]
    answer = ", ".join(said) or "none"
    row = [week.name, champion(context).version, str(settled), "; ".join(states), answer]
    story.rows.append(row)
    print(" | ".join(row), flush=True)


def _decided(
    job: str, context: RunContext, seasons: tuple[int, ...], week: Week, story: Story
) -> str:
    """Run a job, and keep what the gate decided in it; its last answer, '' where there is none."""
    served, n, answer = champion(context).version, len(context.decisions), ""
    _do(job, context, seasons)
    settled = production(served).rows(graded_ledger(context)).height
    for decision in context.decisions[n:]:
        story.answers.append(_answer(context, decision, served, settled))
        print(f"{week.name}: {decision.step} {decision.kind}: {decision.sentence}", flush=True)
        answer = decision.kind
    return answer


def _answer(context: RunContext, decision: Decision, served: str, settled: int) -> dict[str, Any]:
    """One decision, and on how many of the champion's settled forecasts it was judged."""
    judged = settled
    if decision.step == "retraining":
        books = (forecast_by(decision.version), STANDS_IN)
        judged = pairs_of(context, (production(served),), books).height
    return {
        "at": describe(decision.at),
        "step": decision.step,
        "kind": decision.kind,
        "version": decision.version,
        "settled": settled,
        "judged": judged,
        "sentence": decision.sentence,
    }


def _at(home: Path, published: PublishedRelease, instant: datetime) -> RunContext:
    """Publish what is known at an instant, and open the home then."""
    published.move(instant)
    text = SETTINGS.format(release=published.release, as_of=describe(instant))
    write_text(home / "signals.yaml", f"{text}seasons: {published.seasons[0]}-\n")
    return open_run(load_settings(home=home))


def _do(job: str, context: RunContext, seasons: tuple[int, ...]) -> None:
    where = {"home": str(context.paths.home), "as_of": describe(context.as_of)}
    run_job(defs, job, context, where, quiet, seasons=seasons)


def _published(options: argparse.Namespace) -> PublishedRelease:
    seasons = range(options.train_from or options.first - 8, options.last + 1)
    if options.nflverse is None:
        return PublishedLeague(
            options.work, first_season=seasons[0], n_seasons=len(seasons), seed=SEED
        )
    files = [options.openers / f"prices_{season}.parquet" for season in seasons]
    opening = pl.concat(_openers(file) for file in files if file.exists())
    return PublishedRelease(
        Feed(DirectoryRelease(options.nflverse), opening), options.work, seasons
    )


def _openers(file: Path) -> pl.DataFrame:
    """Opening spreads and totals at the standard price, as a `Feed` takes them."""
    lines = pl.read_parquet(file).filter(moment="open").drop_nulls("line")
    wide = lines.pivot(on="market", index="game_id", values="line", aggregate_function="first")
    spread, total = (
        (pl.col(name) if name in wide.columns else pl.lit(None)).cast(pl.Float64)
        for name in ("ats", "total")
    )
    return wide.select("game_id", spread_open=spread, total_open=total).with_columns(
        pl.when(pl.col(line).is_not_null()).then(STANDARD).alias(f"{name}_open")
        for line, names in _PAYS.items()
        for name in names
    )


_PAYS = {
    "spread_open": ("home_spread_odds", "away_spread_odds"),
    "total_open": ("over_odds", "under_odds"),
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=MANUAL, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="new or empty folder to work in")
    parser.add_argument("--first", type=int, required=True, help="season played first")
    parser.add_argument("--last", type=int, required=True, help="season played last")
    parser.add_argument("--train-from", type=int, help="first season; unset: eight before --first")
    parser.add_argument("--slope", type=float, default=1.6, help="by which logits are multiplied")
    parser.add_argument("--nflverse", type=Path, help="folder of nflverse releases")
    parser.add_argument("--openers", type=Path, help="folder of opening lines")
    options = parser.parse_args()
    if options.work.exists() and any(options.work.iterdir()):
        parser.error(f"--work: {options.work} is not empty")
    if (options.nflverse is None) != (options.openers is None):
        parser.error("--nflverse and --openers go together")
    options.work = options.work.resolve()
    return options


if __name__ == "__main__":
    run(main)
