"""Base learners, one small file each, behind the protocol of `protocol.py`; and their inputs.

A learner sees columns and sequences of games, never a line or a price. Which games it is fitted on,
and how learners are blended, is `stacking`.
"""
