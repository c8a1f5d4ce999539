"""Features known before kickoff, each declared once, and the proofs that none leaks."""
