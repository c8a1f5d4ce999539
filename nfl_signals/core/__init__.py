"""What everything stands on: errors, settings, paths, files, validation, progress."""
