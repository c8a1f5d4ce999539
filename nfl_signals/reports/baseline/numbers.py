"""Every number of the baseline report, as one JSON value; nothing here formats text or draws."""

from dataclasses import asdict

import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.markets.definitions import MARKETS, Market
from nfl_signals.reports.shared import score_card
from nfl_signals.reports.shared.forecasters import BASE_RATE, PRICE, STACK
from nfl_signals.reports.shared.settled import TWO_WAY, forecasters, same_games, settled_forecasts
from nfl_signals.reports.shared.targets import (
    BREAK_EVEN,
    BRIER_BELOW_COIN,
    SCORE_TARGETS,
    judged,
    tally,
)
from nfl_signals.stats import scores

REFERENCES = (PRICE, BASE_RATE)
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

    Of `oof` the walk-forward rows are used; `stacked` may have no rows; `importance` is `market, learner,
    feature, share`, shares of a learner sum to 1; `seed` is of every interval and null. Returns `level,
    break_even, targets, too_good, markets`.

    Raises:
        JoinError: a forecast is of a game that `markets` does not have.
    """
    parts = []
    for market in MARKETS.values():
        settled = settled_forecasts(market, oof=oof, stacked=stacked, markets=markets)
        raw = settled_forecasts(
            market, oof=oof.with_columns(p_hat="p_raw"), stacked=stacked, markets=markets
        )
        part = _market(market, settled, seed) | {"calibration": _calibration(settled, raw, seed)}
        parts.append(part | {"importance": top_features(importance.filter(market=market.name))})
    return {
        "level": score_card.LEVEL,
        "break_even": BREAK_EVEN,
        "targets": [asdict(target) for target in SCORE_TARGETS],
        "too_good": [row for part in parts for row in _too_good(part)],
        "markets": parts,
    }


def _market(market: Market, settled: pl.DataFrame, seed: int) -> Json:
    present = forecasters(settled)
    decided = settled.filter(TWO_WAY)
    shared = same_games(decided)
    learners = [name for name in present if name not in (STACK, *REFERENCES)]
    same = _cards(shared, seed)
    own = _cards(decided.filter(pl.col("forecaster").is_in(learners)), seed)
    targets = _targets(market, same, own)
    compared = [row["forecaster"] for row in same]
    curves = score_card.grade(shared.filter(pl.col("forecaster") != BASE_RATE))
    return {
        "market": market.name,
        "title": market.title,
        "yes": market.yes,
        "label": market.label,
        "learners": learners,
        "absent": [name for name in (STACK, *REFERENCES) if name not in present],
        "seasons": sorted({shared["season"].min(), shared["season"].max()} - {None}),
        "pushes_left_out": settled.filter(~TWO_WAY)["game_id"].n_unique(),
        "same_games": same,
        "own_games": own,
        "targets": targets,
        "learner_verdicts": _learner_verdicts(learners, same, targets),
        # The best learner is never picked out: chosen after the fact, it would look better than it is.
        "summary_of": [name for name in compared if name == STACK]
        or [name for name in learners if name in compared],
        "per_season": score_card.per_season(decided),
        "three_way": [] if market.line_column is None else _three_way(settled),
        "reliability": score_card.reliability(curves),
    }


def _cards(rows: pl.DataFrame, seed: int) -> list[Json]:
    graded = score_card.grade(rows)
    return [
        {
            "forecaster": name,
            **score_card.score_card(one, seed=seed),
            "against": [
                {"reference": other, **score_card.compare(one, graded[other], seed=seed)}
                for other in REFERENCES
                if other in graded and other != name
            ],
        }
        for name, one in graded.items()
    ]


def _targets(market: Market, same: list[Json], own: list[Json]) -> list[Json]:
    return [
        {"target": target.key, "forecaster": row["forecaster"], "games": games, "n": row["n"]}
        | judged(row[target.score], limit=target.limit, side=target.side)
        for target in SCORE_TARGETS
        if market.name in target.markets
        for games, rows in (("same", same), ("own", own))
        for row in rows
    ]


def _calibration(settled: pl.DataFrame, raw: pl.DataFrame, seed: int) -> list[Json]:
    """What calibration did to the learners that it moved, paired on all their own games."""
    after, before = (score_card.grade(rows.filter(TWO_WAY)) for rows in (settled, raw))
    return [
        {
            "forecaster": name,
            "n": len(one.p),
            "brier_raw": scores.brier(before[name].p, one.y),
            "brier": scores.brier(one.p, one.y),
            **score_card.compare(one, before[name], seed=seed),
        }
        for name, one in after.items()
        if (one.p != before[name].p).any()
    ]


def _learner_verdicts(learners: list[str], same: list[Json], targets: list[Json]) -> list[Json]:
    """Verdicts of the learners on the same games, counted against a coin and each reference."""
    coin = [row for row in targets if row["target"] == BRIER_BELOW_COIN.key]
    verdicts: dict[str, list[Json]] = {
        "a coin": [row for row in coin if row["games"] == "same" and row["forecaster"] in learners]
    }
    for card in same:
        for against in card["against"] if card["forecaster"] in learners else ():
            verdicts.setdefault(against["reference"], []).append(against)
    return [
        {"reference": reference, "counts": tally(rows)["counts"]}
        for reference, rows in verdicts.items()
        if rows
    ]


def _too_good(part: Json) -> list[Json]:
    """Learners and stacks that beat the price by an interval clear of zero."""
    return [
        {"market": part["market"], "forecaster": row["forecaster"], **against}
        for row in part["same_games"]
        if row["forecaster"] not in REFERENCES
        for against in row["against"]
        if against["reference"] == PRICE and against["verdict"] == "PASS"
    ]


def _three_way(settled: pl.DataFrame) -> list[Json]:
    """Scores over yes, no and push on the games for which every forecaster states all three."""
    rows, stated_by_all = [], same_games(settled.drop_nulls("p_push"))
    for mine in stated_by_all.partition_by("forecaster", maintain_order=True):
        stated = mine["p"].to_numpy(), mine["p_push"].to_numpy(), mine["outcome"].to_list()
        found = {
            "n": mine.height,
            "n_push": int((mine["outcome"] == "push").sum()),
            "brier": scores.three_way_brier(*stated),
            "log_loss": scores.three_way_log_loss(*stated),
        }
        rows.append({"forecaster": mine["forecaster"][0], **found})
    return rows


def top_features(importance: pl.DataFrame) -> list[Json]:
    """The features used most: share of each learner's total, and the mean over learners.

    `importance` is `learner, feature, share` of one market; a share that is not listed is 0.
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
