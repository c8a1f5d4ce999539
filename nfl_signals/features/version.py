"""The hash that pins what a feature means: declarations, constants, and the revision of the code."""

import hashlib
from dataclasses import astuple

from nfl_signals.features import declarations, game_statistics, ratings, starters, travel
from nfl_signals.ingest import history
from nfl_signals.markets.decision_time import Horizon, meaning

REVISION = 1
"""To be raised when code gives other features by the same declarations and constants; a test finds it."""


def feature_version(horizon: Horizon) -> str:
    """First twelve hex digits of the SHA-256 of declarations, their constants, `REVISION` and horizon."""
    declared = [astuple(feature) for feature in declarations.FEATURES]
    constants = [
        REVISION,
        meaning(horizon),
        astuple(ratings.RatingModel()),
        astuple(ratings.EPA_MODEL),
        ratings.MARGIN_CAP,
        ratings.FORGOTTEN_AFTER,
        starters.RECENT_GAMES,
        starters.UNAVAILABLE,
        game_statistics.SEASON_PRIOR_GAMES,
        declarations.LONGEST_REST,
        travel.HOME_CITIES,
        history.RESULT_DELAY,
        history.STATS_DELAY,
        history.STARTER_LEAD,
        history.REPORT_LEAD,
    ]
    return hashlib.sha256(repr((declared, constants)).encode()).hexdigest()[:12]
