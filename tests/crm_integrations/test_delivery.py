"""A delivery from the outbox to the vendor and back, over real HTTP."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now

from crm_integrations import delivery as engine
from crm_integrations import outbox, registry
from crm_integrations.connector import Outcome
from crm_integrations.models import Connection, Delivery, Exchange, Health, State
from leadops import synthetic
from leadops.models import Lead, LoanAccount
from leadops.services import leads, loan_accounts
from tests import vendors
from tests.crm_integrations.in_hand import make_due

pytestmark = pytest.mark.django_db(transaction=True)


def deliveries(lead: Lead) -> dict[str, Delivery]:
    return {d.connection.vendor: d for d in lead.deliveries.select_related("connection")}


def test_a_lead_reaches_all_four_lead_vendors_once(receive, connections, vendor_sandbox):
    lead = receive()
    engine.drain()
    found = deliveries(lead)
    assert {vendor: d.state for vendor, d in found.items()} == dict.fromkeys(
        ("crego_crm", "brainysoft", "broctagon", "ispcrm"), State.DELIVERED
    )
    for vendor, delivery in found.items():
        held = vendor_sandbox.held(vendor)
        assert len(held) == 1
        if vendor != "broctagon":  # its 201 has no body
            assert delivery.reference == str(held[0]["id"])
    lead.refresh_from_db()
    assert lead.sync_status == Lead.SyncStatus.DELIVERED


def test_a_loan_account_waits_for_the_leads_crego_id(receive, connections, vendor_sandbox, program):
    lead = receive()
    account = loan_accounts.open_account(lead, "CL00044A", program)
    waiting = account.deliveries.get()
    assert waiting.state == State.WAITING
    assert "Crego CRM" in waiting.reason
    engine.drain()
    account.refresh_from_db()
    held = vendor_sandbox.held("crego_los")
    assert [each["body"]["ref_id"] for each in held] == ["CL00044A"]
    assert held[0]["body"]["crm_lead_id"] == deliveries(lead)["crego_crm"].reference
    assert account.status == "activation"
    assert account.deliveries.get().reference == held[0]["id"]


def test_429_is_tried_again_no_earlier_than_the_vendor_asked(receive, connections, vendor_sandbox):
    vendor_sandbox.fault("ispcrm", "429", times=1, value=120)
    lead = receive()
    engine.drain()
    retrying = deliveries(lead)["ispcrm"]
    assert retrying.state == State.RETRYING
    assert (retrying.due_at - retrying.updated_at).total_seconds() >= 119
    make_due()
    Health.objects.update(hold_until=Now())
    engine.drain()
    assert deliveries(lead)["ispcrm"].state == State.DELIVERED
    assert len(vendor_sandbox.held("ispcrm")) == 1


@pytest.mark.parametrize("fault", ["500_after", "cut_after", "truncated", "html"])
@pytest.mark.parametrize("vendor", [*vendors.LEAD_VENDORS, "crego_los"])
def test_a_lost_answer_never_makes_a_second_copy(
    receive, connections, vendor_sandbox, program, vendor, fault
):
    vendor_sandbox.fault(vendor, fault, times=1)
    lead = receive()
    loan_accounts.open_account(lead, "CL00044A", program)
    for _ in range(5):
        engine.drain()
        make_due()
    held, ended = vendor_sandbox.held(vendor), deliveries(lead)[vendor]
    if connections[vendor].connector_class.can_find:  # asked, it tells whether it has one
        assert (ended.state, len(held)) == (State.DELIVERED, 1)
        assert ended.reference == str(held[0]["id"])
    else:
        assert (ended.state, len(held)) == (State.REVIEW, int(fault != "html"))
    others = {name: len(vendor_sandbox.held(name)) for name in connections if name != vendor}
    assert others == dict.fromkeys(others, 1)


def test_a_cut_before_storing_is_sent_again_only_after_two_absences(receive, connections, vendor_sandbox):
    vendor_sandbox.fault("crego_crm", "cut_before", times=1)
    lead = receive()
    engine.drain()
    assert deliveries(lead)["crego_crm"].state == State.UNKNOWN
    make_due()
    engine.drain()
    once = deliveries(lead)["crego_crm"]
    assert (once.state, once.absences) == (State.UNKNOWN, 1)
    make_due()
    engine.drain()
    assert deliveries(lead)["crego_crm"].state == State.DELIVERED
    assert len(vendor_sandbox.held("crego_crm")) == 1


def test_a_refusal_stops_with_the_vendors_words(receive, connections, vendor_sandbox):
    vendor_sandbox.fault("ispcrm", "error_flag", times=1)
    lead = receive()
    engine.drain()
    refused = deliveries(lead)["ispcrm"]
    assert refused.state == State.REJECTED
    assert "Invalid request data" in refused.reason
    lead.refresh_from_db()
    assert lead.sync_status == Lead.SyncStatus.NEEDS_PERSON
    assert outbox.retry([refused.pk]) == 1
    engine.drain()
    assert deliveries(lead)["ispcrm"].state == State.DELIVERED


def test_wrong_credentials_pause_the_connection_and_lose_nothing(receive, connections, vendor_sandbox):
    broken = connections["ispcrm"]
    broken.secrets = {"token": "not the token"}
    broken.save()
    lead = receive()
    engine.drain()
    broken.refresh_from_db()
    assert broken.paused
    assert "401" in broken.pause_reason
    assert deliveries(lead)["ispcrm"].state == State.QUEUED
    assert deliveries(lead)["crego_crm"].state == State.DELIVERED
    broken.secrets = {"token": "sandbox-ispcrm-token"}
    broken.save()
    outbox.resume(broken)
    engine.drain()
    assert deliveries(lead)["ispcrm"].state == State.DELIVERED


def test_an_expired_token_is_renewed_once(receive, connections, vendor_sandbox):
    receive(0)
    engine.drain()
    vendor_sandbox.fault("brainysoft", "401", times=1)
    lead = receive(1)
    engine.drain()
    assert deliveries(lead)["brainysoft"].state == State.DELIVERED
    purposes = list(deliveries(lead)["brainysoft"].exchanges.values_list("purpose", flat=True))
    assert purposes == ["create", "token", "create"]


def test_what_is_not_ready_is_skipped_and_says_what_is_missing(partner, program, connections, vendor_sandbox):
    draft = synthetic.drafts(1)[0]
    for applicant in draft.applicants:
        applicant.primary_email = ""
    lead = leads.receive(draft, partner=partner, program=program, intake=Lead.Intake.API)[0]
    engine.drain()
    skipped = deliveries(lead)["ispcrm"]
    assert skipped.state == State.SKIPPED
    assert "e-mail" in skipped.reason
    assert vendor_sandbox.calls("ispcrm") == []


def test_nothing_stored_of_a_call_holds_a_secret_or_a_whole_number(receive, connections, vendor_sandbox):
    lead = receive()
    applicant = lead.applicants.get()
    engine.drain()
    kept = "\n".join(
        f"{e.url} {e.request_headers} {e.request_body} {e.response_headers} {e.response_body} {e.error}"
        for e in Exchange.objects.all()
    )
    secrets = [value for c in Connection.objects.all() for value in c.secrets.values()]
    numbers = [
        applicant.pan_no,
        lead.primary_mobile[-10:],
        applicant.banks.get().account_no,
        applicant.identity_number,
    ]
    for canary in [*secrets, *numbers, applicant.primary_email]:
        assert canary
        assert canary not in kept
    assert lead.primary_mobile[-4:] in kept


def test_a_rolled_back_submit_leaves_no_lead_and_no_delivery(partner, program, connections, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the outbox is on fire")

    monkeypatch.setattr(outbox.enqueueing.doorbell, "ring_on_commit", fail)  # the rows are written
    with pytest.raises(RuntimeError, match="on fire"):
        leads.receive(synthetic.drafts(1)[0], partner=partner, program=program, intake=Lead.Intake.API)
    assert (Lead.objects.count(), Delivery.objects.count()) == (0, 0)


def test_a_vendor_id_on_another_record_is_not_taken_for_ours(receive, connections, vendor_sandbox):
    first, second = receive(0), receive(1)
    engine.drain()
    crego = deliveries(second)["crego_crm"]
    taken = deliveries(first)["crego_crm"].reference
    assert outbox.held_by_another(crego, taken)
    assert not outbox.held_by_another(crego, crego.reference)


def test_a_resubmitted_lead_is_not_sent_again(receive, connections, vendor_sandbox):
    lead = receive()
    engine.drain()
    leads.revise(lead)
    leads.submit([lead])
    engine.drain()
    assert lead.deliveries.count() == 4
    assert len(vendor_sandbox.held("crego_crm")) == 1


def test_ten_rings_make_one_call(receive, connections, vendor_sandbox):
    receive()
    for _ in range(10):
        engine.drain()
    assert len(vendor_sandbox.calls("ispcrm")) == 1


def test_an_account_of_another_los_status_is_kept_verbatim(receive, connections, program):
    lead = receive()
    account = loan_accounts.open_account(lead, "CL1", program)
    loan_accounts.record_status(account.pk, "a-word-nobody-knows")
    assert LoanAccount.objects.get(pk=account.pk).status == "a-word-nobody-knows"


def test_after_a_restore_what_the_vendor_has_is_not_sent_again(receive, connections, vendor_sandbox):
    lead = receive()
    engine.drain()
    lead.deliveries.update(
        state=State.QUEUED, reference="", attempts=0, delivered_at=None
    )  # as in the backup
    assert outbox.doubt_unsent("Restored from a backup.") == dict.fromkeys(vendors.LEAD_VENDORS, 1)
    for _ in range(3):
        make_due()
        engine.drain()
    states = {vendor: d.state for vendor, d in deliveries(lead).items()}
    assert states == {
        "crego_crm": State.DELIVERED,
        "brainysoft": State.DELIVERED,
        "broctagon": State.REVIEW,
        "ispcrm": State.REVIEW,
    }
    assert all(len(vendor_sandbox.held(vendor)) == 1 for vendor in states)


NO_IDS = ["   ", "\n\t", "\u200b", "12\x003", "1\r\n2", "\u202e21", "x" * 201]


@pytest.mark.parametrize("said", [*NO_IDS, "sandbox-api-key"])
def test_an_id_that_nobody_can_read_is_none(receive, connections, monkeypatch, said):
    connections["broctagon"].secrets = {"api_key": "sandbox-api-key"}
    connections["broctagon"].save()
    monkeypatch.setattr(registry.get("broctagon"), "parse", lambda self, response: Outcome(said))
    monkeypatch.setattr(registry.get("broctagon"), "raise_for_status", lambda self, response: None)
    lead = receive()
    engine.drain()
    held = deliveries(lead)["broctagon"]
    assert (held.state, held.reference) == (State.DELIVERED, "")


def test_an_id_is_kept_without_the_blanks_around_it(receive, connections, monkeypatch):
    monkeypatch.setattr(registry.get("broctagon"), "parse", lambda self, response: Outcome(" 7 a\n"))
    lead = receive()
    engine.drain()
    assert deliveries(lead)["broctagon"].reference == "7 a"


@pytest.mark.parametrize("said", ["   ", "\u200b"])
def test_a_vendor_that_can_be_asked_is_asked_for_a_better_id(
    receive, connections, vendor_sandbox, monkeypatch, said
):
    monkeypatch.setattr(registry.get("crego_crm"), "parse", lambda self, response: Outcome(said))
    lead = receive()
    engine.drain()
    held = deliveries(lead)["crego_crm"]
    assert (held.state, held.reference) == (State.DELIVERED, vendor_sandbox.held("crego_crm")[0]["id"])


def test_an_id_that_a_look_up_finds_and_nobody_can_read_settles_nothing(
    receive, connections, vendor_sandbox, monkeypatch
):
    monkeypatch.setattr(registry.get("crego_crm"), "parse", lambda self, response: Outcome(look_up=True))
    monkeypatch.setattr(registry.get("crego_crm"), "parse_find", lambda *_: Outcome("\u200b"))
    lead = receive()
    engine.drain()
    make_due()
    engine.drain()
    found = deliveries(lead)["crego_crm"]
    assert (found.state, found.reference, found.accepted) == (State.UNKNOWN, "", True)
    assert "gives no id that can be read" in found.reason
    assert len(vendor_sandbox.held("crego_crm")) == 1
