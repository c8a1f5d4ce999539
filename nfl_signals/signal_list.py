"""The signals that documents become: what each means, in one place.

Each lies in [-1, 1] for one team before one game; 0 is nothing new, below 0 bad news for that team.
`stack_values.py` weighs them by their confidence and combines the two teams of a game.
"""

SIGNALS = ("quarterback", "offense", "defense")
"""Columns `signal_<name>` and `weight_<name>` of a stack that weighs them."""
