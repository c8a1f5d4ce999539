"""Markdown tables and the way numbers are written in reports."""

from collections.abc import Sequence
from typing import Any

NOTHING = "–"
CELL_BREAKS = str.maketrans({"|": "\\|", "\n": " "})


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A pipe table, first column to the left and the others to the right.

    Raises:
        ValueError: a row's length is not the header's.

    Example:
        >>> print(table(["a", "b"], [["x", "1"]]))
        | a | b |
        | :-- | --: |
        | x | 1 |
    """
    if any(len(row) != len(header) for row in rows):
        raise ValueError(f"table: every row needs {len(header)} cells")
    sides = [":--", *["--:"] * (len(header) - 1)]
    lines = (header, sides, *rows)
    return "\n".join(
        f"| {' | '.join(cell.translate(CELL_BREAKS) for cell in row)} |" for row in lines
    )


def escaped(text: str) -> str:
    r"""Words from data, so that they can be nothing but words in Markdown.

    Example:
        >>> escaped("<b>x</b> [y](z)")
        '&lt;b&gt;x&lt;/b&gt; \\[y\\](z)'
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for sign in "[]`*":
        plain = plain.replace(sign, "\\" + sign)
    return " ".join(plain.split())


def cell(text: str) -> str:
    """Words from data as a cell of a pipe table."""
    return escaped(text).translate(CELL_BREAKS)


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
    """An estimate with its interval.

    Args:
        found: `estimate, low, high`; the ends are None where there is no interval.
        digits: after the point.
        signed: write the sign of positive numbers too.

    Example:
        >>> between({"estimate": 0.25, "low": 0.24, "high": 0.26}, digits=2)
        '0.25 [0.24, 0.26]'
    """
    if found is None:
        return NOTHING
    estimate, low, high = (
        number(found[key], digits=digits, signed=signed) for key in ("estimate", "low", "high")
    )
    return f"{estimate} {NOTHING}" if found["low"] is None else f"{estimate} [{low}, {high}]"


def share_between(found: dict[str, Any]) -> str:
    """A share with its interval, in percent.

    Example:
        >>> share_between({"estimate": 0.512, "low": 0.49, "high": 0.53})
        '51.2 % [49.0, 53.0]'
    """
    if found["low"] is None:
        return f"{share(found['estimate'])} {NOTHING}"
    ends = (number(100 * found[end], digits=1) for end in ("low", "high"))
    return f"{share(found['estimate'])} [{', '.join(ends)}]"
