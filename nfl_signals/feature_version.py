"""The hash that pins what a feature means: it changes exactly when a definition does."""

import hashlib
from dataclasses import astuple

from nfl_signals import feature_list, history, ratings, starters, stat_list, travel


def feature_version() -> str:
    """First twelve hex digits of the SHA-256 of every declaration and every constant behind it."""
    declared = [astuple(feature) for feature in feature_list.FEATURES]
    constants = [
        astuple(ratings.RatingModel()),
        astuple(ratings.EPA_MODEL),
        ratings.MARGIN_CAP,
        ratings.FORGOTTEN_AFTER,
        starters.RECENT_GAMES,
        starters.UNAVAILABLE,
        stat_list.SEASON_PRIOR_GAMES,
        feature_list.LONGEST_REST,
        travel.HOME_CITIES,
        history.RESULT_DELAY,
        history.STATS_DELAY,
        history.STARTER_LEAD,
        history.REPORT_LEAD,
    ]
    return hashlib.sha256(repr((declared, constants)).encode()).hexdigest()[:12]
