"""A look at a file before anything parses it: what it really is, and whether its own totals are sane.

It reads little, whatever the file's size: an upload waits for it. What only the whole file can tell is told by the
parsing process.
"""

from __future__ import annotations

import zipfile
import zlib
from lzma import LZMAError
from typing import IO
from xml.parsers import expat

from django.conf import settings

from leadops.errors import UnreadableFile
from leadops.excel import old_excel
from leadops.excel.kinds import PASSWORD, Kind, kind_of_archive, kind_of_text
from leadops.excel.reading.compound_file import SIGNATURE as OLE

MOST_ENTRIES = 2000
MOST_UNPACKED = 1024 * 1024 * 1024
"""200,000 rows of forty filled columns are about a third of it."""
MOST_RATIO = 200
"""Sheets pack 5 to 60 times; a deflate bomb up to 1,030 times."""
SMALL = 16 * 1024 * 1024
"""Below this, packing well is no sign of anything."""
LONGEST_PROLOG = 64 * 1024
"""What stands before a part's first element: a line, in every workbook there is."""
_BITE = 64
"""The parser reads on to the end of what it was given, also once it has been stopped."""
_START = 64 * 1024


def inspect(file: IO[bytes]) -> Kind:
    """Tell what the file is by its content, and leave it at its start.

    Raises UnreadableFile with one sentence when it is nothing that can be imported.
    """
    size = file.seek(0, 2)
    file.seek(0)
    if size > settings.IMPORT_MAX_BYTES:
        raise UnreadableFile(f"This file is larger than {largest()}: split it into several.")
    if size == 0:
        raise UnreadableFile("This file is empty.")
    start = file.read(_START)
    file.seek(0)
    if start.startswith(OLE):
        old_excel.inspect(file)
        kind = Kind.XLS
    elif start.startswith(b"PK"):
        kind = _inspect_archive(file, size)
    else:
        kind = kind_of_text(start)
    file.seek(0)
    return kind


def largest() -> str:
    """How large a file may be, in words."""
    return f"{settings.IMPORT_MAX_BYTES / (1024 * 1024):,.0f} MB"


def _inspect_archive(file: IO[bytes], size: int) -> Kind:
    try:
        with zipfile.ZipFile(file) as archive:
            _inspect_entries(archive.infolist(), size)
            kind = kind_of_archive(archive)
            _refuse_entities(archive)
    except (zipfile.BadZipFile, zlib.error, LZMAError, NotImplementedError, ValueError, OSError, EOFError):
        raise UnreadableFile(
            "This workbook is damaged or was cut off on its way: save it again in Excel and send that."
        ) from None
    return kind


def _inspect_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFile(PASSWORD)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED:
        raise UnreadableFile("This workbook unpacks to more than can be read: split it into several.")
    if unpacked > SMALL and unpacked > MOST_RATIO * size:
        raise UnreadableFile(
            "This file is packed as no workbook is: copy its rows into a new one and send that."
        )


class _Told(Exception):
    """The parser has seen enough."""


def _refuse_entities(archive: zipfile.ZipFile) -> None:
    """Refuse a document type: a few lines of it can name an entity that grows to gigabytes, or a file of ours."""
    for entry in archive.infolist():
        with archive.open(entry) as part:
            if _has_document_type(part):
                raise UnreadableFile(
                    "This workbook holds XML entities (a DTD), as no program writes them: copy its rows into a new"
                    " one and send that."
                )


def _has_document_type(part: IO[bytes]) -> bool:
    """Whether the part begins as XML with a document type, or with more than any workbook has there."""
    seen: list[bool] = []

    def tell(document_type: bool) -> None:
        seen.append(document_type)
        raise _Told

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: tell(True)
    parser.StartElementHandler = lambda *_: tell(False)
    try:
        while bite := part.read(_BITE):
            parser.Parse(bite)
            if part.tell() > LONGEST_PROLOG:
                return True
    except _Told:
        return seen[0]
    except expat.ExpatError:
        pass  # no XML, and read by nobody as such
    return False
