"""The hash that pins what a feature means: it changes exactly when a definition does."""

import hashlib
from dataclasses import astuple

from nfl_signals.features import declarations, game_statistics, ratings, starters, travel
from nfl_signals.ingest import history


def feature_version() -> str:
    """First twelve hex digits of the SHA-256 of every declaration and every constant behind it."""
    declared = [astuple(feature) for feature in declarations.FEATURES]
    constants = [
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
