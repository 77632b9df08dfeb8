"""Taking leads out: what stands in the workbook, who may see it whole, and that it always comes to its end."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import CharField, TextField
from django.utils import timezone

from leadops.excel import sheets
from leadops.excel.columns import COLUMNS
from leadops.excel.header import Header
from leadops.excel.sheet_header import MASKED_IN_EXPORTS
from leadops.fields import EncryptedTextField
from leadops.models import Export, Lead
from leadops.services import export_rows, exports, leads, loan_accounts
from leadops.validation import check_lead
from tests import people
from tests.leadops.services import exported

State = Export.State


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def odd(partner, program) -> list[Lead]:
    """Stored leads with something odd in each, newest last."""
    return exported.stored(partner, program, exported.odd_drafts())


def values(draft, path: str):
    """What stands in `draft` at a column's path; None where there is nothing of the kind."""
    found = draft
    for name in path.replace("[0]", "").split("."):
        if isinstance(found, list):
            found = found[0] if found else None
        found = getattr(found, name, None)
    return found or None


# What stands in it ---------------------------------------------------------------------------------------------


def test_whose_data_went_out_is_kept_with_the_order(odd, officer):
    export = exported.finished(officer)
    export.refresh_from_db()
    gone = bytes(export.taken)
    ids = {UUID(bytes=gone[at : at + 16]) for at in range(0, len(gone), 16)}
    assert (ids, bytes(export.chosen)) == ({lead.pk for lead in odd}, b"")


def test_every_column_comes_back_as_it_went_out(odd, officer, tmp_path):
    path = exported.copied(exported.finished(officer), tmp_path / "leads.xlsx")
    first, *rows = exported.leads_rows(path)
    header = Header(first.cells)
    assert first.cells == sheets.LEADS.headers
    sent = {draft.partner_ref_id: draft for draft in exported.odd_drafts()}
    assert len(rows) == len(sent) == 5
    for row in rows:
        assert header.strays(row.cells) == []
        draft, damage = header.draft(row.cells)
        assert damage == []
        check_lead(draft)
        original = sent[draft.partner_ref_id]
        for column in COLUMNS:
            assert values(draft, column.path) == values(original, column.path) or not original.applicants, (
                column
            )


def test_all_parties_stand_on_their_sheets_joined_to_their_lead(odd, officer):
    book = exported.sheets_of(exported.finished(officer).file.path)
    many = odd[3]
    assert list(book) == [layout.name for layout in sheets.SHEETS]
    persons = [row for row in book["Applicants"] if row["leadops id"] == str(many.pk)]
    assert [(row["Applicant no"], row["Primary"], row["Signatory"], row["Tags"]) for row in persons] == [
        (1, "yes", "no", None),
        (2, "no", "yes", "guarantor"),
    ]
    assert [row["PAN"] for row in persons] == [each.pan_no for each in many.applicants.all()]
    banks = [row for row in book["Banks"] if row["leadops id"] == str(many.pk)]
    assert [(row["Applicant no"], row["Bank no"]) for row in banks] == [(1, 1), (1, 2), (2, 1)]
    homes = [row for row in book["Addresses"] if row["leadops id"] == str(many.pk)]
    assert [(row["Applicant no"], row["Address no"]) for row in homes] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert {row["Partner reference"] for row in persons + banks + homes} == {many.partner_ref_id}


def test_loan_accounts_stand_on_theirs(odd, officer, program):
    Lead.objects.filter(pk=odd[0].pk).update(status=Lead.Status.SUBMITTED)
    odd[0].refresh_from_db()
    loan_accounts.open_account(odd[0], "CL-1", program)
    [row] = exported.sheets_of(exported.finished(officer).file.path)["LoanAccounts"]
    assert (row["leadops id"], row["Loan account"], row["Account status"]) == (
        str(odd[0].pk),
        "CL-1",
        "pending",
    )


def test_no_cell_is_a_formula_and_numbers_keep_their_zeros(odd, officer):
    path = exported.finished(officer).file.path
    kinds = {cell.data_type for sheet in exported.book(path) for row in sheet for cell in row}
    assert "f" not in kinds
    [row] = [row for row in exported.sheets_of(path)["Leads"] if row["Partner reference"] == "=1+1"]
    assert (row["Account number"], row["Source"]) == ("000123456789", "+cmd")


def test_dates_are_dates_and_amounts_numbers(odd, officer):
    row = exported.sheets_of(exported.finished(officer).file.path)["Leads"][-1]
    draft = exported.odd_drafts()[0]
    assert row["Date of birth"].date() == draft.applicants[0].date_of_birth
    assert (row["Loan amount"], row["Loan tenure"]) == (float(draft.loan_amount), draft.loan_tenure)


# Who sees what -------------------------------------------------------------------------------------------------


SECRETS = ("Mobile", "PAN", "E-mail", "Account number", "Document number", "Date of birth")


def test_masked_shows_none_of_the_personal_numbers(odd, officer):
    whole = exported.sheets_of(exported.finished(officer).file.path)
    masked = exported.sheets_of(exported.finished(officer, Export.Shown.MASKED).file.path)
    compared = 0
    for name, rows in whole.items():
        for row, hidden in zip(rows, masked[name], strict=True):
            for header in set(SECRETS) & row.keys():
                compared += bool(row[header])
                assert not row[header] or hidden[header] != row[header]
    assert compared > 40
    row = masked["Leads"][-1]
    pan, mobile = odd[0].applicants.get().pan_no, odd[0].primary_mobile
    assert (row["PAN"], row["Mobile"]) == (f"{pan[:2]}XXXXX{pan[-3:]}", f"••••{mobile[-4:]}")
    assert row["E-mail"].endswith("••••@example.com")
    assert row["Date of birth"].startswith("••/••/")


IN_TEXTS = "abcpv0001l, a/c 501-000 1234 5678, 98111 11111, asha@example.com"


@pytest.mark.parametrize("shown", [Export.Shown.MASKED, Export.Shown.NUMBERS_MASKED])
def test_numbers_in_what_people_typed_are_masked_too(partner, program, officer, shown):
    """Whatever is a text and neither a code nor chosen from a list."""
    draft = people.drafts(1)[0]
    person = draft.applicants[0]
    person.banks[:], person.addresses[:] = person.banks[:1], person.addresses[:1]
    codes = {"identity_type", "identity_issuer_code", "nationality", "pincode", "country", "fias_id"}
    codes |= {"account_type", "ifsc", "ref_id", "product_type", "status"}
    if shown == Export.Shown.NUMBERS_MASKED:
        codes |= {"partner_ref_id", "primary_email"}  # shown whole
    typed = 0
    [lead] = exported.stored(partner, program, [draft])
    leads.submit([lead])
    account = loan_accounts.open_account(lead, "LA-1", program)
    for row in (lead, person := lead.applicants.get(), person.addresses.get(), person.banks.get(), account):
        for field in row._meta.concrete_fields:
            is_text = isinstance(field, CharField | TextField) and not field.choices
            if is_text and not isinstance(field, EncryptedTextField) and field.name not in codes:
                setattr(row, field.name, IN_TEXTS[: field.max_length])
                typed += 1
        row.save()
    read = exported.sheets_of(exported.finished(officer, shown).file.path)
    cells = {
        (name, header): str(text).lower() for name, [row] in read.items() for header, text in row.items()
    }
    secrets = ("abcpv0001l", "501-000", "98111", "asha@")
    assert typed > 15
    assert [at for at, text in cells.items() if any(secret in text for secret in secrets)] == []


def test_a_partner_without_the_scope_sees_mobiles_and_no_numbers(odd, partner):
    asked = Export(road=Export.Road.API, partner=partner, what="-", shown=Export.Shown.NUMBERS_MASKED)
    with exports.at_once(Lead.objects.all(), asked) as file:
        row = exported.sheets_of(file)["Leads"][-1]
    assert row["Mobile"] == odd[0].primary_mobile
    assert row["PAN"] == odd[0].applicants.get().pan_no[:2] + "XXXXX" + odd[0].applicants.get().pan_no[-3:]
    assert row["Account number"].startswith("••••")


@pytest.mark.parametrize("shown", [Export.Shown.MASKED, Export.Shown.NUMBERS_MASKED])
def test_masked_values_are_left_out_when_they_come_back(odd, officer, tmp_path, shown):
    path = exported.copied(exported.finished(officer, shown), tmp_path / "leads.xlsx")
    first, *rows = exported.leads_rows(path)
    header = Header(first.cells)
    for row in rows[1:]:
        draft, found = header.draft(row.cells)
        person = draft.applicants[0]
        assert (person.pan_no, person.identity_document.series, person.identity_document.number) == (
            "",
            "",
            "",
        )
        assert [bank.account_no for bank in person.banks] == [""]
        assert {each.code for each in found} == {"masked_value"}
        assert not any(each.is_error for each in found)
        assert bool(draft.primary_mobile) is (shown != Export.Shown.MASKED)


def test_the_import_knows_every_field_that_an_export_hides():
    hidden = export_rows.MASKS[Export.Shown.MASKED].keys() - export_rows.TEXTS.keys()
    assert {name.removeprefix("identity_") for name in hidden} == MASKED_IN_EXPORTS


def test_dots_in_plain_words_are_no_mask(officer):
    header = Header(["Mobile", "Name", "Remarks"])
    draft, found = header.draft(["9800000001", "Asha • Verma", "• call • XXXXX"])
    assert (draft.applicants[0].name, draft.remarks, found) == ("Asha • Verma", "• call • XXXXX", [])


# Which leads ---------------------------------------------------------------------------------------------------


def test_what_is_chosen_is_chosen_when_it_is_ordered(odd, officer, program):
    asked = Export(road=Export.Road.ADMIN, officer=officer, what="Drafts", shown=Export.Shown.WHOLE)
    export = exports.order(Lead.objects.filter(status=Lead.Status.DRAFT), asked)
    Lead.objects.filter(pk=odd[0].pk).update(status=Lead.Status.DROPPED)
    people.leads_of(people.partner("Moonlight Credit", "moonlight"), program)
    exports.run(export.pk)
    export.refresh_from_db()
    rows = exported.sheets_of(export.file.path)["Leads"]
    assert [row["leadops id"] for row in rows] == [str(lead.pk) for lead in reversed(odd)]
    assert (export.leads, export.done, bytes(export.chosen)) == (5, 5, b"")


def test_ids_are_read_a_few_at_a_time_and_none_twice(partner, program, officer, monkeypatch):
    monkeypatch.setattr(exports, "IDS_A_READ", 3)
    monkeypatch.setattr(export_rows, "LEADS_A_READ", 2)
    made = people.leads_of(partner, program, 8)
    rows = exported.sheets_of(exported.finished(officer).file.path)["Leads"]
    assert [row["leadops id"] for row in rows] == [str(lead.pk) for lead in reversed(made)]


def test_no_lead_makes_a_workbook_of_headers(officer):
    export = exports.order(Lead.objects.none(), Export(road=Export.Road.ADMIN, officer=officer, what="None"))
    exports.run(export.pk)
    export.refresh_from_db()
    assert exported.sheets_of(export.file.path) == {layout.name: [] for layout in sheets.SHEETS}
    assert export.percent == 100


def test_more_than_one_workbook_holds_is_refused_and_leaves_nothing(odd, officer, monkeypatch):
    monkeypatch.setattr(exports, "MOST", 4)
    with pytest.raises(exports.TooManyLeads, match="more than 4 leads"):
        exported.ordered(officer)
    assert not Export.objects.exists()


def test_a_sheet_that_overflows_ends_the_export_in_words(odd, officer, monkeypatch):
    monkeypatch.setattr("leadops.excel.writer.MOST_ROWS", 5)
    export = exported.ordered(officer)
    exports.run(export.pk)
    export.refresh_from_db()
    assert export.state == State.FAILED
    assert export.problem.startswith("The sheet Leads would have more than")
    assert not export.file


# To its end ----------------------------------------------------------------------------------------------------


@pytest.fixture
def many(partner, program, monkeypatch) -> list[Lead]:
    """More leads than are read at once."""
    monkeypatch.setattr(export_rows, "LEADS_A_READ", 2)
    return people.leads_of(partner, program, 5)


def break_at(monkeypatch, at: int, error: BaseException) -> None:
    """Let writing end with `error` at part number `at`."""
    made, parts = export_rows._Reading.rows, iter(range(100))

    def rows(*given):
        if next(parts) == at:
            raise error
        return made(*given)

    monkeypatch.setattr(export_rows._Reading, "rows", rows)


def leases_end() -> None:
    Export.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


class Killed(BaseException):
    """As SIGKILL: nothing of ours runs afterwards."""


def test_a_killed_worker_s_export_is_begun_anew_and_whole(many, officer, monkeypatch):
    export = exported.ordered(officer)
    with monkeypatch.context() as broken:
        break_at(broken, 1, Killed())
        with pytest.raises(Killed):
            exports.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.done) == (State.RUNNING, 2)
    exports.resume()  # it may still be in somebody's hands
    export.refresh_from_db()
    assert export.state == State.RUNNING
    leases_end()
    exports.resume()
    export.refresh_from_db()
    assert (export.state, export.done, export.attempts) == (State.DONE, 5, 2)
    assert len(exported.sheets_of(export.file.path)["Leads"]) == 5


def test_an_order_whose_ring_was_lost_is_found(many, officer):
    export = exported.ordered(officer)
    exports.resume()
    export.refresh_from_db()
    assert (export.state, export.attempts) == (State.DONE, 1)


def test_a_fault_of_ours_ends_it_in_words_and_keeps_no_file(many, officer, monkeypatch, tmp_path, caplog):
    break_at(monkeypatch, 2, ValueError("+919800000001"))
    export = exported.ordered(officer)
    exports.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.problem) == (State.FAILED, exports.OUR_FAULT)
    assert not export.file
    assert not (tmp_path / "exports").exists()
    assert "ValueError" in caplog.text
    assert "9800000001" not in caplog.text


def test_an_export_that_never_ends_is_given_up(many, officer, monkeypatch):
    export = exported.ordered(officer)
    break_at(monkeypatch, 0, Killed())
    for _ in range(exports.MOST_ATTEMPTS):
        leases_end()
        monkeypatch.undo()
        break_at(monkeypatch, 0, Killed())
        with pytest.raises(Killed):
            exports.run(export.pk)
    leases_end()
    exports.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.problem) == (State.FAILED, exports.OUR_FAULT)


def test_two_workers_write_one_file(many, officer, monkeypatch, tmp_path):
    export = exported.ordered(officer)
    made = export_rows._Reading.rows

    def slowly(*given):
        """The second worker comes by while the first one writes, and finds its lease ended."""
        monkeypatch.setattr(export_rows._Reading, "rows", made)
        leases_end()
        exports.run(export.pk)
        return made(*given)

    monkeypatch.setattr(export_rows._Reading, "rows", slowly)
    exports.run(export.pk)
    export.refresh_from_db()
    assert (export.state, export.attempts) == (State.DONE, 2)
    assert len([*(tmp_path / "exports").iterdir()]) == 1


def test_an_answer_that_broke_off_does_not_stay_open(many, partner, monkeypatch):
    break_at(monkeypatch, 0, Killed())
    asked = Export(road=Export.Road.API, partner=partner, what="-")
    with pytest.raises(Killed):
        exports.at_once(Lead.objects.all(), asked)
    leases_end()
    exports.resume()
    asked.refresh_from_db()
    assert (asked.state, asked.problem) == (State.FAILED, exports.BROKE_OFF)


def test_old_workbooks_go_and_what_is_told_of_them_stays(many, officer, tmp_path):
    old, new = exported.finished(officer), exported.finished(officer)
    day_ago = time.time() - 24 * 3600 - 60
    os.utime(old.file.path, (day_ago, day_ago))
    left_over = tmp_path / "exports" / "left-by-a-killed-worker"
    left_over.write_bytes(b"x")
    os.utime(left_over, (day_ago, day_ago))
    exports.prune()
    assert [str(path) for path in (tmp_path / "exports").iterdir()] == [new.file.path]
    assert Export.objects.filter(pk=old.pk, leads=5).exists()
    old.finished_at = timezone.now() - timedelta(hours=25)
    assert not old.can_be_fetched
    assert new.can_be_fetched


def test_reading_takes_six_queries_for_some_hundred_leads(
    many, officer, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(export_rows, "LEADS_A_READ", 500)
    reading = export_rows._Reading(Export.Shown.MASKED)
    with django_assert_num_queries(6):
        reading.rows([lead.pk for lead in many])


def test_progress_tells_how_far_it_is(many, officer, monkeypatch):
    export = exported.ordered(officer)
    with monkeypatch.context() as broken:
        break_at(broken, 2, Killed())
        with pytest.raises(Killed):
            exports.run(export.pk)
    export.refresh_from_db()
    said = exports.progress(export)
    assert (said["done"], said["leads"], said["percent"], said["finished"]) == (4, 5, 80, False)
    assert said["seconds_left"] is not None


def test_the_file_says_nothing_by_its_name_and_is_for_its_owner_alone(many, officer):
    export = exported.finished(officer)
    assert len(export.file.name.removeprefix("exports/")) == 32
    assert os.stat(export.file.path).st_mode & 0o077 == 0


def test_the_order_holds_no_more_than_ids(many, officer):
    export = exported.ordered(officer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(chosen) FROM leadops_export WHERE id = %s", [export.pk])
        assert cursor.fetchone() == (5 * 16,)
