"""What each part of the stack is worth: the walk-forward replay again, with that part taken out.

Every forecaster is scored on the same settled games as the full stack, each season predicted from
earlier seasons only. Numbers, intervals and verdicts are `numbers.py`.
"""

from collections.abc import Callable, Iterator, Mapping
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
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.reports.ablation.table import (
    COLUMNS,
    FINAL,
    MARKET_ONLY,
    UNCALIBRATED,
    WITHOUT_SIGNALS,
)
from nfl_signals.reports.shared.settled import CLOSE, STACK
from nfl_signals.stacking.inputs import Floats
from nfl_signals.stacking.protocol import MARKET
from nfl_signals.stacking.walk_forward import (
    Calibration,
    prefer_signals,
    settled_yes_no,
    walk_forward_blend,
    walk_forward_calibration,
)
from nfl_signals.training.stacks import stack_rows
from nfl_signals.training.weight_advice import weight_adviser
from nfl_signals.workspace.run_context import RunContext

UNTOUCHED = "identity"
GAME = ("market", "game_id", "season", "week", "y")
Blended = Callable[[str, tuple[str, ...], str], pl.DataFrame]
"""Kind of blend, inputs left out, voice -> rows of `replay.walk_forward_blend`."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """The stack with one thing changed.

    Attributes:
        forecaster: its name.
        kind: key of `reports.ablation_table.KINDS`.
        stack: kind of blend.
        calibrator: method, or 'chosen'.
        dropped: inputs that it does not have.
        voices: that it has.
    """

    forecaster: str
    kind: str
    stack: str
    calibrator: str
    dropped: tuple[str, ...] = ()
    stacked_models: tuple[str, ...] = (PLAIN, WITH_SIGNALS)


def ablation_table(context: RunContext) -> pl.DataFrame:
    """Every forecaster's probability for every settled game that the full stack predicted.

    Returns:
        `reports.ablation_table.COLUMNS`. A forecaster that did not speak on all of those games is left
        out whole.
    """
    return pl.concat(_market(context, name) for name in steps(list(MARKETS), "markets taken apart"))


def forecasters(settings: Settings) -> list[str]:
    """Names of all that `ablation_table` tries."""
    stored = [name for name, _, _ in _stored(settings)]
    return [*stored, *(variant.forecaster for variant in variants(settings))]


def variants(settings: Settings) -> list[Variant]:
    """The stack without each input, with the other blend, and with every calibrator."""
    training = settings.training
    new = partial(Variant, stack=training.stack, calibrator=training.calibrator)
    other = "gbm" if training.stack == "logistic" else "logistic"
    alone: tuple[str, ...] = training.learners
    return [
        new(forecaster=MARKET_ONLY, kind="without", dropped=alone, stacked_models=(PLAIN,)),
        new(forecaster=WITHOUT_SIGNALS, kind="without", stacked_models=(PLAIN,)),
        *(
            new(forecaster=f"{STACK} without {name}", kind="without", dropped=(name,))
            for name in (MARKET, *training.learners)
        ),
        new(forecaster=f"{STACK}, {other} blend", kind="blend", stack=other),
        *(
            new(forecaster=f"{STACK}, {method}", kind="calibrator", calibrator=method)
            for method in CANDIDATES
            if method != UNTOUCHED  # the stored `p_raw` is that
        ),
    ]


def walk_forward_variant(
    settings: Settings, variant: Variant, blended: Blended, fits: Mapping[str, Fit] = FITS
) -> pl.DataFrame | None:
    """A variant's calibrated answers, season by season: rows of its voices with `p_calibrated`.

    Args:
        settings: of the run.
        variant: what is changed.
        blended: see `Blended`.
        fits: of calibrators.

    Returns:
        None where its calibrator needs more games than some season has before it.
    """
    training = settings.training.model_copy(update={"calibrator": variant.calibrator})
    changed = settings.model_copy(update={"training": training})
    try:
        answers = [
            walk_forward_calibration(
                blended(variant.stack, variant.dropped, voice),
                fit_calibrator=partial(_fit_curve, changed, fits),
                min_seasons=training.min_calibration_seasons,
            )
            for voice in variant.stacked_models
        ]
    except SettingsError:
        if variant.kind != "calibrator":
            raise
        return None
    return prefer_signals(*answers) if len(answers) > 1 else answers[0]


def _market(context: RunContext, name: MarketName) -> pl.DataFrame:
    outcomes = context.markets.filter(market=name).select("game_id", "outcome")
    stacked = context.read(context.paths.stacked).filter(market=name).join(outcomes, on="game_id")
    games = settled_yes_no(stacked)
    parts = [
        games.select(
            *GAME, pl.lit(forecaster).alias("forecaster"), pl.lit(kind).alias("kind")
        ).join(p, on="game_id", how="left", maintain_order="left")
        for forecaster, kind, p in (*_given(context.settings, games), *_replayed(context, name))
    ]
    return pl.concat(part.select(COLUMNS) for part in parts if not part["p"].null_count())


def _stored(settings: Settings) -> list[tuple[str, str, str]]:
    """Forecaster, kind and column of what the stacked table holds."""
    return [
        (FINAL, "stack", "p_hat"),
        (STACK, "stack", "p_calibrated"),
        (CLOSE, "close", "p_market"),
        *((learner, "learner", f"p_{learner}") for learner in settings.training.learners),
        (UNCALIBRATED, "calibrator", "p_raw"),
    ]


def _given(settings: Settings, games: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    for forecaster, kind, column in _stored(settings):
        yield forecaster, kind, games.select("game_id", p=column)


def _replayed(context: RunContext, name: MarketName) -> Iterator[tuple[str, str, pl.DataFrame]]:
    blended, fits = blends(context, name), cached_fits()
    for variant in variants(context.settings):
        answers = walk_forward_variant(context.settings, variant, blended, fits)
        if answers is not None:
            yield variant.forecaster, variant.kind, answers.select("game_id", p="p_calibrated")


def blends(context: RunContext, name: MarketName) -> Blended:
    """How one market's blends are replayed; each is replayed once, whoever asks how often."""
    rows = stack_rows(context, name, "walk_forward")
    training = context.settings.training

    @cache
    def blended(stack: str, dropped: tuple[str, ...], voice: str) -> pl.DataFrame:
        settings = context.settings.model_copy(
            update={"training": training.model_copy(update={"stack": stack})}
        )
        inputs = [item for item in input_names(settings, voice) if item not in dropped]
        fit_blend = blend_fitter(
            settings,
            inputs,
            weight_adviser(context.settings, context.paths.llm_responses, name, inputs),
        )
        return walk_forward_blend(
            rows, inputs=inputs, fit_blend=fit_blend, min_seasons=training.min_stack_seasons
        )

    return blended


def _fit_curve(
    settings: Settings, fits: Mapping[str, Fit], rows: pl.DataFrame
) -> Callable[[Floats], Calibration]:
    """The calibrator for a season without intervals, which nothing here reads: each is its point."""
    calibrator = chosen_calibrator(settings, rows, fits=fits).calibrator

    def calibrate(p_raw: Floats) -> Calibration:
        p = calibrator.predict(p_raw)
        return Calibration(calibrator.method, p, low=p, high=p)

    return calibrate
