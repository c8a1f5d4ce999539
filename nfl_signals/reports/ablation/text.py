"""The ablation report as Markdown, written from its numbers alone: nothing is computed here."""

from typing import Any

from nfl_signals.reports.ablation.sections import (
    calibrator_table,
    input_table,
    mover_table,
    push_blocks,
)
from nfl_signals.reports.ablation.summary import summary
from nfl_signals.reports.ablation.table import (
    FINAL,
    KINDS,
    MARKET_ONLY,
    UNCALIBRATED,
    WITHOUT_SIGNALS,
)
from nfl_signals.reports.shared.markdown import between, number, share, share_between, table
from nfl_signals.reports.shared.score_table import score_table
from nfl_signals.reports.shared.settled import CLOSE, STACK

Json = dict[str, Any]

LEGEND = f"""Every forecaster of a market is scored on the same settled games, each season predicted \
from earlier seasons only. Every interval covers 95 % and comes from redrawing whole weeks, except \
where Wilson is named (rates of pushes); a dash means that there are too few games to say. Pushes are \
left out except where three outcomes are scored.

- **{STACK}**: the calibrated blend of market, learners and signals; **{FINAL}**: the same after the \
three markets of a game were made to agree, which is what is published; **{CLOSE}**: the closing no-vig \
probability; the learners know no line and no price.
- **{STACK} without X**: fitted and calibrated again without X. **{MARKET_ONLY}**: with the market as \
its only input. **{WITHOUT_SIGNALS}**: without news signals. **{UNCALIBRATED}**: the blend as fitted; \
other methods after the comma replace the one that is chosen season by season.
- **n**: games. **Brier**: mean squared error of the probability, 0 best, 0.25 a coin. **Log loss**: \
nats, 0.6931 a coin. **AUC**: chance that a YES game got the higher probability of the two. **Accuracy**: \
share of games where the side above one half happened. **Slope**: 1 is perfect, below 1 overconfident; \
interval from its standard error. **Calibration error** and **chance**: distance between stated and \
observed shares over bins of equal size, and what a perfect forecast exceeds in 5 % of such samples.
- **Difference**: the forecaster's Brier minus the stack's, game by game; above zero the stack is better. \
**Detectable**: smallest true gain that a one-sided test at 5 % would find with 80 % power; what is \
smaller, these games cannot show.
- **Verdict** on a target: PASS, FAIL or UNDERPOWERED (too few games to say). On a difference: better, \
worse, not distinguishable, or the same (equal on every game)."""
SHARES = ("below_learners", "ats_accuracy")


def ablation_text(numbers: Json) -> str:
    """The whole report; `numbers` as read from its JSON."""
    blocks = [
        "# Ablation: what is each part of the stack worth?",
        f"Source: {numbers['source']}. Features: version `{numbers['feature_version']}`. "
        f"Seed: {numbers['seed']}. Every number here is in `ablation_stacker.json`.",
        "## What this says",
        summary(numbers),
        "## How to read this",
        LEGEND,
        "## Targets",
        _reasons(numbers),
        _targets(numbers),
        _chart(numbers, "pushes", "Stated and observed push rates"),
        *(block for part in numbers["markets"] for block in _market(part, numbers)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _reasons(numbers: Json) -> str:
    return "\n".join(
        f"- **{goal['title']}** ({goal['unit']}; limit {goal['limit']:g}). {goal['reason']}"
        for goal in numbers["goals"]
    )


def _targets(numbers: Json) -> str:
    titles = {goal["key"]: goal["title"] for goal in numbers["goals"]}
    rows = []
    for part in numbers["markets"]:
        rows += [_target(part, titles[row["target"]], row) for row in part["targets"]]
        rows += [
            [
                f"{part['title']}: {titles['ats_accuracy']}",
                row["picks"],
                f"{row['n']:,}",
                share_between(row),
                f"**{row['verdict']}**",
            ]
            for row in part["picks"]
        ]
        for key, what in (("push_rates", "pushes"), ("beats_learners", "beaten")):
            verdicts = [row["verdict"] for row in part[what]["rows"]]
            counts = ", ".join(
                f"{verdicts.count(word)} {word}" for word in ("PASS", "FAIL", "UNDERPOWERED")
            )
            verdict = f"**{part[what]['verdict']}**"
            rows.append([f"{part['title']}: {titles[key]}", counts, "below", number(None), verdict])
    return table(["target", "against or on", "n", "estimate", "verdict"], rows)


def _target(part: Json, title: str, row: Json) -> list[str]:
    estimate = share_between(row) if row["target"] in SHARES else between(row, signed=_signed(row))
    return [
        f"{part['title']}: {title}",
        row["reference"],
        f"{row['n']:,}",
        estimate,
        f"**{row['verdict']}**",
    ]


def _signed(row: Json) -> bool:
    return bool(row["target"] == "no_worse_than_close")


def _market(part: Json, numbers: Json) -> list[str]:
    blocks = [f"## {part['title']}", f"YES: {part['yes']}."]
    if not part["forecasters"]:
        return [*blocks, "No settled games that the stack forecast.", *_movers(part)]
    if part["absent"]:
        blocks.append(
            f"Not shown, because it could not speak on all of these games: "
            f"{', '.join(part['absent'])}. (A calibrator may need more games than the first seasons "
            "have.)"
        )
    return [
        *blocks,
        "### Every forecaster on the same games",
        score_table(part["forecasters"]),
        _chart(part, "brier_per_season", "Brier score per season"),
        _chart(part, "reliability", "reliability curves"),
        "### What each part is worth",
        _against(part),
        _chart(part, "differences", "Brier against the stack's"),
        "### Against each learner alone",
        f"What {FINAL} gains; positive is better.",
        _beaten(part),
        *_picks(part, numbers),
        *push_blocks(part),
        *_movers(part),
        "### What moves the stack",
        *input_table(part),
        _chart(part, "inputs", "what moves the stack"),
        "### Which calibrator spoke",
        *calibrator_table(part),
    ]


def _against(part: Json) -> str:
    rows = [
        [
            row["forecaster"],
            KINDS[row["kind"]],
            f"{row['n']:,}",
            between(row["against_stack"], digits=5, signed=True),
            share(row["against_stack"]["relative"]),
            number(row["against_stack"]["minimum_detectable"], digits=5),
            f"**{row['against_stack']['verdict']}**",
        ]
        for row in part["forecasters"]
        if row["against_stack"] is not None
    ]
    header = ["forecaster", "kind", "n", "difference", "relative", "detectable", "verdict"]
    return table(header, rows)


def _beaten(part: Json) -> str:
    rows = [
        [
            row["learner"],
            row["measure"],
            f"{row['n']:,}",
            between(row, signed=True),
            f"**{row['verdict']}**",
        ]
        for row in part["beaten"]["rows"]
    ]
    return table(["learner", "measure", "n", "gain", "verdict"], rows)


def _picks(part: Json, numbers: Json) -> list[str]:
    if not part["picks"]:
        return []
    rows = [
        [
            row["picks"],
            f"{row['n']:,}",
            str(row["n_weeks"]),
            share_between(row),
            f"**{row['verdict']}**",
        ]
        for row in part["picks"]
    ]
    return [
        "### Picks against the spread",
        "Held against 52 %. At a price of -110 a pick pays only above "
        f"{100 * numbers['break_even']:.2f} %.",
        table(["picks", "n", "weeks", "won", "verdict"], rows),
    ]


def _movers(part: Json) -> list[str]:
    return [
        "### What moves the learners",
        *mover_table(part),
        _chart(part, "movers", "what moves the learners"),
    ]


def _chart(part: Json, key: str, what: str) -> str:
    if key not in part["charts"]:
        return ""
    return (
        f"![{part['title']}: {what}]({part['charts'][key]})"
        if "title" in part
        else (f"![{what}]({part['charts'][key]})")
    )
