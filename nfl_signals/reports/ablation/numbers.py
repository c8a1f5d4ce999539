"""Every number of the ablation report, as one JSON value; nothing here formats text or draws."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.ensemble.explain import STEPS
from nfl_signals.markets.definitions import MARKETS, Market, MarketName
from nfl_signals.reports.ablation.contributions import calibrators, input_contributions
from nfl_signals.reports.ablation.pushes import push_rates, settled_with_pushes, three_way
from nfl_signals.reports.ablation.targets import TARGETS, ats_picks, learner_gains, stack_targets
from nfl_signals.reports.shared import score_card
from nfl_signals.reports.shared.forecasters import FINAL, KINDS, PRICE, STACK, UNCALIBRATED
from nfl_signals.reports.shared.score_card import Graded
from nfl_signals.reports.shared.targets import BREAK_EVEN, tally

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

    `table` is that of `variants.ablation_table`, `wanted` names all forecasters that were tried,
    `contributions` holds `contributions.feature_contributions` of each learner by market, `seed` is of
    every interval and null. Returns `level, break_even, kinds, steps, targets, push_rates, markets`.
    """
    parts: list[Json] = []
    for name, market in MARKETS.items():
        rows, own = settled_rows(table, name), stacked.filter(market=name)
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
        "level": score_card.LEVEL,
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
    mine = table.filter(market=market).with_row_index("row")
    kind, first = pl.col("kind").cast(pl.Enum(list(KINDS))), pl.col("row").min().over("forecaster")
    outcome = pl.when(pl.col("y") == 1.0).then(pl.lit("yes")).otherwise(pl.lit("no"))
    ordered = mine.sort(kind, first, "season", "week", "game_id").drop("row")
    return ordered.with_columns(outcome=outcome)


def _scores(market: Market, rows: pl.DataFrame, seed: int) -> Json:
    graded = score_card.grade(rows)
    kinds = dict(rows.select("forecaster", "kind").unique().iter_rows())
    cards = {
        name: {
            "forecaster": name,
            "kind": kinds[name],
            **score_card.score_card(one, seed=seed),
            "against_stack": None if name == STACK else _against(one, graded[STACK], seed),
        }
        for name, one in graded.items()
    }
    learners = [name for name in graded if kinds[name] == "learner"]
    curves = {name: graded[name] for name in graded if name in (FINAL, UNCALIBRATED, PRICE)}
    gains = [
        {"learner": name, "n": len(graded[name].p), **row}
        for name in learners
        for row in learner_gains(graded[FINAL], graded[name], seed=seed)
    ]
    is_ats = market.name == "ats" and graded
    shown = rows.filter(pl.col("forecaster").is_in([FINAL, PRICE, *learners]))
    return {
        "forecasters": list(cards.values()),
        "changes": _changes(list(cards.values())),
        "targets": stack_targets(market.name, cards, graded, seed=seed) if graded else [],
        "gains": tally(gains),
        "picks": ats_picks(graded[FINAL], graded[PRICE], seed=seed) if is_ats else [],
        "per_season": score_card.per_season(shown),
        "reliability": score_card.reliability(curves),
    }


def _against(graded: Graded, stack: Graded, seed: int) -> Json:
    """`score_card.compare` to the stack; the verdict is a value of `COMPARED`, or `SAME`."""
    found = score_card.compare(graded, stack, seed=seed)
    same = bool((graded.squared_errors == stack.squared_errors).all())
    return {**found, "verdict": SAME if same else COMPARED[found["verdict"]]}


def _changes(cards: Sequence[Json]) -> Json:
    """What leaving out or exchanging one part does, and between what gains it could be detected."""
    changed = {
        card["forecaster"]: card["against_stack"] for card in cards if card["kind"] in CHANGES
    }
    sizes = [found["minimum_detectable"] for found in changed.values()]
    known = [size for size in sizes if size is not None]
    return {
        "n": len(changed),
        "forecasters": {
            word: [name for name, found in changed.items() if found["verdict"] == word]
            for word in ("worse", "better", SAME, "not distinguishable")
        },
        "smallest_detectable": min(known, default=None),
        "largest_detectable": max(known, default=None),
    }
