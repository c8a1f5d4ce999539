"""Whether enough has been played, at known prices, for learners, stack and calibrator to be fitted."""

import polars as pl

from nfl_signals.core.errors import InputError
from nfl_signals.core.setting_sections import LEAST_GAMES, TrainingSettings
from nfl_signals.core.settings import describe
from nfl_signals.features.decision_prices import at_decision
from nfl_signals.markets.decision_time import Horizon
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.workspace.run_context import RunContext

_REMEDIES: dict[Horizon, str] = {
    "kickoff": "Choose a later --as-of, or earlier --seasons.",
    "tuesday": "Choose a later --as-of, or earlier --seasons; or, as the close is no price of a Tuesday, "
    "import openers of spreads and totals (`nfl-signals prices import`), name their book in price_book, or, "
    "where nothing is trained yet, take --horizon kickoff.",
}


def require_enough_seasons(context: RunContext) -> None:
    """Raise InputError where a market has too few played seasons as of the run's now."""
    training = context.settings.training
    learned = min(context.seasons) + training.min_learner_seasons
    decided = context.markets.filter(at_decision(context.settings.horizon))
    needed = training.priced_seasons
    for market, seasons in priced_seasons(decided).items():
        found = [season for season in seasons if season >= learned]
        if len(found) < needed:
            raise InputError(
                f"{market}: as of {describe(context.as_of)} the games of {len(found)} seasons are "
                f"played and have line and prices ({_named(found)}), counted from {learned} on as the "
                f"{training.min_learner_seasons} before it are learnt from; at least {needed} are "
                f"needed ({_purposes(training)}). {_REMEDIES[context.settings.horizon]}"
            )


def priced_seasons(markets: pl.DataFrame) -> dict[str, list[int]]:
    """By market the seasons, ascending, with `LEAST_GAMES` that are played and have line and prices."""
    complete = markets.drop_nulls(["points", "line", "p_market"])
    counts = complete.group_by("market", "season").len().filter(pl.col("len") >= LEAST_GAMES)
    return {name: sorted(counts.filter(market=name)["season"].to_list()) for name in MARKETS}


def _purposes(training: TrainingSettings) -> str:
    return (
        f"{training.min_stack_seasons} to blend, {training.min_calibration_seasons} to calibrate, "
        "1 to predict"
    )


def _named(seasons: list[int]) -> str:
    return ", ".join(map(str, seasons)) or "none"
