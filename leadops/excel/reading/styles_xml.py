"""Formats of numbers in an .xlsx that show more than the number's own digits."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from functools import cache

from .elements import elements
from .number_formats import UNTOLD, of_format

PART = "xl/styles.xml"
_OF_A_FORMAT = {"numFmt": ("numFmtId", "formatCode"), "xf": ("numFmtId",)}
_POWERS: dict[str | None, str] = dict.fromkeys(("11", "48"), UNTOLD)
"""The two formats of powers that every workbook has without saying so."""


@cache
def templates(archive: zipfile.ZipFile) -> Mapping[bytes, str]:
    """How whole numbers are shown, by the cell's style; a style that only shows their digits is not among them."""
    if PART not in archive.namelist():
        return {}
    shown = dict(_POWERS)
    formats: list[str | None] = []
    for each in elements(archive, PART, _OF_A_FORMAT):
        if each.name == "numFmt":
            if (template := of_format(each.given.get("formatCode", ""))) is not None:
                shown[each.given.get("numFmtId")] = template
        elif each.within == "cellXfs":
            formats.append(each.given.get("numFmtId"))
    return {str(at).encode(): shown[each] for at, each in enumerate(formats) if each in shown}
