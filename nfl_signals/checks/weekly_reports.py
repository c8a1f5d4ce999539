"""Check of the reports for people that repeat tables: each is there and whole."""

from pathlib import Path

from nfl_signals.checks.tables import Figures
from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.core.files import read_object
from nfl_signals.workspace.run_context import RunContext

AGAIN = "a run writes it again."
WEEK = {"season": int, "week": int}


def weekly_reports(context: RunContext) -> Figures:
    """Dashboard, data dictionary and the newest week's report are there; every week's JSON has its text."""
    paths = context.paths
    for page in (paths.dashboard, paths.reports / "data_dictionary.md"):
        _refuse_missing(page)
    weeks = sorted(paths.reports.glob("weekly/*.json"))
    if not weeks:
        raise IntegrityError(f"{paths.reports / 'weekly'}: holds no report; {AGAIN}")
    for file in weeks:
        _refuse_missing(file.with_suffix(".md"))
        try:
            stated = read_object(file, WEEK, remedy=AGAIN)
        except InputError as error:
            raise IntegrityError(str(error)) from error
        if paths.weekly_report(stated["season"], stated["week"]) != file.with_suffix(".md"):
            raise IntegrityError(
                f"{file}: is of week {stated['week']} of {stated['season']}; {AGAIN}"
            )
    return {"weeks": len(weeks)}


def _refuse_missing(file: Path) -> None:
    if not file.is_file():
        raise IntegrityError(f"{file}: is not there; {AGAIN}")
