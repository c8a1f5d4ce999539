"""What each part of the stack is worth: the walk-forward again, with that part taken out.

Every forecaster is scored on the same settled games as the full stack, each season predicted from
earlier seasons only. Numbers, intervals and verdicts are `numbers.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

import polars as pl

from nfl_signals.calibration.choice import CANDIDATES, cached_fits
from nfl_signals.calibration.methods import FITS
from nfl_signals.calibration.protocol import Fit
from nfl_signals.core.errors import SettingsError
from nfl_signals.core.progress import steps
from nfl_signals.core.settings import Settings
from nfl_signals.ensemble.stacked_model import (
    PLAIN,
    WITH_SIGNALS,
    blend_fitter,
    chosen_calibrator,
    input_names,
)
from nfl_signals.markets.definitions import KEYS, MARKETS, MarketName
from nfl_signals.reports.shared.forecasters import (
    FINAL,
    MARKET_ONLY,
    PRICE,
    STACK,
    UNCALIBRATED,
    WITHOUT_SIGNALS,
)
from nfl_signals.stacking.prior import Adviser
from nfl_signals.stacking.protocol import MARKET
from nfl_signals.stacking.walk_forward import (
    Calibration,
    prefer_signals,
    settled_yes_no,
    walk_forward_blend,
    walk_forward_calibration,
)
from nfl_signals.stats.arrays import Floats

COLUMNS = ("market", "forecaster", "kind", "game_id", "season", "week", "y", "p")
Blended = Callable[[str, tuple[str, ...], str], pl.DataFrame]
"""Kind of blend, inputs left out, stacked model -> rows of `walk_forward_blend`."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """The stack with one thing changed."""

    forecaster: str
    kind: str  # key of `forecasters.KINDS`
    stack: str  # kind of blend
    calibrator: str  # method, or 'chosen'
    dropped: tuple[str, ...] = ()  # inputs
    stacked_models: tuple[str, ...] = (PLAIN, WITH_SIGNALS)


def ablation_table(
    settings: Settings,
    *,
    stacked: pl.DataFrame,
    markets: pl.DataFrame,
    blends: Mapping[MarketName, Blended],
) -> pl.DataFrame:
    """Every forecaster's probability for every settled game that the full stack predicted.

    `blends` are those of `blended_variants`, by market. Returns `COLUMNS`, one row per market,
    forecaster and game, pushes left out; `y` is 1.0 for YES. A forecaster that lacks one of those
    games is left out whole.
    """
    outcomes = markets.select("game_id", "market", "outcome")
    games = settled_yes_no(stacked.join(outcomes, on=KEYS, maintain_order="left"))
    parts = [
        games.filter(market=name)
        .select(
            "market", "game_id", "season", "week", "y", forecaster=pl.lit(one), kind=pl.lit(kind)
        )
        .join(p, on="game_id", how="left", maintain_order="left")
        .select(COLUMNS)
        for name in steps(list(MARKETS), "markets taken apart")
        for one, kind, p in _forecasts(settings, games.filter(market=name), blends[name])
    ]
    return pl.concat(part for part in parts if not part["p"].null_count())


def forecasters(settings: Settings) -> list[str]:
    """Names of all that `ablation_table` tries."""
    stored = [name for name, _, _ in _stored(settings)]
    return [*stored, *(variant.forecaster for variant in variants(settings))]


def variants(settings: Settings) -> list[Variant]:
    """The stack without each input, with the other blend, and with every calibrator."""
    training = settings.training
    new = partial(Variant, stack=training.stack, calibrator=training.calibrator)
    other = "gbm" if training.stack == "logistic" else "logistic"
    learners: tuple[str, ...] = training.learners
    return [
        new(forecaster=MARKET_ONLY, kind="without", dropped=learners, stacked_models=(PLAIN,)),
        new(forecaster=WITHOUT_SIGNALS, kind="without", stacked_models=(PLAIN,)),
        *(
            new(forecaster=f"{STACK} without {name}", kind="without", dropped=(name,))
            for name in (MARKET, *learners)
        ),
        new(forecaster=f"{STACK}, {other} blend", kind="blend", stack=other),
        *(
            new(forecaster=f"{STACK}, {method}", kind="calibrator", calibrator=method)
            for method in CANDIDATES
            if method != "identity"  # the stored `p_raw` is that
        ),
    ]


def blended_variants(
    settings: Settings, rows: pl.DataFrame, adviser: Callable[[Sequence[str]], Adviser]
) -> Blended:
    """How one market's blends are walked forward; each once, however often it is wanted.

    `rows` are `training.stacks.stack_rows` of the walk-forward scheme.
    """

    @cache
    def blended(stack: str, dropped: tuple[str, ...], stacked_model: str) -> pl.DataFrame:
        changed = _with_training(settings, stack=stack)
        inputs = [item for item in input_names(changed, stacked_model) if item not in dropped]
        return walk_forward_blend(
            rows,
            inputs=inputs,
            fit_blend=blend_fitter(changed, inputs, adviser(inputs)),
            min_seasons=settings.training.min_stack_seasons,
        )

    return blended


def walk_forward_variant(
    settings: Settings, variant: Variant, blended: Blended, fits: Mapping[str, Fit] = FITS
) -> pl.DataFrame | None:
    """A variant's calibrated forecasts, season by season: rows of its models with `p_calibrated`.

    None where its calibrator needs more games than some season has before it.
    """
    changed = _with_training(settings, calibrator=variant.calibrator)
    try:
        forecasts = [
            walk_forward_calibration(
                blended(variant.stack, variant.dropped, stacked_model),
                fit_calibrator=partial(_fit_calibrator, changed, fits),
                min_seasons=settings.training.min_calibration_seasons,
            )
            for stacked_model in variant.stacked_models
        ]
    except SettingsError:
        if variant.kind != "calibrator":
            raise
        return None
    return prefer_signals(*forecasts) if len(forecasts) > 1 else forecasts[0]


def _stored(settings: Settings) -> list[tuple[str, str, str]]:
    """Forecaster, kind and column of what the stacked table holds."""
    return [
        (FINAL, "stack", "p_hat"),
        (STACK, "stack", "p_calibrated"),
        (PRICE, "price", "p_market"),
        *((learner, "learner", f"p_{learner}") for learner in settings.training.learners),
        (UNCALIBRATED, "calibrator", "p_raw"),
    ]


def _forecasts(
    settings: Settings, games: pl.DataFrame, blended: Blended
) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Forecaster, kind, `game_id, p`: what is stored, then the variants."""
    for forecaster, kind, column in _stored(settings):
        yield forecaster, kind, games.select("game_id", p=column)
    fits = cached_fits()
    for variant in variants(settings):
        forecasts = walk_forward_variant(settings, variant, blended, fits)
        if forecasts is not None:
            yield variant.forecaster, variant.kind, forecasts.select("game_id", p="p_calibrated")


def _fit_calibrator(
    settings: Settings, fits: Mapping[str, Fit], rows: pl.DataFrame
) -> Callable[[Floats], Calibration]:
    """The calibrator for a season without intervals, which nothing here reads: each is its point."""
    calibrator = chosen_calibrator(settings, rows, fits=fits).calibrator

    def calibrate(p_raw: Floats) -> Calibration:
        p = calibrator.predict(p_raw)
        return Calibration(calibrator.method, p, low=p, high=p)

    return calibrate


def _with_training(settings: Settings, **changes: str) -> Settings:
    training = settings.training.model_copy(update=changes)
    return settings.model_copy(update={"training": training})
