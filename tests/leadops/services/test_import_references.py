"""A reference is one in every spelling that its check takes for one; a row left out for it says all else it had."""

from __future__ import annotations

from datetime import timedelta

import openpyxl
import pytest
from django.utils import timezone, translation

from leadops.languages.said import said as said_in_hindi
from leadops.models import Bank, Erasure, Lead, Program
from leadops.services import (
    column_mappings,
    erasure,
    import_batches,
    import_chunks,
    import_mending,
    import_previews,
    import_steering,
    import_storing,
)
from tests import people
from tests.leadops.excel.workbooks import by_openpyxl
from tests.leadops.services import exported
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


@pytest.mark.parametrize("review", [False, True])
def test_the_reference_of_an_erased_borrower_leaves_out_its_row_alone(finished, officer, review):
    finished([ASHA], header=HEADER)
    erasure.erase(Lead.objects.get().pk, Erasure.Cause.REQUEST, officer=officer, reason="She asked for it")
    again = finished([ASHA, ["L 2", *RAVI]], header=HEADER, name="b.xlsx", review=review)
    assert again.state == ("ready" if review else "done")
    assert review or counts(again) == (2, 1, 1, 0)


def test_a_reference_that_another_borrower_has_says_so_though_no_rule_looks_for_it(finished, program):
    """A reference is unique for ever: no look-back and no policy lets a second lead have it."""
    finished([ASHA], header=HEADER)
    Lead.objects.update(
        program=Program.objects.create(name="Gold loans", code="gold", country=program.country),
        created_at=timezone.now() - timedelta(days=4000),
    )
    again = finished([ASHA, ["L 2", *RAVI], ["L 1", *RAVI]], header=HEADER, name="b.xlsx")
    assert counts(again) == (3, 1, 2, 0)
    said = [each["message"] for row in again.import_rows.filter(outcome="skipped") for each in row.problems]
    here = "A lead with this reference is already here, from before; this row was left out."
    other = " It is a lead of the program Gold loans."
    mobile = (
        " Its mobile is another one, so give this row a reference of its own if it is of another borrower."
    )
    assert said == [here + other, here + other + mobile]
    with translation.override("hi"):
        assert "उसका मोबाइल दूसरा है" in said_in_hindi(said[1])
        assert "already" not in said_in_hindi(said[1])


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


PEOPLE = [["9800000001", "Asha Verma"], ["9800000002", "Ravi Verma"], ["9800000003", "Meera Shah"]]
REFUSED = [(number, "failed", ["excel_damage"]) for number in (2, 3, 4)]


@pytest.mark.parametrize("layout", ["flat", "grouped"])
@pytest.mark.parametrize("mode", ["create", "update", "both"])
def test_leads_whose_references_excel_has_cut_short_are_no_one_lead(finished, tmp_path, mode, layout):
    rows = [[1234567890123461 + at, *each] for at, each in enumerate(PEOPLE)]
    path = by_openpyxl(tmp_path / "long.xlsx", ("Leads", [HEADER, *rows]))
    batch = finished(path, name="long.xlsx", mode=mode, layout=layout)
    assert codes(batch) == REFUSED
    assert [row.problems[0]["cell"] for row in batch.import_rows.order_by("number")] == ["A2", "A3", "A4"]
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    "reference", ["1.23457E+11", "1,23457E+11", " 1.23457e+11 ", "5E+11", "１.２Ｅ＋１１"]
)
def test_a_text_file_that_excel_has_saved_tells_no_references(finished, tmp_path, reference):
    path = tmp_path / "saved.csv"
    lines = [HEADER, *([reference, *each] for each in PEOPLE)]
    path.write_text("\n".join(";".join(line) for line in lines), encoding="utf-8")
    batch = finished(path, name="saved.csv", mode="both", review=True)
    column_mappings.confirm(batch, HEADER, "flat", mode="both", officer=None)
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    told = import_previews.shown(batch)
    assert (told["new"], told["update"], told["refused"]) == (0, 0, 3)
    assert [(each["code"], each["cell"], each["count"]) for each in told["problems"]] == [
        ("excel_damage", "A2", 3)
    ]
    import_steering.go_on(batch)
    import_batches.run(batch.pk)
    assert counts(batch) == (3, 0, 0, 3)


@pytest.mark.parametrize("own", ["12E5", "2024E+01", "7E-01", "5E11", "A1.5E+3", "1.5E+3", "LN-1.23E+11"])
def test_a_reference_that_people_write_is_taken_as_it_is(finished, own):
    assert counts(finished([[own, *ASHA[1:]]], header=HEADER)) == (1, 1, 0, 0)
    assert Lead.objects.get().partner_ref_id == own


@pytest.mark.parametrize("mode", ["create", "update", "both"])
def test_rows_of_other_sheets_are_refused_with_the_reference_they_are_joined_by(finished, tmp_path, mode):
    banks = [[1234567890123461 + at, f"5010001234567{at}", "HDFC0000001"] for at in range(2)]
    leads = [[1234567890123461 + at, *each] for at, each in enumerate(PEOPLE[:2])]
    account = ["Partner reference", "Account number", "IFSC"]
    by_openpyxl(tmp_path / "j.xlsx", ("Leads", [HEADER, *leads]), ("Banks", [account, *banks]))
    batch = finished(tmp_path / "j.xlsx", name="j.xlsx", mode=mode)
    said = [
        (row.outcome, [(each["cell"], each["code"]) for each in row.problems])
        for row in batch.import_rows.all()
    ]
    assert all(outcome == "failed" for outcome, _ in said)
    assert [found[0][1] for _, found in said] == ["excel_damage"] * 4
    assert not Lead.objects.exists()


def test_beside_a_leadops_id_nobody_reads_the_reference(finished, tmp_path, partner, program):
    [draft] = people.drafts(1)
    draft.partner_ref_id = "1.23457E+11"  # taken before such references were refused
    [lead] = exported.stored(partner, program, [draft])
    leads = [["leadops id", *HEADER], [str(lead.pk), draft.partner_ref_id, None, None]]
    banks = [["leadops id", "Partner reference", "Bank no", "Account number"]]
    banks += [[str(lead.pk), draft.partner_ref_id, 1, "50100099999678"]]
    by_openpyxl(tmp_path / "j.xlsx", ("Leads", leads), ("Banks", banks))
    batch = finished(tmp_path / "j.xlsx", name="j.xlsx", mode="update")
    assert (batch.updated, batch.failed) == (2, 0)
    assert "50100099999678" in {bank.account_no for bank in Bank.objects.all()}
