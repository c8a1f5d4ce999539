"""Commands about prices: add one's own, and look at how a game's lines moved."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from nfl_signals.cli.home_option import Source, command_of
from nfl_signals.cli.look import home_as_it_is
from nfl_signals.cli.terminal import console
from nfl_signals.ingest.price_file import COLUMNS
from nfl_signals.ingest.price_file_rules import Odds

prices = typer.Typer(
    help="Lines and odds with the time at which they were seen: add your own, look at a game's.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV file with a header.")],
    book: Annotated[str | None, typer.Option(help="Of rows that name none.")] = None,
    odds: Annotated[Odds, typer.Option(help="How prices are written.")] = "american",
    source: Source = None,
) -> None:
    """Add prices from a CSV file to the home's history: all of its rows or none.

    A row is what a book showed on a bet at a time. `nfl-signals prices columns` lists the columns. Rows that
    cannot be used are named with their lines, and then nothing is added; what is there already is not added
    again. Where sides are named the other way round, that is recognised on neutral ground.

    Example:
    - `nfl-signals prices import mine.csv --book mybook --odds decimal`
    """
    from nfl_signals.workspace.prices import import_prices

    new = import_prices(home_as_it_is(source), file, book=book, odds=odds)
    added = f"{new} new price{'' if new == 1 else 's'} added."
    console.print(f"{file}: {added}", highlight=False, soft_wrap=True)


def columns() -> None:
    """List the columns of a file for `import`, with what each holds."""
    table = Table("column", "what it holds", box=None)
    for name, words in COLUMNS.items():
        table.add_row(name, escape(words))
    console.print(table)


def show(
    game: Annotated[str, typer.Argument(help="nflverse's id, e.g. 2025_10_DAL_PHI.")],
    source: Source = None,
) -> None:
    """Show every price of a game that was seen, oldest first.

    `line` is positive where the home team is favoured; `yes` is the home team, or the over. An opener
    without a time was known by the Tuesday before the game.
    """
    from nfl_signals.workspace.prices import prices_of_game

    rows = prices_of_game(home_as_it_is(source), game)
    table = Table(*("seen", "market", "book", "moment", "line", "yes", "no"), box=None)
    for row in rows.to_dicts():
        seen = row["observed_at"]
        numbers = (row[name] for name in ("line", "price_yes", "price_no"))
        table.add_row(
            f"{seen:%Y-%m-%d %H:%M}" if seen else "",
            *(row["market"], row["book"], row["moment"]),
            *("" if number is None else f"{number:g}" for number in numbers),
        )
    console.print(table)


command_of(prices, name="import")(import_file)
command_of(prices)(columns)
command_of(prices)(show)
