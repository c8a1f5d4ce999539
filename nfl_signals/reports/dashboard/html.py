"""HTML elements from Python values: whatever is words is escaped, whatever is markup is not."""

from collections.abc import Iterable, Sequence
from html import escape


class Html(str):
    """Text that is markup already; made by `tag` and `joined` only."""

    __slots__ = ()


def tag(name: str, *content: str, **attributes: str | None) -> Html:
    """An element; content that is not Html is escaped.

    Attribute names take `_` for `-` and may end in `_`; those with None are left out.

    Example:
        >>> tag("p", "a < b", tag("b", "c"), class_="x")
        '<p class="x">a &lt; b<b>c</b></p>'
    """
    spelled = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{spelled}>{joined(content)}</{name}>")


def joined(parts: Iterable[str]) -> Html:
    """Parts one after the other, escaped where they are words."""
    return Html("".join(part if isinstance(part, Html) else escape(part) for part in parts))


class Cell(Html):
    """A cell that is a `td` already."""

    __slots__ = ()


def cell(content: str, *, sort: str | None = None) -> Cell:
    """A cell of words, to the left; `sort` is what it is sorted by where that is not its text."""
    return Cell(tag("td", content, class_="words", data_sort=sort))


def grid(
    caption: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, sortable: bool = False
) -> Html:
    """A table in a box of its own that scrolls sideways where the screen is narrow.

    The first cell of each row is its header, the others numbers unless `cell` made them; the
    caption is read out and shown above.
    """
    words = [isinstance(item, Cell) for item in rows[0]] if rows else [False] * len(header)
    head = [
        tag("th", name, scope="col", class_="words" if left else None)
        for name, left in zip(header, words, strict=True)
    ]
    body = [
        tag("tr", tag("th", row[0], scope="row"), *(_cell(item) for item in row[1:]))
        for row in rows
    ]
    table = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *head)),
        tag("tbody", *body),
        class_="sortable" if sortable else None,
    )
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _cell(item: str) -> Html:
    return item if isinstance(item, Cell) else tag("td", item)
