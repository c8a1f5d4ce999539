"""A language model's advice on where the stack's weights start, asked once a season of the replay."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from nfl_signals.llm.advice import Advice, advise
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.stacking.prior import Adviser
from nfl_signals.workspace.run_context import RunContext

SEASON_OPENS = (9, 1)  # month, day: no game of a season is earlier
DESCRIPTIONS = {
    "market": "the bookmaker's closing price of {yes}, margin removed",
    "logistic": "linear model on team ratings, form, injuries and rest; never sees a price",
    "lightgbm": "gradient-boosted trees, leaf by leaf, on the same features as logistic",
    "xgboost": "gradient-boosted trees, level by level, on the same features as logistic",
    "lstm": "recurrent network over each team's last games; never sees a price",
    "quarterback": "news about the starting quarterback, home and away combined, -2 to 2",
    "offense": "news about the rest of the offence, home and away combined, -2 to 2",
    "defense": "news about the defence, home and away combined, -2 to 2",
}


def weight_adviser(context: RunContext, name: MarketName, inputs: Sequence[str]) -> Adviser:
    """Who is asked about the weights of one market's inputs under the settings.

    For each season the adviser's knowledge must end before that season opens.
    """
    described = {item: DESCRIPTIONS[item].format(yes=MARKETS[name].yes) for item in inputs}

    @cache
    def ask(season: int) -> Advice | None:
        if context.settings.training.prior == "market":
            return None
        opens = datetime(season, *SEASON_OPENS, tzinfo=UTC)
        return advise(
            context.settings.llm, described, as_of=opens, responses=context.paths.llm_responses
        )

    return ask
