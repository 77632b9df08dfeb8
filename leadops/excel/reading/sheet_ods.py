"""What the XML of an .ods workbook says besides the values: errors, formulas, what is hidden, merged or shown."""

from __future__ import annotations

import re
import zipfile

from . import ods_elements
from .marks import LINKED, Marks, Refused
from .ods_elements import PART
from .ods_table import Table
from .packing import blocks

_TELLING = (
    *(b":visibility=", b"-spanned=", b'value-type="error"', b":formula="),
    *(b">#", b">Err:", b">TRUE<", b">FALSE<"),
)
_LINK = re.compile(rb"<[\w.-]+:(?:table|cell-range|dde)-source\b")
_FROM_OTHER_BOOK = re.compile(rb""":formula="[^"]*\[(?:'|&apos;)[a-z]+:/""")
_LONGEST_LINK = 2048
_SHOWN = re.compile(rb'"float"[^>]{0,99}><[^>]{0,99}>(?:0[0-9]|[0-9.,+-]{0,30}[^0-9.,+<-])')
"""A number that begins with a zero, or is shown with more than figures."""
_LONGEST_TELLING = 300


def marks(archive: zipfile.ZipFile, sheet_number: int, most_columns: int) -> Marks:
    """The marks of one table of the document."""
    table = Table(most_columns)
    if _tells_anything(archive):
        ods_elements.walk(archive, sheet_number, table)
    return table.marks


def refuse_links(archive: zipfile.ZipFile) -> None:
    """Refuse a document with sheets or cells that come from others; links of texts to web pages are none of these."""
    rest = b""
    for block in blocks(archive, PART):
        whole = rest + block
        if b"-source" in whole and _LINK.search(whole):
            raise Refused(LINKED)
        if b"#$" in whole and _FROM_OTHER_BOOK.search(whole):
            raise Refused(LINKED)
        rest = whole[-_LONGEST_LINK:]


def _tells_anything(archive: zipfile.ZipFile) -> bool:
    """Whether a walk through the rows is worth its time: mostly there is nothing to find."""
    rest = b""
    for block in blocks(archive, PART):
        whole = rest + block
        if any(word in whole for word in _TELLING) or _SHOWN.search(whole):
            return True
        rest = whole[-_LONGEST_TELLING:]
    return False
