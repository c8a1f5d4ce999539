"""Every error that nfl_signals raises on purpose.

    NflSignalsError             exit 1: something failed that is nobody's input
    ├── InputError              exit 2: what was given cannot be used; names place, fault and remedy
    │   ├── NotThereYetError    a stored file that no run has written yet
    │   ├── SettingsError       signals.yaml, NFL_SIGNALS_* or a command-line option
    │   ├── SourceError         a release file is missing, unreachable or unreadable
    │   ├── SchemaError         a column, type, key or value breaks a boundary's schema
    │   └── JoinError           a row matches no other table's and no known exception explains it
    ├── StorageError            exit 2: a file could not be written (disk full, no permission)
    ├── LeakageError            a feature moved with something known only after kickoff
    └── IntegrityError          a ledger, model or card no longer matches its own seal
        └── RewrittenError      exit 2: a ledger lacks what was noted or signed of it; restore a backup

Errors rise; only the command line turns them into one line and an exit code.
"""

from nfl_signals.core.redaction import redacted


class NflSignalsError(Exception):
    """Base class: catch this to catch everything the package raises on purpose; it shows no secret."""

    exit_code = 1

    def __init__(self, *what: object) -> None:
        super().__init__(*(redacted(part) if isinstance(part, str) else part for part in what))


class InputError(NflSignalsError):
    """What was given cannot be used: nothing was written, the last good data stays."""

    exit_code = 2


class NotThereYetError(InputError):
    """No run has written it yet."""


class SettingsError(InputError):
    """A setting is missing, malformed or contradicts another."""


class SourceError(InputError):
    """A release file is missing, unreachable or unreadable."""


class SchemaError(InputError):
    """A table breaks the schema of the boundary that it crosses."""


class JoinError(InputError):
    """A row matches no row of the other table and no known exception explains it."""


class StorageError(NflSignalsError):
    """A file could not be written; the previous version is untouched."""

    exit_code = 2


class LeakageError(NflSignalsError):
    """A feature depends on something that was known only after kickoff."""


class IntegrityError(NflSignalsError):
    """Stored content no longer matches its own seal or card."""


class RewrittenError(IntegrityError):
    """A ledger lacks what was noted or signed of it: nothing was written, a backup is to be restored."""

    exit_code = 2


class StaleDataError(NflSignalsError):
    """What should be known by now is not."""
