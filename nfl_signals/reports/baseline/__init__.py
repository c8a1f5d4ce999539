"""The report on learners, stack and close."""
