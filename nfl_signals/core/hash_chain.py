"""A hash chain: each record's seal is a hash of its own content and of the seal before it.

An edited, removed or reordered record breaks the chain at its place. What a chain cannot show is
that its *last* records were cut off, or that all of it was written anew: note its last seal elsewhere.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

GENESIS = "0" * 64
"""What stands before the first record."""


def seal_of(content: str, before: str) -> str:
    """Seal of a record: SHA-256 in hex over the seal before it and its content, as UTF-8.

    The content is in canonical form: the same text for the same record.

    Example:
        >>> seal_of("a prediction", GENESIS)[:8]
        '58a7422c'
    """
    return hashlib.sha256((before + content).encode()).hexdigest()


def seals_after(before: str, contents: Iterable[str]) -> Iterator[str]:
    """Seals of new records, in order, that continue the chain after the seal `before`."""
    for content in contents:
        before = seal_of(content, before)
        yield before


def broken_links(contents: Iterable[str], seals: Sequence[str]) -> list[int]:
    """Positions of the records that are not what was sealed there; one bad record hides no other."""
    chain = zip(contents, [GENESIS, *seals], seals, strict=False)
    return [
        place
        for place, (content, before, seal) in enumerate(chain)
        if seal != seal_of(content, before)
    ]
