"""A league whose true probabilities are known, written in nflverse's release layout.

`teams` holds who plays and how well, `calendar` when, `games` how games go, their true probabilities
and prices, `release` the files that report on them; `league.py` puts the seasons together, `write.py`
writes them. Nothing here reads real data but `league_report`, and the pipeline reads the files alone.
"""
