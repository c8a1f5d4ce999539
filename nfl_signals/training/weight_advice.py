"""A language model's advice on where the stack's weights start, once a season of the walk-forward."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from nfl_signals.core.settings import Settings
from nfl_signals.learners.baseline import LEARNERS
from nfl_signals.llm.advice import Advice, advise
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.stacking.prior import Adviser

SEASON_OPENS = (9, 1)  # month, day: no game of a season is earlier
DESCRIPTIONS = {
    "market": "the bookmaker's closing price of {yes}, margin removed",
    **{name: kind.description for name, kind in LEARNERS.items()},
    "quarterback": "news about the starting quarterback, home and away combined, -2 to 2",
    "offense": "news about the rest of the offence, home and away combined, -2 to 2",
    "defense": "news about the defence, home and away combined, -2 to 2",
}


def weight_adviser(
    settings: Settings, responses: Path, name: MarketName, inputs: Sequence[str]
) -> Adviser:
    """Who advises on the weights of one market's inputs, from a folder of recorded responses.

    For each season the adviser's knowledge must end before that season opens.
    """
    described = {item: DESCRIPTIONS[item].format(yes=MARKETS[name].yes) for item in inputs}

    @cache
    def advise_on(season: int) -> Advice | None:
        if settings.training.prior == "market":
            return None
        opens = datetime(season, *SEASON_OPENS, tzinfo=UTC)
        return advise(settings.llm, described, as_of=opens, responses=responses)

    return advise_on
