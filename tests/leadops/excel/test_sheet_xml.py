"""What the XML of a sheet says besides the values is found wherever it stands, and nothing makes the search long."""

from __future__ import annotations

import zipfile

import pytest

from leadops.excel.reading import packing, sheet_xml
from leadops.excel.reading.marks import Marks
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
    assert sum(map(sum, found.values())) == held


def test_tags_of_merged_cells_that_never_end_do_not_make_the_search_long(marks_of):
    assert effort.seconds(lambda: marks_of("<mergeCell " * 15_000)) < 1
