"""Every number of the baseline report, as one JSON value; nothing here formats text or draws."""

from dataclasses import asdict
from typing import Any

import polars as pl

from nfl_signals.markets.definitions import MARKETS, Market
from nfl_signals.reports.shared.score_card import LEVEL, Graded, compare, score_card
from nfl_signals.reports.shared.settled import (
    BASE_RATE,
    CLOSE,
    STACK,
    TWO_WAY,
    forecasters,
    same_games,
    settled_forecasts,
)
from nfl_signals.reports.shared.targets import BREAK_EVEN, TARGETS, verdict
from nfl_signals.stats import scores

Json = dict[str, Any]
REFERENCES = (CLOSE, BASE_RATE)
TOP_FEATURES = 15


def baseline_numbers(
    *,
    oof: pl.DataFrame,
    markets: pl.DataFrame,
    stacked: pl.DataFrame,
    importance: pl.DataFrame,
    seed: int,
) -> Json:
    """Scores, comparisons, verdicts and features of every market.

    Lists keep the order in which they are read, so the report can be written from the JSON alone.

    Args:
        oof: out-of-fold predictions; walk-forward rows are used.
        markets: gold markets.
        stacked: walk-forward stacked predictions; may have no rows.
        importance: `market, learner, feature, share`.
        seed: of every interval and null.

    Returns:
        `level, break_even, targets, too_good, markets`.
    """
    parts = [
        _market(
            market,
            settled_forecasts(market, oof=oof, stacked=stacked, markets=markets),
            importance.filter(pl.col("market") == market.name),
            seed,
        )
        for market in MARKETS.values()
    ]
    return {
        "level": LEVEL,
        "break_even": BREAK_EVEN,
        "targets": [asdict(target) for target in TARGETS],
        "too_good": too_good(parts),
        "markets": parts,
    }


def too_good(parts: list[Json]) -> list[Json]:
    """Learners and stacks that beat the close by an interval clear of zero."""
    return [
        {"market": part["market"], "forecaster": row["forecaster"], **against}
        for part in parts
        for row in part["same_games"]
        for against in row["against"]
        if row["forecaster"] not in REFERENCES
        and against["reference"] == CLOSE
        and against["verdict"] == "PASS"
    ]


def _market(market: Market, settled: pl.DataFrame, importance: pl.DataFrame, seed: int) -> Json:
    present = forecasters(settled)
    decided = settled.filter(TWO_WAY)
    shared = same_games(decided)
    learners = [name for name in present if name not in (STACK, *REFERENCES)]
    same = _cards(shared, seed=seed)
    own = _cards(decided.filter(pl.col("forecaster").is_in(learners)), seed=seed)
    return {
        "market": market.name,
        "title": market.title,
        "yes": market.yes,
        "label": market.label,
        "horizon": market.horizon,
        "learners": learners,
        "absent": [name for name in (STACK, *REFERENCES) if name not in present],
        "seasons": _span(shared),
        "pushes_left_out": settled.filter(~TWO_WAY)["game_id"].n_unique(),
        "same_games": same,
        "own_games": own,
        "targets": _targets(market, same, own),
        "per_season": per_season(decided),
        "three_way": [] if market.name == "moneyline" else three_way(settled),
        "reliability": reliability(shared),
        "importance": top_features(importance),
    }


def _span(forecasts: pl.DataFrame) -> list[int]:
    return sorted(forecasts["season"].unique().to_list())[
        :: max(1, forecasts["season"].n_unique() - 1)
    ]


def _cards(shared: pl.DataFrame, *, seed: int) -> list[Json]:
    names = forecasters(shared)
    graded = {name: Graded.of(shared, name) for name in names}
    return [
        {
            "forecaster": name,
            **score_card(graded[name], seed=seed),
            "against": [
                {"reference": other, **compare(graded[name], graded[other], seed=seed)}
                for other in REFERENCES
                if other in graded and other != name
            ],
        }
        for name in names
    ]


def _targets(market: Market, same: list[Json], own: list[Json]) -> list[Json]:
    return [
        {
            "target": target.key,
            "forecaster": row["forecaster"],
            "games": games,
            "n": row["n"],
            **row[target.score],
            "verdict": verdict(
                low=row[target.score]["low"],
                high=row[target.score]["high"],
                limit=target.limit,
                side=target.side,
            ),
        }
        for target in TARGETS
        if market.name in target.markets
        for games, rows in (("same", same), ("own", own))
        for row in rows
    ]


def per_season(decided: pl.DataFrame) -> list[Json]:
    """Brier and log loss of every forecaster in every season, each on all its own games."""
    rows: list[Json] = []
    for name in forecasters(decided):
        mine = decided.filter(pl.col("forecaster") == name)
        for season in mine["season"].unique().sort().to_list():
            graded = Graded.of(mine.filter(pl.col("season") == season), name)
            rows.append(
                {
                    "forecaster": name,
                    "season": season,
                    "n": len(graded.p),
                    "brier": scores.brier(graded.p, graded.y),
                    "log_loss": scores.log_loss(graded.p, graded.y),
                }
            )
    return rows


def three_way(settled: pl.DataFrame) -> list[Json]:
    """Scores over yes, no and push on the games for which every forecaster states all three."""
    shared = same_games(settled.drop_nulls("p_push"))
    rows: list[Json] = []
    for name in forecasters(shared):
        mine = shared.filter(pl.col("forecaster") == name)
        stated = mine["p"].to_numpy(), mine["p_push"].to_numpy(), mine["outcome"].to_list()
        rows.append(
            {
                "forecaster": name,
                "n": mine.height,
                "n_push": int((mine["outcome"] == "push").sum()),
                "brier": scores.three_way_brier(*stated),
                "log_loss": scores.three_way_log_loss(*stated),
            }
        )
    return rows


def reliability(shared: pl.DataFrame) -> list[Json]:
    """Reliability curve of every forecaster but the base rate, one row per bin."""
    rows: list[Json] = []
    for name in forecasters(shared):
        graded = Graded.of(shared, name)
        if name != BASE_RATE and len(graded.p) >= 2:
            curve = scores.reliability_curve(graded.p, graded.y, level=LEVEL)
            rows += [{"forecaster": name, **asdict(point)} for point in curve]
    return rows


def top_features(importance: pl.DataFrame) -> list[Json]:
    """The features used most: share of each learner's total, and the mean over learners.

    Args:
        importance: `learner, feature, share` of one market; a feature that a learner does not
            list has share 0 there.
    """
    learners = importance["learner"].unique().sort().to_list()
    if not learners:
        return []
    wide = importance.sort("learner").pivot(on="learner", index="feature", values="share")
    mean = pl.sum_horizontal(learners) / len(learners)
    top = wide.fill_null(0.0).with_columns(mean.alias("share")).sort(-pl.col("share"), "feature")
    return [
        {
            "feature": row["feature"],
            "share": row["share"],
            "by_learner": [{"learner": name, "share": row[name]} for name in learners],
        }
        for row in top.head(TOP_FEATURES).to_dicts()
    ]
