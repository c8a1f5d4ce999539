"""The backtest: what the walk-forward stack stated at decision time, and what its bets returned."""
