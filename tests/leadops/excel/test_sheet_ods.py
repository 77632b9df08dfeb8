"""A cell of an .ods shows an error or a truth only where its own text is one."""

from __future__ import annotations

import zipfile

import pytest

from leadops.excel.reading import sheet_ods
from tests import effort
from tests.leadops.excel.corpus import by_hand

NAMES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "drawing")
)


@pytest.fixture
def texts_of(tmp_path):
    """The texts that stand in for what the parser gives, of a table with this in its first cell."""

    def _texts_of(cell: str) -> dict[tuple[int, int], str]:
        row = f"<table:table-row><table:table-cell>{cell}</table:table-cell></table:table-row>"
        content = f"<office:body{NAMES}><table:table>{row}</table:table></office:body>"
        with zipfile.ZipFile(by_hand.packed(tmp_path / "a.ods", {sheet_ods.PART: content})) as archive:
            return sheet_ods.marks(archive, 0, 200).texts

    return _texts_of


@pytest.mark.parametrize(("visibility", "hidden"), [("collapse", {1}), ("filter", {1}), ("visible", set())])
def test_rows_that_are_hidden_by_hand_or_by_a_filter_are_hidden(tmp_path, visibility, hidden):
    cell = "<table:table-cell><text:p>Asha</text:p></table:table-cell>"
    row = f'<table:table-row table:visibility="{visibility}">{cell}</table:table-row>'
    content = f"<office:body{NAMES}><table:table>{row}</table:table></office:body>"
    with zipfile.ZipFile(by_hand.packed(tmp_path / "a.ods", {sheet_ods.PART: content})) as archive:
        assert sheet_ods.marks(archive, 0, 200).hidden_rows == hidden


def test_a_cell_that_stands_for_several_is_told_in_each_that_is_read(tmp_path):
    cell = '<table:table-cell table:formula="of:=NA()" table:number-columns-repeated="16384"{}</table:table-cell>'
    for text, column in (("><text:p>#N/A</text:p>", 200), (">", 200)):
        row = f"<table:table-row>{cell.format(text)}</table:table-row>"
        content = f"<office:body{NAMES}><table:table>{row}</table:table></office:body>"
        with zipfile.ZipFile(by_hand.packed(tmp_path / "a.ods", {sheet_ods.PART: content})) as archive:
            assert list(sheet_ods.marks(archive, 0, 200).texts) == [(1, at) for at in range(1, column + 1)]


def test_a_row_that_stands_for_several_is_told_in_each(tmp_path):
    cell = '<table:table-cell office:value-type="{}" office:value="1"><text:p>{}</text:p></table:table-cell>'
    cells = cell.format("float", "LN-0001") + cell.format("string", "#N/A")
    row = f'<table:table-row table:number-rows-repeated="3">{cells}</table:table-row>'
    content = f"<office:body{NAMES}><table:table>{row}</table:table></office:body>"
    with zipfile.ZipFile(by_hand.packed(tmp_path / "a.ods", {sheet_ods.PART: content})) as archive:
        marks = sheet_ods.marks(archive, 0, 200)
    assert list(marks.shown[1]) == [0, 1, 1, 1]
    assert marks.texts == {(row, 2): "#N/A" for row in (1, 2, 3)}


@pytest.mark.parametrize("text", ["TRUE", "#N/A"])
def test_a_comment_or_a_drawing_of_a_cell_is_not_its_text(texts_of, text):
    comment = f"<office:annotation><text:p>{text}</text:p></office:annotation>"
    drawing = f"<drawing:frame><text:p>{text}</text:p></drawing:frame>"
    assert texts_of(f"{comment}<text:p>Asha Verma</text:p>{drawing}") == {}
    assert texts_of(f"{comment}<text:p><text:span>#REF!</text:span></text:p>") == {(1, 1): "#REF!"}


def test_a_line_of_a_longer_text_is_not_the_whole_of_it(texts_of):
    assert texts_of("<text:p>TRUE</text:p><text:p>Asha Verma</text:p>") == {}


def test_a_long_text_is_not_put_together(texts_of):
    assert (
        effort.seconds(lambda: texts_of("<text:p>TRUE</text:p><text:p>" + "x\n" * 400_000 + "</text:p>")) < 2
    )
