"""The simulated league in nflverse's layout."""
