"""The report's first paragraph, and how evidence is written."""

from typing import Any

Json = dict[str, Any]


def in_figures(evidence: float) -> str:
    """An e-value as it is written: no powers of ten, no more digits than mean something.

    Example:
        >>> in_figures(0.0171), in_figures(17.96), in_figures(1469.58), in_figures(3e9)
        ('0.0171', '18', '1,470', 'over a million')
    """
    if evidence > 1e6:
        return "over a million"
    return f"{evidence:.3g}" if evidence < 100 else f"{float(f'{evidence:.3g}'):,.0f}"


def verdict(*, markets: list[Json], speakers: list[Json], week: str) -> str:
    """The report's first paragraph: is calibration all right, who speaks, what to do now.

    Args:
        markets: `title, state, voice` of each.
        speakers: of `weekly_voice.speakers`.
        week: in words.
    """
    return f"{_calibration(markets, week)} {_speaking(speakers)} {_to_do(markets)}"


def _calibration(markets: list[Json], week: str) -> str:
    bad = [part for part in markets if part["state"]["level"] not in ("ok", "none")]
    unknown = [part["title"] for part in markets if part["state"]["level"] == "none"]
    if bad:
        named = ", ".join(f"{part['title']} ({part['state']['word']})" for part in bad)
        said = f"After {week} an alert is open for {named}"
        good = any(part["state"]["level"] == "ok" for part in markets)
        said += (
            "; elsewhere calibration is all right as far as the games can tell." if good else "."
        )
    elif len(unknown) == len(markets):
        return f"After {week} no market has enough graded games to be judged."
    else:
        said = f"After {week} calibration is all right as far as the games can tell."
    replays = [part["title"] for part in markets if part["voice"] and part["voice"]["is_replay"]]
    if replays:
        said += (
            f" What is judged for {', '.join(replays)} is the replay: production has too few games."
        )
    return said + (f" Too few games to judge {', '.join(unknown)}." if unknown else "")


def _speaking(speakers: list[Json]) -> str:
    if not speakers:
        return "Nobody speaks now: there are no upcoming games with lines."
    week, by_version = speakers[0]["week"], dict[str, list[str]]()
    for row in speakers:
        name = f"{row['words']} ({row['model_version']})"
        by_version.setdefault(name, []).append(row["title"])
    if len(by_version) == 1:
        return f"Week {week}'s predictions are those of {next(iter(by_version))}."
    parts = (f"{name} on {', '.join(titles)}" for name, titles in by_version.items())
    return f"Week {week}'s predictions are those of {'; '.join(parts)}."


def _to_do(markets: list[Json]) -> str:
    groups: dict[str, list[str]] = {}
    for part in markets:
        groups.setdefault(part["state"]["to_do"], []).append(part["title"])
    if len(groups) == 1:
        return f"What to do now, in every market: {next(iter(groups))}."
    parts = (f"{', '.join(titles)}: {words}" for words, titles in groups.items())
    return f"What to do now: {'; '.join(parts)}."
