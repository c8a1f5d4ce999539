"""How numbers and words are written in reports."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

NOTHING = "–"
SIGNS = re.compile(
    r"(?P<code>`[\w :./=-]+`)|[\[\]`*]"
)  # what Markdown would read as more than words


def escaped(text: str) -> str:
    r"""Words from data, so that they can be nothing but words in Markdown.

    Example:
        >>> escaped("<b>x</b> [y](z)")
        '&lt;b&gt;x&lt;/b&gt; \\[y\\](z)'

        A plain name or command in backticks is code, as the program's own sentences write it.

        >>> escaped("run `nfl-signals week` [again]`")
        'run `nfl-signals week` \\[again\\]\\`'
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = SIGNS.sub(lambda found: found["code"] or "\\" + found[0], plain)
    return " ".join(plain.split())


def cell(text: str) -> str:
    """Words from data as a cell of a pipe table."""
    return escaped(text).replace("|", "\\|")


def number(value: float | None, *, digits: int = 4, signed: bool = False) -> str:
    """Fixed digits; a dash where there is none; never a negative zero.

    Example:
        >>> number(0.25), number(0.0031, signed=True), number(None), number(-0.00001)
        ('0.2500', '+0.0031', '–', '0.0000')
    """
    if value is None:
        return NOTHING
    rounded = round(value, digits) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''}.{digits}f}"


def share(value: float | None) -> str:
    """Percent with one decimal.

    Example:
        >>> share(0.52381)
        '52.4 %'
    """
    return NOTHING if value is None else f"{number(100 * value, digits=1)} %"


def between(found: dict[str, Any] | None, *, digits: int = 4, signed: bool = False) -> str:
    """An estimate with its interval: `estimate, low, high`; no ends where there is no interval.

    A dash alone where there is no estimate.

    Example:
        >>> between({"estimate": 0.25, "low": 0.24, "high": 0.26}, digits=2)
        '0.25 [0.24, 0.26]'
    """
    if found is None or found["estimate"] is None:
        return NOTHING
    write = partial(number, digits=digits, signed=signed)
    return f"{write(found['estimate'])} {_ends(found, write)}"


def share_between(found: dict[str, Any]) -> str:
    """A share with its interval, in percent.

    Example:
        >>> share_between({"estimate": 0.512, "low": 0.49, "high": 0.53})
        '51.2 % [49.0, 53.0]'
    """
    if found["estimate"] is None:
        return NOTHING
    return f"{share(found['estimate'])} {_ends(found, lambda end: number(100 * end, digits=1))}"


def points_between(found: dict[str, Any]) -> str:
    """A difference of probabilities with its interval, signed, in points of probability.

    Example:
        >>> points_between({"estimate": 0.0126, "low": 0.0113, "high": 0.0139})
        '+1.26 [+1.13, +1.39]'
    """
    ends = {name: found[name] for name in ("estimate", "low", "high")}
    scaled = {name: None if end is None else 100 * end for name, end in ends.items()}
    return between(scaled, digits=2, signed=True)


def _ends(found: dict[str, Any], write: Callable[[float], str]) -> str:
    low, high = found["low"], found["high"]
    return NOTHING if low is None else f"[{write(low)}, {write(high)}]"
