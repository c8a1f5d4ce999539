"""The three markets, odds, and the score distribution that makes them agree."""
