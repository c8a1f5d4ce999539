"""Reports for people: Markdown with charts, and the same numbers as JSON."""
