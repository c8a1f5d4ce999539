"""The dashboard: whole in itself, well formed, readable without colour, script or network.

`snapshots/dashboard.html` is the page without style, script and drawings, which have files and tests of
their own; `NFL_SIGNALS_RENEW_SNAPSHOTS=1` writes it anew.
"""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest

from nfl_signals.reports.dashboard.page import dashboard_html, write_dashboard
from nfl_signals.reports.shared.templates import data_text
from nfl_signals.reports.weekly.cells import window_cells
from nfl_signals.reports.weekly.inputs import WeeklyInputs
from nfl_signals.reports.weekly.numbers import weekly_numbers
from nfl_signals_tests.support.snapshots import check_snapshot
from nfl_signals_tests.support.weekly_games import (
    HOSTILE,
    alarm_backtest,
    empty_inputs,
    fresh_inputs,
    upcoming,
    weekly_inputs,
)

VOID = {"meta"}
SNAPSHOT = Path(__file__).parent / "snapshots" / "dashboard.html"
COLOUR = re.compile(r"--(\w+): #([0-9a-f]{3,6})")


class Page(HTMLParser):
    """Reads a page and keeps what the claims are about."""

    URLS: ClassVar[set[str]] = {"src", "href", "action", "data", "poster", "xlink:href", "srcset"}

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


def page_of(inputs: WeeklyInputs) -> Page:
    return Page(html_of(inputs))


def html_of(inputs: WeeklyInputs) -> str:
    return dashboard_html(weekly_numbers(inputs))


@pytest.fixture(scope="module")
def html() -> str:
    return html_of(replace(weekly_inputs(), alarm_backtest=alarm_backtest()))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_page_is_the_committed_one(html: str) -> None:
    bare = re.sub(r"(<(style|script|svg)\b)[^>]*>.*?</\2>", r"\1></\2>", html, flags=re.DOTALL)
    check_snapshot(SNAPSHOT, bare)


def test_every_element_that_opens_closes(page: Page) -> None:
    assert page.open == []
    assert len(page.seen) > 500


def test_nothing_is_loaded_from_anywhere(html: str, page: Page) -> None:
    urls = [v for _, attrs in page.seen for k, v in attrs.items() if k in Page.URLS]
    assert urls
    assert all(url and url.startswith("#") for url in urls)
    assert "http" not in html.replace("http-equiv", "")
    assert not re.search(r"@import|url\(|fetch\(|import\(|XMLHttp", html)
    assert "default-src 'none'" in html


def test_every_anchor_leads_to_a_section(page: Page) -> None:
    names = {attrs.get("id") for attrs in page.all("section")}
    assert {(attrs["href"] or "")[1:] for attrs in page.all("a")} <= names


def test_the_page_is_one_small_file_and_the_same_every_time(tmp_path: Path) -> None:
    first = write_dashboard(tmp_path / "a.html", weekly_inputs()).read_bytes()
    assert write_dashboard(tmp_path / "b.html", weekly_inputs()).read_bytes() == first
    assert len(first) < 2_000_000


def test_every_chart_is_named_with_its_n_for_those_who_cannot_see_it(page: Page) -> None:
    charts = page.all("svg")
    assert len(charts) == 30  # five of production and five of walk-forward, in three markets
    for attrs in charts:
        assert attrs["role"] == "img"
        assert re.search(r"\bn [\d,]+", attrs["aria-label"] or "")


def test_every_table_has_its_caption_and_headers_of_rows_and_columns(page: Page) -> None:
    tables = page.all("table")
    assert len(tables) == len(page.all("caption")) >= 8
    assert {attrs["scope"] for attrs in page.all("th")} == {"col", "row"}


def test_tables_scroll_in_their_own_box_and_keyboards_reach_it(page: Page) -> None:
    boxes = [attrs for attrs in page.all("div") if attrs.get("class") == "scroll"]
    assert len(boxes) == len(page.all("table"))
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in boxes)


def test_a_state_is_a_word_and_a_sign_and_not_a_colour_alone(html: str) -> None:
    cards = re.findall(r'<section class="card (\w+)">.*?</section>', html, re.DOTALL)
    assert cards == ["ok", "critical", "ok"]
    for sign, word in (("✓", "all right"), ("✖", "critical")):
        assert f'<span class="icon" aria-hidden="true">{sign}</span>{word}' in html


def test_the_numbers_are_those_of_the_weekly_report(page: Page) -> None:
    for part in weekly_numbers(weekly_inputs())["markets"]:
        for row in part["windows"]:
            assert "".join(window_cells(row, at_close=part["at_close"])) in page.text


def test_every_prediction_and_every_version_has_a_row(page: Page) -> None:
    assert page.text.count("warning: lean less on it") == upcoming().height
    assert page.text.count("model_v12025 week 9") == 3
    assert page.text.count("replay_20252025 week 9") == 3


def test_the_page_reads_the_same_without_script(html: str) -> None:
    bare = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert Page(bare).text == Page(html).text
    assert "onclick" not in html


def test_hostile_words_stay_words() -> None:
    inputs = weekly_inputs()
    page = page_of(
        replace(
            inputs,
            alerts=inputs.alerts.with_columns(sentence=pl.lit(HOSTILE)),
            upcoming=upcoming([f'2025_10_{HOSTILE}_"><img src=x>']),
            alarm_backtest=alarm_backtest().with_columns(series=pl.lit(HOSTILE)),
            source_name=HOSTILE,
        )
    )
    assert page.open == []
    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert HOSTILE in page.text


def test_a_fresh_home_reads_sensibly() -> None:
    page = page_of(fresh_inputs())
    assert "judged on walk-forward forecasts, as production has too few games" in page.text
    assert "None is open and there has never been one." in page.text
    assert "No season has been tested yet." in page.text
    assert page.all("details") == []


def test_a_home_without_a_past_reads_sensibly() -> None:
    page = page_of(replace(empty_inputs(), upcoming=upcoming()))
    assert page.text.count("too few games to judge") == 3
    assert page.all("svg") == []


def test_a_home_without_a_next_week_reads_sensibly() -> None:
    inputs = weekly_inputs()
    page = page_of(replace(inputs, upcoming=inputs.upcoming.clear()))
    assert "No game that is still to come is predicted." in page.text
    assert page.text.count("Serving now: none.") == 3


def luminance(colour: str) -> float:
    full = colour if len(colour) == 6 else "".join(2 * sign for sign in colour)
    parts = [int(full[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_contrasts_with_its_ground(theme: int) -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1."""
    found = COLOUR.findall(data_text("dashboard.css"))
    colours = dict(found[theme * len(found) // 2 : (theme + 1) * len(found) // 2])
    assert {"ground", "card", "ink", "soft", "ok", "warning", "critical", "mine"} <= set(colours)
    for ground in ("ground", "card"):
        for name in set(colours) - {"ground", "card", "rule"}:
            pair = sorted((luminance(colours[name]), luminance(colours[ground])))
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (name, ground)
