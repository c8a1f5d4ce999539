"""What the baseline report says first, in plain sentences made from its numbers."""

from typing import Any

from nfl_signals.reports.shared.markdown import between, number, share, share_between
from nfl_signals.reports.shared.settled import BASE_RATE, CLOSE, STACK
from nfl_signals.reports.shared.targets import ATS_ACCURACY, BRIER_BELOW_COIN

Json = dict[str, Any]
NAMES = {CLOSE: "the close", BASE_RATE: "the base rate"}


def summary(numbers: Json) -> str:
    """Warnings first, then one paragraph a market, as a Markdown list."""
    lines = [*_warnings(numbers), *(_market(part, numbers) for part in numbers["markets"])]
    return "\n".join(f"- {line}" for line in lines)


def _warnings(numbers: Json) -> list[str]:
    titles = {part["market"]: part["title"] for part in numbers["markets"]}
    return [
        f"**Warning. {titles[row['market']]}: {row['forecaster']} beats the close by "
        f"{between(_negated(row))} Brier, an interval clear of zero. That is too good: look for a "
        "leak before believing it.**"
        for row in numbers["too_good"]
    ]


def _market(part: Json, numbers: Json) -> str:
    cards = {row["forecaster"]: row for row in part["same_games"]}
    if not cards:
        return f"**{part['title']}**: no games that every forecaster has, so nothing is claimed."
    first, last = part["seasons"][0], part["seasons"][-1]
    n = next(iter(cards.values()))["n"]
    sentences = [
        f"**{part['title']}** ({n:,} games that every forecaster has, {first} to {last}). Brier: "
        + ", ".join(f"{name} {number(row['brier']['estimate'])}" for name, row in cards.items())
        + "."
    ]
    sentences += _learners(part)
    sentences += [_standing(cards[name]) for name in _voices(part, cards) if cards[name]["against"]]
    if part["market"] == "moneyline" and BASE_RATE in cards:
        sentences.append(_constant(cards[BASE_RATE], part))
    if part["market"] == "ats":
        sentences += [_picks(part, name, numbers) for name in _voices(part, cards)]
    return " ".join(sentences)


def _voices(part: Json, cards: Json) -> list[str]:
    """Who speaks for the market: the stack, or every learner while there is none.

    The best learner is never picked out: chosen after the fact, it would look better than it is.
    """
    return [STACK] if STACK in cards else [name for name in part["learners"] if name in cards]


def _learners(part: Json) -> list[str]:
    """How many learners are better, worse or undecided, against each reference and a coin."""
    coin = [
        {"reference": "a coin", **row}
        for row in part["targets"]
        if (row["target"], row["games"]) == (BRIER_BELOW_COIN.key, "same")
        and row["forecaster"] in part["learners"]
    ]
    rows = coin + [
        against
        for row in part["same_games"]
        if row["forecaster"] in part["learners"]
        for against in row["against"]
    ]
    counts = []
    for reference in dict.fromkeys(row["reference"] for row in rows):
        got = [row["verdict"] for row in rows if row["reference"] == reference]
        better, worse = got.count("PASS"), got.count("FAIL")
        counts.append(
            f"against {NAMES.get(reference, reference)} {better} better, {worse} worse, "
            f"{len(got) - better - worse} undecided"
        )
    return [f"The {len(part['learners'])} learners alone: {'; '.join(counts)}."]


def _standing(card: Json) -> str:
    name = "The stack" if card["forecaster"] == STACK else f"The learner {card['forecaster']}"
    return f"{name} {' and '.join(_against(row) for row in card['against'])}."


def _against(row: Json) -> str:
    reference = NAMES[row["reference"]]
    if row["verdict"] == "PASS":
        return f"is better than {reference} by {between(_negated(row))}"
    if row["verdict"] == "FAIL":
        return f"is worse than {reference} by {between(row)}"
    return (
        f"cannot be told from {reference} (difference {between(row, signed=True)}; a true "
        f"difference below {number(row['minimum_detectable'])} would mostly go unseen)"
    )


def _constant(base_rate: Json, part: Json) -> str:
    reached = _verdict(part, BRIER_BELOW_COIN.key, BASE_RATE)
    return (
        "On the moneyline even a constant can pass 0.25, because home teams win more often than "
        f"not: the base rate alone scores {between(base_rate['brier'])} ({reached}). There the target says "
        "nothing; the comparisons do."
    )


def _picks(part: Json, name: str, numbers: Json) -> str:
    row = _target(part, ATS_ACCURACY.key, name)
    return (
        f"Picks of {name} against the spread: {share_between(row)} right, {row['verdict']} against "
        f"52 %; break-even at -110 is {100 * numbers['break_even']:.2f} %, so "
        + (
            "the interval does not show a profit."
            if row["low"] is None or row["low"] <= numbers["break_even"]
            else f"even the lower end, {share(row['low'])}, would pay."
        )
    )


def _verdict(part: Json, target: str, name: str) -> str:
    return str(_target(part, target, name)["verdict"])


def _target(part: Json, target: str, name: str) -> Json:
    found: Json = next(
        row
        for row in part["targets"]
        if (row["target"], row["forecaster"], row["games"]) == (target, name, "same")
    )
    return found


def _negated(row: Json) -> Json:
    """The gain of a lower score, as a positive number."""
    return {"estimate": -row["estimate"], "low": -row["high"], "high": -row["low"]}
