"""Jinja2 templates of reports: Markdown as written, HTML escaped.

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
    "points_between": markdown.points_between,
    "escaped": markdown.escaped,
    "cell": markdown.cell,
    "evidence": evidence,
}


def render(template: str, /, **values: object) -> str:
    """A file of `reports/templates/` filled in, `.html` escaped; ends with one line break.

    Raises:
        jinja2.UndefinedError: the template uses a name that was not given.
    """
    return _environment().get_template(template).render(**values).rstrip("\n") + "\n"


def data_text(name: str) -> str:
    """A file of `reports/templates/`, unchanged."""
    return (files("nfl_signals.reports") / "templates" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("nfl_signals.reports"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(FILTERS)
    return made
