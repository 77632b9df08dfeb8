"""What reading says of a row: in short sentences that the officer's page knows too."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadops.excel import headings, notes
from leadops.excel.columns import BY_KEY
from leadops.excel.notes import WHOLE_ROW, Note
from leadops.excel.reader import Row
from leadops.excel.reading import cells
from leadops.excel.reading.heading_keys import key
from leadops.excel.reading.marks import LAST_ROW, Formulas
from leadops.excel.weighing import Weighing
from tests.leadops.excel.corpus.cases import CASES
from tests.leadops.excel.corpus.people import HEADER, person

OFFICERS_PAGE = Path(__file__).resolve().parents[3] / "docs" / "officer.md"
COLUMNS = [BY_KEY[key(name)] for name in HEADER]


def weighed(stored: list[Note], cells: list[str]) -> list[str]:
    problems = Weighing(HEADER, COLUMNS).weigh(notes.kept(stored, 7), cells, 7)
    return [f"{each['cell']} {each['code']}".strip() for each in problems]


@pytest.mark.parametrize("code", notes.CODES)
def test_every_code_is_one_short_sentence_on_the_officers_page(code):
    template = notes.CODES[code].template
    assert template.endswith(".")
    assert len(template) < 120
    severity = {"error": "error", "warning": "note"}[notes.CODES[code].severity]
    assert f"| `{code}` | {severity} | {template} |" in OFFICERS_PAGE.read_text()


def test_every_code_happens_in_the_corpus():
    happened = {word for case in CASES.values() for outcome in case.rows.values() for word in outcome.split()}
    of_rows_of_one_lead = {notes.TOO_MANY_ROWS}  # its workbooks have a lead in each row
    assert set(notes.CODES) - of_rows_of_one_lead <= happened


def test_a_note_of_a_column_that_nobody_reads_is_dropped():
    cells = [*person(1), "TRUE"]
    assert (
        Weighing([*HEADER, "Mood"], [*COLUMNS, None]).weigh(notes.kept([Note(10, "boolean")], 7), cells, 7)
        == []
    )


@pytest.mark.parametrize(
    ("pan", "is_noted"),
    [
        ("ＡＢＣＰＫ１２３４Ｌ", True),
        ("ＡＢＣＰＫ1234Ｌ", True),
        ("ABCPK१२३४L", True),
        ("ａｂｃｐｋ １２３４ ｌ", True),
        ("ABCPK1234L", False),
        ("ABCPK\u00a01234L", False),
        ("आशा", False),
    ],
)
def test_a_code_in_letters_of_another_script_is_noted(pan, is_noted):
    assert ((0, "other_digits") in cells.notes_of([pan], pan)) is is_noted


def test_what_keeps_its_letters_is_not_said_to_be_read_otherwise():
    pan = BY_KEY[key("PAN")]
    stored = notes.kept([Note(at, "other_digits") for at in range(3)], 7)
    found = Weighing(["Remarks", "PAN", "Partner reference"], [COLUMNS[9], pan, COLUMNS[0]]).weigh(
        stored, ["Ｂ１２", "ＡＢＣＰＫ１２３４Ｌ", "Ｒ１"], 7
    )
    assert [each["cell"] for each in found] == ["B7"]


def test_a_date_is_only_mended_in_a_column_of_dates():
    cells = person(1, D="03/25/1990", J="03/25/1990")
    assert weighed([Note(3, "month_first"), Note(9, "month_first")], cells) == ["D7 month_first"]
    assert (cells[3], cells[9]) == ("25/03/1990", "03/25/1990")


def test_a_date_that_was_written_anew_meanwhile_is_left_alone():
    cells = person(1, D="25 March 1990")
    weighed([Note(3, "month_first"), Note(3, "swapped_back")], cells)
    assert cells[3] == "25 March 1990"


def test_a_row_as_a_whole_needs_no_column():
    assert weighed([Note(WHOLE_ROW, "too_many_cells")], person(1)) == ["too_many_cells"]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"B": "9800000001.00"}, ["B7 was_decimal"]),
        ({"B": "980000000.0"}, []),
        ({"B": "9800000001.5"}, []),
        ({"B": "9.80000000E+09"}, []),
        ({"E": "41100.0"}, []),
        ({"A": "7.0"}, []),
        ({"F": "301", "G": "QQQQ0000001"}, []),
        ({"F": "3000000001", "G": "sbin0000300"}, ["F7 fewer_digits"]),
        ({"F": "300 000 000 01"}, []),
    ],
)
def test_a_number_is_mended_only_where_no_digit_can_be_missing(given, wanted):
    cells = person(1, **given)
    assert weighed([], cells) == wanted
    if "was_decimal" not in "".join(wanted):
        assert cells == person(1, **given)


@pytest.mark.parametrize(
    ("cells", "is_total"),
    [
        (["Total", "", "5"], True),
        (["", "GRAND TOTAL :", "₹ 1,00,000.00"], True),
        (["Total leads", "57"], True),
        (["Sub-Total", "=SUM(B2:B9)", "#REF!"], True),
        (["कुल", "12"], True),
        (["Total", "9800000001", "5"], False),
        (["Total", "98000 00004", "5"], False),
        (["Total", "98000-00004"], False),
        (["Total", "98000\u00a000004"], False),
        (["Total", "0 98000 00004"], False),
        (["Total", "91 - 98000 - 00004"], False),
        (["Total", "1,00,00,00,000"], True),
        (["Total", "10000000.00"], True),
        (["Total", "12-03-2026", "500 000"], True),
        (["Total", "Asha Verma"], False),
        (["Totality Traders", "5"], False),
        (["R-1", "Total"], False),
        (["", "5"], False),
    ],
)
def test_a_total_is_told_from_a_lead(cells, is_total):
    [row] = headings.as_one([Row("Leads", 9, cells)])
    assert (Note(WHOLE_ROW, "totals_row") in row.notes) is is_total


@pytest.mark.parametrize(
    ("upper", "lower", "wanted"),
    [
        (["Mobile", "Name", "Bank", ""], ["", "", "A/c No", "IFSC"], ["Mobile", "Name", "A/c No", "IFSC"]),
        (["Name", "Account", ""], ["", "Number", "Mobile"], ["Name", "Account Number", "Mobile"]),
        (["Mobile", "Name"], ["9800000001", "Asha"], None),
        (["Mobile", "Name"], ["", "Asha"], None),
        (["Leads of March", ""], ["Mobile", "Name"], None),
    ],
)
def test_two_lines_are_one_header_only_when_both_name_columns(upper, lower, wanted):
    rows = list(headings.as_one([Row("Leads", 1, upper), Row("Leads", 2, lower)]))
    if wanted:
        assert rows == [Row("Leads", 2, wanted)]
    else:
        assert [row.cells for row in rows] == [upper, lower]


def test_one_note_of_several_cells_names_those_that_are_read():
    cells = [*person(1), "x", "y"]
    stored = notes.kept([Note(1, "formula", [2, 3, 9, 10, 11])], 7)
    assert [(each["letter"], each["cell"]) for each in stored] == [("B:D,J:L", "B7:D7, J7:L7")]
    assert notes.places("B:D,J:L") == (1, 2, 3, 9, 10, 11)
    columns = [*COLUMNS, None, None]
    [problem] = Weighing([*HEADER, "Mood", "Sign"], columns).weigh(stored, cells, 7)
    assert (problem["column"], problem["letter"], problem["cell"]) == ("", "B:D,J", "B7:D7, J7")
    unread = notes.kept([Note(10, "formula", [11])], 7)
    assert Weighing([*HEADER, "Mood", "Sign"], columns).weigh(unread, cells, 7) == []
    partly = notes.kept([Note(9, "formula", [11])], 7)
    [problem] = Weighing([*HEADER, "Mood", "Sign"], columns).weigh(partly, cells, 7)
    assert (problem["column"], problem["cell"]) == (HEADER[9], "J7")


def test_what_is_left_of_a_note_of_several_cells():
    [note] = notes.kept([Note(1, "formula", [2, 3])], 7)
    left = notes.without(note, {2}, 7)
    assert left
    assert left["cell"] == "B7, D7"
    assert notes.without(note, {1, 2, 3}, 7) is None


def test_a_formula_below_the_last_row_of_excel_takes_no_memory():
    formulas = Formulas()
    formulas.hold((9_999_999, 1))
    assert not formulas
    formulas.hold((LAST_ROW, 1))
    assert formulas.of_row(LAST_ROW) == (1,)
