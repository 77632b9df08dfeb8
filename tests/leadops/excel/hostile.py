"""Files that are made to take a server's memory or time."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.leadops.excel.corpus import by_hand
from tests.leadops.excel.corpus.people import HEADER, person

MEGABYTE = 1024 * 1024
BOMB = 300 * MEGABYTE
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _with_cell(address: str) -> str:
    """The text of a sheet with a cell at A1 and one far away."""
    row = "".join(letter for letter in address if letter.isdigit())
    first, last = by_hand.text_cell("A1", "Mobile"), by_hand.text_cell(address, "x")
    return by_hand.sheet_xml(f'<row r="1">{first}</row><row r="{row}">{last}</row>')


def corner(path: Path) -> Path:
    return by_hand.workbook(path, _with_cell("XFD1048576"))


def last_row(path: Path) -> Path:
    return by_hand.workbook(path, _with_cell("AZ1048576"))


def binary_corner(path: Path) -> Path:
    rows = [["Mobile"], *[[]] * 60_000, [*[None] * 16_383, "x"]]
    return by_hand.binary_workbook(path, rows, hidden=set(), columns=[], merges=[])


def packed_zeros(path: Path) -> Path:
    """300 MB of nothing in 300 KB, as its directory says."""
    return by_hand.workbook(path, bytes(BOMB))


def lying_sheet(path: Path) -> Path:
    """300 MB of rows in 900 KB, which say that they are one."""
    rows = by_hand.row_xml(1, HEADER) + by_hand.row_xml(2, person(1))
    filler = "<row></row>" * (BOMB // 11)
    return by_hand.lying_about(by_hand.workbook(path, by_hand.sheet_xml(rows + filler)), SHEET, MEGABYTE)


def lying_strings(path: Path) -> Path:
    """300 MB of shared texts, which say that they are one."""
    content = by_hand.parts(by_hand.sheet_xml(by_hand.row_xml(1, HEADER)))
    texts = "<si><t>a</t></si>" * (BOMB // 17)
    content[STRINGS] = f'<sst xmlns="{by_hand.MAIN}">{texts}</sst>'
    relations = content["xl/_rels/workbook.xml.rels"]
    assert isinstance(relations, str)
    one_more = (
        f'<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )
    content["xl/_rels/workbook.xml.rels"] = relations.replace("</Relationships>", one_more)
    return by_hand.lying_about(by_hand.packed(path, content), STRINGS, MEGABYTE)


def laughs(path: Path) -> Path:
    return by_hand.workbook(
        path, f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "lol">{_LAUGHS}]><worksheet>&l9;</worksheet>'
    )


def quadratic(path: Path) -> Path:
    """One entity of 100 KB, named 3,000 times."""
    return by_hand.workbook(
        path, f'<!DOCTYPE w [<!ENTITY a "{"a" * 100_000}">]><worksheet>{"&a;" * 3000}</worksheet>'
    )


def laughs_in_open_document(path: Path) -> Path:
    return by_hand.packed(
        path,
        {
            "mimetype": _ODS,
            "content.xml": f'<!DOCTYPE w [<!ENTITY l0 "lol">{_LAUGHS}]><office:document-content>&l9;',
        },
    )


def repeated_cells(path: Path) -> Path:
    """An .ods whose one cell stands for 16,384 columns and a million rows."""
    cell = (
        '<table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p>'
        "</table:table-cell>"
    )
    return by_hand.packed(path, _open_document(cell, 'table:number-rows-repeated="1048576"'))


def _open_document(cell: str, of_row: str = "") -> dict[str, str]:
    """The parts of an .ods of one cell."""
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}><office:body><office:spreadsheet>'
        f'<table:table table:name="Leads"><table:table-row {of_row}>{cell}</table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return {"mimetype": _ODS, "META-INF/manifest.xml": manifest, "content.xml": content}


def linked(path: Path) -> Path:
    """A workbook beside which a file of the server's is named."""
    link = "<externalLink><externalBook><sheetNames/></externalBook></externalLink>"
    target = '<Relationship Id="rId1" Target="file:///etc/passwd" TargetMode="External"/>'
    sheet = by_hand.sheet_xml(by_hand.row_xml(1, HEADER) + by_hand.row_xml(2, person(1)))
    content = by_hand.parts(sheet)
    content["xl/externalLinks/externalLink1.xml"] = link
    content["xl/externalLinks/_rels/externalLink1.xml.rels"] = f"<Relationships>{target}</Relationships>"
    return by_hand.packed(path, content)


def linked_document(path: Path) -> Path:
    """An .ods one of whose cells comes from another document."""
    formula = "of:=[&apos;file:///etc/passwd&apos;#$Sheet1.A2]"
    content = _open_document(
        f'<table:table-cell table:formula="{formula}"><text:p>x</text:p></table:table-cell>'
    )
    return by_hand.packed(path, content)


def endless_line(path: Path) -> Path:
    """Text of 50 MB without an end of a line."""
    path.write_bytes(b"Mobile,Name\n" + b"9800000001," * (50 * 1024 * 1024 // 11))
    return path


def open_quote(path: Path) -> Path:
    """Text of 50 MB in one cell, whose quotation mark never closes."""
    path.write_bytes(b'Mobile,Name\n9800000001,"' + b"9800000001,Asha\n" * (50 * 1024 * 1024 // 16))
    return path


# Relatives of the corner: what is hostile stands beside ordinary rows, and their size allows for more memory ---------


def _among_rows(path: Path, cell: str, row: int, count: int = 26_000) -> Path:
    """An ordinary sheet of 20 MB with one more cell."""
    rows = by_hand.row_xml(1, HEADER) + "".join(by_hand.row_xml(n, person(1)) for n in range(2, count))
    last = f'<row r="{row}">{by_hand.text_cell(cell, "x")}</row>'
    return by_hand.workbook(path, by_hand.sheet_xml(rows + last))


def corner_among_rows(path: Path) -> Path:
    return _among_rows(path, "XFD1048576", 1_048_576)


def far_right_among_rows(path: Path) -> Path:
    return _among_rows(path, "ATD26000", 26_000)


def far_right_in_each_row(path: Path) -> Path:
    """A cell in the first column and one in the last that may be read, in 200,000 rows."""
    cells = '<c r="A{0}"><v>1</v></c><c r="GR{0}"><v>1</v></c>'
    rows = "".join(f'<row r="{row}">{cells.format(row)}</row>' for row in range(1, 200_001))
    return by_hand.workbook(path, by_hand.sheet_xml(rows))


def repeated_rows(path: Path) -> Path:
    """An .ods one of whose rows stands for 190,000."""
    cell = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    return by_hand.packed(path, _open_document(cell * 10, 'table:number-rows-repeated="190000"'))


def endless_styles(path: Path) -> Path:
    """600,000 styles of cells, all with a format that shows zeros."""
    content = by_hand.parts(by_hand.sheet_xml(by_hand.row_xml(1, HEADER)))
    formats = '<numFmts><numFmt numFmtId="200" formatCode="000"/></numFmts>'
    styles = '<xf numFmtId="200"/>' * 600_000
    content["xl/styles.xml"] = (
        f'<styleSheet xmlns="{by_hand.MAIN}">{formats}<cellXfs>{styles}</cellXfs></styleSheet>'
    )
    return by_hand.packed(path, content)


def empty_records(path: Path) -> Path:
    """An .xlsb of five million records with nothing in them."""
    by_hand.binary_workbook(path, [["Mobile"]], hidden=set(), columns=[], merges=[])
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content["xl/worksheets/sheet1.bin"] = b"\x81\x01\x00" * 5_000_000
    return by_hand.packed(path, content)


def merged_text(path: Path) -> Path:
    """One text of 32,000 letters that is merged down 20,000 rows: 640 MB."""
    last = 20_000
    rows = by_hand.row_xml(1, ["Mobile", "Name"]) + by_hand.row_xml(2, ["9800000001", "x" * 32_000])
    rows += "".join(by_hand.row_xml(n, ["9800000001"]) for n in range(3, last + 1))
    merge = f'<mergeCells><mergeCell ref="B2:B{last}"/></mergeCells>'
    return by_hand.workbook(path, by_hand.sheet_xml(rows, after=merge))
