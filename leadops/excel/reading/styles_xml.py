"""Formats of numbers in an .xlsx that show more than the number's own digits."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from functools import cache

from .elements import elements
from .number_formats import OF_EVERY_BOOK, of_format

PART = "xl/styles.xml"
_OF_A_FORMAT = {"numFmt": ("numFmtId", "formatCode"), "xf": ("numFmtId",)}


@cache
def templates(archive: zipfile.ZipFile) -> Mapping[bytes, str]:
    """How whole numbers are shown, by the cell's style; a style that only shows their digits is not among them."""
    if PART not in archive.namelist():
        return {}
    shown: dict[str | None, str] = {str(at): template for at, template in OF_EVERY_BOOK.items()}
    formats: list[str | None] = []
    for each in elements(archive, PART, _OF_A_FORMAT):
        if each.name == "numFmt":
            if (template := of_format(each.given.get("formatCode", ""))) is not None:
                shown[each.given.get("numFmtId")] = template
        elif each.within == "cellXfs":
            formats.append(each.given.get("numFmtId"))
    return {str(at).encode(): shown[each] for at, each in enumerate(formats) if each in shown}
