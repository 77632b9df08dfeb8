"""What an officer searches for is personal data, so it is sent by POST and stands sealed in the list's URL."""

from __future__ import annotations

import base64

from leadops.sealing import CannotOpen, open_sealed, seal

MARK = "~"
PLACE = "admin.search"


def sealed(text: str) -> str:
    """`text` as it may stand in a URL."""
    return MARK + base64.urlsafe_b64encode(seal(text, PLACE)).decode().rstrip("=")


def opened(query: str) -> str:
    """The text that was searched for: a sealed one opened, any other as it is."""
    if not query.startswith(MARK):
        return query
    encoded = query[len(MARK) :]
    try:
        return open_sealed(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)), PLACE)
    except (CannotOpen, ValueError):
        return ""
