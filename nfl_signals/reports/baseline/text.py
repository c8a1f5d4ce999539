"""The baseline report as Markdown, written from its numbers alone: nothing is computed here."""

from typing import Any

from nfl_signals.reports.baseline.summary import summary
from nfl_signals.reports.shared.markdown import between, number, share, share_between, table
from nfl_signals.reports.shared.score_table import score_table
from nfl_signals.reports.shared.settled import BASE_RATE, CLOSE, STACK

Json = dict[str, Any]

LEGEND = f"""Every interval covers 95 % and comes from redrawing whole weeks; a dash means that \
there are too few games to say. Pushes are left out except where three outcomes are scored.

- **n**: games. **Brier**: mean squared error of the probability, 0 best, 0.25 a coin. **Log loss**: \
nats, 0.6931 a coin. **AUC**: chance that a YES game got the higher probability of the two.
- **Accuracy**: share of games where the side above one half happened.
- **Calibration error**: distance between stated and observed shares over bins of equal size, bias \
removed; **chance**: what a perfectly calibrated forecast exceeds in 5 % of such samples.
- **Slope**: 1 is perfect, below 1 overconfident; interval from its standard error.
- **Difference**: Brier minus the reference's on the same games; negative is better. **Detectable**: \
smallest true gain found with 80 % power by a one-sided test at 5 %.
- **Verdict**: PASS or FAIL only where the whole interval lies on one side, else UNDERPOWERED.
- Forecasters: the base learners know no line and no price (forecasts of each season come from \
earlier seasons only); **{STACK}** is their calibrated blend with the market; **{CLOSE}** is the \
closing no-vig probability; **{BASE_RATE}** is the share of YES in all earlier seasons."""


def baseline_text(numbers: Json) -> str:
    """The whole report; `numbers` as read from its JSON."""
    blocks = [
        "# Baselines: how good are the forecasts?",
        f"Source: {numbers['source']}. Features: version `{numbers['feature_version']}`. "
        f"Seed: {numbers['seed']}. Every number here is in `metrics_baseline.json`.",
        "## What this says",
        summary(numbers),
        "## How to read this",
        LEGEND,
        "## Targets",
        _target_reasons(numbers),
        _target_table(numbers),
        *(block for part in numbers["markets"] for block in _market(part)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _target_reasons(numbers: Json) -> str:
    return "\n".join(
        f"- **{target['title']}** ({target['unit']}). {target['reason']}"
        for target in numbers["targets"]
    )


def _target_table(numbers: Json) -> str:
    titles = {target["key"]: target["title"] for target in numbers["targets"]}
    rows = [
        [
            f"{part['title']}: {titles[row['target']]}",
            row["forecaster"],
            {"same": "the same", "own": "all its own"}[row["games"]],
            f"{row['n']:,}",
            between(row) if row["target"].startswith("brier") else share_between(row),
            f"**{row['verdict']}**",
        ]
        for part in numbers["markets"]
        for row in part["targets"]
    ]
    header = ["target", "forecaster", "games", "n", "estimate", "verdict"]
    return table(header, rows) if rows else "No games."


def _market(part: Json) -> list[str]:
    blocks = [
        f"## {part['title']}",
        f"{part['label']} (YES: {part['yes']}). Every forecast is {part['horizon']}.",
    ]
    if part["absent"]:
        blocks.append(f"Without forecasts here: {', '.join(part['absent'])}.")
    if not part["per_season"]:
        return [*blocks, "No games.", *_features(part)]
    return [*blocks, *_same_games(part), *_own_games(part), *_seasons(part), *_features(part)]


def _same_games(part: Json) -> list[str]:
    rows = part["same_games"]
    if not rows:
        return ["### The same games for everyone", "No games that every forecaster has."]
    compared = [
        [
            f"{row['forecaster']} against {against['reference']}",
            between(against, signed=True),
            share(against["relative"]),
            number(against["minimum_detectable"]),
            f"**{against['verdict']}**",
        ]
        for row in rows
        for against in row["against"]
    ]
    header = ["Brier", "difference", "relative", "detectable", "verdict"]
    return [
        "### The same games for everyone",
        score_table(rows),
        table(header, compared) if compared else "",
        *_three_way(part),
        _chart(part, "reliability", "reliability curves"),
    ]


def _own_games(part: Json) -> list[str]:
    return ["### Each learner on all its own games", score_table(part["own_games"])]


def _three_way(part: Json) -> list[str]:
    rows = part["three_way"]
    if not rows:
        return []
    text = (
        f"Win, push or loss ({rows[0]['n']:,} games, {rows[0]['n_push']:,} pushes; Brier 0 best, "
        "2 worst). The references state the push share of earlier seasons for every game."
    )
    cells = [[row["forecaster"], number(row["brier"]), number(row["log_loss"])] for row in rows]
    return [text, table(["forecaster", "three-way Brier", "three-way log loss"], cells)]


def _seasons(part: Json) -> list[str]:
    found = {(row["forecaster"], row["season"]): row for row in part["per_season"]}
    names = part["learners"]
    seasons = sorted({season for name, season in found if name in names})
    rows = [
        [str(season), *(cell for name in names for cell in _season(found.get((name, season))))]
        for season in seasons
    ]
    header = [f"{name} {what}" for name in names for what in ("n", "Brier", "log loss")]
    return [
        "### Season by season",
        "Each forecaster on all its own games, so n may differ between columns.",
        table(["season", *header], rows),
        _chart(part, "brier_per_season", "Brier score per season"),
    ]


def _season(row: Json | None) -> list[str]:
    if row is None:
        return [number(None)] * 3
    return [f"{row['n']:,}", number(row["brier"]), number(row["log_loss"])]


def _features(part: Json) -> list[str]:
    rows = part["importance"]
    if not rows:
        return ["### Features", "No feature importance was given."]
    names = [one["learner"] for one in rows[0]["by_learner"]]
    cells = [
        [row["feature"], share(row["share"]), *(share(one["share"]) for one in row["by_learner"])]
        for row in rows
    ]
    return [
        "### Features used most",
        "Share of each learner's total. It says what a learner leaned on, not what causes wins; "
        "features that move together share it arbitrarily.",
        table(["feature", "mean", *names], cells),
        _chart(part, "importance", "feature importance"),
    ]


def _chart(part: Json, key: str, what: str) -> str:
    return f"![{part['title']}: {what}]({part['charts'][key]})" if key in part["charts"] else ""
