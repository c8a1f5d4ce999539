"""Check of the reports on forecasters: what they state is what the stored tables give."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from nfl_signals.checks.tables import ROUNDING, Figures
from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.files import Json, read_json
from nfl_signals.markets.definitions import KEYS, MARKETS
from nfl_signals.reports.shared.forecasters import FINAL, PRICE, STACK
from nfl_signals.reports.shared.report import report_text
from nfl_signals.reports.steps import backtest_figures, baseline_figures, origin
from nfl_signals.stacking.walk_forward import settled_yes_no
from nfl_signals.stats.scores import brier
from nfl_signals.workspace.run_context import RunContext

RECOMPUTED: dict[str, Callable[..., Json]] = {
    "metrics_baseline": baseline_figures,
    "backtest": backtest_figures,
}
ABLATION = "ablation_stacker"
COLUMNS = {FINAL: "p_hat", STACK: "p_calibrated", PRICE: "p_market"}
"""Of the stacked table, by forecaster of the ablation."""
LARGEST = 1e15  # no figure of a report is; an integer in a file may fit no float
SHOWN = 60  # characters of a value in a message
AGAIN = "`nfl-signals run` does, and so does its asset in Dagster."
REMEDY = (
    f"it was edited, or another version of this program wrote it; write the report again: {AGAIN}"
)


class _Estimate(BaseModel):
    estimate: float | None  # None without games


class _Scored(BaseModel):
    forecaster: str
    n: int  # games
    brier: _Estimate


class _Part(BaseModel):
    market: str
    forecasters: list[_Scored]


class _Ablation(BaseModel):
    """What is checked of the ablation's JSON, which holds more."""

    markets: list[_Part]


def report_figures(context: RunContext) -> Figures:
    """Every number of baseline report and backtest is that of the stored tables, and every text its JSON's.

    Of the ablation, whose other stacks are fitted anew in minutes, those of stack and price are looked at.
    """
    read = {name: _read(context, name) for name in (*RECOMPUTED, ABLATION)}
    counted = sum(_recomputed(context, name, read[name]) for name in RECOMPUTED)
    counted += _ablation(context, read[ABLATION])
    for name, stated in read.items():
        path = context.paths.reports / f"{name}.md"
        if not path.is_file() or path.read_bytes() != _text(name, stated):
            raise IntegrityError(f"{path}: is not the text of {name}.json; {REMEDY}")
    return {"reports": len(read), "figures": counted}


def _read(context: RunContext, name: str) -> Any:  # noqa: ANN401 - any JSON value
    path = context.paths.reports / f"{name}.json"
    try:
        return read_json(path)
    except InputError as error:
        raise IntegrityError(f"{error} Write the report again: {AGAIN}") from error


def _recomputed(context: RunContext, name: str, stated: Any) -> int:  # noqa: ANN401
    """How many values were compared."""
    file, seed = f"{name}.json", stated.get("seed") if isinstance(stated, dict) else None
    if not isinstance(seed, int) or not 0 <= seed < LARGEST:
        raise IntegrityError(f"{file}: is not what a run wrote; {REMEDY}")
    found = origin(context, seed=seed) | RECOMPUTED[name](context, seed=seed)
    found = json.loads(json.dumps(found))
    compared = list(_compared(stated, found, ""))
    for where, mine, other in compared:
        if not _same(mine, other):
            raise IntegrityError(
                f"{file}: {where} is {_brief(mine)}, the stored tables give {_brief(other)}; {REMEDY}"
            )
    return len(compared)


def _compared(stated: Any, found: Any, where: str) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401
    """Every value that the tables give beside the one stated there; a part that is lacking is None."""
    if isinstance(found, dict):
        named = stated if isinstance(stated, dict) else {}
        for key, value in found.items():
            yield from _compared(named.get(key), value, f"{where}.{key}".removeprefix("."))
    elif isinstance(found, list) and isinstance(stated, list) and len(stated) == len(found):
        for number, (mine, other) in enumerate(zip(stated, found, strict=True)):
            yield from _compared(mine, other, f"{where}[{_label(other, number)}]")
    else:
        yield where, stated, found


def _label(row: Any, number: int) -> str:  # noqa: ANN401
    names = ("market", "season", "forecaster", "low")
    found = (row.get(name) for name in names if isinstance(row, dict))
    return str(next((name for name in found if name is not None), number))


def _same(stated: Any, found: Any) -> bool:  # noqa: ANN401
    numbers = [
        isinstance(one, int | float) and not isinstance(one, bool) for one in (stated, found)
    ]
    if all(numbers):
        return abs(stated) < LARGEST and bool(abs(stated - found) <= ROUNDING)
    return type(stated) is type(found) and bool(stated == found)


def _ablation(context: RunContext, stated: Any) -> int:  # noqa: ANN401
    context = context.as_trained
    outcomes = context.markets.select("game_id", "market", "outcome")
    rows = settled_yes_no(context.read(context.paths.stacked).join(outcomes, on=KEYS))
    scores = _scores(stated)
    for (market, forecaster), stated_score in scores.items():
        mine = rows.filter(market=market)
        p, y = mine[COLUMNS[forecaster]].to_numpy(), mine["y"].to_numpy()
        found = len(y), brier(p, y) if len(y) else None
        if not all(map(_same, stated_score, found)):
            raise IntegrityError(
                f"{ABLATION}.json: {market}, {forecaster}: Brier {stated_score[1]} over {stated_score[0]} "
                f"games, the stored forecasts give {found[1]} over {found[0]}; {REMEDY}"
            )
    return len(scores)


def _scores(stated: Any) -> dict[tuple[str, str], tuple[int, float | None]]:  # noqa: ANN401
    """Games and Brier score of each of `COLUMNS` in each market; IntegrityError where one is lacking."""
    try:
        parts = _Ablation.model_validate(stated).markets
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise IntegrityError(f"{ABLATION}.json: {where}: {first['msg']}; {REMEDY}") from error
    found = {
        (part.market, row.forecaster): (row.n, row.brier.estimate)
        for part in parts
        for row in part.forecasters
        if row.forecaster in COLUMNS
    }
    for key in ((market, forecaster) for market in MARKETS for forecaster in COLUMNS):
        if key not in found:
            raise IntegrityError(f"{ABLATION}.json: {', '.join(key)}: is lacking; {REMEDY}")
    return found


def _text(name: str, stated: Any) -> bytes:  # noqa: ANN401
    try:
        return report_text(name, stated).encode()
    except Exception as error:  # whatever a template meets in numbers that are not a report's
        raise IntegrityError(f"{name}.json: is not what a run wrote ({error}); {REMEDY}") from error


def _brief(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, list | dict):
        return f"a {type(value).__name__} of {len(value)}"
    text = "missing" if value is None else ascii(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
