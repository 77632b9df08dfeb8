"""What a file really is, by its content and never by its name; what is no table is refused in words."""

from __future__ import annotations

import codecs
import re
import zipfile
from enum import Enum

from leadops.errors import UnreadableFile
from leadops.excel.reading.marks import LINKED


class Kind(Enum):
    """A kind of file that can be imported."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    CSV = "csv"


PASSWORD = "This workbook is protected by a password: save it without one and send that."  # noqa: S105
MACROS = "This workbook holds macros: save it as .xlsx, without them, and send that."
_CAN_BE_SENT = "send an Excel workbook (.xlsx, .xlsb, .xls), an .ods or a .csv file"
NO_WORKBOOK = f"This is not a workbook, whatever its name says: {_CAN_BE_SENT}."
_WEB_PAGE = (
    "This is a web page under the name of a workbook, as some systems export it: open it in Excel, choose"
    " Save As, “Excel Workbook (.xlsx)”, and send that."
)
_XML = "This is a spreadsheet in plain XML: open it in Excel, choose Save As, “Excel Workbook (.xlsx)”, and send that."
_OTHERS = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a text document"),
    (b"\x1f\x8b", "a packed archive"),
    (b"7z\xbc\xaf", "a packed archive"),
    (b"Rar!", "a packed archive"),
)
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ODF_TABLE = b"application/vnd.oasis.opendocument.spreadsheet"
_LINKS = "xl/externallinks/"
_ODF_MACROS = re.compile(r"(?:Basic|Scripts)/.*\.(?:xml|xlb|py|js|bsh)", re.IGNORECASE)
_MOST_TYPES = 1024 * 1024
_NO_CONTROLS = bytes({*range(9, 14), 26, *range(32, 256)} - {11})
_MOST_CONTROLS = 50
"""A text has at most one in so many of its characters."""


def not_a_workbook(what: str) -> UnreadableFile:
    return UnreadableFile(f"This is {what} and not a workbook, whatever its name says: {_CAN_BE_SENT}.")


def kind_of_text(start: bytes) -> Kind:
    """CSV, when the file begins as text does."""
    for signature, what in _OTHERS:
        if start.startswith(signature):
            raise not_a_workbook(what)
    if start.startswith(_MARKS[1:]):
        return Kind.CSV
    text = start.removeprefix(_MARKS[0])
    head = text.lstrip()[:2048].lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<table", b"<style", b"<meta")):
        raise UnreadableFile(_WEB_PAGE)
    if head.startswith((b"<?xml", b"<workbook")):
        raise UnreadableFile(_WEB_PAGE if b"<html" in head else _XML)
    if head.startswith(b"mime-version:"):
        raise UnreadableFile(_WEB_PAGE)
    if head.startswith((b"{", b"[{")):
        raise not_a_workbook("JSON")
    if _is_text(text):
        return Kind.CSV
    raise UnreadableFile(NO_WORKBOOK)


def _is_text(start: bytes) -> bool:
    """Text has hardly a control character but tabs and line ends, or is UTF-16, of which every other byte is empty.

    A stray one is taken out of its cell; of what is no text they are a tenth.
    """
    empty = max(start[::2].count(0), start[1::2].count(0))
    if empty * 4 >= len(start):
        letters = start[::2] if start[1::2].count(0) == empty else start[1::2]
        return 0 not in letters
    controls = start.translate(None, delete=_NO_CONTROLS)
    return 0 not in start and _MOST_CONTROLS * len(controls) <= len(start)


def kind_of_archive(archive: zipfile.ZipFile) -> Kind:
    """The kind of workbook in a zip archive."""
    names = set(archive.namelist())
    lowered = {name.lower() for name in names}
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) or "/macrosheets/" in name for name in lowered):
        raise UnreadableFile(MACROS)
    if "[Content_Types].xml" in names:
        return _kind_of_office(archive, names)
    if "mimetype" in names:
        return _kind_of_open_document(archive, names)
    if any(name.endswith(".iwa") for name in lowered):
        raise UnreadableFile("This is a document of Apple Numbers: export it to Excel (.xlsx) and send that.")
    raise not_a_workbook("a packed archive")


def _kind_of_office(archive: zipfile.ZipFile, names: set[str]) -> Kind:
    types = _start_of(archive, "[Content_Types].xml").lower()
    if b"macroenabled" in types:
        raise UnreadableFile(MACROS)
    # Links to web pages and to mail addresses are none of these: they stand with their sheet.
    if b"externallink" in types or any(name.lower().startswith(_LINKS) for name in names):
        raise UnreadableFile(LINKED)
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    if "xl/workbook.bin" in names:
        return Kind.XLSB
    for folder, what in (("word/", "a Word document"), ("ppt/", "a presentation")):
        if any(name.startswith(folder) for name in names):
            raise not_a_workbook(what)
    raise UnreadableFile(NO_WORKBOOK)


def _kind_of_open_document(archive: zipfile.ZipFile, names: set[str]) -> Kind:
    if not _start_of(archive, "mimetype").startswith(_ODF_TABLE) or "content.xml" not in names:
        raise not_a_workbook("a document of another kind")
    if "META-INF/manifest.xml" in names and b"encryption-data" in _start_of(archive, "META-INF/manifest.xml"):
        raise UnreadableFile(PASSWORD)
    if any(_ODF_MACROS.fullmatch(name) for name in names):
        raise UnreadableFile(MACROS)
    return Kind.ODS


def _start_of(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(_MOST_TYPES)
