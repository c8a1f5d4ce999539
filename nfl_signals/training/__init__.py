"""What is fitted: base learners, stacks, ensembles, recalibrated copies."""
