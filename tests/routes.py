"""Every address of the product, found by walking its URL patterns."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.exceptions import NoReverseMatch

NOBODY = UUID("01939a40-0000-7000-8000-0000000000ff")
VALUES = {"UUIDConverter": NOBODY, "IntConverter": 1}


def patterns(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """The name of each named route, with its namespace."""
    resolver = resolver or get_resolver()
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, f"{space}{each.namespace}:" if each.namespace else space)
        else:
            yield f"{space}{each.name or ''}", each


def addresses() -> dict[str, str]:
    """An address for every named route by its name; the records that it speaks of do not exist."""
    found = {}
    for name in dict.fromkeys(name for name, _ in patterns() if name and not name.endswith(":")):
        found[name] = _address(name)
    return found


def _address(name: str) -> str:
    resolver = get_resolver()
    *spaces, last = name.split(":")
    prefix = ""
    for space in spaces:
        start, resolver = resolver.namespace_dict[space]
        prefix += start
    for possibilities, _, _, converters in resolver.reverse_dict.getlist(last):
        for text, names in possibilities:
            values = {each: VALUES.get(type(converters.get(each)).__name__, "x") for each in names}
            return "/" + prefix + text % values
    raise NoReverseMatch(name)
