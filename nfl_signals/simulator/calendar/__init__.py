"""When and where the simulated league plays, and what of it is known as of a day.

Scores and prices are `games`.
"""
