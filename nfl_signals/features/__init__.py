"""Features known before kickoff, each declared once, and the checks that none leaks; the markets.

From the past as it was known to gold tables, by polars alone. No line and no price is a feature, and
nothing here is fitted to outcomes but the ratings, which learn from earlier games only.
"""
