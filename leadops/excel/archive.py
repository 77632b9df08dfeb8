"""A zip file of parts that grow side by side.

The standard library's writer packs one part at a time, so five sheets would need five passes over the same leads.
Here each part is packed as it comes, into a file of its own, and they are put one behind the other at the end.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import zlib
from typing import IO, NamedTuple

LEVEL = 6
"""Level 1 packs a sheet in half the time, and makes it a third larger."""
MOST_BYTES = 0xFFFF_FFFF
_VERSION, _DEFLATED = 20, 8
_TEXT_IN_UTF_8 = 0x800
_DAY_0 = 0x0021  # 1 January 1980: the same content gives the same bytes
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")


class TooLarge(Exception):
    """More than 4 GB, which no spreadsheet opens."""


class Part:
    """One file of the archive, packed while it is written."""

    def __init__(self, name: str) -> None:
        self.name = name.encode()
        self.size = self.packed = self.crc = 0
        self._packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed with the archive

    def write(self, content: bytes) -> None:
        self.size += len(content)
        self.crc = zlib.crc32(content, self.crc)
        self._keep(self._packer.compress(content))

    def finish(self) -> IO[bytes]:
        """All that was written, packed and ready to be read."""
        self._keep(self._packer.flush())
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        self._file.close()

    def _keep(self, packed: bytes) -> None:
        self.packed += len(packed)
        self._file.write(packed)


class _Entry(NamedTuple):
    """What the table of contents says of a part."""

    part: Part
    offset: int

    def facts(self) -> tuple[int, ...]:
        part = self.part
        sizes = (part.crc, part.packed, part.size)
        return (_TEXT_IN_UTF_8, _DEFLATED, 0, _DAY_0, *sizes, len(part.name), 0)

    def local(self) -> bytes:
        return _LOCAL.pack(b"PK\x03\x04", _VERSION, *self.facts()) + self.part.name

    def central(self) -> bytes:
        facts = (*self.facts(), 0, 0, 0, 0, self.offset)
        return _CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, *facts) + self.part.name


def write(stream: IO[bytes], parts: list[Part]) -> None:
    """Write the zip file of `parts` to `stream`; raises TooLarge."""
    at, contents = 0, b""
    for part in parts:
        packed = part.finish()
        entry = _Entry(part, at)
        if max(part.size, at + part.packed) > MOST_BYTES:
            raise TooLarge
        head = entry.local()
        stream.write(head)
        shutil.copyfileobj(packed, stream, 1024 * 1024)
        contents += entry.central()
        at += len(head) + part.packed
    stream.write(contents)
    stream.write(_END.pack(b"PK\x05\x06", 0, 0, len(parts), len(parts), len(contents), at, 0))
