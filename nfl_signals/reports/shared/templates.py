"""Jinja2 templates of reports: Markdown as it stands, HTML and SVG escaped.

Templates lie in `reports/templates/`; they lay out numbers and compute none. A name that is missing
is an error, never an empty place.
"""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from nfl_signals.alerts.wording import evidence
from nfl_signals.reports.shared import markdown

FILTERS = {
    "thousands": "{:,}".format,
    "number": markdown.number,
    "share": markdown.share,
    "between": markdown.between,
    "share_between": markdown.share_between,
    "escaped": markdown.escaped,
    "cell": markdown.cell,
    "evidence": evidence,
}


def render(template: str, /, **values: object) -> str:
    """A template filled in; ends with one line break.

    Args:
        template: file below `reports/templates/`; `.html` and `.svg` escape what they are given.
        values: names that the template uses.

    Raises:
        jinja2.UndefinedError: the template uses a name that was not given.
    """
    return _environment().get_template(template).render(**values).rstrip("\n") + "\n"


def data_text(name: str) -> str:
    """A data file of `reports/templates/` as it stands."""
    return (files("nfl_signals.reports") / "templates" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("nfl_signals.reports"),
        autoescape=select_autoescape(["html", "svg"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(FILTERS)
    made.globals["table"] = markdown.table
    return made
