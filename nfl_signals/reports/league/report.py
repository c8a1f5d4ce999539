"""The league report: does the league look like real seasons, and how good can a forecast of it be?"""

from pathlib import Path

from nfl_signals.core.files import Json, write_json, write_text
from nfl_signals.core.settings import describe
from nfl_signals.reports.league import charts, marginals, reference
from nfl_signals.reports.league.achievable import best_achievable, best_achievable_on_tuesday
from nfl_signals.reports.shared.templates import render
from nfl_signals.simulator.league import League


def write_league_report(league: League, folder: Path) -> Json:
    """Write `league.md`, `league.json` (its numbers) and four charts; the same league, the same bytes.

    Returns what `league.json` holds: `as_of, seed, settings, games, reference, marginals, margins,
    totals, pushes_by_line, line_errors, best_achievable, best_achievable_on_tuesday`.
    """
    games = marginals.played_games(league)
    content: Json = {
        "as_of": describe(league.as_of),
        "seed": league.seed,
        "settings": league.settings.model_dump(),
        "games": len(games),
        "reference": {"source": reference.REAL_SEASONS, "games": reference.REAL_GAMES},
        "marginals": marginals.marginals(games),
        "margins": marginals.margin_shares(games),
        "totals": marginals.total_shares(games),
        "pushes_by_line": marginals.pushes_by_line(games),
        "line_errors": marginals.line_errors(games),
        "best_achievable": best_achievable(league),
        "best_achievable_on_tuesday": best_achievable_on_tuesday(league),
    }
    write_text(folder / "league_margins.svg", charts.margin_chart(content["margins"]))
    write_text(folder / "league_totals.svg", charts.total_chart(content["totals"]))
    write_text(folder / "league_pushes.svg", charts.push_chart(content["pushes_by_line"]))
    write_text(folder / "league_line_errors.svg", charts.line_error_chart(games))
    write_json(folder / "league.json", content)
    write_text(folder / "league.md", render("league.md", **content))
    return content
