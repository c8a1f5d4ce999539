"""The sealed ledger and what its graded predictions say about calibration."""
