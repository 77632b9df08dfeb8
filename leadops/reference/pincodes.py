"""Which district and state a pincode lies in, by India Post's directory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_name("data") / "pincodes.csv"


class PostalArea(NamedTuple):
    """The part of a pincode that lies in one district, with its main post office."""

    district: str
    state: str
    post_office: str


def areas(pincode: str) -> tuple[PostalArea, ...]:
    """Give every district a six-digit pincode reaches into, most post offices first; empty when unknown."""
    return _directory().get(pincode, ())


@cache
def _directory() -> Mapping[str, tuple[PostalArea, ...]]:
    directory: dict[str, tuple[PostalArea, ...]] = {}
    shared: dict[str, str] = {}  # some 750 district and state names serve 20,000 rows
    for row in _FILE.read_text(encoding="utf-8").splitlines()[1:]:
        pincode, district, state, post_office = row.split(",")
        area = PostalArea(shared.setdefault(district, district), shared.setdefault(state, state), post_office)
        directory[pincode] = (*directory.get(pincode, ()), area)
    return directory
