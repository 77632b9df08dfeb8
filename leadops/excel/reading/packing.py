"""Parts of a zip archive as they unpack, held against what the archive's own directory says of them."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator

from .marks import Refused

BLOCK = 4 * 1024 * 1024
_PIECE = 1024 * 1024
_LOCAL_HEADER = 30
_READ = (".xml", ".rels", ".bin")
PACKED = "This file is packed as no workbook is: copy its rows into a new one and send that."
_DAMAGED = "This workbook is damaged: open it in Excel, save it again as .xlsx and send that."


def blocks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """One part, unpacked in blocks of a bounded size.

    Raises Refused where it unpacks to more than the directory says: the parser would go on to the end of it.
    """
    entry = archive.getinfo(name)
    total = 0
    for block in _unpacked(archive, entry):
        total += len(block)
        if total > entry.file_size:
            raise Refused(PACKED)
        yield block
    if total != entry.file_size:
        raise Refused(_DAMAGED)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    file = archive.fp
    assert file is not None
    file.seek(entry.header_offset)
    name_length, extra_length = struct.unpack_from("<26x2H", file.read(_LOCAL_HEADER))
    file.seek(name_length + extra_length, 1)
    at, left = file.tell(), entry.compress_size
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    rest = b""
    while left or rest:
        file.seek(at)  # another part may have been read meanwhile
        piece = rest or file.read(min(_PIECE, left))
        if not piece:
            raise Refused(_DAMAGED)
        if not rest:
            at, left = at + len(piece), left - len(piece)
        if entry.compress_type == zipfile.ZIP_STORED:
            yield piece
        elif entry.compress_type == zipfile.ZIP_DEFLATED:
            yield unpacker.decompress(piece, BLOCK)
            rest = unpacker.unconsumed_tail
        else:
            raise Refused(PACKED)
    if entry.compress_type == zipfile.ZIP_DEFLATED:
        yield unpacker.flush()


def check(archive: zipfile.ZipFile, later: str) -> int:
    """Unpack what the parser may read and throw it away; answers the archive's total in bytes.

    Parts under `later` are looked through, and so checked, before they are parsed.
    """
    for entry in archive.infolist():
        name = entry.filename
        if name.lower().endswith(_READ) and not name.startswith(later):
            for _ in blocks(archive, name):
                pass
    return sum(entry.file_size for entry in archive.infolist())
