"""All stacked models of one version in a folder that answers requests and explains them."""
