"""Documents follow their lead to a vendor that is to be sent such, once each, as any other record does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.admin.standing import MOST_EXCHANGES, standing_of
from crm_integrations.models import Connection, Delivery, Exchange, Reconciliation, State
from crm_integrations.reconciling.comparing import Comparison
from leadops.models import Document, Lead
from leadops.models.files import document_store
from leadops.services import documents, lead_merging, lead_unmerging, leads
from leadops.services.document_events import By
from leadops.services.document_storing import Given
from tests import vendors
from tests.crm_integrations.in_hand import make_due
from tests.leadops import papers
from tests.leadops.api.callers import Caller

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def crego(transactional_db, vendor_sandbox, settings, tmp_path) -> Connection:
    settings.MEDIA_ROOT = tmp_path
    settings.DELIVERY_RETRIES = settings.DELIVERY_LOOKUPS = (0,) * 5
    return sending({"PAN": "PAN_CARD"}, vendors.connect(vendor_sandbox.url, "crego_crm")["crego_crm"])


def sending(types: dict[str, str], connection: Connection) -> Connection:
    connection.settings = {"document_types": types}
    connection.full_clean()
    connection.save()
    return connection


@pytest.fixture
def by(partner) -> By:
    return By(partner=partner, key_prefix="lo_live_abcd")


@pytest.fixture
def add(by) -> Callable[..., Document]:
    """Hands in a PDF of so many pages, each count another file."""

    def added(lead: Lead, document_type: str = "PAN", pages: int = 1, **given: Any) -> Document:
        file = SimpleUploadedFile("Asha Verma.pdf", papers.pdf(pages, given.get("password", "")))
        told = Given(document_type, ["self-attested"], file, **given)
        return documents.add(lead, told, by)

    return added


def sent() -> list[str]:
    found = Delivery.objects.filter(kind="document").order_by("id")
    return [each.state for each in found]


def held(vendor_sandbox) -> list[dict[str, Any]]:
    return [each["body"] for each in vendor_sandbox.held("crego_crm") if each["kind"] == "document"]


@pytest.mark.parametrize("comes_first", [True, False])
def test_a_document_reaches_the_vendor_that_has_its_lead_whichever_was_first(
    receive, crego, vendor_sandbox, add, comes_first
):
    lead = receive()
    document = add(lead) if comes_first else None
    assert sent() == []
    engine.drain()
    document = document or add(lead)
    engine.drain()
    [delivery] = Delivery.objects.filter(kind="document")
    [body] = held(vendor_sandbox)
    assert (delivery.state, delivery.lead_id) == (State.DELIVERED, lead.pk)
    with document_store().open(document.file.name) as file:
        content = file.read()
    assert body == {
        "related_model": "lead",
        "related_model_id": lead.deliveries.get(kind="lead").reference,
        "document_type": "PAN_CARD",
        "tags": ["self-attested", delivery.ref],
        "file": {
            "name": "PAN_CARD.pdf", "content_type": "application/pdf", "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    }  # fmt: skip
    lead.refresh_from_db()
    assert lead.sync_status == Lead.SyncStatus.DELIVERED


def test_nothing_goes_where_no_type_is_named_and_no_other_type_goes(receive, crego, vendor_sandbox, add):
    lead = receive()
    add(lead, "BANK_STATEMENT")
    engine.drain()
    add(lead, "GST")
    sending({}, crego)
    add(lead, "PAN")
    engine.drain()
    assert (sent(), held(vendor_sandbox)) == ([], [])


def test_what_is_kept_of_the_call_is_its_form_and_not_the_file(receive, crego, add):
    document = add(receive())
    engine.drain()
    call = Exchange.objects.get(operation="create_document")
    kept = json.loads(call.request_body)
    assert kept["file"] == {
        "content_type": "application/pdf",
        "bytes": document.size,
        "sha256": document.sha256,
    }
    assert ["document_type", "PAN_CARD"] in kept["form"]
    assert "%PDF" not in call.request_body + call.response_body


def test_another_file_is_another_document_and_the_same_one_is_not_sent_twice(
    receive, crego, vendor_sandbox, add, by
):
    lead = receive()
    document = add(lead)
    engine.drain()
    documents.change(document, Given(None, ["new tag"]), by)
    engine.drain()
    assert len(held(vendor_sandbox)) == 1
    other = SimpleUploadedFile("b.pdf", papers.pdf(3))
    documents.change(document, Given(None, None, other), by)
    engine.drain()
    assert [each["file"]["sha256"] for each in held(vendor_sandbox)][1] == Document.objects.get().sha256
    assert sent() == [State.DELIVERED] * 2


@pytest.mark.parametrize("change", ["delete", "change"])
def test_what_is_changed_before_it_is_sent_does_not_go(receive, crego, vendor_sandbox, add, by, change):
    lead = receive()
    engine.drain()
    document = add(lead)
    if change == "delete":
        documents.delete(document, by)
    else:
        documents.change(document, Given("GST"), by)
    engine.drain()
    assert (sent(), held(vendor_sandbox)) == ([State.CANCELLED], [])
    assert Delivery.objects.get(kind="document").reason == outbox.documents.CHANGED


def test_a_document_that_is_again_what_it_was_goes_after_all(receive, crego, vendor_sandbox, add, by):
    lead = receive()
    engine.drain()
    document = add(lead)
    documents.change(document, Given("GST"), by)
    engine.drain()
    documents.change(document, Given("PAN"), by)
    engine.drain()
    assert (sent(), len(held(vendor_sandbox))) == ([State.DELIVERED], 1)
    outbox.cancel(Delivery.objects.filter(kind="document").values_list("pk", flat=True))
    add(lead, pages=2)
    assert sent() == [State.DELIVERED, State.QUEUED]


def test_what_an_officer_cancelled_stays_so_until_an_officer_sends_it(
    receive, crego, vendor_sandbox, add, admin_user
):
    lead = receive()
    engine.drain()
    add(lead)
    outbox.cancel(Delivery.objects.filter(kind="document").values_list("pk", flat=True))
    add(lead, pages=2)
    engine.drain()
    assert sent() == [State.CANCELLED, State.DELIVERED]
    assert leads.submit([lead], [crego.pk], by=admin_user) == 1
    engine.drain()
    assert sent() == [State.DELIVERED] * 2


OTHER = {
    "file": (lambda: Given(None, None, SimpleUploadedFile("b.pdf", papers.pdf(3))), "PAN_CARD"),
    "type": (lambda: Given("GST"), "GST_CERTIFICATE"),
}


@pytest.mark.parametrize("other", OTHER)
def test_a_document_that_is_changed_while_its_call_is_made_does_not_go(
    receive, crego, vendor_sandbox, add, by, monkeypatch, other
):
    sending({"PAN": "PAN_CARD", "GST": "GST_CERTIFICATE"}, crego)
    given, their_type = OTHER[other]
    lead = receive()
    engine.drain()
    document, claim = add(lead), outbox.claim()
    read = engine.snapshots.of_deliveries

    def read_and_change(deliveries):
        found = read(deliveries)
        monkeypatch.setattr(engine.snapshots, "of_deliveries", read)
        documents.change(document, given(), by)
        return found

    monkeypatch.setattr(engine.snapshots, "of_deliveries", read_and_change)
    engine.deliver(claim)
    assert sent() == [State.CANCELLED, State.QUEUED]
    engine.drain()
    [body] = held(vendor_sandbox)
    assert (body["document_type"], body["file"]["sha256"]) == (their_type, Document.objects.get().sha256)


@pytest.mark.parametrize("fault", ["cut_after", "500_after"])
def test_a_lost_answer_is_asked_for_and_nothing_sent_twice(receive, crego, vendor_sandbox, add, fault):
    lead = receive()
    engine.drain()
    vendor_sandbox.fault("crego_crm", fault, kinds=["document"], times=1)
    add(lead)
    engine.drain()
    [delivery] = Delivery.objects.filter(kind="document")
    assert (delivery.state, delivery.attempts, delivery.lookups) == (State.DELIVERED, 1, 0)
    assert [each["kind"] for each in vendor_sandbox.calls("crego_crm")][-2:] == ["document", "find"]
    assert len(held(vendor_sandbox)) == 1
    assert delivery.reference == vendor_sandbox.held("crego_crm")[-1]["id"]


def test_what_never_arrived_is_sent_after_two_looks(receive, crego, vendor_sandbox, add):
    lead = receive()
    engine.drain()
    vendor_sandbox.fault("crego_crm", "cut_before", kinds=["document"], times=1)
    add(lead)
    for _ in range(3):
        engine.drain()
        make_due()
    assert (sent(), len(held(vendor_sandbox))) == ([State.DELIVERED], 1)
    assert Delivery.objects.get(kind="document").attempts == 2


def test_a_file_with_a_password_is_not_sent_and_says_why(receive, crego, vendor_sandbox, add):
    lead = receive()
    add(lead, password="sesame")
    engine.drain()
    delivery = Delivery.objects.get(kind="document")
    assert (delivery.state, held(vendor_sandbox)) == (State.SKIPPED, [])
    assert delivery.reason == "Crego has no place for the password that the file opens with."


def test_a_file_that_is_gone_needs_a_person(receive, crego, vendor_sandbox, add):
    lead = receive()
    document = add(lead)
    document_store().delete(document.file.name)
    engine.drain()
    delivery = Delivery.objects.get(kind="document")
    assert (delivery.state, delivery.reason) == (State.FAILED, "The file is not in the store of documents.")
    lead.refresh_from_db()
    assert lead.sync_status == Lead.SyncStatus.DELIVERED  # which its partner reads
    assert str(delivery) == f"Document of {lead} → crego_crm"


def test_a_file_that_was_exchanged_in_the_store_is_not_sent(receive, crego, vendor_sandbox, add):
    document = add(receive())
    with open(document_store().path(document.file.name), "wb") as file:
        file.write(papers.pdf(4))
    engine.drain()
    delivery = Delivery.objects.get(kind="document")
    assert (delivery.state, held(vendor_sandbox)) == (State.FAILED, [])
    assert "not the one that was handed in" in delivery.reason


def test_a_store_that_is_away_is_asked_again(receive, crego, vendor_sandbox, add, monkeypatch):
    add(receive())

    def away(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(type(document_store()), "open", away)
        engine.drain()
    delivery = Delivery.objects.get(kind="document")
    assert (delivery.state, delivery.attempts) == (State.RETRYING, 0)
    assert (delivery.due_at - delivery.updated_at).total_seconds() > 200
    make_due()
    engine.drain()
    assert (sent(), len(held(vendor_sandbox))) == ([State.DELIVERED], 1)


def test_nothing_of_a_lead_that_the_lender_ended_goes(receive, crego, vendor_sandbox, add):
    lead = receive()
    engine.drain()
    add(lead)
    Lead.objects.filter(pk=lead.pk).update(status=Lead.Status.DECLINED)
    engine.drain()
    assert (sent(), held(vendor_sandbox)) == ([State.CANCELLED], [])


def test_an_officer_who_sends_a_lead_again_sends_the_documents_that_were_not(
    receive, crego, vendor_sandbox, add, admin_user
):
    sending({}, crego)
    lead = receive()
    add(lead)
    engine.drain()
    sending({"PAN": "PAN_CARD"}, crego)
    assert leads.submit([lead], [crego.pk], by=admin_user) == 1
    assert leads.submit([lead], [crego.pk], by=admin_user) == 0
    engine.drain()
    assert (sent(), len(held(vendor_sandbox))) == ([State.DELIVERED], 1)
    assert len([each for each in vendor_sandbox.held("crego_crm") if each["kind"] == "lead"]) == 1


def test_what_was_skipped_before_its_type_was_named_is_sent_with_the_lead(
    receive, crego, vendor_sandbox, add, admin_user
):
    lead = receive()
    engine.drain()
    add(lead)
    sending({}, crego)
    engine.drain()
    assert sent() == [State.SKIPPED]
    sending({"PAN": "PAN_CARD"}, crego)
    assert leads.submit([lead], [crego.pk], by=admin_user) == 1
    engine.drain()
    assert (sent(), len(held(vendor_sandbox))) == ([State.DELIVERED], 1)


def test_documents_of_many_leads_are_queued_in_as_many_queries_as_of_one(
    receive, crego, add, django_assert_max_num_queries, admin_user
):
    many = [receive(number) for number in range(6)]
    engine.drain()
    sending({}, crego)
    for lead in many:
        add(lead)
    sending({"PAN": "PAN_CARD"}, crego)
    with CaptureQueriesContext(database) as one:
        assert leads.submit(many[:1], [crego.pk], by=admin_user) == 1
    with django_assert_max_num_queries(len(one)):
        assert leads.submit(many[1:], [crego.pk], by=admin_user) == 5


def test_a_connection_that_is_switched_off_is_queued_nothing(receive, crego, add):
    lead = receive()
    engine.drain()
    Connection.objects.update(enabled=False)
    add(lead)
    assert sent() == []


def test_a_partner_does_not_send_what_an_officer_cancelled(receive, crego, add, key):
    lead = receive()
    engine.drain()
    add(lead)
    outbox.cancel(Delivery.objects.filter(kind="document").values_list("pk", flat=True))
    answer = Caller(key).post(f"/v1/crm/leads/{lead.pk}/send_to_service/", {"service": "crego_crm"})
    assert answer.status_code == 200, answer.content
    assert sent() == [State.CANCELLED]


def test_what_came_along_with_a_merged_lead_goes_where_the_kept_one_is(
    receive, crego, vendor_sandbox, add, admin_user
):
    kept = receive()
    engine.drain()
    other = receive(1)
    other.deliveries.all().delete()
    document = add(other)
    with transaction.atomic():
        lead_merging.merge(kept.pk, other.pk, [], admin_user)
    engine.drain()
    [body] = held(vendor_sandbox)
    assert body["related_model_id"] == kept.deliveries.get(kind="lead").reference
    assert body["file"]["sha256"] == document.sha256


def test_what_was_on_its_way_with_a_merged_lead_goes_with_the_kept_one_and_back_again(
    receive, crego, vendor_sandbox, add, admin_user
):
    kept, other = receive(), receive(1)
    engine.drain()
    add(other)
    with transaction.atomic():
        merged = lead_merging.merge(kept.pk, other.pk, [], admin_user)
    engine.drain()
    references = {each.lead_id: each.reference for each in Delivery.objects.filter(kind="lead")}
    assert [each["related_model_id"] for each in held(vendor_sandbox)] == [references[kept.pk]]
    lead_unmerging.undo(merged.pk, admin_user)
    engine.drain()
    assert [each["related_model_id"] for each in held(vendor_sandbox)][1:] == [references[other.pk]]


def test_what_was_cancelled_with_a_dropped_lead_goes_when_the_lead_is_back(
    receive, crego, vendor_sandbox, add, admin_user
):
    lead = receive()
    engine.drain()
    add(lead)
    Lead.objects.filter(pk=lead.pk).update(status=Lead.Status.DROPPED)
    engine.drain()
    Lead.objects.filter(pk=lead.pk).update(status=Lead.Status.SUBMITTED)
    assert leads.submit([lead], [crego.pk], by=admin_user) == 1
    engine.drain()
    assert (sent(), len(held(vendor_sandbox))) == ([State.DELIVERED], 1)


def test_a_document_is_not_asked_for_without_the_vendor_s_id_of_its_lead(receive, crego, vendor_sandbox, add):
    lead = receive()
    engine.drain()
    vendor_sandbox.fault("crego_crm", "cut_after", kinds=["document"], times=1)
    add(lead)
    claim = outbox.claim()
    engine.deliver(claim)
    assert sent() == [State.UNKNOWN]
    Delivery.objects.filter(kind="lead").update(state=State.REVIEW)
    for _ in range(4):
        make_due()
        engine.drain()
    assert sent() != [State.QUEUED]
    assert len(held(vendor_sandbox)) == 1
    assert "without its id of the lead" in Delivery.objects.get(kind="document").reason


@pytest.mark.parametrize("swept", [False, True], ids=["told at once", "found by the sweep"])
def test_a_document_whose_lead_is_doubted_waits_until_that_is_found_again(
    receive, crego, vendor_sandbox, add, swept
):
    lead = receive()
    engine.drain()
    add(lead)
    told = lead.deliveries.filter(kind="lead")
    reference = told.get().reference
    outbox.doubt([told.get().pk], "The vendor lists it no more.")
    told.update(due_at=timezone.now() + timedelta(hours=1))
    engine.drain()
    assert sent() == [State.WAITING]
    if swept:
        told.update(state=State.DELIVERED, reference=reference)
        outbox.sweep()
    make_due()
    engine.drain()
    assert (sent(), len(held(vendor_sandbox))) == ([State.DELIVERED], 1)


def test_another_connection_s_id_of_the_lead_is_not_this_one_s(receive, crego, vendor_sandbox, add):
    lead = receive()
    engine.drain()
    other = Connection(vendor="crego_crm", name="other", base_url=crego.base_url)
    other.secrets = crego.secrets
    sending({}, other)
    facts = {"record_id": lead.pk, "version": 1, "ref": "other", "state": State.DELIVERED}
    lead.deliveries.create(
        connection=other, kind="lead", reference="elsewhere", delivered_at=timezone.now(), **facts
    )
    add(lead)
    engine.drain()
    [body] = held(vendor_sandbox)
    assert body["related_model_id"] == lead.deliveries.get(kind="lead", connection=crego).reference


def test_leads_do_not_wait_for_documents_that_are_refused_as_a_whole(receive, crego, vendor_sandbox, add):
    lead = receive()
    engine.drain()
    vendor_sandbox.fault("crego_crm", "redirect", kinds=["document"])
    add(lead)
    engine.drain()
    crego.refresh_from_db()
    assert (sent(), crego.paused) == ([State.REJECTED], False)
    other = receive(1)
    engine.drain()
    assert other.deliveries.get(kind="lead").state == State.DELIVERED


def test_a_token_that_is_no_good_pauses_whatever_it_was_shown_for(receive, crego, vendor_sandbox, add):
    lead = receive()
    engine.drain()
    vendor_sandbox.fault("crego_crm", "401", kinds=["document"])
    add(lead)
    engine.drain()
    crego.refresh_from_db()
    assert (sent(), crego.paused) == ([State.QUEUED], True)


def test_no_test_lead_s_document_goes_to_a_live_connection(receive, crego, vendor_sandbox, add):
    lead = receive()
    engine.drain()
    add(lead)
    Connection.objects.update(test_space=True)
    engine.drain()
    assert (sent(), held(vendor_sandbox)) == ([State.CANCELLED], [])


def test_a_reconciliation_does_not_look_for_documents_among_the_leads(receive, crego, vendor_sandbox, add):
    add(receive())
    engine.drain()
    today = timezone.localdate()
    asked = Reconciliation(connection=crego, first_on=today, last_on=today)
    assert {each.kind for each in Comparison.begun(asked).in_scope()} == {"lead"}
    assert sent() == [State.DELIVERED]


# Where they are told ---------------------------------------------------------------------------------------------


IN_THE_PANEL = '<span class="lo-quiet">document PAN</span>'


def page_of(admin_client, lead: Lead) -> str:
    return admin_client.get(reverse("admin:leadops_lead_change", args=[lead.pk])).content.decode()


def test_the_lead_s_page_names_the_document_of_each_delivery(receive, crego, add, admin_client, by):
    lead = receive()
    engine.drain()
    document = add(lead)
    engine.drain()
    add(lead, pages=2)
    page = page_of(admin_client, lead)
    assert page.count(IN_THE_PANEL) == 2
    assert "Delivered to crego_crm." not in page  # the second is on its way
    documents.delete(document, by)
    engine.drain()
    page = page_of(admin_client, lead)
    assert page.count(IN_THE_PANEL) == 1
    assert page.count('<span class="lo-quiet">of a document that was changed or deleted</span>') == 1
    assert "Delivered to crego_crm." in page


def test_a_lead_s_page_has_one_label_for_a_connection_however_many_documents_went_there(receive, crego, add):
    lead = receive()
    engine.drain()
    for pages in (1, 2, 3):
        add(lead, pages=pages)
    engine.drain()
    standing = standing_of(Lead.objects.get(pk=lead.pk))
    assert (len(standing.rows), len(standing.chips)) == (4, 1)
    [of_lead] = [row for row in standing.rows if row.is_of_lead]
    assert of_lead.preview_url
    assert not any(row.preview_url for row in standing.rows if row is not of_lead)


def test_many_documents_leave_the_lead_s_own_call_its_place(receive, crego, add, admin_client):
    lead = receive()
    engine.drain()
    for pages in range(1, MOST_EXCHANGES + 2):
        add(lead, pages=pages)
    engine.drain()
    row = next(each for each in standing_of(Lead.objects.get(pk=lead.pk)).rows if each.is_of_lead)
    assert [each.call.operation for each in row.sent.calls] == ["create_lead", "list_leads"]


def test_the_page_costs_the_same_however_many_documents_went(
    receive, crego, add, admin_client, django_assert_max_num_queries
):
    lead = receive()
    add(lead)
    engine.drain()
    page_of(admin_client, lead)
    with CaptureQueriesContext(database) as one:
        page_of(admin_client, lead)
    for pages in (2, 3, 4):
        add(lead, pages=pages)
    engine.drain()
    with django_assert_max_num_queries(len(one)):
        page_of(admin_client, lead)


def test_partners_are_not_told_where_documents_go(receive, crego, add, key):
    lead = receive()
    add(lead)
    engine.drain()
    told = Caller(key).get(f"/v1/crm/leads/{lead.pk}/deliveries/").json()["results"]
    assert [each["kind"] for each in told] == ["lead"]
    assert len(Caller(key).get(f"/v1/crm/leads/{lead.pk}/service_accounts/").json()) == 1


def test_the_sentence_of_why_names_the_document_it_is_about(receive, crego, add, admin_client):
    lead = receive()
    engine.drain()
    add(lead, password="sesame")
    engine.drain()
    page = page_of(admin_client, lead)
    assert "crego_crm, a document: " in page
    assert "crego_crm, document PAN" in page  # the timeline


def test_deliveries_are_found_by_their_kind(receive, crego, add, admin_client):
    add(receive())
    engine.drain()
    url = reverse("admin:crm_integrations_delivery_changelist")
    page = admin_client.get(url, {"kind__exact": "document"}).content.decode()
    assert page.count("/change/") == page.count(str(Delivery.objects.get(kind="document").pk)) > 0
