"""Elements of a part of a workbook that is not a sheet, one after the other: a tree of them would take gigabytes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.parsers import expat

from .marks import Refused
from .packing import blocks

MOST = 100_000
"""Excel takes 65,490 styles of cells, and of nothing that is asked for more."""
_TOO_MANY = (
    "This workbook has more styles or sheets than Excel takes: copy its rows into a new one and send that."
)


class Element(NamedTuple):
    """One element: its own name and that of what it stands in, and what is asked for of it; all without namespaces."""

    name: str
    within: str
    given: dict[str, str]


def elements(archive: zipfile.ZipFile, part: str, wanted: Mapping[str, Sequence[str]]) -> list[Element]:
    """The elements of `part` that are called as `wanted` says, in their order, each with these attributes."""
    found: list[Element] = []
    path = [""]

    def start(name: str, given: dict[str, str]) -> None:
        own = _own(name)
        if own in wanted:
            kept = {_own(key): value for key, value in given.items() if _own(key) in wanted[own]}
            found.append(Element(own, path[-1], kept))
            if len(found) > MOST:
                raise Refused(_TOO_MANY)
        path.append(own)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    for block in blocks(archive, part):
        parser.Parse(block)
    parser.Parse(b"", True)
    return found


def _own(name: str) -> str:
    return name.rpartition(" ")[2]
