"""The command line: one thin command per step, and what it prints."""
