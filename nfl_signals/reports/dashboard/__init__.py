"""The dashboard: one HTML page that opens offline."""
