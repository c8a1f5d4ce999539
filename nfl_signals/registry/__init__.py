"""Model cards, the version store, the decision log, and MLflow."""
