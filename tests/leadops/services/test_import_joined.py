"""Our own export brought back, and workbooks of its shape: leads known by their id, their parts on several sheets."""

from __future__ import annotations

import io
from decimal import Decimal

import openpyxl
import pytest
from django.core.files.base import ContentFile

from leadops.models import Address, Applicant, Bank, Export, ImportBatch, Lead, LoanAccount
from leadops.services import import_batches, import_previews, import_undoing, leads, loan_accounts
from leadops.services.error_workbooks import error_workbook
from tests import people
from tests.leadops.services import exported
from tests.leadops.services.imported import counts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def odd(partner, program) -> list[Lead]:
    return exported.stored(partner, program, exported.odd_drafts())


@pytest.fixture
def book(odd, officer):
    """The exported workbook, open to be edited."""
    leads.submit(odd[:1])
    loan_accounts.open_account(odd[0], "LA-1", odd[0].program)
    return exported.book(exported.finished(officer).file.path)


@pytest.fixture
def brought(partner, program, officer):
    """A workbook imported to its end."""

    def _brought(book, mode="update", review=False) -> ImportBatch:
        content = io.BytesIO()
        book.save(content)
        batch = import_batches.receive(
            ContentFile(content.getvalue()), "back.xlsx", partner=partner, program=program, uploaded_by=officer,
            mode=mode, review=review,
        )  # fmt: skip
        import_batches.run(batch.pk)
        batch.refresh_from_db()
        return batch

    return _brought


def records() -> dict[str, list[dict[str, object]]]:
    """Everything that is stored of leads."""
    models = (Lead, Applicant, Address, Bank, LoanAccount)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def cell(sheet, header: str, row: int):
    """The cell below a header."""
    names = [each.value for each in sheet[1]]
    return sheet.cell(row, names.index(header) + 1)


def row_of(book, sheet: str, **wanted: object) -> int:
    """The first row with these values, by headers with _ for spaces."""
    names = [each.value for each in book[sheet][1]]
    for number, row in enumerate(book[sheet].iter_rows(min_row=2, values_only=True), start=2):
        values = dict(zip(names, row, strict=True))
        if all(values[name.replace("_", " ")] == value for name, value in wanted.items()):
            return number
    raise AssertionError(wanted)


def said(batch: ImportBatch) -> dict[tuple[str, int], tuple[str, list[str]]]:
    """The outcome and codes of each row."""
    rows = batch.import_rows.all()
    return {(row.sheet, row.number): (row.outcome, [each["code"] for each in row.problems]) for row in rows}


# Unchanged -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["create", "update", "both"])
@pytest.mark.parametrize("shown", Export.Shown.values)
def test_an_export_brought_back_unchanged_changes_nothing(odd, officer, brought, mode, shown):
    leads.submit(odd[:1])
    loan_accounts.open_account(odd[0], "LA-1", odd[0].program)
    export = exported.finished(officer, shown)
    before = records()
    batch = brought(exported.book(export.file.path), mode)
    total = sum(len(rows) for rows in exported.sheets_of(export.file.path).values())
    assert counts(batch) == (total, 0, total, 0)
    assert {row.outcome for row in batch.import_rows.all()} == {"skipped"}
    assert records() == before


def test_every_row_of_every_sheet_is_counted_and_told(book, brought):
    batch = brought(book)
    assert (batch.layout, sorted(batch.sheets)) == (
        "joined",
        ["Addresses", "Applicants", "Banks", "LoanAccounts"],
    )
    found = said(batch)
    assert {sheet for sheet, _ in found} == {"Leads", *batch.sheets}
    assert {codes[0] for (sheet, _), (_, codes) in found.items() if sheet == "Leads"} == {"unchanged"}


@pytest.fixture
def masked_book(odd, officer):
    return exported.book(exported.finished(officer, Export.Shown.MASKED).file.path)


def test_a_text_that_is_masked_in_part_is_not_written_over_the_whole_one(odd, masked_book, brought):
    row = row_of(masked_book, "Leads", Partner_reference="••••0001")
    remarks = cell(masked_book["Leads"], "Remarks", row)
    assert "••••" in remarks.value
    remarks.value += ", called twice"
    before = records()
    batch = brought(masked_book)
    told = said(batch)
    assert told["Leads", row] == ("failed", ["masked_text"])
    assert records() == before


def test_a_text_that_was_masked_may_be_written_anew(odd, masked_book, brought):
    row = row_of(masked_book, "Leads", Partner_reference="••••0001")
    cell(masked_book["Leads"], "Remarks", row).value = "called twice"
    brought(masked_book)
    lead = Lead.objects.get(partner_ref_id="9800000001")
    assert (lead.remarks, lead.version, lead.tags) == ("called twice", 2, ["call 9822222222"])


# What is changed -----------------------------------------------------------------------------------------------


def test_a_cell_of_the_first_sheet_counts_though_another_sheet_still_has_the_old_value(book, brought):
    row = row_of(book, "Leads", Partner_reference="00042")
    cell(book["Leads"], "City", row).value = "Nashik"
    cell(book["Leads"], "Employer", row).value = "Konkan Logistics"
    cell(book["Leads"], "Loan amount", row).value = 123456
    batch = brought(book)
    lead = Lead.objects.with_parties().get(partner_ref_id="00042")
    [person] = lead.applicants.all()
    assert (lead.loan_amount, person.employer_name, person.addresses.all()[0].city, lead.version) == (
        Decimal(123456), "Konkan Logistics", "Nashik", 2,
    )  # fmt: skip
    assert Lead.objects.filter(version__gt=1).count() == 1
    of_lead = [row.outcome for row in batch.import_rows.filter(lead=lead)]
    assert set(of_lead) == {"updated"}
    assert batch.updated == len(of_lead) == 5  # two addresses


def test_a_cell_of_another_sheet_changes_that_applicant_alone(book, brought):
    lead = Lead.objects.get(pk=Applicant.objects.filter(position=1).get().lead_id)
    primary = Applicant.objects.filter(lead=lead, position=0).values().get()
    row = row_of(book, "Applicants", leadops_id=str(lead.pk), Applicant_no=2)
    cell(book["Applicants"], "Employer", row).value = "Aravali Steels"
    account = row_of(book, "Banks", leadops_id=str(lead.pk), Applicant_no=1, Bank_no=2)
    cell(book["Banks"], "Account holder", account).value = "Somebody Else"
    brought(book)
    second = Applicant.objects.get(lead=lead, position=1)
    assert second.employer_name == "Aravali Steels"
    after = Applicant.objects.filter(lead=lead, position=0).values().get()
    assert after == primary
    assert [
        bank.account_holder_name
        for bank in Bank.objects.filter(applicant_id=primary["id"]).order_by("position")
    ][1:] == ["Somebody Else"]


def test_new_rows_below_a_lead_add_an_applicant_with_an_address_and_an_account(book, brought):
    lead = Lead.objects.get(partner_ref_id="00042")
    key = str(lead.pk)
    book["Applicants"].append([key, "00042", 2])
    last = book["Applicants"].max_row
    for header, value in {
        "Name": "Ravi Nair",
        "Mobile": "9800000777",
        "PAN": "ABCPN1234K",
        "Signatory": "yes",
    }.items():
        cell(book["Applicants"], header, last).value = value
    book["Addresses"].append([key, "00042", 2, 1])
    cell(book["Addresses"], "Pincode", book["Addresses"].max_row).value = "411001"
    book["Banks"].append([key, "00042", 2, 1])
    for header, value in {"Account number": "50100012345678", "IFSC": "HDFC0000001"}.items():
        cell(book["Banks"], header, book["Banks"].max_row).value = value
    brought(book)
    lead = Lead.objects.with_parties().get(pk=lead.pk)
    first, second = lead.applicants.all()
    assert (second.name, second.primary_mobile, second.is_primary, second.is_authorized_signatory) == (
        "Ravi Nair", "+919800000777", False, True,
    )  # fmt: skip
    assert first.is_primary
    assert [each.pincode for each in second.addresses.all()] == ["411001"]
    assert [each.account_no for each in second.banks.all()] == ["50100012345678"]


def test_two_sheets_that_say_different_new_things_are_refused_with_both_places(book, brought):
    before = records()
    lead = row_of(book, "Leads", Partner_reference="00042")
    person = row_of(book, "Applicants", Partner_reference="00042")
    cell(book["Leads"], "Employer", lead).value = "One Company"
    cell(book["Applicants"], "Employer", person).value = "Another Company"
    batch = brought(book)
    assert records() == before
    row = batch.import_rows.get(sheet="Leads", number=lead)
    [problem] = row.problems
    assert (row.outcome, problem["code"]) == ("failed", "contradicts_sheet")
    assert (problem["column"], problem["message"]) == (
        "Employer",
        f"Sheet Applicants says something else of this, in row {person}: make them equal, or empty one of them.",
    )
    other = batch.import_rows.get(sheet="Applicants", number=person)
    assert (other.outcome, [each["message"] for each in other.problems]) == (
        "failed", [f"It belongs to the same lead as row {lead} of sheet Leads, which was refused: see there."],
    )  # fmt: skip


def test_a_wrong_cell_of_another_sheet_is_told_in_its_own_row(book, brought):
    before = records()
    row = row_of(book, "Banks", Partner_reference="00042")
    cell(book["Banks"], "IFSC", row).value = "HDFC1"
    batch = brought(book)
    assert records() == before
    [problem] = batch.import_rows.get(sheet="Banks", number=row).problems
    assert (problem["code"], problem["column"], problem["cell"][1:]) == ("ifsc_length", "IFSC", str(row))


@pytest.mark.parametrize(
    ("sheet", "header", "value"), [("Applicants", "Primary", "no"), ("Banks", "Verified", "yes"),
    ("LoanAccounts", "Account status", "Disbursed")],
)  # fmt: skip
def test_what_no_workbook_may_tell_is_refused(book, brought, sheet, header, value):
    before = records()
    cell(book[sheet], header, 2).value = value
    batch = brought(book)
    assert [each["code"] for each in batch.import_rows.get(sheet=sheet, number=2).problems] == [
        "not_by_workbook"
    ]
    assert records() == before


def test_a_lead_that_was_changed_since_the_export_is_not_changed_back(book, brought):
    lead = Lead.objects.get(partner_ref_id="00042")
    Lead.objects.filter(pk=lead.pk).update(remarks="newer")
    leads.revise(lead)
    row = row_of(book, "Leads", Partner_reference="00042")
    cell(book["Leads"], "City", row).value = "Nashik"
    batch = brought(book)
    assert said(batch)["Leads", row] == ("failed", ["changed_since"])
    lead.refresh_from_db()
    assert (lead.remarks, lead.version) == ("newer", 2)


def test_an_id_of_another_partner_is_nobodys(book, brought, officer):
    other = people.leads_of(people.partner("Other Partner", "OTHER"), Lead.objects.all()[0].program)[0]
    row = row_of(book, "Leads", Partner_reference="00042")
    cell(book["Leads"], "leadops id", row).value = str(other.pk)
    cell(book["Leads"], "City", row).value = "Nashik"
    before = records()
    batch = brought(book)
    assert said(batch)["Leads", row] == ("failed", ["no_such_lead"])
    assert records() == before
    orphans = [key for key, (_, codes) in said(batch).items() if codes == ["no_row_of_its_own"]]
    assert {sheet for sheet, _ in orphans} == {"Applicants", "Addresses", "Banks"}


@pytest.mark.parametrize("why", ["lead_decided", "other_program"])
def test_a_lead_that_is_decided_or_of_another_program_is_not_changed_by_its_id(book, brought, program, why):
    row = row_of(book, "Leads", Partner_reference="00042")
    cell(book["Leads"], "City", row).value = "Nashik"
    moved = (
        {"status": "approved"} if why == "lead_decided" else {"program": people.program("gold", "Gold loans")}
    )
    Lead.objects.filter(partner_ref_id="00042").update(**moved)
    before = records()
    batch = brought(book)
    assert said(batch)["Leads", row] == ("skipped" if why == "lead_decided" else "failed", [why])
    assert records() == before


def test_a_lead_that_stands_twice_is_changed_once_and_the_preview_says_so(book, brought):
    row = row_of(book, "Leads", Partner_reference="00042")
    book["Leads"].append([each.value for each in book["Leads"][row]])
    cell(book["Leads"], "City", row).value = "Nashik"
    cell(book["Leads"], "City", book["Leads"].max_row).value = "Delhi"
    told = import_previews.shown(brought(book, review=True))
    batch = brought(book)
    assert said(batch)["Leads", book["Leads"].max_row] == ("failed", ["repeats_a_row"])
    assert (told["update"], told["left_out"], told["refused"]) == (
        batch.updated,
        batch.skipped,
        batch.failed,
    )
    assert Lead.objects.get(partner_ref_id="00042").version == 2


def test_the_first_sheet_alone_updates_by_id(book, brought):
    for name in book.sheetnames[1:]:
        del book[name]
    row = row_of(book, "Leads", Partner_reference="00042")
    cell(book["Leads"], "Partner reference", row).value = "R-42"  # even what it is known by elsewhere
    cell(book["Leads"], "Loan purpose", row).value = "Seed"
    batch = brought(book)
    assert (batch.updated, batch.skipped) == (1, 4)
    assert Lead.objects.get(partner_ref_id="R-42").loan_purpose == "Seed"


# New leads -----------------------------------------------------------------------------------------------------


@pytest.fixture
def sheets():
    """A workbook as somebody may write it who has no ids: joined by reference."""
    book = openpyxl.Workbook()
    book.active.title = "Leads"
    book["Leads"].append(["Partner reference", "Mobile", "Name", "Loan amount"])
    book["Leads"].append(["N-1", "9800000501", "Asha Verma", 50000])
    book["Leads"].append(["N-2", "9800000502", "Meera Iyer", 60000])
    book.create_sheet("Applicants").append(
        ["Partner reference", "Applicant no", "Primary", "Name", "Mobile", "PAN"]
    )
    book["Applicants"].append(["N-1", 1, "yes", "Asha Verma", "9800000501", "ABCPV1234L"])
    book["Applicants"].append(["N-1", 2, "no", "Ravi Verma", "9800000503", "ABCPV1235L"])
    book.create_sheet("Banks").append(
        ["Partner reference", "Applicant no", "Bank no", "Account number", "IFSC"]
    )
    book["Banks"].append(["N-1", 2, 1, "50100012345678", "HDFC0000001"])
    book["Banks"].append(["N-2", 1, 1, "50100012345679", "HDFC0000001"])
    book.create_sheet("Prices").append(["What", "How much"])
    return book


def test_sheets_joined_by_reference_make_new_leads(sheets, brought):
    batch = brought(sheets, "create")
    assert counts(batch) == (6, 6, 0, 0)
    lead = Lead.objects.with_parties().get(partner_ref_id="N-1")
    first, second = lead.applicants.all()
    assert [(each.name, each.pan_no, each.is_primary) for each in (first, second)] == [
        ("Asha Verma", "ABCPV1234L", True), ("Ravi Verma", "ABCPV1235L", False),
    ]  # fmt: skip
    assert [bank.account_no for bank in second.banks.all()] == ["50100012345678"]
    other = Lead.objects.with_parties().get(partner_ref_id="N-2")
    assert [bank.account_no for bank in other.applicants.all()[0].banks.all()] == ["50100012345679"]


def test_a_sheet_that_is_not_read_is_named(sheets, brought):
    assert brought(sheets, "create").left_out == ["Prices"]


def test_a_sheet_that_only_has_the_name_is_left_out_and_named(sheets, brought):
    sheets["Banks"]["A1"].value = "Something"
    batch = brought(sheets, "create")
    assert (batch.left_out, sorted(batch.sheets), counts(batch)) == (
        ["Prices", "Banks"],
        ["Applicants"],
        (4, 4, 0, 0),
    )


def test_an_unknown_column_of_another_sheet_is_refused_with_the_sheets_name(sheets, brought):
    sheets["Banks"]["F1"].value, sheets["Banks"]["F2"].value = "Shoe size", "42"
    batch = brought(sheets, "create")
    assert batch.state == "failed"
    assert batch.problem.startswith("Sheet Banks: These columns are filled but not known: F (Shoe size")
    assert not Lead.objects.exists()


def test_repeated_and_impossible_numbers_are_refused_with_their_lead_and_no_other(sheets, brought):
    sheets["Banks"].append(["N-2", 1, 1, "50100012345680", "HDFC0000001"])
    sheets["Applicants"].append(["N-2", "first", "no", "Somebody", "9800000509", None])
    batch = brought(sheets, "create")
    assert counts(batch) == (8, 4, 0, 4)
    found = said(batch)
    assert found["Banks", 4] == ("failed", ["repeats_a_row"])
    assert found["Applicants", 4] == ("failed", ["not_a_place"])


def test_the_preview_tells_what_the_import_does(book, brought, officer):
    row = row_of(book, "Leads", Partner_reference="00042")
    cell(book["Leads"], "City", row).value = "Nashik"
    before = records()
    batch = brought(book, review=True)
    assert batch.state == "ready"
    assert records() == before
    shown = import_previews.shown(batch)
    assert (shown["new"], shown["update"], shown["refused"]) == (0, 5, 0)
    assert shown["update"] + shown["left_out"] == batch.rows
    at = shown["columns"].index("Name")
    names = {row["number"]: row["cells"][at] for row in shown["rows"]}
    assert len(names) == 5  # the leads' own rows alone
    assert names[row] == Applicant.objects.get(lead__partner_ref_id="00042").name
    assert {each["code"] for each in shown["problems"]} == {"unchanged"}


def test_an_import_of_several_sheets_is_undone_whole(sheets, brought, officer):
    batch = brought(sheets, "create")
    import_undoing.begin(batch, officer)
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, Lead.objects.count(), Bank.objects.count()) == ("undone", 0, 0)


def test_refused_leads_come_back_on_all_their_sheets_and_mended_they_merge(sheets, brought):
    sheets["Banks"]["E2"].value = "HDFC1"
    first = brought(sheets, "create")
    assert counts(first) == (6, 2, 0, 4)
    with error_workbook(first) as file:
        mended = openpyxl.load_workbook(file)
    assert mended.sheetnames[1:] == ["Applicants", "Banks"]
    assert [row[:3] for row in mended["Applicants"].iter_rows(min_row=2, values_only=True)] == [
        ("N-1", "1", "yes"), ("N-1", "2", "no"),
    ]  # fmt: skip
    cell(mended["Banks"], "IFSC", 2).value = "HDFC0000001"
    second = brought(mended, "create")
    assert counts(second) == (4, 4, 0, 0)
    first.refresh_from_db()
    assert counts(first) == (6, 6, 0, 0)
    assert Bank.objects.filter(applicant__lead__partner_ref_id="N-1").count() == 1


def test_the_preview_shows_the_primary_applicant_wherever_it_stands(brought):
    book = openpyxl.Workbook()
    leads_sheet, people_sheet = book.active, book.create_sheet("Applicants")
    leads_sheet.title = "Leads"
    leads_sheet.append(["Partner reference", "Mobile", "Name", "Address", "City", "Pincode"])
    leads_sheet.append(["REF-1", "9800000001", "Asha Verma", "1 MG Road", "Pune", "411001"])
    people_sheet.append(["Partner reference", "Applicant no", "Primary", "Name"])
    people_sheet.append(["REF-1", 1, "no", "Ravi Verma"])
    people_sheet.append(["REF-1", 2, "yes", "Asha Verma"])
    batch = brought(book, mode="create", review=True)
    assert (batch.state, batch.problem) == ("ready", "")
    told = import_previews.shown(batch)
    [row] = told["rows"]
    assert dict(zip(told["columns"], row["cells"], strict=True))["Name"] == "Asha Verma"
