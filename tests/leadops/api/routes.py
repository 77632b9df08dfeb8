"""Every address of the API, read off the URL configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver


class Route(NamedTuple):
    path: str
    method: str
    scope: str | None


def _patterns(patterns: list[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for each in patterns:
        path = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _patterns(each.url_patterns, path)
        elif isinstance(each, URLPattern) and path.startswith("v1/") and hasattr(each.callback, "view_class"):
            yield "/" + path, each.callback.view_class


def _all() -> Iterator[Route]:
    for path, view in _patterns(get_resolver().url_patterns):
        for method in ("get", "post", "put", "patch", "delete"):
            if hasattr(view, method):
                yield Route(path, method.upper(), getattr(view, "scopes", {}).get(method.upper()))


def routes() -> list[Route]:
    """All of them, open ones too."""
    return list(_all())


OPEN = {"/v1/crm/health/", "/v1/schema/", "/v1/docs/"}
"""The addresses that need no key, and no others."""
