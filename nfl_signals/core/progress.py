"""Progress of long work, without tying a stage to a terminal.

A stage walks its items through `steps`; whoever runs it may listen, or not.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")
Listener = Callable[[str, int, int], None]

_listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)


def report(what: str, done: int, total: int) -> None:
    """Report to the listener, if there is one, that `done` of `total` pieces of `what` are done."""
    listener = _listener.get()
    if listener is not None:
        listener(what, done, total)


def steps(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Yield `items`, reporting after each that it is done.

    Example:
        >>> with listening(lambda what, done, total: print(what, done, "/", total)):
        ...     for season in steps([2022, 2023], "seasons read"):
        ...         pass
        seasons read 1 / 2
        seasons read 2 / 2
    """
    for done, item in enumerate(items, start=1):
        yield item
        report(what, done, len(items))


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send progress to `listener(what, done, total)` inside the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
