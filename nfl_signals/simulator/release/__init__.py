"""The simulated league in the tables of nflverse's layout; nothing random but what they alone hold."""
