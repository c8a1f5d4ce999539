"""The report on learners, stack and price."""
