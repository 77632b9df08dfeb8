"""A reference is one in every spelling that its check takes for one; a row left out for it says all else it had."""

from __future__ import annotations

import openpyxl
import pytest

from leadops.models import Bank, Lead
from leadops.services import (
    import_batches,
    import_chunks,
    import_mending,
    import_previews,
    import_steering,
    import_storing,
)
from tests.leadops.excel.workbooks import by_openpyxl
from tests.leadops.services.imported import codes, counts

HEADER = ["Partner reference", "Mobile", "Name"]
ASHA, RAVI = ["L 1", "9800000001", "Asha Verma"], ["9800000002", "Ravi Verma"]
SPELLINGS = ["L\u00a01", "L  1", "L\u200b 1"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_rows_of_one_lead_are_found_in_every_spelling(finished, spelling):
    batch = finished([ASHA, [spelling, *RAVI]], header=HEADER, layout="grouped")
    assert counts(batch) == (2, 2, 0, 0)
    assert Lead.objects.get(partner_ref_id="L 1").applicants.count() == 2


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("is_turned", [False, True])
def test_rows_of_other_sheets_find_their_lead_in_every_spelling(finished, tmp_path, spelling, is_turned):
    one, other = ("L 1", spelling) if is_turned else (spelling, "L 1")
    leads = [HEADER, [one, *ASHA[1:]]]
    banks = [["Partner reference", "Account number", "IFSC"], [other, "50100012345678", "HDFC0000001"]]
    batch = finished(by_openpyxl(tmp_path / "j.xlsx", ("Leads", leads), ("Banks", banks)), name="j.xlsx")
    assert counts(batch) == (2, 2, 0, 0)
    assert Bank.objects.get().applicant.lead.partner_ref_id == "L 1"


def test_a_row_that_is_left_out_keeps_what_was_said_of_its_cells(finished, tmp_path):
    path = tmp_path / "m.xlsx"
    by_openpyxl(path, ("Leads", [HEADER, ASHA, [None, *RAVI]]))
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A2:A3")
    book.save(path)
    assert codes(finished(path, name="m.xlsx"))[1] == (3, "skipped", ["merged_cell", "duplicate_reference"])


def test_every_row_of_a_lead_that_is_left_out_says_why_beside_its_notes(finished):
    rows = [ASHA, ["L\u00a01", *RAVI]]
    finished(rows, header=HEADER, layout="grouped")
    batch = finished(rows, header=HEADER, layout="grouped", name="b.xlsx")
    assert codes(batch) == [
        (2, "skipped", ["duplicate_reference"]), (3, "skipped", ["odd_spaces", "goes_with_its_lead"]),
    ]  # fmt: skip


def test_the_row_of_the_lead_that_is_here_is_its_own_and_not_one_of_another_sheet(
    finished, tmp_path, monkeypatch
):
    monkeypatch.setattr(import_chunks, "CHUNK", 2)
    people = [[f"R{at}", f"980000000{at}", "Asha Verma"] for at in (1, 2, 3, 1)]
    banks = [[f"R{at}", f"5010001234567{at}", "HDFC0000001"] for at in (3, 2, 1)]
    account = ["Partner reference", "Account number", "IFSC"]
    by_openpyxl(tmp_path / "j.xlsx", ("Leads", [HEADER, *people]), ("Banks", [account, *banks]))
    batch = finished(tmp_path / "j.xlsx", name="j.xlsx", review=True)
    [foreseen] = import_previews.shown(batch)["problems"]
    import_steering.go_on(batch)
    import_batches.run(batch.pk)
    [problem] = batch.import_rows.get(number=5, sheet="Leads").problems
    assert "from row 2 of this file" in problem["message"]
    assert problem["message"] == foreseen["message"]


def test_the_row_of_the_lead_that_is_here_is_the_first_of_several(finished, monkeypatch, officer):
    monkeypatch.setattr(import_storing, "MOST_ROWS_A_LEAD", 2)
    rows = [ASHA, ["L 1", *RAVI], ["L 2", *ASHA[1:]], ["L 2", *RAVI], ["L 2", *RAVI]]
    batch = finished(rows, header=HEADER, layout="grouped")
    import_mending.mend(batch, {batch.import_rows.get(number=6).pk: {"A": "L 1"}}, officer)
    row = batch.import_rows.get(number=6)
    assert (row.outcome, row.problems[0]["code"]) == ("skipped", "duplicate_reference")
    assert "from row 2 of this file" in row.problems[0]["message"]
