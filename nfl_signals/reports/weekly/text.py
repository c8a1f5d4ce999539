"""The weekly report as Markdown; every number in it is one of `weekly_numbers`."""

from typing import Any

from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.reports.shared.markdown import NOTHING, number, share, table
from nfl_signals.reports.weekly.words import in_figures

Json = dict[str, Any]
HEADER = [
    "games",
    "n",
    "Brier",
    "close, same games",
    "skill",
    "calibration error (chance alone)",
    "slope [95 %]",
    "closing-line value (n)",
    "evidence (season error)",
]

HINDSIGHT_HEADER = [
    "market",
    "voice",
    "seasons",
    "literal rule: alarm in",
    "shipped rule: alarm in",
]


def weekly_text(numbers: Json) -> str:
    """The report, most urgent first; ends with a line break."""
    parts = [
        f"# Week {numbers['week']} of {numbers['season']}",
        safe(numbers["verdict"]),
        f"_Source: {safe(numbers['source'])}. Nothing known after {numbers['as_of']} was used. "
        "Every term is explained at the end._",
        "## Alerts",
        *_alerts(numbers["alerts"]),
        "## Numbers by market",
        *(block for part in numbers["markets"] for block in _market(part)),
        "## What changed since last week",
        _changes(numbers["markets"]),
        "## Charts",
        *_charts(numbers),
        "## Next week's predictions",
        _predictions(numbers["predictions"]),
        "## If the alarm were the error alone",
        *_hindsight(numbers["hindsight"], numbers["limits"]),
        "## What the words mean",
        "\n".join(f"- **{term}**: {gloss}." for term, gloss in numbers["glossary"]),
    ]
    return "\n\n".join(parts) + "\n"


def safe(text: str) -> str:
    r"""Words from data, so that they can be nothing but words in Markdown.

    Example:
        >>> safe("<b>x</b> [y](z)")
        '&lt;b&gt;x&lt;/b&gt; \\[y\\](z)'
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for sign in "[]`*":
        plain = plain.replace(sign, "\\" + sign)
    return " ".join(plain.split())


def window_cells(row: Json) -> list[str]:
    """One window as cells under HEADER."""
    slope, value = row["slope"], row["closing_line_value"]
    ends = f"[{number(row['slope_low'], digits=2)}, {number(row['slope_high'], digits=2)}]"
    chance = number(row["calibration_error_null95"], digits=3)
    same = number(row["brier_market"])
    if row["n_market"] not in (0, row["n"]):
        same += f" (n {row['n_market']})"
    points = (
        f"{number(100 * value, digits=2, signed=True)} points" if value is not None else NOTHING
    )
    return [
        row["label"],
        f"{row['n']:,}",
        number(row["brier"]),
        same,
        _signed_share(row["skill_vs_market"]),
        f"{number(row['calibration_error'], digits=3)} ({chance})",
        NOTHING if slope is None else f"{number(slope, digits=2)} {ends}",
        f"{points} ({row['n_moved']})",
        _proof(row),
    ]


def alert_words(row: Json) -> str:
    """One episode in a sentence or two: what, since when, what next."""
    until = f"since {row['since']}"
    if row["state"] != "open":
        until = f"{row['since']} to {row['until']}"
    return (
        f"{row['title']}, {row['severity']}, {row['state']} ({row['series']}; {until}): "
        f"{row['sentence']} What next: {row['next']}. For a person: {row['to_do']}."
    )


def _proof(row: Json) -> str:
    if row["evidence"] is None:
        return NOTHING
    return f"{in_figures(row['evidence'])} ({number(row['season_error'], digits=3)})"


def _alerts(alerts: Json) -> list[str]:
    if not alerts["all"]:
        return ["None is open and there has never been one."]
    if not (alerts["open"] or alerts["opened"] or alerts["recovered"]):
        newest = max(alerts["all"], key=lambda row: row["opened_at"])
        return [f"None is open. The newest one is over: {safe(alert_words(newest))}"]
    opened = {row["alert_id"] for row in alerts["opened"]}
    standing = [row for row in alerts["open"] if row["alert_id"] not in opened]
    blocks = []
    for words, rows in (
        ("Opened this week", alerts["opened"]),
        ("Open since earlier", standing),
        ("Recovered this week", alerts["recovered"]),
    ):
        lines = "\n".join(f"- {safe(alert_words(row))}" for row in rows)
        blocks.append(f"**{words}:**" + (f"\n\n{lines}" if rows else " none."))
    return blocks


def _market(part: Json) -> list[str]:
    state, voice = part["state"], part["voice"]
    head = [
        f"### {part['title']}: {state['word']}",
        f"YES: {part['yes']}. {safe(state['sentence'])}",
    ]
    if voice is None:
        return head
    rows = [window_cells(row) for row in part["windows"]]
    shown = f"Numbers of: {safe(voice['label'])}."
    return [*head, shown, table(HEADER, rows) if rows else "No window has enough games yet."]


def _changes(markets: list[Json]) -> str:
    lines = []
    for part in markets:
        matter = [change["words"] for change in part["changes"] if change["matters"]]
        if matter:
            lines.append(f"- {part['title']}: {'; '.join(matter)}.")
        elif part["changes"]:
            lines.append(f"- {part['title']}: nothing that chance would not do ({_small(part)}).")
        else:
            lines.append(f"- {part['title']}: there is no earlier week of the season to compare.")
    return "\n".join(lines)


def _small(part: Json) -> str:
    return ", ".join(
        f"{change['measure']} {change['before']:.3g} to {change['now']:.3g}"
        for change in part["changes"]
    )


def _charts(numbers: Json) -> list[str]:
    drawn = [
        f"![{safe(chart['title'])}]({chart['path']})\n\n{chart['caption']}"
        for part in numbers["markets"]
        for chart in part.get("charts", {}).values()
    ]
    return drawn or ["Nothing has been graded that could be drawn."]


def _predictions(rows: list[Json]) -> str:
    if not rows:
        return "There are no upcoming games with lines."
    header = [
        "kickoff (US Eastern)",
        "game",
        "market",
        "line",
        "said",
        "prices say",
        "difference",
        "push",
        "voice",
        "flag",
    ]
    return table(header, [pick_cells(row) for row in rows])


def pick_cells(row: Json) -> list[str]:
    """One prediction as cells."""
    return [
        row["kickoff"],
        safe(row["game"]),
        row["title"],
        safe(row["line"]) or NOTHING,
        share(row["p_hat"]),
        share(row["p_market"]),
        NOTHING
        if row["gap"] is None
        else f"{number(100 * row['gap'], digits=1, signed=True)} points",
        share(row["p_push"]),
        safe(f"{row['voice']} {row['model_version']}"),
        safe(row["flag_words"]),
    ]


def _hindsight(rows: list[Json], limits: Json) -> list[str]:
    rule = (
        f"The literal rule would be: the plain error of the season stands above "
        f"{limits['max_calibration_error']:g} for more than {limits['min_days']} days. Chance alone "
        "does that, so the shipped rule also asks for evidence. Seasons in which either would have "
        "raised an alarm, and for how many weeks (w) it would have stood:"
    )
    if not rows:
        return [rule, "No season has been looked at in hindsight yet."]
    return [rule, table(HINDSIGHT_HEADER, hindsight_cells(rows)), safe(hindsight_sum(rows))]


def hindsight_cells(rows: list[Json]) -> list[list[str]]:
    """One voice on one market a row: its seasons, and those with an alarm by either rule."""
    groups: dict[tuple[MarketName, str], list[Json]] = {}
    for row in rows:
        groups.setdefault((row["market"], row["voice"]), []).append(row)
    return [
        [
            MARKETS[market].title,
            safe(voice),
            f"{mine[0]['season']}-{mine[-1]['season']}",
            *(_alarmed(mine, key) for key in ("weeks_literal", "weeks_shipped")),
        ]
        for (market, voice), mine in groups.items()
    ]


def _alarmed(rows: list[Json], key: str) -> str:
    """Seasons with an alarm, and for how many weeks it stood."""
    told = [f"{row['season']} ({row[key]} w)" for row in rows if row[key]]
    return f"{len(told)} of {len(rows)}: {', '.join(told)}" if told else f"none of {len(rows)}"


def hindsight_sum(rows: list[Json]) -> str:
    """In how many seasons of each voice, markets counted apart, either rule raised an alarm."""
    parts = []
    for voice in sorted({row["voice"] for row in rows}):
        mine = [row for row in rows if row["voice"] == voice]
        literal, shipped = (
            sum(row[key] > 0 for row in mine) for key in ("weeks_literal", "weeks_shipped")
        )
        parts.append(
            f"{voice}: of {len(mine)} seasons, markets counted apart, the literal rule would have "
            f"raised an alarm in {literal}, the shipped rule in {shipped}"
        )
    return "; ".join(parts) + "."


def _signed_share(value: float | None) -> str:
    return NOTHING if value is None else f"{number(100 * value, digits=1, signed=True)} %"
