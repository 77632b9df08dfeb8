"""The container of Excel's old files: a little file system, as [MS-CFB] describes it.

.xls files lie in it, and so do workbooks under a password. Everything is bounded by the file's own size: a
chain that bites its tail ends in an error and not in a loop.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 512
_NO_SECTOR = 0xFFFFFFFA
"""This and all above it name no sector."""
_ENTRY = 128
_STREAM, _ROOT = 2, 5
_MOST_ENTRIES = 10_000


class Entry(NamedTuple):
    """A stream or storage: its name, its first sector, its size in bytes."""

    name: str
    kind: int
    start: int
    size: int


class CompoundFile:
    """The directory of such a file and its streams; raises ValueError where it is broken."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        header = file.read(_HEADER)
        if len(header) < _HEADER or not header.startswith(SIGNATURE):
            raise ValueError("no compound file")
        shift, small_shift = struct.unpack_from("<2H", header, 30)
        if shift not in (9, 12) or small_shift != 6:
            raise ValueError("odd sector sizes")
        self._sector, self._small = 1 << shift, 1 << small_shift
        self._most = file.seek(0, 2) // self._sector + 1
        directory, self._cutoff, small_table, _, next_table = struct.unpack_from("<I4xI3I", header, 48)
        self._table = self._read_table(header, next_table)
        self.entries = list(self._read_directory(directory))
        self._small_start = small_table
        self._small_table: list[int] = []

    def _read_table(self, header: bytes, next_table: int) -> list[int]:
        """The chain of every sector; which sectors hold it stands in the header and in a chain of its own."""
        places = list(struct.unpack_from("<109I", header, 76))
        each = self._sector // 4
        for _ in range(self._most):
            if next_table >= _NO_SECTOR:
                break
            *more, next_table = struct.unpack(f"<{each}I", self._read_sector(next_table))
            places += more
        table: list[int] = []
        for place in places:
            if place < _NO_SECTOR:
                table += struct.unpack(f"<{each}I", self._read_sector(place))
            if len(table) > self._most + each:
                break
        return table

    def _read_sector(self, number: int) -> bytes:
        self._file.seek((number + 1) * self._sector)
        return self._file.read(self._sector).ljust(self._sector, b"\0")

    def _chain(self, start: int) -> Iterator[int]:
        for _ in range(self._most):
            if start >= _NO_SECTOR:
                return
            yield start
            if start >= len(self._table):
                raise ValueError("a chain leads out of the file")
            start = self._table[start]
        raise ValueError("a chain has no end")

    def _read_directory(self, start: int) -> Iterator[Entry]:
        count = 0
        for sector in self._chain(start):
            content = self._read_sector(sector)
            for at in range(0, self._sector, _ENTRY):
                length, kind = struct.unpack_from("<HB", content, at + 64)
                begins, size = struct.unpack_from("<IQ", content, at + 116)
                if kind:
                    name = content[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
                    yield Entry(name, kind, begins, size & 0xFFFFFFFF)
                count += 1
            if count > _MOST_ENTRIES:
                raise ValueError("too many entries")

    def stream(self, *names: str) -> Entry | None:
        """The first stream that has one of these names, in their order."""
        by_name = {entry.name.casefold(): entry for entry in self.entries if entry.kind == _STREAM}
        return next((by_name[name.casefold()] for name in names if name.casefold() in by_name), None)

    def read(self, entry: Entry, most: int | None = None) -> bytes:
        """The first `most` bytes of a stream, or all of it."""
        size = entry.size if most is None else min(most, entry.size)
        if entry.size < self._cutoff and entry.kind == _STREAM:
            return self._read_small(entry.start, size)
        return self._read_large(entry.start, size)

    def _read_large(self, start: int, size: int) -> bytes:
        content = bytearray()
        for sector in self._chain(start):
            if len(content) >= size:
                break
            content += self._read_sector(sector)
        return bytes(content[:size])

    def _read_small(self, start: int, size: int) -> bytes:
        """Small streams share the root's own stream, in sectors of 64 bytes."""
        root = next((entry for entry in self.entries if entry.kind == _ROOT), None)
        if root is None:
            raise ValueError("no root")
        shared = self._read_large(root.start, root.size)
        if not self._small_table:
            table = b"".join(map(self._read_sector, self._chain(self._small_start)))
            self._small_table = list(struct.unpack(f"<{len(table) // 4}I", table))
        content = bytearray()
        for _ in range(len(self._small_table) + 1):
            if start >= _NO_SECTOR or len(content) >= size:
                break
            content += shared[start * self._small : (start + 1) * self._small]
            if start >= len(self._small_table):
                raise ValueError("a chain leads out of the file")
            start = self._small_table[start]
        return bytes(content[:size])
