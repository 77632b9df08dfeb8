"""Formats of numbers in an .xlsx that show zeros which the number itself does not have."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from xml.etree import ElementTree

PART = "xl/styles.xml"
_ZEROS = re.compile("0{2,30}")


def shown_digits(archive: zipfile.ZipFile) -> Mapping[bytes, int]:
    """How many digits a number has at least, by the cell's style, for formats like `000000` and no others."""
    if PART not in archive.namelist():
        return {}
    styles = ElementTree.fromstring(archive.read(PART))  # noqa: S314  that is what this process is for
    digits = {
        each.get("numFmtId"): len(zeros)
        for each in styles.iter()
        if _name(each) == "numFmt" and _ZEROS.fullmatch(zeros := each.get("formatCode", "").partition(";")[0])
    }
    cells = next((each for each in styles if _name(each) == "cellXfs"), ()) if digits else ()
    formats = [each.get("numFmtId") for each in cells]
    return {str(at).encode(): digits[each] for at, each in enumerate(formats) if each in digits}


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
