"""A run's context: its settings, data home and tables."""
