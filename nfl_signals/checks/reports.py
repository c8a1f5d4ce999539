"""Check of the reports on forecasters: what they state is what the stored tables give."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nfl_signals.checks.tables import ROUNDING, Figures
from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.files import read_json
from nfl_signals.markets.definitions import KEYS
from nfl_signals.reports.shared.forecasters import FINAL, PRICE, STACK
from nfl_signals.stacking.walk_forward import settled_yes_no
from nfl_signals.stats.scores import brier
from nfl_signals.workspace.run_context import RunContext

COLUMNS = {FINAL: "p_hat", STACK: "p_calibrated", PRICE: "p_market"}
"""Of the stacked table, by forecaster."""


class Stated(NamedTuple):
    """One Brier score as a report has it."""

    report: str
    market: str
    forecaster: str
    n: int  # games
    brier: float | None  # None without games


def report_figures(context: RunContext) -> Figures:
    """The figures of stack and price in ablation and backtest are those of the stored tables."""
    context = context.as_trained
    outcomes = context.markets.select("game_id", "market", "outcome")
    rows = settled_yes_no(context.read(context.paths.stacked).join(outcomes, on=KEYS))
    reported = list(_stated(context.paths.reports))
    for stated in reported:
        mine = rows.filter(market=stated.market)
        p, y = mine[COLUMNS[stated.forecaster]].to_numpy(), mine["y"].to_numpy()
        found = brier(p, y) if len(y) else None
        if stated.n != len(y) or not _same(stated.brier, found):
            raise IntegrityError(
                f"{stated.report}: {stated.market}, {stated.forecaster}: Brier {stated.brier} over "
                f"{stated.n} games, the stored forecasts give {found} over {len(y)}; write the report "
                "again."
            )
    return {"figures": len(reported)}


def _stated(reports: Path) -> Iterator[Stated]:
    for part in read_json(reports / "ablation_stacker.json")["markets"]:
        for row in part["forecasters"]:
            if row["forecaster"] in COLUMNS:
                score = row["n"], row["brier"]["estimate"]
                yield Stated("ablation_stacker.json", part["market"], row["forecaster"], *score)
    for part in read_json(reports / "backtest.json")["markets"]:
        overall = part["overall"]
        for forecaster, name in ((FINAL, "brier"), (PRICE, "brier_price")):
            score = overall["n"], overall[name]["estimate"]
            yield Stated("backtest.json", part["market"], forecaster, *score)


def _same(stated: float | None, found: float | None) -> bool:
    if stated is None or found is None:
        return stated is found
    return abs(stated - found) <= ROUNDING
