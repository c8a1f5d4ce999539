"""A league whose true probabilities are known, written in nflverse's release layout."""
