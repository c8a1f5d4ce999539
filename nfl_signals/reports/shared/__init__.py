"""Charts, tables and numbers that several reports use."""
