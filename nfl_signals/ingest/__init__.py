"""Release files in, checked raw tables out; nothing that was unknown at `as_of`."""
