"""The quick walk through an .ods tells what its elements tell, cell by cell."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from leadops.excel.reading import ods_elements, ods_rows, packing, sheet_ods
from leadops.excel.reading.ods_table import Table
from tests import effort
from tests.leadops.excel.corpus import by_hand

NAMES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "drawing", "calcext")
)
STRING = 'table:style-name="ce1" office:value-type="string" calcext:value-type="string"'
FLOAT = 'office:value-type="float" office:value="{}" calcext:value-type="float"'
FORMULA = 'table:formula="of:=VLOOKUP([.A1];[$Data.A:.C];2)"'


def cell(given: str, content: str | None = None) -> str:
    return (
        f"<table:table-cell {given}/>"
        if content is None
        else f"<table:table-cell {given}>{content}</table:table-cell>"
    )


def shown(given: str, text: str) -> str:
    return cell(given, f"<text:p>{text}</text:p>")


CELLS = [
    *(
        shown(STRING, text)
        for text in ("Asha", "TRUE", "FALSE", "#N/A", "Err:502", "T. Rao", "#1", "A &amp; B", "")
    ),
    *(
        shown(STRING, text)
        for text in ("&#84;RUE", "TRU&#69;", "<text:span>#REF!</text:span>", "TR<text:s/>UE")
    ),
    *(shown(FLOAT.format(7), text) for text in ("7", "0007", "LN-07", "7.00", "7E3", "#7", "", "+7", "x1.5")),
    *(shown(FLOAT.format(value), value) for value in ("0", "12.5", "1E+20")),
    *(
        shown(FLOAT.format("0"), "000"),
        shown(FLOAT.format("50000"), "50,000"),
        shown(FLOAT.format("1e5"), "100000"),
    ),
    *(shown(f"{FORMULA} {FLOAT.format(7)}", text) for text in ("7", "0007", "7.00", "LN-07", "#DIV/0!")),
    *(shown(f"{FORMULA} {STRING}", text) for text in ("Asha", "", "TRUE", "#N/A", "A &gt; B")),
    *(cell(FORMULA), cell(FORMULA, ""), cell(FORMULA, "<text:p/>"), shown(FORMULA, "x")),
    *(cell(""), cell("", ""), cell('table:number-columns-repeated="3"'), "<table:covered-table-cell/>"),
    shown(f"{FORMULA.replace('of:=', 'of:=[.A1]&gt;')} {FLOAT.format(7)}", "7"),
    shown(f'table:formula="of:=[.A1]>5" {FLOAT.format(7)}', "7"),
    shown(f"table:formula='of:=1' {STRING}", "x"),
    shown(
        f'{FORMULA} table:number-matrix-columns-spanned="2" table:number-matrix-rows-spanned="3" {STRING}',
        "x",
    ),
    shown(f'table:number-columns-spanned="2" table:number-rows-spanned="2" {STRING}', "x"),
    shown(f'table:number-columns-repeated="4" {FLOAT.format(7)}', "0007"),
    shown(f'table:number-columns-repeated="4" {STRING}', "#N/A"),
    shown('office:value-type="percentage" office:value="0.5"', "50%"),
    shown('office:value-type="boolean" office:boolean-value="true"', "TRUE"),
    cell(STRING, "<text:p>TRUE</text:p><text:p>x</text:p>"),
    cell(STRING, "<office:annotation><text:p>TRUE</text:p></office:annotation><text:p>x</text:p>"),
    cell(STRING, "<drawing:frame><text:p>x</text:p></drawing:frame><text:p>TRUE</text:p>"),
    cell(STRING, "<text:p><text:a>asha@example.com</text:a></text:p>"),
]
ROWS = [
    "",
    "",
    "",
    ' table:visibility="collapse"',
    ' table:number-rows-repeated="3"',
    ' table:style-name="ro1"',
]
COLUMNS = (
    '<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>'
)


def a_table(chance: random.Random) -> str:
    rows = []
    for _ in range(chance.randrange(6)):
        cells = "".join(chance.choices(CELLS, k=chance.randrange(8)))
        given = chance.choice(ROWS)
        rows.append(
            f"<table:table-row{given}>{cells}</table:table-row>" if cells else f"<table:table-row{given}/>"
        )
    if rows and chance.random() < 0.5:
        rows[0] = f"<table:table-header-rows>{rows[0]}</table:table-header-rows>"
    if len(rows) > 1 and chance.random() < 0.5:
        rows[1] = f"<table:table-row-group>{rows[1]}</table:table-row-group>"
    return f'<table:table table:name="x">{COLUMNS}{"".join(rows)}</table:table>'


def document(path: Path, tables: str) -> zipfile.ZipFile:
    begin = f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content{NAMES}>'
    content = (
        f"{begin}<office:spreadsheet>{tables}<table:names/></office:spreadsheet></office:document-content>"
    )
    return zipfile.ZipFile(by_hand.packed(path, {sheet_ods.PART: content}))


def told(walk: Any, archive: zipfile.ZipFile, number: int) -> tuple[bool, Any]:
    table = Table(12)
    is_whole = walk(archive, number, table)
    marks = table.marks
    formulas = [marks.formulas.of_row(row) for row in range(30)]
    shown = {
        (at, row): [*marks.templates][each - 1]
        for at, column in marks.shown.items()
        for row, each in enumerate(column)
        if each
    }
    rest = (marks.texts, marks.notes, marks.hidden_rows, marks.hidden_columns, marks.merges)
    return is_whole, (formulas, shown, rest)


@pytest.mark.parametrize("seed", range(60))
def test_both_walks_tell_the_same(tmp_path, monkeypatch, seed):
    chance = random.Random(seed)
    monkeypatch.setattr(packing, "BLOCK", chance.choice([200, 1000, 100_000]))
    number = chance.randrange(2)
    with document(tmp_path / "a.ods", "".join(a_table(chance) for _ in range(3))) as archive:
        _, by_elements = told(ods_elements.walk, archive, number)
        is_whole, by_rows = told(ods_rows.walk, archive, number)
    assert not is_whole or by_rows == by_elements


@pytest.mark.parametrize("each", CELLS)
def test_each_cell_is_told_alike(tmp_path, each):
    row = f"<table:table-row>{each}{CELLS[0]}{CELLS[3]}</table:table-row>"
    with document(tmp_path / "a.ods", f"<table:table>{row * 2}</table:table>") as archive:
        is_whole, by_rows = told(ods_rows.walk, archive, 0)
        assert is_whole or ">5" in each
        _, by_elements = told(ods_elements.walk, archive, 0)
        assert not is_whole or by_rows == by_elements


@pytest.mark.parametrize(
    "odd",
    [
        "<!-- a note --><table:table><table:table-row/></table:table>",
        "<table:table><table:table-row table:visibility='collapse'/></table:table>",
        "<table:table><table:table-row><table:table-cell a='>'/><table:table-cell/></table:table-row></table:table>",
    ],
)
def test_a_document_that_is_written_otherwise_is_told_by_its_elements(tmp_path, odd):
    with document(tmp_path / "a.ods", odd) as archive:
        assert not told(ods_rows.walk, archive, 0)[0]


def test_cells_of_many_numbers_and_formulas_are_not_told_by_their_elements(tmp_path, monkeypatch):
    monkeypatch.setattr(ods_rows, "Scan", None)
    row = f"<table:table-row>{''.join(each for each in CELLS[:2] + CELLS[13:24])}</table:table-row>"
    with document(tmp_path / "a.ods", f"<table:table>{row * 3}</table:table>") as archive:
        assert told(ods_rows.walk, archive, 0)[0]


def test_a_list_that_one_formula_results_in_is_of_formulas(tmp_path):
    spans = 'table:number-matrix-columns-spanned="2" table:number-matrix-rows-spanned="3"'
    first = f"<table:table-row>{CELLS[0]}{shown(f'{FORMULA} {spans} {STRING}', 'x')}</table:table-row>"
    with document(tmp_path / "a.ods", f"<table:table>{first}</table:table>") as archive:
        formulas = sheet_ods.marks(archive, 0, 200).formulas
    assert [formulas.of_row(row) for row in range(6)] == [(), (2, 3), (2, 3), (2, 3), (), ()]


def test_a_list_without_end_is_told_in_its_first_cell(tmp_path):
    spans = 'table:number-matrix-columns-spanned="16384" table:number-matrix-rows-spanned="1048576"'
    row = f"<table:table-row>{shown(f'{FORMULA} {spans} {STRING}', 'x')}</table:table-row>"
    with document(tmp_path / "a.ods", f"<table:table>{row}</table:table>") as archive:
        formulas = sheet_ods.marks(archive, 0, 200).formulas
    assert [formulas.of_row(row) for row in range(3)] == [(), (1,), ()]


@pytest.mark.parametrize(
    "begun", ["<table:table-cell>", "<table:table-cell ", '<table:table-cell a="', "<text:p>"]
)
def test_cells_that_never_end_do_not_make_the_search_long(tmp_path, begun):
    row = f"<table:table-row><table:table-cell>{begun * 20_000}</table:table-row>"
    with document(tmp_path / "a.ods", f"<table:table>{row}</table:table>") as archive:
        assert effort.seconds(lambda: told(ods_rows.walk, archive, 0)) < 1
