"""What every stage needs: errors, settings, paths, atomic files, locks, validation, progress."""
