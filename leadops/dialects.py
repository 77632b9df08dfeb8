"""The dialects a key may open: APIs of vendors that we serve, as whoever knows the vendors declares them."""

from __future__ import annotations

from typing import NamedTuple


class Dialect(NamedTuple):
    """`how`: one sentence for the partner's developer, in which `{code}` stands for the partner's code."""

    label: str
    how: str


_dialects: dict[str, Dialect] = {}


def declare_dialect(slug: str, label: str, how: str) -> None:
    """Let keys be made for the dialect of vendor `slug`."""
    _dialects[slug] = Dialect(label, how)


def choices() -> list[tuple[str, str]]:
    """The dialects for a field's choices; the callable itself goes into the field, so no migration lists vendors."""
    return [(slug, dialect.label) for slug, dialect in _dialects.items()]


def how_to_sign_in(slug: str, partner_code: str) -> str:
    """Where a key goes in a request of dialect `slug`; empty for a key that opens none."""
    return _dialects[slug].how.format(code=partner_code) if slug in _dialects else ""
