"""A champion gone wrong: a copy of it that swaps favourites and underdogs in one market's forecasts."""

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
    replaced = champion(context).version
    window = read_card(context.paths.ensemble(replaced))["training_window"]
    card = recalibrated_copy(
        context,
        replaced,
        {SWAPPED: RecalibrationMap(intercept=0.0, slope=-1.0)},
        window=TrainingWindow(**window),
    )
    swapped = Decision(
        at=context.as_of,
        kind="promoted",
        version=str(card["model_version"]),
        model_hash=str(card["model_hash"]),
        champion=str(card["model_version"]),
        step="person",
        sentence=f"Favourites and underdogs of the {SWAPPED} are swapped from here on.",
    )
    decision_log.record(context.paths.history, swapped, expected_champion=replaced)


def champion(context: RunContext) -> Decision:
    """The decision by which the champion became it."""
    held = decision_log.champion_decision(context.decisions)
    assert held is not None
    return held
