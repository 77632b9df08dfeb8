"""What may be at a vendor since before is looked up there first, though it is sent as a new version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Delivery, Exchange, Route, State
from leadops.models import Lead, LoanAccount
from leadops.services import documents, leads, loan_accounts
from leadops.services.document_events import By
from leadops.services.document_storing import Given
from tests import people, vendors
from tests.crm_integrations.in_hand import make_due
from tests.leadops import papers

pytestmark = pytest.mark.django_db(transaction=True)
AS_NEVER_SENT: dict[str, Any] = {"once_unknown": False, "attempts": 0, "reference": "", "delivered_at": None}


@pytest.fixture
def sent_to(receive, connections, vendor_sandbox) -> Callable[[str], Lead]:
    """A lead that goes to this vendor alone, which holds it."""

    def sent(vendor: str) -> Lead:
        Route.objects.exclude(connection__vendor=vendor).delete()
        lead: Lead = receive()
        engine.drain()
        assert len(vendor_sandbox.held(vendor)) == 1
        return lead

    return sent


@pytest.fixture
def refused(receive, connections, vendor_sandbox) -> Lead:
    """A lead that Brainysoft, its only vendor, refused."""
    Route.objects.exclude(connection__vendor="brainysoft").delete()
    vendor_sandbox.fault("brainysoft", "error_flag", times=1)
    lead: Lead = receive()
    engine.drain()
    assert Delivery.objects.get().state == State.REJECTED
    return lead


def send_anew(lead: Lead) -> Delivery:
    """The lead is edited, submitted, and all that is due of it done."""
    leads.revise(lead)
    leads.submit([lead])
    deliver_all()
    return Delivery.objects.latest("version")


def deliver_all() -> None:
    """What is due, and what is to be looked up again."""
    for _ in range(4):
        engine.drain()
        make_due()


@pytest.mark.parametrize("state", [State.REJECTED, State.SUPERSEDED])
@pytest.mark.parametrize(
    ("vendor", "ends"),
    [("brainysoft", State.DELIVERED), ("crego_crm", State.DELIVERED), ("ispcrm", State.REVIEW)],
)
def test_a_new_version_of_what_was_once_unknown_makes_no_second_copy(
    sent_to, vendor_sandbox, vendor, ends, state
):
    lead = sent_to(vendor)
    Delivery.objects.update(**AS_NEVER_SENT | {"state": state, "once_unknown": True})
    newest = send_anew(lead)
    assert (newest.version, newest.state, newest.once_unknown) == (2, ends, True)
    assert len(vendor_sandbox.held(vendor)) == 1


def test_it_is_looked_up_under_the_reference_that_it_was_sent_with(sent_to, vendor_sandbox):
    lead = sent_to("crego_crm")
    Delivery.objects.update(**AS_NEVER_SENT | {"state": State.REJECTED, "once_unknown": True})
    first = Delivery.objects.get()
    Lead.objects.filter(pk=lead.pk).update(partner_ref_id="another-reference")
    newest = send_anew(Lead.objects.get(pk=lead.pk))
    assert (newest.ref, newest.state) == (first.ref, State.DELIVERED)
    assert len(vendor_sandbox.held("crego_crm")) == 1


def test_until_it_is_looked_up_it_says_that_it_will_be(sent_to):
    lead = sent_to("brainysoft")
    Delivery.objects.update(**AS_NEVER_SENT | {"state": State.DEAD, "once_unknown": True})
    leads.revise(lead)
    leads.submit([lead])
    newest = Delivery.objects.latest("version")
    assert newest.state == State.UNKNOWN
    assert newest.reason == "It may be at the vendor since before."


def test_what_is_not_there_is_sent_after_two_looks(refused):
    Delivery.objects.update(once_unknown=True)
    newest = send_anew(refused)
    assert newest.state == State.DELIVERED
    purposes = newest.exchanges.exclude(purpose=Exchange.Purpose.TOKEN).order_by("id")
    assert list(purposes.values_list("purpose", flat=True)) == ["find", "find", "create"]


@pytest.mark.parametrize("state", [State.REJECTED, State.DEAD, State.FAILED, State.SKIPPED, State.CANCELLED])
def test_what_was_sent_anew_in_the_time_that_a_restore_lost_is_found(sent_to, vendor_sandbox, state):
    lead = sent_to("brainysoft")
    Delivery.objects.update(**AS_NEVER_SENT | {"state": state})  # as in the backup
    outbox.doubt_unsent("Restored from a backup.")
    assert Delivery.objects.get().state == state  # nothing goes on by itself
    assert send_anew(lead).state == State.DELIVERED
    assert len(vendor_sandbox.held("brainysoft")) == 1


def test_what_was_surely_refused_is_sent_without_a_look_up(refused):
    newest = send_anew(refused)
    assert (newest.state, newest.once_unknown) == (State.DELIVERED, False)
    assert not newest.exchanges.filter(purpose=Exchange.Purpose.FIND).exists()


def test_of_many_leads_each_is_looked_up_by_its_own(refused, receive):
    doubted = receive(1)
    Delivery.objects.filter(lead=doubted).update(state=State.REJECTED, once_unknown=True)
    both = [doubted, refused]
    leads.revise_all(both)
    leads.submit(both)
    newest = Delivery.objects.filter(version=2).values_list("lead_id", "state")
    assert dict(newest) == {doubted.pk: State.UNKNOWN, refused.pk: State.QUEUED}


@pytest.mark.parametrize(("vendor", "ends"), [("brainysoft", State.DELIVERED), ("ispcrm", State.REVIEW)])
def test_a_draft_that_was_submitted_in_the_time_that_a_restore_lost_makes_no_second_copy(
    sent_to, connections, vendor_sandbox, vendor, ends
):
    lead = sent_to(vendor)
    Delivery.objects.all().delete()
    Lead.objects.update(status=Lead.Status.DRAFT, sync_status=Lead.SyncStatus.NOT_SENT)  # as in the backup
    call_command("doubt_deliveries")
    lead.refresh_from_db()
    leads.submit([lead])
    deliver_all()
    sent = lead.deliveries.get()
    assert (sent.connection.vendor, sent.state) == (vendor, ends)
    assert len(vendor_sandbox.held(vendor)) == 1


def test_a_draft_that_no_vendor_has_is_sent_once_it_is_submitted(
    partner, program, connections, vendor_sandbox
):
    [draft] = people.leads_of(partner, program)
    Route.objects.exclude(connection__vendor="brainysoft").delete()
    call_command("doubt_deliveries")
    leads.submit([draft])
    deliver_all()
    assert draft.deliveries.get().state == State.DELIVERED
    assert len(vendor_sandbox.held("brainysoft")) == 1


def test_what_comes_after_a_restore_is_sent_without_a_look_up(receive, connections, vendor_sandbox):
    call_command("doubt_deliveries")
    receive()
    engine.drain()
    assert set(Delivery.objects.values_list("state", "once_unknown")) == {(State.DELIVERED, False)}


def test_a_lead_that_an_officer_sent_on_in_the_time_that_a_restore_lost_makes_no_second_copy(
    receive, connections, vendor_sandbox, officer
):
    Route.objects.exclude(connection__vendor="crego_crm").delete()
    lead, further = receive(), connections["brainysoft"]
    engine.drain()
    for attempt in range(2):
        leads.submit([lead], [further.pk], by=officer)
        deliver_all()
        sent = lead.deliveries.filter(connection=further)
        assert (sent.get().state, sent.get().once_unknown) == (State.DELIVERED, bool(attempt))
        sent.delete()  # as in the backup
        call_command("doubt_deliveries")
    assert len(vendor_sandbox.held("brainysoft")) == 1


def test_an_account_that_was_opened_in_the_time_that_a_restore_lost_makes_no_second_copy(
    receive, connections, vendor_sandbox, program
):
    lead = receive()
    engine.drain()
    for _ in range(2):
        account = loan_accounts.open_account(lead, "CL1", program)
        deliver_all()
        assert account.deliveries.get().state == State.DELIVERED
        account.deliveries.all().delete()  # as in the backup
        LoanAccount.objects.all().delete()
        call_command("doubt_deliveries")
    assert len(vendor_sandbox.held("crego_los")) == 1


def test_a_connection_that_was_made_after_a_restore_has_nothing_from_before(
    receive, connections, vendor_sandbox, officer
):
    lead = receive()
    engine.drain()
    call_command("doubt_deliveries")
    after = connections["brainysoft"]
    after.deliveries.all().delete()
    after.restored_at = None
    after.save()
    leads.submit([lead], [after.pk], by=officer)
    assert lead.deliveries.get(connection=after).state == State.QUEUED


@pytest.fixture
def with_its_document(transactional_db, receive, vendor_sandbox, settings, tmp_path, partner) -> Lead:
    """A lead at Crego's CRM, with a document that followed it there."""
    settings.MEDIA_ROOT, settings.DELIVERY_LOOKUPS = tmp_path, (0,) * 5
    crego = vendors.connect(vendor_sandbox.url, "crego_crm")["crego_crm"]
    crego.settings = {"document_types": {"PAN": "PAN_CARD"}}
    crego.save()
    lead = receive()
    file = SimpleUploadedFile("Asha Verma.pdf", papers.pdf(1))
    documents.add(lead, Given("PAN", [], file), By(partner=partner, key_prefix="lo_live_abcd"))
    engine.drain()
    return lead


@pytest.mark.parametrize("as_in_backup", [State.QUEUED, State.REJECTED])
def test_a_document_that_followed_in_the_time_that_a_restore_lost_makes_no_second_copy(
    with_its_document, vendor_sandbox, as_in_backup
):
    pushed = Delivery.objects.filter(kind="document")
    pushed.delete()
    Delivery.objects.update(state=as_in_backup, reference="", attempts=0, delivered_at=None)
    assert outbox.doubt_unsent("Restored from a backup.").total() == (as_in_backup == State.QUEUED)
    outbox.retry([with_its_document.deliveries.get(kind="lead").pk])
    deliver_all()
    assert pushed.get().state == State.DELIVERED
    assert sum(each["kind"] == "document" for each in vendor_sandbox.held("crego_crm")) == 1
