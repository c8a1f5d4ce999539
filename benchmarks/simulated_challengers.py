"""Champions and challengers of known quality, paired game by game, for trying the promotion gate on."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl
from scipy.special import expit

from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.setting_sections import GateSettings
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.promotion.books import refuse_too_good
from nfl_signals.promotion.gate import GateReport, judge
from nfl_signals.promotion.measures import PAIRS_SCHEMA
from nfl_signals.stats.arrays import Floats

Kind = Literal["better", "copy", "equal", "overconfident", "worse", "leaky"]

POLICY = GateSettings()
WEEKS, GAMES = 18, 15
LAST_SEASON = 2024
SPREAD = {"ats": (0.0, 0.12), "moneyline": (0.3, 0.85), "total": (0.0, 0.12)}
"""Mean and sd of honest logits; on spreads and totals nobody is far from even."""
TOO_SURE = 1.6  # logits so many times too large
UNKNOWN = 0.15  # sd of what an honest forecast does not know, logits
NOISE = 0.5  # sd that makes a forecast worse, as a share of the market's spread of logits
LEAK = 0.5  # logits by which a leaky forecast is moved towards the result
OVERROUND = 1.0225  # implied probabilities of a price, of fair ones: -105 where even


def simulated_pairs(
    kind: Kind, *, seasons: int, seed: int, markets: tuple[str, ...] = tuple(MARKETS)
) -> pl.DataFrame:
    """Paired forecasts of regular seasons: 18 weeks x 15 games, the markets independent.

    better: an honest challenger, a champion whose logits are 1.6 times too large; overconfident: the
    other way round; copy: the champion's own numbers; equal: each knows something of the truth that
    the other does not, equally much; worse: the champion and noise; leaky: it knows the result.

    Returns:
        `measures.PAIRS_SCHEMA`; the last season is 2024.
    """
    rng = np.random.default_rng([seed, seasons])
    return pl.concat(_market(kind, name, seasons, rng) for name in markets)


def decided(
    kind: Kind, *, seasons: int, seed: int, focus: Sequence[MarketName] | None = None
) -> str:
    """What the gate decides about a challenger, asked every week until it does.

    `focus`: markets that an alarm is about; None: it was trained without one. `insufficient` where it
    never promotes, rejects or refuses (a leak).
    """
    pairs = simulated_pairs(kind, seasons=seasons, seed=seed)
    weeks = pairs.select("season", "week").unique().sort("season", "week")
    for n in range(POLICY.min_weeks, weeks.height + 1):
        seen = pairs.join(weeks.head(n), on=["season", "week"], how="semi")
        report = answer_of(seen, seed, focus=focus)
        answer = report.answer if report else "refused"
        if answer != "insufficient":
            return answer
    return "insufficient"


def answer_of(
    pairs: pl.DataFrame,
    seed: int,
    record: pl.DataFrame | None = None,
    *,
    focus: Sequence[MarketName] | None = None,
) -> GateReport | None:
    """The gate's report at the shipped limits; None: refused as a leak."""
    try:
        refuse_too_good(pairs, POLICY, seed=seed)
    except IntegrityError:
        return None
    return judge(pairs, POLICY, focus=focus, seed=seed, record=record)


def _market(kind: Kind, market: str, seasons: int, rng: np.random.Generator) -> pl.DataFrame:
    games = _games(seasons)
    n, (mean, sd) = games.height, SPREAD[market]
    honest = rng.normal(mean, sd, n)
    scale = UNKNOWN * sd / SPREAD["moneyline"][1]
    ours, theirs = rng.normal(0, scale, (2, n))
    truth = honest + ours + theirs
    won = (rng.random(n) < expit(truth)).astype(np.float64)
    champion, challenger = _forecasts(kind, honest, ours, theirs, won, rng.normal(0, NOISE * sd, n))
    price = honest + rng.normal(0, scale, n)
    move = expit(price + 0.5 * (truth - price)) - expit(price)
    numbers = {
        "y": won,
        "p_champion": expit(champion),
        "p_challenger": expit(challenger),
        "p_market": expit(price),
        "line": np.zeros(n),
        "price_yes": _american(expit(price) * OVERROUND),
        "price_no": _american((1 - expit(price)) * OVERROUND),
        "clv_champion": np.sign(champion - price) * move,
        "clv_challenger": np.sign(challenger - price) * move,
    }
    outcome = pl.when(pl.col("y") == 1).then(pl.lit("yes")).otherwise(pl.lit("no"))
    rows = games.with_columns(
        market=pl.lit(market), **{k: pl.Series(v) for k, v in numbers.items()}
    )
    return rows.with_columns(outcome=outcome).select(
        pl.col(name).cast(kind) for name, kind in PAIRS_SCHEMA.items()
    )


def _games(seasons: int) -> pl.DataFrame:
    axes = range(LAST_SEASON + 1 - seasons, LAST_SEASON + 1), range(1, WEEKS + 1), range(GAMES)
    season, week, game = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
    names = [f"{s}_{w:02d}_{g:02d}" for s, w, g in zip(season, week, game, strict=True)]
    return pl.DataFrame({"game_id": names, "season": season, "week": week})


def _forecasts(
    kind: Kind, honest: Floats, ours: Floats, theirs: Floats, won: Floats, noise: Floats
) -> tuple[Floats, Floats]:
    """Logits of champion and challenger."""
    return {
        "better": (TOO_SURE * honest, honest),
        "overconfident": (honest, TOO_SURE * honest),
        "copy": (honest, honest),
        "equal": (honest + ours, honest + theirs),
        "worse": (honest, honest + noise),
        "leaky": (honest, honest + (2.0 * won - 1.0) * LEAK),
    }[kind]


def _american(implied: Floats) -> Floats:
    """Odds whose break-even probability is `implied`."""
    p = np.clip(implied, 0.01, 0.99)
    return np.where(p >= 0.5, -100 * p / (1 - p), 100 * (1 - p) / p)
