"""A champion gone wrong: a copy whose forecasts are mapped, favourites and underdogs swapped for one."""

from collections.abc import Mapping

from nfl_signals.calibration.recalibration import RecalibrationMap
from nfl_signals.markets.definitions import MarketName
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision
from nfl_signals.registry.model_card import TrainingWindow, read_card
from nfl_signals.training.recalibrated_copies import recalibrated_copy
from nfl_signals.workspace.run_context import RunContext

SWAPPED: MarketName = "moneyline"


def swap(context: RunContext) -> None:
    """Promote by hand a copy of the champion that swaps the two sides of `SWAPPED`."""
    promote_distorted(
        context,
        {SWAPPED: RecalibrationMap(intercept=0.0, slope=-1.0)},
        f"Favourites and underdogs of the {SWAPPED} are swapped from here on.",
    )


def promote_distorted(
    context: RunContext, maps: Mapping[str, RecalibrationMap], sentence: str
) -> None:
    """Promote by hand a copy of the champion whose forecasts of some markets are mapped."""
    replaced = champion(context).version
    window = read_card(context.paths.ensemble(replaced))["training_window"]
    card = recalibrated_copy(context, replaced, maps, window=TrainingWindow(**window))
    distorted = Decision(
        at=context.as_of,
        kind="promoted",
        version=str(card["model_version"]),
        model_hash=str(card["model_hash"]),
        champion=str(card["model_version"]),
        step="person",
        sentence=sentence,
    )
    decision_log.record(context.paths.history, distorted, expected_champion=replaced)


def champion(context: RunContext) -> Decision:
    """The decision by which the champion became it."""
    held = decision_log.champion_decision(context.decisions)
    assert held is not None
    return held
