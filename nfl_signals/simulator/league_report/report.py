"""The league report: does the league look like real seasons, and how good can a forecast of it be?"""

from pathlib import Path
from typing import Any

from nfl_signals.core.files import write_json, write_text
from nfl_signals.core.settings import describe
from nfl_signals.simulator.league import League
from nfl_signals.simulator.league_report import reference, report_charts
from nfl_signals.simulator.league_report.achievable import best_achievable
from nfl_signals.simulator.league_report.marginals import (
    line_errors,
    margin_shares,
    marginals,
    played_games,
    pushes_by_line,
    total_shares,
)

Json = dict[str, Any]

PAGE, NUMBERS = "league.md", "league.json"
MARGINS, TOTALS, PUSHES, LINE_ERRORS = (
    f"league_{name}.svg" for name in ("margins", "totals", "pushes", "line_errors")
)


def write_league_report(league: League, folder: Path) -> Json:
    """Write `league.md`, `league.json` (its numbers) and four charts.

    The same league always gives the same bytes.

    Args:
        league: as simulated.
        folder: where to; made where missing.

    Returns:
        What `league.json` holds: `as_of, seed, settings, games, reference, marginals, margins, totals,
        pushes_by_line, line_errors, best_achievable`.

    Raises:
        StorageError: the disk is full or not writable.
    """
    games = played_games(league)
    content: Json = {
        "as_of": describe(league.as_of),
        "seed": league.seed,
        "settings": league.settings.model_dump(),
        "games": len(games),
        "reference": {"source": reference.REAL_SEASONS, "games": reference.REAL_GAMES},
        "marginals": marginals(games),
        "margins": margin_shares(games),
        "totals": total_shares(games),
        "pushes_by_line": pushes_by_line(games),
        "line_errors": line_errors(games),
        "best_achievable": best_achievable(league),
    }
    write_text(folder / MARGINS, report_charts.margin_chart(content["margins"]))
    write_text(folder / TOTALS, report_charts.total_chart(content["totals"]))
    write_text(folder / PUSHES, report_charts.push_chart(content["pushes_by_line"]))
    write_text(folder / LINE_ERRORS, report_charts.line_error_chart(games))
    write_json(folder / NUMBERS, content)
    write_text(folder / PAGE, _page(content))
    return content


def _page(content: Json) -> str:
    last = content["settings"]["first_season"] + content["settings"]["n_seasons"] - 1
    parts = [
        "# The simulated league",
        f"Seasons {content['settings']['first_season']}-{last}, seed {content['seed']}, as it stands on "
        f"{content['as_of']}: {content['games']:,} games played with lines. Real values: "
        f"{content['reference']['source']}, {content['reference']['games']:,} games.",
        "## Does it look like real seasons?",
        _marginals(content["marginals"]),
        "The error is one standard error of the league's value, jackknifed over seasons.",
        f"![Share of games by margin]({MARGINS})",
        f"![Share of games by points of both teams]({TOTALS})",
        f"![Share of pushes by line]({PUSHES})",
        "## How far are the lines from the truth?",
        _line_errors(content["line_errors"]),
        "Lines split the probability evenly and keep to half points, so they differ from the mean by "
        "half a point even where the bookmaker makes no error.",
        f"![Opening and closing spread around the true mean]({LINE_ERRORS})",
        "## How good can a forecast be?",
        _best_achievable(content["best_achievable"]),
        "Brier scores on what happened, pushes left out. The last column is the share of the way from "
        "the base rate to the truth that the close covers, in expectation over outcomes; below zero "
        "means worse than the base rate.",
    ]
    return "\n\n".join(parts) + "\n"


def _marginals(records: list[Json]) -> str:
    rows: list[tuple[str, ...]] = [
        (row["name"], *(_number(row, name) for name in ("league", "error", "real")))
        for row in records
    ]
    return _table(("", "league", "error", "real"), rows)


def _number(row: Json, name: str) -> str:
    if row[name] is None:
        return "-"
    if row["unit"] == "share":
        return f"{row[name]:.2%}"
    return f"{row[name]:.4f}" if row["unit"] == "Brier" else f"{row[name]:.2f}"


def _line_errors(records: list[Json]) -> str:
    rows: list[tuple[str, ...]] = [
        (row["market"], row["line"], f"{row['mean']:.2f}", f"{row['sd']:.2f}", f"{row['n']:,}")
        for row in records
    ]
    return _table(("line on", "posted", "mean error", "sd", "games"), rows)


def _best_achievable(scores: Json) -> str:
    rows: list[tuple[str, ...]] = [
        (
            market,
            f"{score['n']:,}",
            *(f"{score[name]:.4f}" for name in ("truth", "close", "base_rate")),
            f"{score['close_share_of_gap']:.0%}",
        )
        for market, score in scores.items()
    ]
    return _table(("market", "games", "truth", "close", "base rate", "close's share of gap"), rows)


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    rule = ("---", *("---:" for _ in header[1:]))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))
