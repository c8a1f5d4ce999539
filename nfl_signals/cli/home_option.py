"""`--home`, an option of every command: NFL_SIGNALS_HOME for that one command; and `--source`."""

import functools
import inspect
import os
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

Command = TypeVar("Command", bound=Callable[..., None])
Home = Annotated[
    str | None,
    typer.Option(help="Folder of the data home. Default: NFL_SIGNALS_HOME, or the repository."),
]
Source = Annotated[str | None, typer.Option(help="Default: the home's.")]
"""Of the commands that work on what a home holds."""


def first_run(source: str) -> str:
    """The command that makes a home of that source, for messages."""
    if source == "simulated":
        return "`nfl-signals run` (a simulated league; real games: --source nflverse)"
    return f"`nfl-signals run --source {source}`"


def command_of(app: typer.Typer, name: str | None = None) -> Callable[[Command], Command]:
    """A decorator that makes functions commands of `app`, with `--home` as their last option.

    `name` of a command whose function cannot be called so.
    """

    def add(function: Command) -> Command:
        app.command(name)(_with_home(function))
        return function

    return add


def _with_home(function: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(function)
    def in_home(*, home: str | None = None, **options: object) -> None:
        if home is not None:
            os.environ["NFL_SIGNALS_HOME"] = home  # processes that are started work in it too
        function(**options)

    given = inspect.signature(function)
    last = inspect.Parameter("home", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Home)
    parameters = [*given.parameters.values(), last]
    in_home.__signature__ = given.replace(parameters=parameters)  # type: ignore[attr-defined]
    in_home.__annotations__ = function.__annotations__ | {"home": Home}
    return in_home
