"""The simulated league's marginals beside those of real seasons."""
