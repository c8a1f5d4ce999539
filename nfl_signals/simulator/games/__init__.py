"""How the simulated league's games go, their true probabilities, and the bookmaker's prices.

What is published about them is `release`.
"""
