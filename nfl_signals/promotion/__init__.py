"""The gate, comparisons of two models, and decisions by rule or by hand."""
