"""What the XML of a sheet says besides the values is found wherever it stands, and nothing makes the search long."""

from __future__ import annotations

import zipfile

import pytest

from leadops.excel.reading import packing, sheet_xml
from leadops.excel.reading.marks import Marks, RowMarks
from leadops.excel.reading.number_formats import ZERO
from tests import effort
from tests.leadops.excel.corpus import by_hand

ROWS = by_hand.row_xml(1, ["Mobile", "Name"]) + by_hand.row_xml(2, ["9800000001", "Asha Verma"])


@pytest.fixture
def marks_of(tmp_path):
    """The marks of a sheet with this behind its rows."""

    def _marks_of(after: str) -> Marks:
        path = by_hand.workbook(tmp_path / "a.xlsx", by_hand.sheet_xml(ROWS, after=after))
        with zipfile.ZipFile(path) as archive:
            return sheet_xml.marks(archive, "xl/worksheets/sheet1.xml", 200)

    return _marks_of


def merged(count: int) -> str:
    cells = (f'<mergeCell ref="A{2 * at}:A{2 * at + 1}"/>' for at in range(1, count + 1))
    return f"<mergeCells>{''.join(cells)}</mergeCells>"


def test_merged_cells_are_found_in_blocks_that_hold_no_row(marks_of, monkeypatch):
    monkeypatch.setattr(packing, "BLOCK", sheet_xml.LONGEST_CELL)
    assert len(marks_of(merged(9000)).merges) == 9000


def test_merged_cells_are_found_above_a_drawing_that_tells_its_row(marks_of):
    drawing = "<controls><control><anchor><from><xdr:row>11</xdr:row></from></anchor></control></controls>"
    assert len(marks_of(merged(3) + drawing).merges) == 3


@pytest.mark.parametrize(("ref", "held"), [("A1:B2", 4), ("A1:XFD3", 600), ("A1:XFD1048576", 1)])
def test_a_list_that_one_formula_results_in_is_of_formulas_as_far_as_a_list_of_leads_goes(
    tmp_path, ref, held
):
    cell = f'<c r="@"><f t="array" ref="{ref}">SORT(F1:G2)</f><v>1</v></c>'
    path = by_hand.workbook(tmp_path / "a.xlsx", by_hand.sheet_xml(by_hand.row_xml(1, [cell])))
    with zipfile.ZipFile(path) as archive:
        found = sheet_xml.marks(archive, "xl/worksheets/sheet1.xml", 200).formulas
    assert sum(len(found.of_row(row)) for row in range(4)) == held


def formula(text: str, attributes: str = "") -> str:
    """A cell with a formula, as Excel writes it."""
    return f'<c r="@" s="1" t="str"{attributes}><f>{text}</f><v>Asha Verma</v></c>'


SHARED = '<c r="@"><f t="shared" si="1"/><v>7</v></c>'
LOOKED_UP = [formula("VLOOKUP($A2,Data!A:C,2,FALSE)"), SHARED, '<c r="@"><f>1+1</f><v>2</v></c>', ""]


@pytest.fixture
def formulas_in(tmp_path):
    """The columns of formulas in row 2, which has these cells, and the notes of single cells."""

    def _formulas_in(cells: list[str], **given: str) -> tuple[tuple[int, ...], dict[tuple[int, int], str]]:
        rows = by_hand.row_xml(1, ["Mobile"]) + by_hand.row_xml(2, cells) + by_hand.row_xml(3, ["x"])
        path = by_hand.workbook(tmp_path / "a.xlsx", by_hand.sheet_xml(rows, **given))
        with zipfile.ZipFile(path) as archive:
            found = sheet_xml.marks(archive, "xl/worksheets/sheet1.xml", 200)
        return found.formulas.of_row(2), found.notes

    return _formulas_in


def test_a_row_of_plain_formulas_is_not_looked_at_cell_by_cell(formulas_in, monkeypatch):
    monkeypatch.setattr(sheet_xml._Scan, "_take_cell", None)
    rules = "<conditionalFormatting><cfRule><colorScale/></cfRule></conditionalFormatting>"
    assert formulas_in(["9800000001", *LOOKED_UP], after=rules) == ((2, 3, 4), {})


def test_a_row_with_more_to_tell_is_looked_at_cell_by_cell(formulas_in):
    cells = [*LOOKED_UP, '<c r="@"><f>A1*2</f></c>', '<c r="@" t="e"><f>1/0</f><v>#DIV/0!</v></c>']
    assert formulas_in(cells) == ((1, 2, 3), {(2, 5): "formula_not_calculated"})


@pytest.mark.parametrize("block", [64, 200, 1000])
def test_formulas_are_found_where_blocks_end(formulas_in, monkeypatch, block):
    monkeypatch.setattr(packing, "BLOCK", block)
    assert formulas_in(["x", *LOOKED_UP] * 5)[0] == tuple(at for at in range(1, 26) if at % 5 in (2, 3, 4))


def test_a_row_that_is_longer_than_a_block_is_parted(formulas_in, monkeypatch):
    monkeypatch.setattr(packing, "BLOCK", 1000)
    monkeypatch.setattr(sheet_xml, "LONGEST_CELL", 400)
    assert formulas_in(LOOKED_UP * 6)[0] == tuple(at for at in range(1, 25) if at % 4)


@pytest.mark.parametrize("begins", ["<row>", "<row\n r='2'>", '<row spans="1:4">'])
def test_formulas_are_told_of_their_own_rows_however_these_begin(tmp_path, begins):
    rows = [by_hand.row_xml(row, ["x", formula("1+1")] if row != 1 else ["Mobile"]) for row in (1, 2, 3)]
    content = by_hand.sheet_xml("".join(row.replace(row[: row.index(">") + 1], begins, 1) for row in rows))
    with zipfile.ZipFile(by_hand.workbook(tmp_path / "a.xlsx", content)) as archive:
        found = sheet_xml.marks(archive, "xl/worksheets/sheet1.xml", 200).formulas
    assert [found.of_row(row) for row in (1, 2, 3)] == [(), (2,), (2,)]


@pytest.mark.parametrize(
    ("text", "is_linked"),
    [
        ("SUM(Sales[2024])", False),
        ("Sales[[#This Row],[2024]]*2", False),
        ("Sales[[2024]:[2025]]+Rates!A1", False),
        ("Sales[2024]:Rates!A1", False),
        ("IF(A1=&quot;[1]&quot;,Rates!A1)", False),
        ("[1]Rates!A1", True),
        ("2*[12]!Rate", True),
        ("VLOOKUP(A1,[1]Sheet1:Sheet3!A1,2)", True),
        ("'[1]Rates of May'!A1", True),
        ("'[1]Rao''s rates'!A1", True),
        ("&apos;[1]Sheet-1&apos;!A1", True),
        ("&#39;[1]Sheet-1&#39;!A1", True),
        ("Sales[2024]*[1]Rates!A1", True),
    ],
)
def test_a_column_of_a_table_is_no_other_book(formulas_in, text, is_linked):
    assert formulas_in([formula(text)])[1] == ({(2, 1): "external_formula"} if is_linked else {})


def test_tags_of_merged_cells_that_never_end_do_not_make_the_search_long(marks_of):
    assert effort.seconds(lambda: marks_of("<mergeCell " * 15_000)) < 1


def test_merged_cells_that_overlap_count_once_a_row(marks_of):
    overlapping = "".join(f'<mergeCell ref="A{top}:A1000"/>' for top in range(2, 900))
    far = '<mergeCell ref="XFD1:XFD1000"/>'
    marks = RowMarks(marks_of(f"<mergeCells>{overlapping}{far}</mergeCells>"))
    noted = [marks.apply(number, ["9800000001"]) for number in range(1, 950)]
    assert max(map(len, noted)) == 1


def test_formats_that_show_zeros_are_found_among_very_many(tmp_path):
    formats = "".join(
        f'<numFmt numFmtId="{at}" formatCode="{"0" * (2 + at % 9)}"/>' for at in range(200, 2200)
    )
    styles = "".join(f'<xf numFmtId="{at}"/>' for at in range(200, 2200))
    sheet = by_hand.sheet_xml(
        "".join(f'<row r="{n}"><c r="A{n}" s="{n}"><v>1</v></c></row>' for n in range(1, 1999))
    )
    content = by_hand.parts(sheet)
    content["xl/styles.xml"] = (
        f"<styleSheet><numFmts>{formats}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>"
    )
    with zipfile.ZipFile(by_hand.packed(tmp_path / "a.xlsx", content)) as archive:
        marks = sheet_xml.marks(archive, "xl/worksheets/sheet1.xml", 200)
    assert list(marks.templates)[marks.shown[1][7] - 1] == ZERO * (2 + 207 % 9)
    assert all(marks.shown[1][1:1999])
