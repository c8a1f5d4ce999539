"""Parts of the ablation report as Markdown: pushes, what moves learners and stack, calibrators."""

from typing import Any

from nfl_signals.reports.shared.markdown import (
    NOTHING,
    between,
    number,
    share,
    share_between,
    table,
)

Json = dict[str, Any]


def push_blocks(part: Json) -> list[str]:
    """Stated against observed push rates, and three-way scores.

    Args:
        part: numbers of one market.
    """
    rates = [
        [
            row["lines"],
            f"{row['n']:,}",
            f"{row['n_push']:,}",
            share(row["stated"]),
            share_between(row),
            f"**{row['verdict']}**",
        ]
        for row in part["pushes"]["rows"]
    ]
    blocks = ["### Pushes", table(["lines", "n", "pushes", "stated", "observed", "verdict"], rates)]
    scored = part["three_way"]
    if not scored:
        return blocks
    rows = [
        [
            row["forecaster"],
            f"{row['n']:,}",
            number(row["brier"], digits=5),
            between(row["difference"], digits=5, signed=True),
        ]
        for row in scored
    ]
    return [
        *blocks,
        f"Win, push or loss as one forecast ({scored[0]['n']:,} games, {scored[0]['n_push']:,} pushes; "
        "Brier 0 best, 2 worst). Only the probability of a push differs, except in the last row, which "
        "states the shares of earlier seasons for every game. A difference above zero means that the "
        "stack's own is better.",
        table(["forecaster", "n", "three-way Brier", "difference"], rows),
    ]


def mover_table(part: Json) -> list[str]:
    """The features that move each learner most, side by side.

    Args:
        part: numbers of one market.
    """
    blocks = []
    if part["unexplained"]:
        blocks.append(
            f"Without a decomposition of its own, or without a stored model: "
            f"{', '.join(part['unexplained'])}."
        )
    movers = part["movers"]
    if not movers:
        return blocks
    first = movers[0]
    models = ", ".join(f"{row['learner']} `{row['version']}`" for row in movers)
    longest = max(len(row["features"]) for row in movers)
    rows = [
        [str(place + 1), *(_feature(row["features"], place) for row in movers)]
        for place in range(longest)
    ]
    return [
        *blocks,
        f"Mean absolute contribution over the {first['n']:,} games of {first['season']}, "
        f"{first['unit']}, by the learner's own decomposition (coefficient times value, or Shapley "
        f"values of the trees). Models: {models}. It says what a forecast was moved by, not what causes "
        "wins; features that move together share it arbitrarily.",
        table(["", *(row["learner"] for row in movers)], rows),
    ]


def input_table(part: Json) -> list[str]:
    """How far each input and each later step moves the stack.

    Args:
        part: numbers of one market.
    """
    rows = [
        [
            row["input"],
            f"{row['n_heard']:,} of {row['n']:,}",
            number(row["mean_weight"], digits=3, signed=True),
            number(row["mean_abs"], digits=4),
        ]
        for row in part["inputs"]
    ]
    return [
        "Mean absolute contribution to the logit of the probability, weight times value, over all games "
        "of the walk-forward replay; `calibration` is what the calibrator moved, `agreement` what it "
        "took for the markets of a game to agree. Mean weight: over the games where it was heard.",
        table(["input", "heard", "mean weight", "mean contribution"], rows),
    ]


def calibrator_table(part: Json) -> list[str]:
    """Calibrator by season; two where some games had signals and others had none.

    Args:
        part: numbers of one market.
    """
    seasons: dict[int, list[str]] = {}
    for row in part["calibrators"]:
        seasons.setdefault(row["season"], []).append(f"{row['calibrator']} ({row['n']:,})")
    return [
        "Chosen for each season from earlier seasons only; in brackets: games. Games with and without "
        "signals have a calibrator each.",
        table(
            ["season", "calibrator"],
            [[str(season), ", ".join(names)] for season, names in seasons.items()],
        ),
    ]


def _feature(features: list[Json], place: int) -> str:
    if place >= len(features):
        return NOTHING
    return f"{features[place]['feature']} {number(features[place]['mean_abs'], digits=3)}"
