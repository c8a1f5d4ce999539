"""Every number of the ablation report, as one JSON value; nothing here formats text or draws."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from nfl_signals.ensemble.explain import STEPS
from nfl_signals.markets.definitions import MARKETS, Market, MarketName
from nfl_signals.reports.ablation.contributions import calibrators, input_contributions
from nfl_signals.reports.ablation.pushes import (
    PUSH_RATES,
    push_rates,
    settled_with_pushes,
    three_way,
)
from nfl_signals.reports.ablation.targets import (
    BEATS_LEARNERS,
    BELOW_LEARNERS,
    CALIBRATED_SLOPE,
    EDGE,
    NO_WORSE_THAN_CLOSE,
    ats_picks,
    learner_gains,
    stack_targets,
)
from nfl_signals.reports.shared.forecasters import CLOSE, FINAL, KINDS, STACK, UNCALIBRATED
from nfl_signals.reports.shared.score_card import (
    LEVEL,
    Graded,
    compare,
    grade,
    per_season,
    reliability,
    score_card,
)
from nfl_signals.reports.shared.targets import ATS_ACCURACY, BREAK_EVEN, BRIER_BELOW_COIN, tally

Json = dict[str, Any]

TARGETS = (
    NO_WORSE_THAN_CLOSE,
    BELOW_LEARNERS,
    BRIER_BELOW_COIN,
    CALIBRATED_SLOPE,
    ATS_ACCURACY,
    EDGE,
    PUSH_RATES,
    BEATS_LEARNERS,
)
COMPARED = {"PASS": "better", "FAIL": "worse", "UNDERPOWERED": "not distinguishable"}
SAME = "the same"
CHANGES = ("without", "blend", "calibrator")
"""Kinds of forecasters that are the stack with one part left out or exchanged."""


def ablation_numbers(
    *,
    table: pl.DataFrame,
    wanted: Sequence[str],
    learners: Sequence[str],
    stacked: pl.DataFrame,
    markets: pl.DataFrame,
    contributions: Mapping[MarketName, Sequence[Json]],
    seed: int,
) -> Json:
    """Scores, paired comparisons, verdicts, pushes and contributions of every market.

    Lists keep the order in which they are read, so the report can be written from the JSON alone.

    Args:
        table: see `variants.ablation_table`.
        wanted: names of all forecasters that were tried.
        learners: names of the base learners.
        stacked: `stacking.schemas.stacked_schema`.
        markets: gold markets, all seasons.
        contributions: by market, `contributions.feature_contributions` of each learner.
        seed: of every interval and null.

    Returns:
        `level, break_even, kinds, steps, targets, push_rates, markets`.
    """
    parts: list[Json] = []
    for name, market in MARKETS.items():
        rows, own = settled_rows(table, name), stacked.filter(pl.col("market") == name)
        present = rows["forecaster"].unique(maintain_order=True).to_list()
        explained = {row["learner"] for row in contributions[name]}
        games = settled_with_pushes(market, stacked, markets)
        parts.append(
            {
                "market": name,
                "title": market.title,
                "yes": market.yes,
                "seasons": sorted({rows["season"].min(), rows["season"].max()} - {None}),
                "absent": [name for name in wanted if name not in present],
                **_scores(market, rows, seed),
                "pushes": tally(push_rates(market, games)),
                "three_way": three_way(market, games, seed=seed),
                "contributions": list(contributions[name]),
                "unexplained": [name for name in learners if name not in explained],
                "inputs": input_contributions(own, ["market", *learners]),
                "calibrators": calibrators(own),
            }
        )
    return {
        "level": LEVEL,
        "break_even": BREAK_EVEN,
        "kinds": KINDS,
        "steps": list(STEPS),
        "targets": [asdict(target) for target in TARGETS],
        "push_rates": [
            {**row, "lines": f"{part['title']}, {row['lines']}"}
            for part in parts
            for row in part["pushes"]["rows"]
            if row["n"]
        ],
        "markets": parts,
    }


def settled_rows(table: pl.DataFrame, market: str) -> pl.DataFrame:
    """One market's rows as `score_card` reads them: `outcome` beside, in time order by kind."""
    rank = pl.col("kind").replace_strict({kind: place for place, kind in enumerate(KINDS)})
    mine = table.filter(pl.col("market") == market).with_row_index("row")
    return (
        mine.with_columns(
            rank=rank,
            first=pl.col("row").min().over("forecaster"),
            outcome=pl.when(pl.col("y") == 1.0).then(pl.lit("yes")).otherwise(pl.lit("no")),
        )
        .sort("rank", "first", "season", "week", "game_id")
        .drop("row", "rank", "first")
    )


def _scores(market: Market, rows: pl.DataFrame, seed: int) -> Json:
    graded = grade(rows)
    kinds = dict(rows.select("forecaster", "kind").unique().iter_rows())
    cards = {
        name: {
            "forecaster": name,
            "kind": kinds[name],
            **score_card(one, seed=seed),
            "against_stack": None if name == STACK else _against(one, graded[STACK], seed=seed),
        }
        for name, one in graded.items()
    }
    learners = [name for name in graded if kinds[name] == "learner"]
    curves = {name: graded[name] for name in graded if name in (FINAL, UNCALIBRATED, CLOSE)}
    gains = [
        {"learner": name, "n": len(graded[name].p), **row}
        for name in learners
        for row in learner_gains(graded[FINAL], graded[name], seed=seed)
    ]
    is_ats = market.name == "ats" and graded
    return {
        "forecasters": list(cards.values()),
        "changes": _changes(list(cards.values())),
        "targets": stack_targets(market.name, cards, graded, seed=seed) if graded else [],
        "gains": tally(gains),
        "picks": ats_picks(graded[FINAL], graded[CLOSE], seed=seed) if is_ats else [],
        "per_season": per_season(
            rows.filter(pl.col("forecaster").is_in([FINAL, CLOSE, *learners]))
        ),
        "reliability": reliability(curves),
    }


def _against(graded: Graded, stack: Graded, *, seed: int) -> Json:
    """`score_card.compare` to the stack; the verdict is a value of `COMPARED`, or `SAME`."""
    found = compare(graded, stack, seed=seed)
    same = bool((graded.squared_errors == stack.squared_errors).all())
    return {**found, "verdict": SAME if same else COMPARED[found["verdict"]]}


def _changes(cards: Sequence[Json]) -> Json:
    """What leaving out or exchanging one part does.

    Returns:
        `n`; `forecasters` by verdict; `smallest_detectable, largest_detectable` true gain in Brier
        among the changes, None without any.
    """
    changed = [card for card in cards if card["kind"] in CHANGES]
    sizes = [card["against_stack"]["minimum_detectable"] for card in changed]
    known = [size for size in sizes if size is not None]
    return {
        "n": len(changed),
        "forecasters": {
            word: [
                card["forecaster"] for card in changed if card["against_stack"]["verdict"] == word
            ]
            for word in ("worse", "better", SAME, "not distinguishable")
        },
        "smallest_detectable": min(known, default=None),
        "largest_detectable": max(known, default=None),
    }
