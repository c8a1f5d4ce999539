"""Which model serves, who challenges it, and the forecasts of the upcoming week."""
