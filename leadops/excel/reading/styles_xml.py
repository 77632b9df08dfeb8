"""Formats of numbers in an .xlsx that show more than the number's own digits."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from xml.etree import ElementTree

from .number_formats import UNTOLD, of_format

PART = "xl/styles.xml"
_POWERS = dict.fromkeys(("11", "48"), UNTOLD)
"""The two formats of powers that every workbook has without saying so."""


def templates(archive: zipfile.ZipFile) -> Mapping[bytes, str]:
    """How whole numbers are shown, by the cell's style; a style that only shows their digits is not among them."""
    if PART not in archive.namelist():
        return {}
    styles = ElementTree.fromstring(archive.read(PART))  # noqa: S314  that is what this process is for
    shown = _POWERS | {
        each.get("numFmtId"): template
        for each in styles.iter()
        if _name(each) == "numFmt" and (template := of_format(each.get("formatCode", ""))) is not None
    }
    cells = next((each for each in styles if _name(each) == "cellXfs"), ())
    formats = [each.get("numFmtId") for each in cells]
    return {str(at).encode(): shown[each] for at, each in enumerate(formats) if each in shown}


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
