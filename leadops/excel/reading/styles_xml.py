"""Formats of numbers in an .xlsx that show more than the number's own digits."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from functools import cache

from .elements import elements
from .number_formats import Formats

PART = "xl/styles.xml"
_NONE, _LONGEST_NUMBER = -1, 12
_OF_A_FORMAT = {"numFmt": ("numFmtId", "formatCode"), "xf": ("numFmtId",)}


@cache
def templates(archive: zipfile.ZipFile) -> Mapping[bytes, str]:
    """How whole numbers are shown, by the cell's style; a style that only shows their digits is not among them."""
    if PART not in archive.namelist():
        return {}
    formats = Formats()
    for each in elements(archive, PART, _OF_A_FORMAT):
        if each.name == "numFmt":
            formats.define(_number(each.given), each.given.get("formatCode", ""))
        elif each.within == "cellXfs":
            formats.style(_number(each.given))
    return {str(style).encode(): template for style, template in formats.shown().items()}


def _number(given: Mapping[str, str]) -> int:
    """Of a format; what is no number is that of none."""
    text = given.get("numFmtId", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _LONGEST_NUMBER else _NONE
