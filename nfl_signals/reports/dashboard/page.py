"""Writes the dashboard: one HTML file with its charts, style and script inside."""

from pathlib import Path
from typing import Any

from nfl_signals.core.files import write_text
from nfl_signals.reports.dashboard import sections as sections
from nfl_signals.reports.dashboard.html import Html, joined, tag
from nfl_signals.reports.dashboard.style import SCRIPT, STYLE
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.numbers import weekly_numbers

Json = dict[str, Any]
# The page loads nothing from anywhere and says so, whatever its data hold.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def write_dashboard(path: Path, inputs: WeeklyInputs) -> Path:
    """Write the page; the same inputs give the same bytes.

    Args:
        path: of the HTML file.
        inputs: tables and limits.

    Returns:
        `path`.

    Raises:
        InputError: there is no week to show.
        StorageError: the file could not be written.
    """
    return write_text(path, dashboard_html(weekly_numbers(inputs)))


def dashboard_html(numbers: Json) -> str:
    """The page.

    Args:
        numbers: of `weekly_numbers`.
    """
    parts = _parts(numbers)
    title = f"NFL signals: week {numbers['week']} of {numbers['season']}"
    links = [tag("li", tag("a", words, href=f"#{name}")) for name, words, _ in parts]
    blocks = [tag("section", tag("h2", words), body, id=name) for name, words, body in parts]
    as_of = f"As of {numbers['as_of'][:16].replace('T', ' ')} UTC. Source: {numbers['source']}."
    body = tag(
        "body",
        tag(
            "header", tag("h1", title), tag("p", numbers["verdict"]), tag("p", as_of, class_="soft")
        ),
        tag("nav", tag("ul", *links), aria_label="Sections"),
        tag("main", *blocks),
        tag("footer", tag("p", "Everything on this page is in the file itself.", class_="soft")),
        tag("script", Html(SCRIPT)),
    )
    return f"<!doctype html>\n{tag('html', _head(title), body, lang='en')}\n"


def _head(title: str) -> Html:
    meta = [
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
    ]
    return tag("head", *meta, tag("title", title), tag("style", Html(STYLE)))


def _parts(numbers: Json) -> list[tuple[str, str, Html]]:
    """Sections in order: anchor, heading, body."""
    alerts = numbers["alerts"]["all"]
    episodes = [sections.episode_list(numbers)]
    if alerts:
        episodes.append(sections.episode_table(alerts))
    return [
        ("state", "State", sections.state_cards(numbers)),
        ("trends", "Trends by market", sections.trend_charts(numbers)),
        ("numbers", "Numbers by window", sections.window_tables(numbers)),
        ("reliability", "Said and happened", sections.reliability_charts(numbers)),
        ("alerts", "Alerts", joined(episodes)),
        ("predictions", "Next week's predictions", sections.pick_table(numbers["predictions"])),
        ("models", "Model versions", sections.model_tables(numbers)),
        (
            "hindsight",
            "If the alarm were the error alone",
            sections.hindsight_table(numbers["hindsight"]),
        ),
        ("words", "What the words mean", sections.words_list(numbers)),
    ]
