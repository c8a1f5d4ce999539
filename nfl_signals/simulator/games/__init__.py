"""How the simulated league's games go, and their true probabilities."""
