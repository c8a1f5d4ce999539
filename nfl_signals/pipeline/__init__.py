"""What each asset reads, computes and writes: files in, stages called, files out.

No Dagster and no arithmetic of its own: the science is in the stages, the wiring in `defs/`.
"""
