"""Alarm rule, alert episodes, and telling people about them."""
