"""A release as it stood on a day, and with what a living feed does to it: the laboratory of ingestion."""
