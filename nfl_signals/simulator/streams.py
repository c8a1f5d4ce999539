"""Random streams of the simulator.

Every season and topic has a stream of its own, so drawing more of one never moves another.
"""

from typing import Literal, get_args

import numpy as np

# The place of a topic is part of its stream: new ones come last.
# fmt: off
Topic = Literal[
    "strengths", "quarterbacks", "schedule", "calendar", "scores", "bookmaker", "team_stats",
    "injuries", "notes", "weather", "news", "events", "prices",
]
# fmt: on


def stream(seed: int, *, season: int, topic: Topic) -> np.random.Generator:
    """Independent generator of one topic in one season.

    Example:
        >>> a, b = (stream(1, season=2014, topic="scores").random() for _ in range(2))
        >>> a == b, a == stream(1, season=2015, topic="scores").random()
        (True, False)
    """
    key = (season, get_args(Topic).index(topic))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
