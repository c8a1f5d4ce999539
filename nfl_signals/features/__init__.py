"""Features known before kickoff, each declared once, and the checks that none leaks; the markets."""
