"""What the ablation report says first, in plain sentences made from its numbers."""

from typing import Any

from nfl_signals.reports.ablation.table import FINAL
from nfl_signals.reports.shared.markdown import between, number, share_between
from nfl_signals.reports.shared.settled import CLOSE

Json = dict[str, Any]
PARTS = ("without", "blend", "calibrator")


def summary(numbers: Json) -> str:
    """One paragraph a market, as a Markdown list; what is too good to be true comes first."""
    parts = [part for part in numbers["markets"] if part["forecasters"]]
    lines = [*(line for part in parts for line in _too_good(part)), *map(_market, parts)]
    return "\n".join(f"- {line}" for line in lines) or "No settled games that the stack forecast."


def _too_good(part: Json) -> list[str]:
    """A stack or learner that clearly beats the close is suspect."""
    cards = _cards(part)
    close = cards[CLOSE]["against_stack"]
    if close["verdict"] != "worse":
        return []
    return [
        f"**Warning. {part['title']}: the stack is better than the close by {between(close)} Brier, an "
        "interval clear of zero. That is too good: look for a leak before believing it.**"
    ]


def _market(part: Json) -> str:
    cards = _cards(part)
    final, close = cards[FINAL], cards[CLOSE]
    learners = [row for row in part["forecasters"] if row["kind"] == "learner"]
    best = min(learners, key=lambda row: float(row["brier"]["estimate"]))
    span = " to ".join(str(season) for season in part["seasons"])
    sentences = [
        f"**{part['title']}** ({final['n']:,} games, {span}). Brier: {FINAL} {between(final['brier'])}, "
        f"the close {number(close['brier']['estimate'])}, the best learner ({best['forecaster']}) "
        f"{number(best['brier']['estimate'])}.",
        *_targets(part),
        _changes(part),
    ]
    return " ".join(sentences)


def _targets(part: Json) -> list[str]:
    rows = {row["target"]: row for row in reversed(part["targets"])}  # the first row decides
    said = []
    if "no_worse_than_close" in rows:
        row = rows["no_worse_than_close"]
        said.append(
            f"No worse than the close: {row['verdict']} ({between(row, digits=5, signed=True)})."
        )
    row = rows["below_learners"]
    said.append(
        f"At least 2 % below the best learner: {row['verdict']} ({share_between(row)} below "
        f"{row['reference']})."
    )
    if "brier_below_coin" in rows:
        row = rows["brier_below_coin"]
        said.append(f"Brier below a coin's 0.25: {row['verdict']}.")
        slope = rows["calibrated_slope"]
        said.append(f"Slope that holds 1: {slope['verdict']} ({between(slope, digits=2)}).")
    said += [
        f"Picks, {row['picks']} (n {row['n']:,}): {share_between(row)} won, {row['verdict']}."
        for row in (*part["picks"][:1], *part["picks"][-1:])
    ]
    said.append(f"Push rates: {part['pushes']['verdict']}.")
    said.append(f"Better than each learner: {part['beaten']['verdict']}.")
    return said


def _changes(part: Json) -> str:
    """What leaving out or exchanging one part does."""
    rows = [row for row in part["forecasters"] if row["kind"] in PARTS]
    found = {
        word: [row["forecaster"] for row in rows if row["against_stack"]["verdict"] == word]
        for word in ("worse", "better", "the same", "not distinguishable")
    }
    unseen = found.pop("not distinguishable")
    told = [
        f"{len(names)} {word}" + (f" ({'; '.join(names)})" if names else "")
        for word, names in found.items()
    ]
    sizes = [row["against_stack"]["minimum_detectable"] for row in rows]
    known = [size for size in sizes if size is not None]
    limits = (
        f" (a true gain below {number(min(known), digits=5)} to {number(max(known), digits=5)} Brier, "
        "depending on the change, would mostly go unseen)"
        if known
        else ""
    )
    return (
        f"With one thing left out or exchanged, {len(rows)} ways, it is {', '.join(told)}; "
        f"{len(unseen)} cannot be told from it{limits}."
    )


def _cards(part: Json) -> dict[str, Json]:
    return {row["forecaster"]: row for row in part["forecasters"]}
