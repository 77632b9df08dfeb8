"""The credentials that the sandbox accepts unless it is told others: fixed and obviously fake."""

from __future__ import annotations

import json
from pathlib import Path

from .vendors import discover

CREDENTIALS: dict[str, dict[str, str]] = {
    slug: dict(vendor.credentials) for slug, vendor in discover().items()
}
"""By vendor slug, then by name, e.g. `CREDENTIALS["ispcrm"]["token"]`; each vendor's file holds its own."""


def accepted(file: Path | None, flags: list[str]) -> dict[str, dict[str, str]]:
    """The defaults, overridden by a JSON file of the same shape and then by VENDOR:NAME=VALUE flags."""
    merged = {slug: dict(values) for slug, values in CREDENTIALS.items()}
    if file is not None:
        for slug, name, value in _in_file(file):
            _override(merged, slug, name, value)
    for flag in flags:
        slug, _, rest = flag.partition(":")
        name, _, value = rest.partition("=")
        _override(merged, slug, name, value)
    return merged


def _in_file(file: Path) -> list[tuple[str, str, str]]:
    try:
        vendors = json.loads(file.read_text()).items()
        return [(slug, name, value) for slug, values in vendors for name, value in values.items()]
    except (ValueError, AttributeError):
        raise ValueError(f'{file} is not JSON like {{"ispcrm": {{"token": "..."}}}}') from None


def _override(merged: dict[str, dict[str, str]], slug: str, name: str, value: str) -> None:
    if name not in merged.get(slug, {}):
        known = ", ".join(f"{vendor}:{key}" for vendor, values in merged.items() for key in values)
        raise ValueError(f"no credential {slug}:{name}; there are {known}")
    merged[slug][name] = str(value)
