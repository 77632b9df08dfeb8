"""Workbooks of hand-written XML: what the standard allows and no big program writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.leadops.excel.corpus import by_hand
from tests.leadops.excel.corpus.by_hand import row_xml, sheet_xml, text_cell
from tests.leadops.excel.corpus.people import HEADER, person

Build = Callable[[Path], Path]


def _rows(*rows: Sequence[str]) -> str:
    return "".join(row_xml(number, row) for number, row in enumerate([HEADER, *rows], start=1))


def sheet(content: str | bytes) -> Build:
    return lambda path: by_hand.workbook(path, content)


MINIMAL = sheet(sheet_xml(_rows(person(1), person(2, B="98"))))
WITHOUT_ADDRESSES = sheet(
    sheet_xml(
        "".join(f"<row>{''.join(text_cell('', cell) for cell in row)}</row>" for row in [HEADER, person(1)])
    )
)
ERROR_WITHOUT_ADDRESS = sheet(sheet_xml(_rows(person(1)) + '<row><c t="e"><v>#N/A</v></c></row>'))
PREFIXED = sheet(
    sheet_xml(_rows(person(1), person(2, C='<c r="@"><f>A1</f></c>')))
    .replace("<", "<x:")
    .replace("<x:/", "</x:")
    .replace("<x:?", "<?")
    .replace("xmlns=", "xmlns:x="),
)
SINGLE_QUOTES = sheet(
    sheet_xml(row_xml(1, HEADER) + row_xml(2, person(1)) + row_xml(3, person(2), ' hidden="1"')).replace(
        '"', "'"
    )
)
PRETTY = sheet(
    sheet_xml(_rows(person(1, C='<c r="@" t="str"><f>X1</f><v>Asha Verma</v></c>'), person(2))).replace(
        "><", ">\n  <"
    )
)
FORMULAS = sheet(
    sheet_xml(
        _rows(
            person(
                1, C='<c r="@" t="str"><f t="shared" ref="C2:C3" si="0">[2]Names!A1</f><v>Asha Verma</v></c>'
            ),
            person(2, C='<c r="@" t="str"><f t="shared" si="0"/><v>Asha Iyer</v></c>'),
            person(3, J='<c r="@" t="str"><f>IF(1,"")</f><v></v></c>'),
            person(4, H='<c r="@"><f>25000*2</f></c>'),
            person(5, H='<c r="@" t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
        )
    )
)
UNKNOWN_ERROR = sheet(sheet_xml(_rows(person(1), person(2, C='<c r="@" t="e"><v>#SPILL!</v></c>'))))
NUMBERS = sheet(
    sheet_xml(
        _rows(
            person(1, B='<c r="@"><v>9.800000001E9</v></c>', H='<c r="@"><v>5.0E4</v></c>'),
            person(2, F='<c r="@"><v>1.23456789012345E+17</v></c>'),
            person(3, C='<c r="@" t="b"><v>1</v></c>'),
            person(4, D='<c r="@" t="d"><v>1990-03-12T00:00:00</v></c>'),
        )
    )
)
LYING_DIMENSION = sheet(sheet_xml(_rows(person(1)), before='<dimension ref="A1:XFD1048576"/>'))
HIDDEN_COLUMNS = sheet(
    sheet_xml(
        _rows(person(1), person(2)), before='<cols><col min="9" max="16384" hidden="true" width="0"/></cols>'
    )
)
HUGE_MERGE = sheet(
    sheet_xml(
        _rows(person(1), person(2), ["", *person(3)[1:]]),
        after='<mergeCells><mergeCell ref="A3:XFD1048576"/></mergeCells>',
    )
)
MANY_MERGES = sheet(
    sheet_xml(
        _rows(person(1)),
        after="<mergeCells>"
        + "".join(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(3, 100_100))
        + "</mergeCells>",
    )
)
ESCAPES = sheet(sheet_xml(_rows(person(1, J="First_x000D_second &amp; third"), person(2, C="A_x0000_sha"))))
STRICT = sheet(sheet_xml(_rows(person(1)), main=by_hand.STRICT))


def _text_bomb(path: Path) -> Path:
    """Few bytes that every cell repeats: 32,000 letters in 200 columns of 300 rows."""
    cells = "".join('<c t="s"><v>0</v></c>' for _ in range(200))
    content = by_hand.parts(sheet_xml("".join(f"<row>{cells}</row>" for _ in range(300))))
    content["xl/sharedStrings.xml"] = f'<sst xmlns="{by_hand.MAIN}"><si><t>{"x" * 32_000}</t></si></sst>'
    relations = content["xl/_rels/workbook.xml.rels"]
    assert isinstance(relations, str)
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    content["xl/_rels/workbook.xml.rels"] = relations.replace(
        "</Relationships>",
        f'<Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    )
    return by_hand.packed(path, content)


TEXT_BOMB = _text_bomb
BINARY_ROWS = [
    HEADER,
    person(1),
    person(2, C=b"\x2a"),
    person(3),
    person(4, C=True),
    person(5, J=None, B=9_800_000_005, C=("Asha Verma",)),
    person(6, A=by_hand.Shown(1, 1), F=by_hand.Shown(1_234_567, 2)),
]


def binary(path: Path) -> Path:
    return by_hand.binary_workbook(path, BINARY_ROWS, hidden={4}, columns=[7], merges=[(4, 5, 9, 9)])


_FORMULA = '<table:table-cell table:formula="of:=[.C2]"{}</table:table-cell>'
OPEN_ROWS = [
    HEADER,
    person(
        1,
        A=by_hand.open_number(1, "LN-0001"),
        B=by_hand.open_number(9_800_000_001, "9800000001"),
        F=by_hand.open_number(1_234_567, "0000 1234 567"),
        H=by_hand.open_number(50_000, "50,000.00"),
        J=_FORMULA.format(' office:value-type="string"><text:p>x</text:p>'),
    ),
    person(2, C=_FORMULA.format(">")),
    person(3, H=_FORMULA.format(">"), J=_FORMULA.format("><text:p/>")),
    person(4, A=by_hand.open_number(1, "LN24-1")),
]


def open_document(path: Path) -> Path:
    return by_hand.open_document(path, OPEN_ROWS)
