"""Personal data that is erased: by its age, or on an officer's word; nothing but the skeleton is left of it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.urls import reverse
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Delivery, Exchange, State
from leadops.errors import Gone, LeadStopped
from leadops.ids import uuid7
from leadops.models import (
    Applicant,
    Bank,
    BankVerification,
    Document,
    Erasure,
    Holder,
    ImportBatch,
    ImportRow,
    KeptAnswer,
    Lead,
    LoanAccount,
)
from leadops.services import (
    documents,
    erasure,
    kept_answers,
    lead_deletion,
    lead_merging,
    lead_unmerging,
    leads,
    legal_holds,
    loan_accounts,
    retention,
)
from leadops.services.document_events import By
from leadops.services.document_storing import Given
from tests.crm_integrations.in_hand import claimed, only
from tests.leadops import papers

pytestmark = pytest.mark.django_db(transaction=True)

AGE, REQUEST = Erasure.Cause.AGE, Erasure.Cause.REQUEST


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def keeping(program):
    """The program keeps personal data for thirty days."""
    program.keep_days = 30
    program.save()
    return program


def end(lead: Lead, days_ago: int, status: str = Lead.Status.DECLINED) -> None:
    """The lender ended it so long ago, and nothing happened since."""
    then = timezone.now() - timedelta(days=days_ago)
    Lead.objects.filter(pk=lead.pk).update(status=status, updated_at=then)


@pytest.fixture
def old(receive, keeping, monkeypatch):
    """Takes in the n-th lead as it was done long ago; its id tells."""

    def taken(number: int = 0, days_ago: int = 60) -> Lead:
        at = timezone.now() - timedelta(days=days_ago + 1)
        with monkeypatch.context() as patch:
            patch.setattr("leadops.ids.time.time_ns", lambda: int(at.timestamp() * 1e9))
            lead = receive(number)
        end(lead, days_ago)
        return lead

    return taken


def everything() -> bytes:
    """All that the database holds, sealed texts opened."""
    found = []
    with database.cursor() as cursor:
        for table in sorted(database.introspection.table_names(cursor)):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [f"{table} {row}" for (row,) in cursor.fetchall()]
    opened = [row.cells for row in ImportRow.objects.all()]
    opened += [answer.body for answer in KeptAnswer.objects.all()]
    for person in Applicant.objects.all():
        opened += [person.pan_no, person.primary_mobile, person.identity_number, person.tax_id]
    opened += [bank.account_no for bank in Bank.objects.all()]
    opened += [lead.primary_mobile for lead in Lead.with_deleted.all()]
    return "\n".join([*found, *opened]).encode()


def told_of(lead: Lead) -> list[str]:
    """What is known of the people behind `lead` and must be gone."""
    people = list(lead.applicants.all())
    said = [lead.primary_mobile.removeprefix("+91")]
    for person in people:
        said += [person.name, person.pan_no, person.primary_mobile, person.primary_email, person.father_name]
        said += [bank.account_no for bank in person.banks.all()]
        said += [address.address_line for address in person.addresses.all()]
    return [each for each in said if each]


def left_of(said: list[str]) -> list[str]:
    held = everything()
    return [each for each in said if each.encode() in held]


# What goes, and what stays ---------------------------------------------------------------------------------------


def test_nothing_is_left_of_the_people_and_all_of_the_skeleton(receive, connections, officer):
    lead = receive()
    only("ispcrm")
    engine.drain()
    bank = Bank.objects.filter(applicant__lead=lead).first()
    key = bank.verification_key
    BankVerification.objects.create(
        bank=bank, key=key, name_at_bank="ASHA", holder_match=90, applicant_match=90
    )
    said = [*told_of(lead), "ASHA"]
    LogEntry.objects.create(
        user=officer,
        content_type=ContentType.objects.get_for_model(Lead),
        object_id=str(lead.pk),
        object_repr=lead.reference,
        action_flag=CHANGE,
        change_message=json.dumps([{"changed": {"name": "applicant", "object": said[1]}}]),
    )
    assert len(left_of(said)) > 5, "else the search finds nothing at all"
    skeleton = Lead.objects.values("loan_amount", "partner_ref_id", "created_at", "program").get()
    erasure.erase(lead.pk, REQUEST, officer=officer, reason="The borrower asked for it")
    assert left_of(said) == []
    assert Lead.objects.values("loan_amount", "partner_ref_id", "created_at", "program").get() == skeleton
    lead.refresh_from_db()
    assert (lead.status, lead.sync_status, lead.primary_mobile_index) == ("dropped", "delivered", None)
    assert lead.erased_at is not None
    delivery = Delivery.objects.get()
    assert delivery.state == State.DELIVERED
    assert delivery.reference
    assert set(Exchange.objects.values_list("request_body", "response_body")) == {("", "")}


def test_what_was_erased_is_on_record_and_who_else_has_it_is_to_be_told(receive, connections, officer):
    lead = receive()
    only("ispcrm")
    engine.drain()
    done = erasure.erase(lead.pk, REQUEST, officer=officer, reason="The borrower asked for it")
    assert (done.officer, done.cause, done.reason) == (officer, REQUEST, "The borrower asked for it")
    assert done.what["applicants"] == lead.applicants.count()
    assert done.what["HTTP calls"] == 1
    assert set(Holder.objects.values_list("kind", "cause")) == {("vendor", "erasure"), ("partner", "erasure")}


def test_a_field_that_nobody_named_is_erased_too():
    """Of an applicant only these stay, whatever is added to the model."""
    blanked = set(erasure._blank(Applicant))
    stays = {"id", "created_at", "lead", "position", "applicant_type", "is_primary"}
    stays |= {"is_authorized_signatory", "business_type"}
    assert blanked == {field.name for field in Applicant._meta.concrete_fields} - stays


def test_documents_go_with_their_files(receive, officer, media):
    lead = receive()
    given = Given("PAN", [], SimpleUploadedFile("Asha Verma.pdf", papers.pdf(1)))
    documents.add(lead, given, By(officer))
    assert [path for path in media.rglob("*") if path.is_file()]
    erasure.erase(lead.pk, REQUEST, officer=officer)
    assert [path for path in media.rglob("*") if path.is_file()] == []
    assert not Document.objects.exists()
    assert set(lead.document_events.values_list("document", "deed")) == {("Erased", "added")}
    assert Erasure.objects.get().files == []


def test_a_file_that_its_store_keeps_is_deleted_the_next_night(receive, officer, media, monkeypatch):
    lead = receive()
    documents.add(lead, Given("PAN", [], SimpleUploadedFile("a.pdf", papers.pdf(1))), By(officer))

    def away(*_: object) -> None:
        raise OSError("away")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.files.storage.FileSystemStorage.delete", away)
        erasure.erase(lead.pk, REQUEST, officer=officer)
    assert len(Erasure.objects.get().files) == 1
    retention.erase_due()
    assert Erasure.objects.get().files == []
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_the_workbook_goes_and_the_rows_say_nothing_any_more(receive, partner, program, officer, media):
    lead, other = receive(0), receive(1)
    batch = ImportBatch(
        partner=partner, program=program, file_name="leads.xlsx", sha256="0" * 64, state="done"
    )
    batch.file.save("x", File(BytesIO(b"a workbook")))
    for number, of in enumerate([lead, lead, other], 1):
        ImportRow.objects.create(
            batch=batch, number=number, lead_row=1 if of == lead else 3, cells='["Asha"]', lead=of
        )
    below = ImportRow.objects.create(batch=batch, number=4, lead_row=1, cells='["12 MG Road"]')
    erasure.erase(lead.pk, REQUEST, officer=officer)
    assert [row.cells for row in batch.import_rows.order_by("number")] == ["", "", '["Asha"]', ""]
    below.refresh_from_db()
    batch.refresh_from_db()
    assert (below.cells, batch.file.name) == ("", "")
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_answers_that_are_kept_for_callers_are_let_go_of(receive, officer):
    lead, other = receive(0), receive(1)
    for each in (lead, other):
        call = kept_answers.Call.of("key", str(each.pk))
        kept_answers.begin(call)
        kept_answers.keep(call, 201, json.dumps({"id": str(each.pk), "mobile": "9800000001"}))
    erasure.erase(lead.pk, REQUEST, officer=officer)
    [kept] = KeptAnswer.objects.all()
    assert str(other.pk) in kept.body


def test_the_leads_that_were_merged_into_it_go_with_it(receive, officer):
    kept, other, third = found = [receive(number) for number in range(3)]
    said = [each for lead in found for each in told_of(lead)]
    lead_merging.merge(other.pk, third.pk, [], officer)
    lead_merging.merge(kept.pk, other.pk, [], officer)
    call = kept_answers.Call.of("key", "third")
    kept_answers.begin(call)
    kept_answers.keep(call, 201, json.dumps({"id": str(third.pk)}))
    erasure.erase(kept.pk, REQUEST, officer=officer, reason="The borrower asked for it")
    assert left_of(said) == []
    assert set(Erasure.objects.values_list("lead", "officer")) == {(each.pk, officer.pk) for each in found}
    assert not KeptAnswer.objects.exists()


def test_a_lead_that_is_its_own_again_stays(receive, officer):
    kept, other = receive(0), receive(1)
    undone = lead_merging.merge(kept.pk, other.pk, [], officer)
    lead_unmerging.undo(undone.pk, officer)
    erasure.erase(kept.pk, REQUEST, officer=officer)
    assert Erasure.objects.get().lead == kept


def test_the_night_counts_what_went_with_another_lead(receive, keeping, officer, old):
    kept, other = old(0), old(1)
    Lead.objects.update(status="draft")
    lead_merging.merge(kept.pk, other.pk, [], officer)
    then = timezone.now() - timedelta(days=60)
    Lead.with_deleted.update(status="dropped", updated_at=then)
    assert retention.erase_due() == (2, 0, 0)


def test_a_deleted_lead_is_erased_by_its_id_for_a_reason(receive, desk, capsys):
    lead = receive()
    said = told_of(lead)
    lead_deletion.delete(lead.pk)
    with pytest.raises(CommandError, match="without any number"):
        call_command("erase_lead", str(lead.pk), reason=f"The borrower of {said[0]} asked for it")
    call_command("erase_lead", str(lead.pk), reason="The borrower asked for it")
    assert left_of(said) == []
    assert Erasure.objects.get().reason == "The borrower asked for it"
    assert f"Erased of lead {lead.pk}: " in capsys.readouterr().out
    page = desk.get(reverse("admin:leadops_lead_holders", args=[lead.pk])).content.decode()
    assert lead.partner.name in page
    assert reverse("admin:leadops_lead_change", args=[lead.pk]) not in page
    listed = desk.get(reverse("admin:leadops_erasure_changelist")).content.decode()
    assert lead.reference in listed
    assert reverse("admin:leadops_lead_change", args=[lead.pk]) not in listed


# What must not be -------------------------------------------------------------------------------------------------


def test_nothing_of_it_is_sent_any_more(receive, connections, officer, vendor_sandbox):
    lead = receive()
    only("ispcrm")
    erasure.erase(lead.pk, REQUEST, officer=officer)
    assert outbox.retry(Delivery.objects.values_list("pk", flat=True)) == 0
    engine.drain()
    assert vendor_sandbox.calls("ispcrm") == []
    lead.refresh_from_db()
    with pytest.raises(LeadStopped):
        leads.submit([lead])


def test_a_legal_hold_stops_it_until_it_is_lifted(old, officer):
    lead = old()
    legal_holds.place(lead.pk, "Case 12 of 2026", officer)
    with pytest.raises(erasure.OnHold):
        erasure.erase(lead.pk, REQUEST, officer=officer)
    assert retention.erase_due().leads == 0
    with pytest.raises(legal_holds.HeldAlready):
        legal_holds.place(lead.pk, "Again", officer)
    legal_holds.lift(lead.pk, "It is decided", officer)
    with pytest.raises(legal_holds.NotHeld):
        legal_holds.lift(lead.pk, "Again", officer)
    assert retention.erase_due().leads == 1


def test_a_running_account_stops_it(receive, program, officer):
    lead = receive()
    loan_accounts.open_account(lead, "LA-1", program, officer)
    with pytest.raises(erasure.AccountRuns):
        erasure.erase(lead.pk, REQUEST, officer=officer)
    LoanAccount.objects.update(status="Closed")
    erasure.erase(lead.pk, REQUEST, officer=officer)
    lead.refresh_from_db()
    assert lead.status == "submitted", "what became of it stays"


def test_a_call_that_is_under_way_stops_it(receive, connections, officer):
    lead = receive()
    only("ispcrm")
    claim = claimed()
    with pytest.raises(Exception, match="under way just now"):
        erasure.erase(lead.pk, REQUEST, officer=officer)
    lead.refresh_from_db()
    assert (lead.erased_at, lead.status) == (None, "submitted")
    outbox.release(claim)
    erasure.erase(lead.pk, REQUEST, officer=officer)


def test_it_is_done_once(receive, officer):
    lead = receive()
    erasure.erase(lead.pk, REQUEST, officer=officer)
    with pytest.raises(erasure.ErasedBefore):
        erasure.erase(lead.pk, REQUEST, officer=officer)
    with pytest.raises(erasure.ErasedBefore):
        legal_holds.place(lead.pk, "Too late", officer)
    with pytest.raises(Gone):
        erasure.erase(uuid7(), REQUEST, officer=officer)


def test_no_document_is_added_to_it_any_more(receive, officer, media):
    lead = receive()
    erasure.erase(lead.pk, REQUEST, officer=officer)
    with pytest.raises(Gone):
        documents.add(lead, Given("PAN", [], SimpleUploadedFile("a.pdf", papers.pdf(1))), By(officer))
    assert [path for path in media.rglob("*") if path.is_file()] == []


# By night ---------------------------------------------------------------------------------------------------------


def test_the_night_erases_what_ended_long_enough_ago_and_nothing_else(old, receive):
    due, recent = old(0), old(1, days_ago=20)
    running = receive(2)
    deleted = old(3)
    Lead.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    done = retention.erase_due()
    assert done == (2, 0, 0)
    erased = set(Lead.with_deleted.exclude(erased_at=None).values_list("pk", flat=True))
    assert erased == {due.pk, deleted.pk}
    assert {recent.pk, running.pk}.isdisjoint(erased)
    assert set(Erasure.objects.values_list("cause", "officer")) == {("age", None)}


def test_a_program_that_says_nothing_keeps_everything(old, program):
    old()
    program.keep_days = None
    program.save()
    assert retention.erase_due() == (0, 0, 0)


def test_a_repaid_loan_is_counted_from_its_closing(old, program, officer):
    lead = old()
    Lead.objects.filter(pk=lead.pk).update(status="approved")
    then = timezone.now() - timedelta(days=60)
    LoanAccount.objects.create(program=program, lead=lead, ref_id="LA-1", status="closed")
    LoanAccount.objects.update(updated_at=then)
    Lead.objects.filter(pk=lead.pk).update(updated_at=then)
    assert retention.erase_due().leads == 1


def test_one_that_can_t_be_erased_does_not_keep_the_others(old, program, officer):
    running = old(0)
    LoanAccount.objects.create(program=program, lead=running, ref_id="LA-1")
    then = timezone.now() - timedelta(days=60)
    Lead.objects.filter(pk=running.pk).update(updated_at=then)
    old(1)
    assert retention.erase_due() == (1, 1, 0)


def test_rows_that_became_nobody_s_lead_go_with_their_import(keeping, partner, media):
    then = timezone.now() - timedelta(days=60)
    batch = ImportBatch(
        partner=partner, program=keeping, file_name="a.xlsx", sha256="0" * 64, state="done", failed=1
    )
    batch.file.save("x", File(BytesIO(b"a workbook")))
    row = ImportRow.objects.create(batch=batch, number=1, lead_row=1, cells='["Asha"]', outcome="failed")
    ImportBatch.objects.update(updated_at=then)
    assert retention.erase_due().imports == 1
    row.refresh_from_db()
    batch.refresh_from_db()
    assert (row.cells, batch.file.name, batch.failed, batch.takes_rows) == ("", "", 1, False)
    assert retention.erase_due().imports == 0


def test_the_command_says_what_was_done(old, capsys):
    old()
    call_command("erase_due")
    assert "Leads erased: 1. Imports emptied: 0." in capsys.readouterr().out
