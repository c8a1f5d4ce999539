"""Whose probabilities the reports score, by the names that tables and charts show.

A base learner goes by its own name; variants of the stack are `STACK` and what was changed.
"""

STACK = "stack"
PRICE = "price"  # no-vig, at which a forecast was made: at kickoff the close
BASE_RATE = "base rate"
FINAL = f"{STACK}, coherent"
UNCALIBRATED = f"{STACK}, uncalibrated"
WITHOUT_SIGNALS = f"{STACK} without signals"
MARKET_ONLY = f"{STACK} of the market only"
KINDS = {
    "stack": "the stack",
    "price": "the market alone",
    "learner": "one learner alone",
    "without": "something left out",
    "blend": "another blend",
    "calibrator": "another calibration",
}
"""Kinds of forecasters in an ablation, in the order in which they are read, and their titles."""
