"""`--home`, an option of every command: NFL_SIGNALS_HOME for that one command; and `--source`."""

import functools
import inspect
import os
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from nfl_signals.workspace.home_files import refuse_no_home

VARIABLE = "NFL_SIGNALS_HOME"
Command = TypeVar("Command", bound=Callable[..., None])
Home = Annotated[
    str | None,
    typer.Option(
        help="Folder of the data home. Default: NFL_SIGNALS_HOME, or the folder with a signals.yaml at or "
        "above the working one."
    ),
]
Source = Annotated[str | None, typer.Option(help="Default: the home's.")]
"""Of the commands that work on what a home holds."""


def first_run(source: str) -> str:
    """The command that makes a home of that source, for messages."""
    if source == "simulated":
        return "`nfl-signals run` (a simulated league; real games: --source nflverse)"
    return f"`nfl-signals run --source {source}`"


def command_of(
    app: typer.Typer, name: str | None = None, *, makes_home: bool = False
) -> Callable[[Command], Command]:
    """A decorator that makes functions commands of `app`, with `--home` as their last option.

    Args:
        app: what the commands are of.
        name: of a command whose function cannot be called so.
        makes_home: the command may make a home: not of a folder that holds other things, unless it is named.
    """

    def add(function: Command) -> Command:
        app.command(name)(_with_home(function, makes_home=makes_home))
        return function

    return add


def _with_home(function: Callable[..., None], *, makes_home: bool) -> Callable[..., None]:
    @functools.wraps(function)
    def in_home(*, home: str | None = None, **options: object) -> None:
        if home is not None:
            os.environ[VARIABLE] = home  # processes that are started work in it too
        elif makes_home and not os.environ.get(VARIABLE):
            refuse_no_home()
        function(**options)

    given = inspect.signature(function)
    last = inspect.Parameter("home", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Home)
    parameters = [*given.parameters.values(), last]
    in_home.__signature__ = given.replace(parameters=parameters)  # type: ignore[attr-defined]
    in_home.__annotations__ = function.__annotations__ | {"home": Home}
    return in_home
