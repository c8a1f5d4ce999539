"""The three markets, American odds, and the score distribution that makes the markets coherent.

Prices and schedules are read elsewhere (`ingest`); nothing here reads a file.
"""
