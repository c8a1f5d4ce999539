"""What every stage needs: errors, settings, paths, atomic files, locks, validation, progress.

Nothing here knows football or a model; the vocabulary of bets is `markets`.
"""
