"""Folds, out-of-fold predictions, blends on the logit scale, the walk-forward."""
