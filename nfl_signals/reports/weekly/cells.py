"""Table cells that the weekly report and the dashboard share: windows and the alarm backtest."""

from collections.abc import Sequence
from itertools import groupby

from nfl_signals.alerts.backtest import RULES
from nfl_signals.alerts.wording import evidence
from nfl_signals.core.files import Json
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.reports.shared.markdown import NOTHING, number

PRICE_IS_CLOSE = (
    "Production's price at the pick is the close in every graded game: "
    "the release holds no earlier prices."
)
_WINDOW_HEADER = (
    "games",
    "n",
    "Brier",
    "price at the pick (skill)",
    "close (skill)",
    "calibration error (chance alone)",
    "slope [95 %]",
    "closing-line value (n)",
    "evidence (season error)",
)


def window_header(*, at_close: bool) -> list[str]:
    """Columns of a series; one that is forecast at the close has no other price."""
    return list(_prices(_WINDOW_HEADER, at_close))


def window_cells(row: Json, *, at_close: bool) -> list[str]:
    """One window as cells under `window_header`."""
    slope, value = row["slope"], row["closing_line_value"]
    ends = f"[{number(row['slope_low'], digits=2)}, {number(row['slope_high'], digits=2)}]"
    chance = number(row["calibration_error_null95"], digits=3)
    points = NOTHING if value is None else f"{number(100 * value, digits=2, signed=True)} points"
    sure = NOTHING
    if row["evidence"] is not None:
        sure = f"{evidence(row['evidence'])} ({number(row['season_error'], digits=3)})"
    cells = [
        row["label"],
        f"{row['n']:,}",
        number(row["brier"]),
        _beside(row, "price"),
        _beside(row, "close"),
        f"{number(row['calibration_error'], digits=3)} ({chance})",
        NOTHING if slope is None else f"{number(slope, digits=2)} {ends}",
        f"{points} ({row['n_valued']})",
        sure,
    ]
    return list(_prices(cells, at_close))


def _prices(cells: Sequence[str], at_close: bool) -> Sequence[str]:
    if not at_close:
        return cells
    price = _WINDOW_HEADER.index("price at the pick (skill)")
    return [*cells[:price], *cells[price + 1 :]]


def _beside(row: Json, reference: str) -> str:
    """Brier score of the price at the pick or the close, the skill over it, and on how many games."""
    brier, skill, n = (row[f"{name}_{reference}"] for name in ("brier", "skill_vs", "n"))
    if brier is None:
        return NOTHING
    known = NOTHING if skill is None else f"{number(100 * skill, digits=1, signed=True)} %"
    return f"{number(brier)} ({known}{'' if n == row['n'] else f', n {n:,}'})"


def backtest_cells(rows: list[Json]) -> list[list[str]]:
    """Market, series, seasons, and those with an alarm by the literal and by the shipped rule.

    `rows` are `backtest.BACKTEST_SCHEMA`, sorted by market, series and season.
    """
    cells = []
    for (market, series), group in groupby(rows, lambda row: (row["market"], row["series"])):
        seasons = list(group)
        span = f"{seasons[0]['season']}-{seasons[-1]['season']}"
        alarms = [_alarms(seasons, rule) for rule in RULES]
        cells.append([MARKETS[market].title, series, span, *alarms])
    return cells


def backtest_summary(rows: list[Json]) -> str:
    """In how many seasons of each series, markets counted apart, either rule raised an alarm."""
    parts = []
    for series in sorted({row["series"] for row in rows}):
        mine = [row for row in rows if row["series"] == series]
        literal, shipped = (sum(row[rule] > 0 for row in mine) for rule in RULES)
        parts.append(
            f"{series}: of {len(mine)} seasons, markets counted apart, the literal rule would have "
            f"raised an alarm in {literal}, the shipped rule in {shipped}"
        )
    return "; ".join(parts) + "."


def _alarms(rows: list[Json], rule: str) -> str:
    """Seasons with an alarm, and for how many weeks it stood."""
    found = [f"{row['season']} ({row[rule]} w)" for row in rows if row[rule]]
    return f"{len(found)} of {len(rows)}: {', '.join(found)}" if found else f"none of {len(rows)}"


FOR_TEMPLATES = {
    "price_is_close_sentence": PRICE_IS_CLOSE,
    "window_header": window_header,
    "window_cells": window_cells,
    "backtest_cells": backtest_cells,
    "backtest_summary": backtest_summary,
}
