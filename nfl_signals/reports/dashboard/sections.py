"""The parts of the dashboard: state, trends, models, reliability, alerts, predictions, words."""

from datetime import date
from typing import Any

from nfl_signals.reports.dashboard.html import Html, cell, grid, joined, tag
from nfl_signals.reports.shared.markdown import NOTHING, number, share
from nfl_signals.reports.weekly.charts import Drawn, charts_of
from nfl_signals.reports.weekly.text import (
    HEADER,
    HINDSIGHT_HEADER,
    hindsight_cells,
    hindsight_sum,
    window_cells,
)
from nfl_signals.reports.weekly.words import in_figures

Json = dict[str, Any]
ICONS = {"ok": "✓", "info": "◆", "warning": "▲", "critical": "✖", "none": "…"}
KINDS = {
    "error": "Season error: what the alarm looks at",
    "evidence": "Evidence: how sure it is",
    "brier": "Brier score beside the close",
}
EPISODE = ["alert", "severity", "state", "from", "to", "weeks", "n"]
EPISODE += ["error (peak)", "evidence (peak)", "next"]
CURVES = ("reliability_season", "reliability_all")


def state_cards(numbers: Json) -> Html:
    """One card per market: its state in a word, who speaks, what to do."""
    cards = [_card(part, numbers["speakers"]) for part in numbers["markets"]]
    return tag("div", *cards, class_="cards")


def trend_charts(numbers: Json) -> Html:
    """Per kind of chart the markets side by side; other series folded away below."""
    drawn = [_drawn(part, numbers["limits"]) for part in numbers["markets"]]
    rows = [
        joined((tag("h3", words), _row([charts[kind] for charts in drawn if kind in charts])))
        for kind, words in KINDS.items()
        if any(kind in charts for charts in drawn)
    ]
    folded = [_folded(part, numbers["limits"]) for part in numbers["others"]]
    nothing = tag("p", "Nothing has been graded that could be drawn.")
    return joined((*rows, *folded)) if rows or folded else nothing


def reliability_charts(numbers: Json) -> Html:
    """Curves of the season so far and of everything, the markets side by side."""
    drawn = [_drawn(part, numbers["limits"]) for part in numbers["markets"]]
    rows = [_row([charts[kind] for charts in drawn if kind in charts]) for kind in CURVES]
    shown = [row for row in rows if row]
    return joined(shown) if shown else tag("p", "There are no curves yet.")


def window_tables(numbers: Json) -> Html:
    """The table of windows of each market."""
    return joined(
        grid(
            f"{part['title']}. Numbers of: {part['voice']['label']}.",
            HEADER,
            [window_cells(row) for row in part["windows"]],
        )
        for part in numbers["markets"]
        if part["windows"]
    )


def model_tables(numbers: Json) -> Html:
    """Every model version of every series over all it said."""
    header = ["model version", "last game", *HEADER[1:-1]]
    parts = [part for part in (*numbers["markets"], *numbers["others"]) if part.get("versions")]
    tables = [
        grid(f"{part['title']}. {part['voice']['label'].capitalize()}.", header, _versions(part))
        for part in parts
    ]
    return joined(tables) if tables else tag("p", "No model version has enough graded games yet.")


def episode_list(numbers: Json) -> Html:
    """Each alert as a bar in time, with its sentence; newest and open ones first."""
    rows = numbers["alerts"]["all"]
    if not rows:
        return tag("p", "None is open and there has never been one.")
    now = date.fromisoformat(numbers["as_of"][:10])
    first = min(date.fromisoformat(row["opened_at"]) for row in rows)
    return tag("ol", *(_episode(row, first, now) for row in rows), class_="episodes")


def episode_table(rows: list[Json]) -> Html:
    """The alerts' figures."""
    cells = [
        [
            row["series"],
            cell(_badge(row["severity"])),
            cell(row["state"]),
            cell(row["since"]),
            cell(row["until"]),
            str(row["n_weeks"]),
            str(row["n_games"]),
            f"{number(row['error'], digits=3)} ({number(row['peak_error'], digits=3)})",
            f"{in_figures(row['evidence'])} ({in_figures(row['peak_evidence'])})",
            cell(row["next"]),
        ]
        for row in rows
    ]
    return grid("Alerts: errors are probabilities, evidence e-values.", EPISODE, cells)


def pick_table(rows: list[Json]) -> Html:
    """The upcoming week; sortable where scripts run."""
    if not rows:
        return tag("p", "There are no upcoming games with lines.")
    header = ["game", "kickoff (US Eastern)", "market", "line", "said", "prices say"]
    header += ["difference", "push", "voice", "flag"]
    cells = [
        [
            row["game"],
            cell(row["kickoff"], sort=row["kickoff_at"]),
            cell(row["title"]),
            cell(row["line"] or NOTHING),
            share(row["p_hat"]),
            share(row["p_market"]),
            NOTHING if row["gap"] is None else number(100 * row["gap"], digits=1, signed=True),
            share(row["p_push"]),
            cell(f"{row['voice']} {row['model_version']}"),
            cell(_badge(row["flag"], row["flag_words"])),
        ]
        for row in rows
    ]
    caption = "In order of kickoff. Said: probability of YES if there is no push. Difference: said "
    return grid(f"{caption}less what the prices say, points.", header, cells, sortable=True)


def hindsight_table(rows: list[Json]) -> Html:
    """Seasons in which either rule would have raised an alarm."""
    if not rows:
        return tag("p", "No season has been looked at in hindsight yet.")
    caption = "Seasons in which either rule raised an alarm, and for how many weeks (w) it stood."
    table = grid(caption, HINDSIGHT_HEADER, hindsight_cells(rows))
    return joined((tag("p", hindsight_sum(rows)), table))


def words_list(numbers: Json) -> Html:
    """The glossary."""
    pairs = (
        joined((tag("dt", term), tag("dd", f"{gloss}."))) for term, gloss in numbers["glossary"]
    )
    return tag("dl", *pairs)


def _card(part: Json, speakers: list[Json]) -> Html:
    state, voice = part["state"], part["voice"]
    said = [row for row in speakers if row["market"] == part["market"]]
    now = "; ".join(f"{row['words']}, {row['model_version']}" for row in said) or "nobody"
    judged = voice["label"] if voice else "nothing yet"
    return tag(
        "section",
        tag("h3", part["title"]),
        tag("p", tag("span", ICONS[state["level"]], class_="icon", aria_hidden="true"), state["word"],
            class_="state"),
        tag("p", tag("b", "To do: "), state["to_do"], "."),
        tag("p", state["sentence"], class_="soft"),
        tag("p", tag("b", "Speaks now: "), now, ". ", tag("b", "Judged: "), judged, ".", class_="soft"),
        class_=f"card {state['level']}",
    )  # fmt: skip


def _badge(level: str, words: str | None = None) -> Html:
    known = level if level in ICONS else "none"
    icon = tag("span", ICONS[known], class_="icon", aria_hidden="true")
    return tag("span", icon, words or level, class_=f"state {known}")


def _drawn(part: Json, limits: Json) -> dict[str, Drawn]:
    return charts_of(part, limits=limits, alone=False) if part["voice"] else {}


def _figure(drawn: Drawn) -> Html:
    words = tag("figcaption", tag("b", drawn.title), tag("span", drawn.caption))
    return tag("figure", words, Html(drawn.svg))


def _row(drawn: list[Drawn]) -> Html:
    return tag("div", *map(_figure, drawn), class_="cards") if drawn else Html()


def _folded(part: Json, limits: Json) -> Html:
    """Another series of a market, out of the way until asked for."""
    charts = _drawn(part, limits)
    return tag(
        "details",
        tag("summary", f"Also: {part['title']}, {part['voice']['label']}"),
        _row(list(charts.values())),
    )


def _versions(part: Json) -> list[list[str]]:
    return [
        [
            row["model_version"],
            f"{row['window_end_season']} week {row['window_end_week']}",
            *window_cells(row)[1:-1],
        ]
        for row in part["versions"]
    ]


def _episode(row: Json, first: date, now: date) -> Html:
    """One alert: what it is, a bar from opening to closing, and its sentence."""
    span = max((now - first).days, 1)
    opened = date.fromisoformat(row["opened_at"])
    closed = date.fromisoformat(row["closed_at"]) if row["closed_at"] else now
    left, width = (100 * days / span for days in ((opened - first).days, (closed - opened).days))
    place = f"left:{min(left, 98):.2f}%;width:{width:.2f}%"
    return tag(
        "li",
        tag("b", row["series"], ": "),
        _badge(row["severity"]),
        f", {row['state']}, {row['since']} to {row['until']}",
        tag("div", tag("div", class_="bar", style=place), class_="track", aria_hidden="true"),
        tag("div", tag("span", first.isoformat()), tag("span", now.isoformat()), class_="ends"),
        tag("p", row["sentence"], " What next: ", row["next"], "."),
        class_=f"card {row['severity'] if row['severity'] in ICONS else 'none'}",
    )
