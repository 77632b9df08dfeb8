"""A look at what lies in the container of Excel's old files: a workbook, one under a password, or something else."""

from __future__ import annotations

import struct
from typing import IO

from leadops.errors import UnreadableFile
from leadops.excel.kinds import MACROS, PASSWORD, not_a_workbook
from leadops.excel.reading.compound_file import CompoundFile
from leadops.excel.reading.sheet_biff import FILE_PASS, STREAMS, records

_LOOKED_AT = 4096
"""The password's record stands right behind the first one."""
_BEGIN_8 = 0x0600
_DAMAGED = "This workbook is damaged or was cut off on its way: save it again in Excel and send that."
_TOO_OLD = "This workbook is of Excel 95 or older: open it in Excel, save it as .xlsx and send that."


def inspect(file: IO[bytes]) -> None:
    """Refuse with UnreadableFile what is no workbook of Excel 97 to 2003, or one that can't be opened."""
    try:
        compound = CompoundFile(file)
        names = {entry.name.casefold() for entry in compound.entries}
        stream = compound.stream(*STREAMS)
        start = compound.read(stream, _LOOKED_AT) if stream else b""
    except (ValueError, struct.error):
        raise UnreadableFile(_DAMAGED) from None
    if "encryptedpackage" in names:
        raise UnreadableFile(PASSWORD)
    if not start:
        raise not_a_workbook("a document of another program")
    if {"_vba_project_cur", "_vba_project"} & names:
        raise UnreadableFile(MACROS)
    found = list(records(start))
    if any(kind == FILE_PASS for kind, _ in found):
        raise UnreadableFile(PASSWORD)
    if found[0][1][:2] != _BEGIN_8.to_bytes(2, "little"):
        raise UnreadableFile(_TOO_OLD)
