"""Commands about prices: add one's own, ask the odds feed, and look at how a game's lines moved."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from nfl_signals.cli.home_option import Source, command_of
from nfl_signals.cli.look import home_as_it_is
from nfl_signals.cli.terminal import console
from nfl_signals.core.errors import InputError
from nfl_signals.core.instants import read_instant
from nfl_signals.ingest.price_file import COLUMNS
from nfl_signals.ingest.price_file_rules import Odds
from nfl_signals.workspace.last_run import as_last_run

prices = typer.Typer(
    help="Lines and odds with the time at which they were seen: add your own, ask a feed, look at a game's.",
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

    Openers that a new home of real games is to learn from, spreads and totals of four seasons or more, come
    before its first run, which chooses the horizon by them: with `--source nflverse` the schedule is read
    first. Name their book `consensus`, or set `price_book` to it in the home's `signals.yaml`.

    Examples:
    - `nfl-signals prices import mine.csv --book mybook --odds decimal`

    - `nfl-signals prices import openers.csv --book consensus --source nflverse --home ~/new`
    """
    from nfl_signals.core.paths import Paths
    from nfl_signals.workspace.price_import import import_before_first_run, import_prices
    from nfl_signals.workspace.run_context import open_source

    settings = as_last_run(source=source)
    if settings.source == "nflverse" and not Paths(settings.home).features.exists():
        new = import_before_first_run(open_source(settings), file, book=book, odds=odds)
    else:
        new = import_prices(home_as_it_is(source), file, book=book, odds=odds)
    console.print(f"{file}: {_counted(new, 'new price')} added.", highlight=False, soft_wrap=True)
    console.print(
        "Forecasts are made at the market's price (books consensus, nflverse), or at that of the book which "
        "the setting price_book names.",
        highlight=False,
        soft_wrap=True,
    )


def fetch(
    at: Annotated[
        str | None,
        typer.Option(
            help="The feed's last snapshot at or before this instant, e.g. 2025-11-04T14:00:00+00:00; costs "
            "ten times the quota. Default: now."
        ),
    ] = None,
    source: Source = None,
) -> None:
    """Ask the odds feed, and add what its books show to the home's history.

    The feed is The Odds API, or another one of its v4 shape (`odds.url`). It is off until it has a key: set
    `NFL_SIGNALS_ODDS__API_KEY`, which is shown nowhere. Then every live run asks it, too, about the games to
    come; a run goes on where the feed fails. `odds.regions` or `odds.bookmakers` choose the books; each
    region costs quota, and every ten books count as a region.

    Prices are added as the books stamped them, and count from then on: for a price at Tuesday's decision,
    fetch before 14:00 UTC. What is there already is not added again. What cannot be used is listed and left
    out: games that the stored schedule does not hold, prices after kickoff, markets without two sides, lines
    and odds that cannot be. An answer that is no list of odds adds nothing.

    Examples:
    - `NFL_SIGNALS_ODDS__API_KEY=... nfl-signals prices fetch`

    - `nfl-signals prices fetch --at 2025-11-04T14:00:00+00:00`
    """
    from nfl_signals.workspace.prices import fetch_prices

    found = fetch_prices(home_as_it_is(source), at=_instant(at))
    for line in found.set_aside:
        console.print(f"[yellow]{escape(line)}[/yellow]", highlight=False, soft_wrap=True)
    console.print(
        f"{_counted(found.prices, 'price')} of {_counted(found.games, 'game')} of {found.season}, "
        f"{found.new} of them new ({found.quota}).",
        highlight=False,
        soft_wrap=True,
    )


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
    """Show every price of a game that was seen, by market, oldest first.

    `line` is positive where the home team is favoured; `yes` is the home team, or the over. An opener
    without a time was known by the Tuesday before the game. `used` is the price that the forecast has, or
    had; where none is, that was the schedule's.
    """
    from nfl_signals.workspace.prices import prices_of_game

    rows = prices_of_game(home_as_it_is(source), game)
    table = Table(*("seen", "market", "book", "moment", "line", "yes", "no", ""), box=None)
    for row in rows.to_dicts():
        seen = row["observed_at"]
        numbers = (row[name] for name in ("line", "price_yes", "price_no"))
        table.add_row(
            f"{seen:%Y-%m-%d %H:%M}" if seen else "",
            *(row["market"], escape(row["book"]), row["moment"]),
            *("" if number is None else f"{number:g}" for number in numbers),
            "used" if row["is_used"] else "",
        )
    console.print(table)


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _instant(text: str | None) -> datetime | None:
    try:
        return None if text is None else read_instant(text)
    except ValueError as error:
        raise InputError(f"--at {text}: {error}.") from None


command_of(prices, name="import", makes_home=True)(import_file)
command_of(prices)(fetch)
command_of(prices)(columns)
command_of(prices)(show)
