"""Every error that nfl_signals raises on purpose; only the command line turns them into exit codes."""


class NflSignalsError(Exception):
    """Base class: something failed that is nobody's input."""

    exit_code = 1


class InputError(NflSignalsError):
    """What was given cannot be used; names place, fault and remedy, and the last good data stays."""

    exit_code = 2


class SettingsError(InputError):
    """A value of signals.yaml, NFL_SIGNALS_* or an option is missing, malformed or contradicts another."""


class SourceError(InputError):
    """A release file is missing, unreachable or unreadable."""


class SchemaError(InputError):
    """A column, type, key or value breaks the schema of the boundary that it crosses."""


class JoinError(InputError):
    """A row matches no row of the other table and no known exception explains it."""


class StorageError(NflSignalsError):
    """A file could not be written (disk full, no permission); the previous version is untouched."""

    exit_code = 2


class LeakageError(NflSignalsError):
    """A feature depends on something that was known only after kickoff."""


class IntegrityError(NflSignalsError):
    """A ledger, model or card no longer matches its own seal."""


class StaleDataError(NflSignalsError):
    """What should be known by now is not."""
