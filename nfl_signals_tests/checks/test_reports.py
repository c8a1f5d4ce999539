"""Reports on forecasters: whatever differs from the stored tables is found, and its place is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfl_signals.checks import reports
from nfl_signals.checks.files import files_readable
from nfl_signals.checks.reports import RECOMPUTED, report_figures
from nfl_signals.checks.weekly_reports import weekly_reports
from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.files import Json, read_json, write_json
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.run_contexts import copy_context, rewrite

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(0.001, 0.999) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
NAMES = [*RECOMPUTED, "ablation_stacker"]


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return copy_context(finished_home, tmp_path)


def changed(context: RunContext, name: str, change: Callable[[Any], object]) -> None:
    path = context.paths.reports / f"{name}.json"
    numbers = read_json(path)
    change(numbers)
    write_json(path, numbers)


def outdated_report(context: RunContext) -> None:
    """Forecasts change after the report on them was written."""
    rewrite(context.paths.stacked, (1 - pl.col("p_hat")).alias("p_hat"))


def edited_score(context: RunContext) -> None:
    def raised(stated: Json) -> None:
        stated["markets"][2]["overall"]["brier_price"]["estimate"] += 0.001

    changed(context, "backtest", raised)


def edited_interval(context: RunContext) -> None:
    """Of one season's bets, deep in the report."""

    def widened(stated: Json) -> None:
        stated["markets"][1]["by_season"][0]["bets"]["per_bet"]["high"] = -0.5

    changed(context, "backtest", widened)


def emptied_part(context: RunContext) -> None:
    changed(context, "backtest", lambda stated: stated["markets"][0].update(by_season=[]))


def lost_market(context: RunContext) -> None:
    changed(context, "metrics_baseline", lambda stated: stated["markets"].pop())


def ablation_without_price(context: RunContext) -> None:
    def dropped(stated: Json) -> None:
        rows = stated["markets"][0]["forecasters"]
        rows[:] = [row for row in rows if row["forecaster"] != "price"]

    changed(context, "ablation_stacker", dropped)


def edited_text(context: RunContext) -> None:
    path = context.paths.reports / "backtest.md"
    path.write_text(path.read_text(encoding="utf-8").replace("0.2", "0.1", 1), encoding="utf-8")


def text_is_a_folder(context: RunContext) -> None:
    path = context.paths.reports / "backtest.md"
    path.unlink()
    path.mkdir()


def negative_seed(context: RunContext) -> None:
    changed(context, "backtest", lambda stated: stated.update(seed=-1))


def huge_number(context: RunContext) -> None:
    """An integer that no float can hold."""

    def grown(stated: Json) -> None:
        stated["markets"][0]["overall"]["brier"]["estimate"] = 10**400

    changed(context, "backtest", grown)


def half_a_letter(context: RunContext) -> None:
    """A title that JSON can write and UTF-8 cannot."""
    path = context.paths.reports / "ablation_stacker.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"title": "', '"title": "\\ud800', 1), encoding="utf-8")


def lost_backtest(context: RunContext) -> None:
    """As in a home of a version that had no such report."""
    (context.paths.reports / "backtest.json").unlink()


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (outdated_report, r"\w+\.json: markets\["),
        (edited_score, r"backtest\.json: markets\[total\]\.overall\.brier_price\.estimate is 0\."),
        (edited_interval, r"markets\[moneyline\]\.by_season\[\d+\]\.bets\.per_bet\.high is -0\.5"),
        (emptied_part, r"markets\[ats\]\.by_season is a list of 0, the stored tables give a list"),
        (lost_market, r"metrics_baseline\.json: markets is a list of 2, .* give a list of 3"),
        (ablation_without_price, r"ablation_stacker\.json: ats, price: is lacking"),
        (text_is_a_folder, r"backtest\.md: is not the text of backtest\.json"),
        (negative_seed, r"backtest\.json: is not what a run wrote"),
        (huge_number, r"estimate is 1000.*, the stored tables give 0\."),
        (half_a_letter, r"ablation_stacker\.json: is not what a run wrote"),
        (edited_text, r"backtest\.md: is not the text of backtest\.json"),
        (
            lost_backtest,
            r"backtest\.json: not there yet .* Write the report again: `nfl-signals run`",
        ),
    ],
)
@pytest.mark.slow
def test_what_differs_from_the_tables_is_named(
    context: RunContext, tamper: Callable[[RunContext], None], message: str
) -> None:
    tamper(context)
    with pytest.raises(IntegrityError, match=message):
        report_figures(context)


def emptied_page(context: RunContext) -> None:
    context.paths.dashboard.write_text("\n", encoding="utf-8")


def garbled_week(context: RunContext) -> None:
    next(context.paths.reports.glob("weekly/*.md")).write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (emptied_page, r"dashboard\.html: is empty"),
        (garbled_week, r"w\d\d\.md: cannot be read as text"),
    ],
)
def test_a_page_that_cannot_be_read_is_named(
    context: RunContext, tamper: Callable[[RunContext], None], message: str
) -> None:
    tamper(context)
    with pytest.raises(IntegrityError, match=message):
        files_readable(context)


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("dashboard.html", r"dashboard\.html: is not there"),
        ("data_dictionary.md", r"data_dictionary\.md: is not there"),
        ("weekly/*.md", r"w\d\d\.md: is not there"),
        ("weekly/*.json", r"weekly: holds no report"),
    ],
)
def test_a_lost_report_is_named(context: RunContext, lost: str, message: str) -> None:
    assert weekly_reports(context)["weeks"] >= 1
    for file in context.paths.reports.glob(lost):
        file.unlink()
    with pytest.raises(IntegrityError, match=message):
        weekly_reports(context)


@pytest.mark.parametrize("value", [None, 3, [], {}, {"season": 2024, "week": 1}, {"season": "x"}])
def test_a_weekly_report_that_is_none_is_named(context: RunContext, value: object) -> None:
    (file,) = context.paths.reports.glob("weekly/*.json")
    write_json(file, value)
    with pytest.raises(IntegrityError, match=file.name):
        weekly_reports(context)


@pytest.fixture(scope="module")
def known(
    finished_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[RunContext, dict[str, Any]]:
    """A home whose reports may be changed, and what they said."""
    context = copy_context(finished_home, tmp_path_factory.mktemp("known"))
    return context, {name: read_json(context.paths.reports / f"{name}.json") for name in NAMES}


@settings(max_examples=40)  # each renders three reports
@given(
    name=st.sampled_from(NAMES), place=st.lists(st.integers(0, 99), max_size=9), value=JSON_VALUES
)
def test_whatever_stands_in_place_of_a_part_the_check_ends_with_a_sentence(
    known: tuple[RunContext, dict[str, Any]], name: str, place: list[int], value: object
) -> None:
    """And never with another error. Nothing is computed here: the tables give what the reports said."""
    context, stated = known
    replaced = with_part(stated[name], place, value)
    write_json(context.paths.reports / f"{name}.json", replaced)
    tables = {each: lambda *_, each=each, **__: stated[each] for each in RECOMPUTED}
    found = ""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reports, "RECOMPUTED", tables)
        try:
            report_figures(context)
        except IntegrityError as error:
            found = str(error)
    write_json(context.paths.reports / f"{name}.json", stated[name])
    differs = compared(replaced) != compared(stated[name])
    assert f"{name}." in found if differs and name in RECOMPUTED else not found or name in found


def compared(value: object) -> str:
    """What is looked at: everything but the paths of charts, numbers as numbers."""
    if isinstance(value, dict):
        inner = {key: compared(one) for key, one in value.items() if key != "charts"}
        return str(sorted(inner.items()))
    if isinstance(value, list):
        return str([compared(one) for one in value])
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(float(value) + 0.0) if is_number else repr(value)  # type: ignore[arg-type]


def with_part(stated: object, place: list[int], value: object) -> object:
    """A copy with the value in place of what is at that place, or of the last part on the way there."""
    if not (place and stated and isinstance(stated, dict | list)):
        return value
    copied = dict(stated) if isinstance(stated, dict) else dict(enumerate(stated))
    chosen = list(copied)[place[0] % len(copied)]
    copied[chosen] = with_part(copied[chosen], place[1:], value)
    return copied if isinstance(stated, dict) else list(copied.values())
