"""What a file that came from outside may be called here."""

from __future__ import annotations

LONGEST = 200


def plain_name(name: str, otherwise: str) -> str:
    """The end of the given name without what a header, a path, a database or a reader's eye could trip over."""
    kept = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable())
    return kept[-LONGEST:].strip() or otherwise
