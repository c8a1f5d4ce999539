"""Every number of the ablation report, as one JSON value; nothing here formats text or draws."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from nfl_signals.markets.definitions import MARKETS, Market
from nfl_signals.reports.ablation.contributions import (
    calibrators,
    input_contributions,
    largest_contributions,
)
from nfl_signals.reports.ablation.pushes import (
    PUSH_RATES,
    push_rates,
    settled_with_pushes,
    three_way,
)
from nfl_signals.reports.ablation.table import FINAL, UNCALIBRATED, settled_rows
from nfl_signals.reports.ablation.targets import (
    BEATS_LEARNERS,
    BELOW_LEARNERS,
    CALIBRATED_SLOPE,
    EDGE,
    NO_WORSE_THAN_CLOSE,
    ats_picks,
    beaten,
    combined,
    stack_targets,
)
from nfl_signals.reports.baseline.numbers import per_season, reliability
from nfl_signals.reports.shared.score_card import LEVEL, Graded, compare, score_card
from nfl_signals.reports.shared.settled import CLOSE, STACK, forecasters
from nfl_signals.reports.shared.targets import ATS_ACCURACY, BREAK_EVEN, BRIER_BELOW_COIN

Json = dict[str, Any]

GOALS = (
    NO_WORSE_THAN_CLOSE,
    BELOW_LEARNERS,
    BRIER_BELOW_COIN,
    CALIBRATED_SLOPE,
    ATS_ACCURACY,
    EDGE,
    PUSH_RATES,
    BEATS_LEARNERS,
)
WORDS = {"PASS": "better", "FAIL": "worse", "UNDERPOWERED": "not distinguishable"}
SAME = "the same"


@dataclass(frozen=True, kw_only=True, eq=False)
class AblationInputs:
    """What the report is made from.

    Attributes:
        table: see `ablation_table`.
        wanted: names of all forecasters that were tried.
        learners: names of the base learners.
        stacked: `schemas.stacked_schema`.
        markets: `schemas.GOLD_MARKETS`, all seasons.
        movers: see `ablation_movers.largest_contributions`.
        source_name: where the games come from.
        feature_version: hash of the feature list.
        seed: of every interval and null.
    """

    table: pl.DataFrame
    wanted: Sequence[str]
    learners: Sequence[str]
    stacked: pl.DataFrame
    markets: pl.DataFrame
    movers: pl.DataFrame
    source_name: str
    feature_version: str
    seed: int


def ablation_numbers(inputs: AblationInputs) -> Json:
    """Scores, paired comparisons, verdicts, pushes and movers of every market.

    Lists keep the order in which they are read, so the report can be written from the JSON alone.

    Returns:
        `source, feature_version, seed, level, break_even, goals, markets`.
    """
    return {
        "source": inputs.source_name,
        "feature_version": inputs.feature_version,
        "seed": inputs.seed,
        "level": LEVEL,
        "break_even": BREAK_EVEN,
        "goals": [asdict(goal) for goal in GOALS],
        "markets": [_market(market, inputs) for market in MARKETS.values()],
    }


def _market(market: Market, inputs: AblationInputs) -> Json:
    rows = settled_rows(inputs.table, market.name)
    names = forecasters(rows)
    stacked = inputs.stacked.filter(pl.col("market") == market.name)
    scored = _scored(market, rows, names, inputs.seed) if names else _nothing_scored()
    movers = largest_contributions(inputs.movers, market.name)
    explained = {mover["learner"] for mover in movers}
    return {
        "market": market.name,
        "title": market.title,
        "yes": market.yes,
        "seasons": sorted({rows["season"].min(), rows["season"].max()}) if names else [],
        "absent": [name for name in inputs.wanted if name not in names],
        **scored,
        **_pushes(market, inputs),
        "movers": movers,
        "unexplained": [name for name in inputs.learners if name not in explained],
        "inputs": input_contributions(stacked, ["market", *inputs.learners]),
        "calibrators": calibrators(stacked),
    }


def _scored(market: Market, rows: pl.DataFrame, names: list[str], seed: int) -> Json:
    graded = {name: Graded.of(rows, name) for name in names}
    kinds = dict(rows.select("forecaster", "kind").unique().iter_rows())
    cards = {
        name: {
            "forecaster": name,
            "kind": kinds[name],
            **score_card(graded[name], seed=seed),
            "against_stack": None
            if name == STACK
            else against(graded[name], graded[STACK], seed=seed),
        }
        for name in names
    }
    learners = [name for name in names if kinds[name] == "learner"]
    shown = rows.filter(pl.col("forecaster").is_in([FINAL, CLOSE, *learners]))
    curves = rows.filter(pl.col("forecaster").is_in([FINAL, UNCALIBRATED, CLOSE]))
    is_ats = market.name == "ats"
    return {
        "forecasters": list(cards.values()),
        "targets": stack_targets(market.name, cards, graded, seed=seed),
        "beaten": _beaten(graded, learners, seed),
        "picks": ats_picks(graded[FINAL], graded[CLOSE], seed=seed) if is_ats else [],
        "per_season": per_season(shown),
        "reliability": reliability(curves),
    }


def _nothing_scored() -> Json:
    keys = ("forecasters", "targets", "picks", "per_season", "reliability")
    return {**{key: [] for key in keys}, "beaten": {"rows": [], "verdict": combined([])}}


def against(graded: Graded, stack: Graded, *, seed: int) -> Json:
    """`score_card.compare` to the stack, its verdict in words.

    Returns:
        `estimate, low, high, relative, minimum_detectable, verdict`: 'better', 'worse', 'not
        distinguishable', or 'the same' where every game has the same Brier score.
    """
    found = compare(graded, stack, seed=seed)
    same = bool((graded.squared_errors == stack.squared_errors).all())
    return {**found, "verdict": SAME if same else WORDS[found["verdict"]]}


def _beaten(graded: dict[str, Graded], learners: list[str], seed: int) -> Json:
    rows = [
        {"learner": name, "n": len(graded[name].p), **row}
        for name in learners
        for row in beaten(graded[FINAL], graded[name], seed=seed)
    ]
    return {"rows": rows, "verdict": combined([row["verdict"] for row in rows])}


def _pushes(market: Market, inputs: AblationInputs) -> Json:
    games = settled_with_pushes(market, inputs.stacked, inputs.markets)
    rates = push_rates(market, games)
    return {
        "pushes": {"rows": rates, "verdict": combined([row["verdict"] for row in rates])},
        "three_way": three_way(market, games, seed=inputs.seed),
    }
