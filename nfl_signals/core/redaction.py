"""Text that people read never holds a secret: a URL's user part and query, a token, a key.

`NflSignalsError` redacts what it says by itself; what else prints or logs an address does it here.
"""

import re

HIDDEN = "***"
_ADDRESS = re.compile(r"\S*://\S*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_QUERY = re.compile(r"(?<=\S)\?[^\s?]*=[^\s,;)]*")
_NAMED = re.compile(
    r"(?i)((?:\bbearer\s+)|(?:\b[\w-]*(?:key|token|secret|password|passwd|signature)=))[^\s&,;)'\"]+"
)


def redacted(text: str) -> str:
    """The text without what only its owner should know.

    Example:
        >>> redacted("https://me:hunter2@host/games.parquet?token=abc: unreachable")
        'https://***@host/games.parquet?*** unreachable'
        >>> redacted("me:hunter2@slack://T1 and Authorization: Bearer abc")
        '***@slack://T1 and Authorization: Bearer ***'
    """
    text = _ADDRESS.sub(_without_user, text)
    return _NAMED.sub(rf"\1{HIDDEN}", _QUERY.sub(f"?{HIDDEN}", text))


def _without_user(address: re.Match[str]) -> str:
    before, at, host = address.group().rpartition("@")  # a password may hold an @ of its own
    if not at:
        return host
    scheme = _SCHEME.search(before)
    return f"{scheme.group() if scheme else ''}{HIDDEN}@{host}"
