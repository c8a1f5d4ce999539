"""The simulated league's teams and people."""
