"""Which model is served, its challenger, and the forecasts of the upcoming week."""
