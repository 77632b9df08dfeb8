"""The empty workbook: every column, lists to choose from, formats that damage nothing, and an example that is right."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from leadops.errors import UnreadableFile
from leadops.excel import reader
from leadops.excel.columns import COLUMNS
from leadops.excel.header import Header
from leadops.excel.reading import told
from leadops.services import template_workbook
from leadops.services.import_batches import receive, run
from leadops.validation import check_lead
from tests.environment import ROOT

KEPT = ROOT / "docs" / "samples" / "template.xlsx"


@pytest.fixture(scope="module")
def book():
    return openpyxl.load_workbook(KEPT)


def test_the_kept_file_is_what_the_code_writes():
    """Write it anew with `python docs/samples/make_leads.py`."""
    stream = io.BytesIO()
    template_workbook.write(stream)
    with zipfile.ZipFile(stream) as made, zipfile.ZipFile(KEPT) as kept:
        assert made.namelist() == kept.namelist()
        assert [made.read(name) for name in made.namelist()] == [kept.read(name) for name in kept.namelist()]


def test_its_first_sheet_has_every_column_and_no_row(book):
    leads = book["Leads"]
    assert [cell.value for cell in leads[1]] == [column.header for column in COLUMNS]
    assert leads.max_row == 1
    assert leads.freeze_panes == "A2"


def test_sheets_that_nobody_reads_are_told_whole_or_they_would_not_be_known_again(book):
    longest = max(book[name].max_row for name in book.sheetnames if name != "Leads")
    assert longest <= told.MOST_ROWS


def test_every_column_is_explained_with_an_example(book):
    rows = list(book["Columns"].iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [column.header for column in COLUMNS]
    assert all(row[1] for row in rows)
    assert set(template_workbook.WORDS) == {column.path for column in COLUMNS}


def test_numbers_that_excel_would_damage_are_text(book):
    formats = {
        cell.value: book["Leads"].column_dimensions[cell.column_letter].number_format
        for cell in book["Leads"][1]
    }
    kept = ("Mobile", "Account number", "PAN", "Pincode", "Date of birth", "Document number")
    for header in (*kept, "Partner reference"):
        assert formats[header] == "@", header
    assert formats["Loan amount"] == "#,##0.00"
    assert formats["Loan tenure"] == "General"


def test_lists_drop_down_where_a_word_is_chosen(book):
    headers = {cell.column_letter: cell.value for cell in book["Leads"][1]}
    offered = {}
    for rule in book["Leads"].data_validations.dataValidation:
        assert (rule.type, bool(rule.showErrorMessage)) == ("list", False)  # other spellings may be typed
        letter = str(rule.sqref).partition("2")[0]
        sheet, _, cells = rule.formula1.partition("!")
        offered[headers[letter]] = [row[0].value for row in book[sheet][cells.replace("$", "")]]
    assert offered["Gender"] == ["male", "female", "other"]
    assert offered["Applicant type"] == ["person", "business"]
    assert offered["Tenure unit"] == ["DAYS", "WEEKS", "MONTHS", "YEARS"]
    assert len(offered["State"]) == 36
    assert offered["Account type"][:2] == ["savings", "current"]
    assert set(offered) >= {"Business type", "Document type"}


def test_every_word_that_is_offered_is_taken(book):
    header = Header(["Mobile", "Name", *(cell.value for cell in book["Choices"][1])])
    for row in book["Choices"].iter_rows(min_row=2, values_only=True):
        draft, damage = header.draft(["9800000001", "Asha Verma", *(value or "" for value in row)])
        assert damage == []
        assert {each.code for each in check_lead(draft)} <= {"tenure_unit_missing"}


def test_the_example_would_be_taken_as_it_stands(book):
    note, headers, row = (
        [value or "" for value in row] for row in book["Example"].iter_rows(values_only=True)
    )
    assert note[0] == template_workbook.EXAMPLE_NOTE
    draft, damage = Header(headers).draft(row)
    assert damage == check_lead(draft) == []
    assert draft.applicants[0].date_of_birth
    assert draft.applicants[0].banks[0].account_no


def test_filled_in_it_is_imported_without_its_other_sheets(book, tmp_path, partner, program, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    filled = openpyxl.load_workbook(KEPT)
    filled["Leads"].append([cell.value for cell in book["Example"][3]])
    filled.save(tmp_path / "filled.xlsx")
    with (tmp_path / "filled.xlsx").open("rb") as file:
        batch = receive(file, "filled.xlsx", partner=partner, program=program)
    run(batch.pk)
    batch.refresh_from_db()
    assert (batch.rows, batch.created, batch.problem) == (1, 1, "")


def test_sent_back_empty_it_is_told_to_have_no_rows():
    assert [row.cells for row in reader.rows(KEPT)] == [[column.header for column in COLUMNS]]
    with pytest.raises(UnreadableFile):
        Header([template_workbook.EXAMPLE_NOTE])
