"""Workbooks written by hand, as small programs write them and as the standard allows."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def text_cell(address: str, value: str) -> str:
    place = f' r="{address}"' if address else ""
    return f'<c{place} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def row_xml(number: int, cells: Sequence[str], given: str = "") -> str:
    """A row of text cells; a cell that begins with `<c` stands as it is, and `@` in it is its address."""
    made = []
    for at, cell in enumerate(cells):
        address = f"{chr(65 + at)}{number}"
        made.append(cell.replace("@", address, 1) if cell.startswith("<c") else text_cell(address, cell))
    return f'<row r="{number}"{given}>{"".join(made)}</row>'


def sheet_xml(rows: str, before: str = "", after: str = "", main: str = MAIN) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{main}">{before}'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>"
    )


def parts(sheet: str | bytes, **others: str | bytes) -> dict[str, str | bytes]:
    """The parts of a workbook of one sheet."""
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Leads" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        **others,
    }


def packed(path: Path, content: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    return path


def workbook(path: Path, sheet: str | bytes) -> Path:
    return packed(path, parts(sheet))


def lying_about(path: Path, name: str, size: int) -> Path:
    """The archive, whose headers say that part `name` unpacks to `size` bytes."""
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        local = archive.getinfo(name).header_offset
    content[local + 22 : local + 26] = struct.pack("<I", size)
    listed = (
        content.index(name.encode(), content.rindex(b"PK\x01\x02", 0, content.rindex(name.encode()))) - 46
    )
    content[listed + 24 : listed + 28] = struct.pack("<I", size)
    path.write_bytes(content)
    return path


# .xlsb: records of a kind, a size and a content --------------------------------------------------------------------


def _record(kind: int, content: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, sizes = len(content), b""
    while True:
        size, low = size >> 7, size & 0x7F
        sizes += bytes([low | (0x80 if size else 0)])
        if not size:
            return head + sizes + content


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


class Shown(NamedTuple):
    """A number in the style with this place."""

    value: int
    style: int


BINARY_FORMATS = {164: '"LN-"0000', 165: "00000000000"}
"""What styles 1 and 2 show a number by."""


def _binary_styles() -> bytes:
    """Formats, the styles that a cell's own may follow, and those of cells; each list begins with its length."""
    lists = (
        (615, [_record(44, struct.pack("<H", at) + _wide(code)) for at, code in BINARY_FORMATS.items()]),
        (626, [_record(47, struct.pack("<HH12x", 0xFFFF, 164))]),
        (617, [_record(47, struct.pack("<HH12x", 0, at)) for at in (0, *BINARY_FORMATS)]),
    )
    content = (
        _record(kind, struct.pack("<I", len(each))) + b"".join(each) + _record(kind + 1)
        for kind, each in lists
    )
    return b"".join([_record(278), *content, _record(279)])


def _cell(column: int, style: int = 0) -> bytes:
    return struct.pack("<II", column, style)


def _binary_cell(column: int, value: Any) -> bytes:
    if isinstance(value, Shown):
        return _record(2, _cell(column, value.style) + struct.pack("<i", value.value << 2 | 2))
    if isinstance(value, bytes):
        return _record(3, _cell(column) + value)  # an error
    if isinstance(value, tuple):
        return _record(8, _cell(column) + _wide(*value) + bytes(10))  # a formula with a text for its result
    if isinstance(value, bool):
        return _record(4, _cell(column) + bytes([value]))
    if isinstance(value, int | float):
        return _record(5, _cell(column) + struct.pack("<d", value))
    return _record(6, _cell(column) + _wide(value))


def _binary_sheet(
    rows: Sequence[Sequence[Any]], hidden: set[int], columns: Sequence[int], merges: Any
) -> bytes:
    parts = [_record(129), _record(148, struct.pack("<4I", 0, len(rows) - 1, 0, 20))]
    if columns:
        parts.append(_record(390))
        parts += [_record(60, struct.pack("<4IH", at, at, 2560, 0, 1)) for at in columns]
        parts.append(_record(391))
    parts.append(_record(145))
    for at, row in enumerate(rows):
        flags = 0x10 if at + 1 in hidden else 0
        parts.append(_record(0, struct.pack("<IIHBBBI", at, 0, 300, 0, flags, 0, 0)))
        parts += [_binary_cell(column, value) for column, value in enumerate(row) if value is not None]
    parts.append(_record(146))
    if merges:
        parts.append(_record(177, struct.pack("<I", len(merges))))
        parts += [_record(176, struct.pack("<4I", *merge)) for merge in merges]
        parts.append(_record(178))
    return b"".join([*parts, _record(130)])


def binary_workbook(
    path: Path, rows: Sequence[Sequence[Any]], *, hidden: set[int], columns: Sequence[int], merges: Any
) -> Path:
    """An .xlsb: rows counted from 1, columns and merges (top, bottom, left, right) from 0."""
    book = b"".join(
        [
            _record(131),
            _record(143),
            _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Leads")),
            _record(144),
            _record(132),
        ]
    )
    content = parts("")
    del content["xl/worksheets/sheet1.xml"], content["xl/workbook.xml"]
    relations = content.pop("xl/_rels/workbook.xml.rels")
    assert isinstance(relations, str)
    content["xl/workbook.bin"] = book
    content["xl/_rels/workbook.bin.rels"] = relations.replace("sheet1.xml", "sheet1.bin")
    content["xl/styles.bin"] = _binary_styles()
    content["xl/worksheets/sheet1.bin"] = _binary_sheet(rows, hidden, columns, merges)
    return packed(path, content)


# .ods --------------------------------------------------------------------------------------------------------------

_OPEN_NAMES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text")
)


def open_number(value: int, shown: str) -> str:
    """A number and how it is shown."""
    given = f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell {given}><text:p>{shown}</text:p></table:table-cell>"


def open_document(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """An .ods of text cells; a cell that begins with `<` stands as it is."""
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    made = (
        "".join(cell if cell.startswith("<") else text.format(escape(cell)) for cell in row) for row in rows
    )
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in made)
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return packed(
        path,
        {
            "mimetype": kind,
            "META-INF/manifest.xml": "<manifest:manifest"
            ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
            "content.xml": f"<office:document-content{_OPEN_NAMES}><office:body><office:spreadsheet>"
            f'<table:table table:name="Leads">{table}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
        },
    )


# The container of old Excel files ----------------------------------------------------------------------------------


def compound(path: Path, **streams: bytes) -> Path:
    """A compound file of a few streams, each padded to the least size that stands in sectors of its own."""
    sector, end, free = 512, 0xFFFFFFFE, 0xFFFFFFFF
    table, body, entries = [0xFFFFFFFD], b"", [_entry("Root Entry", 5, end, 0, child=1)]
    for at, (name, content) in enumerate(streams.items(), start=1):
        content = content.ljust(4096, b"\0")
        count = -(-len(content) // sector)
        start = len(table)
        table += [*range(start + 1, start + count), end]
        body += content.ljust(count * sector, b"\0")
        entries.append(_entry(name, 2, start, len(content), right=at + 1 if at < len(streams) else None))
    directory = b"".join(entries).ljust(-(-len(entries) // 4) * sector, b"\0")
    directory_at = len(table)
    count = len(directory) // sector
    table += [*range(directory_at + 1, directory_at + count), end]
    assert len(table) <= sector // 4
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, directory_at, 0)
    header += struct.pack("<IIIII", 4096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[free] * 108)
    packed_table = struct.pack(f"<{sector // 4}I", *table, *[free] * (sector // 4 - len(table)))
    path.write_bytes(header + packed_table + body + directory)
    return path


def _entry(
    name: str, kind: int, start: int, size: int, child: int | None = None, right: int | None = None
) -> bytes:
    none = 0xFFFFFFFF
    written = name.encode("utf-16-le") + b"\0\0"
    sides = struct.pack("<3I", none, right or none, child or none)
    return (
        written.ljust(64, b"\0")
        + struct.pack("<HBB", len(written), kind, 1)
        + sides
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
