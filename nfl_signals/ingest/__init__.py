"""Release files in, checked raw tables out; nothing after `as_of`."""
