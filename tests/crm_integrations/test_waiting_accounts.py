"""A loan account waits for its own lead at the right vendor, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, State
from crm_integrations.outbox import Settlement
from leadops.models import Lead, Officer
from leadops.services import lead_status, leads, loan_accounts
from tests.crm_integrations.in_hand import make_due

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(receive, connections, program) -> list[Delivery]:
    """The deliveries of two accounts, whose leads are not at Crego yet; only those are left to be sent."""
    made = [receive(number) for number in range(2)]
    accounts = [loan_accounts.open_account(lead, f"CL{lead.pk}", program) for lead in made]
    Delivery.objects.exclude(connection__vendor__in=["crego_crm", "crego_los"]).delete()
    return [account.deliveries.get() for account in accounts]


def states(accounts: list[Delivery]) -> list[str]:
    return [Delivery.objects.get(pk=each.pk).state for each in accounts]


def settle_first_lead(accounts: list[Delivery], settlement: Settlement) -> None:
    claim = outbox.claim()
    assert claim is not None
    (lead,) = (each for each in claim.deliveries if each.lead_id == accounts[0].lead_id)
    outbox.settle(claim, lead, settlement)


def test_only_the_leads_own_account_is_woken_by_its_settling(two):
    settle_first_lead(two, Settlement(State.DELIVERED, "", reference="4711"))
    assert states(two) == [State.QUEUED, State.WAITING]


def test_an_account_is_told_why_its_lead_does_not_arrive(two):
    settle_first_lead(two, Settlement(State.REJECTED, "The pincode is unknown."))
    assert states(two) == [State.WAITING, State.WAITING]
    assert "The pincode is unknown." in Delivery.objects.get(pk=two[0].pk).reason
    assert "The pincode is unknown." not in Delivery.objects.get(pk=two[1].pk).reason


def test_a_partner_is_not_told_what_the_vendor_said_of_its_lead(two, client, key):
    settle_first_lead(two, Settlement(State.REJECTED, "HTTP 400: duplicate of lead 77 of partner Moonlight."))
    answer = client.get(
        f"/v1/crm/leads/{two[0].lead_id}/deliveries/", headers={"Authorization": f"Bearer {key}"}
    )
    told = {each["kind"]: each["reason"] for each in answer.json()["results"]}
    assert told["loan_account"] == "It waits until the vendor that has to know the lead first knows it."
    assert "Moonlight" not in answer.content.decode()


def test_the_sweep_wakes_only_the_leads_own_account(two):
    Delivery.objects.filter(lead_id=two[0].lead_id, kind="lead").update(state="delivered", reference="4711")
    assert outbox.wake_waiting() == 1
    assert states(two) == [State.QUEUED, State.WAITING]


@pytest.mark.parametrize(
    "lead",
    [
        {"state": State.DELIVERED, "reference": ""},
        {"state": State.REVIEW, "reference": "4711"},
        {"state": State.DELIVERED, "reference": "4711", "vendor": "ispcrm"},
    ],
    ids=["no id", "not delivered", "another vendor"],
)
def test_the_sweep_wakes_nobody_whose_lead_has_no_id_at_the_vendor(two, lead):
    elsewhere = Connection.objects.get(vendor=lead.pop("vendor", "crego_crm"))
    Delivery.objects.filter(kind="lead").update(connection=elsewhere, **lead)
    assert outbox.wake_waiting() == 0
    assert states(two) == [State.WAITING, State.WAITING]


def test_an_account_on_a_lead_that_has_arrived_does_not_wait(receive, connections, vendor_sandbox, program):
    lead: Lead = receive()
    engine.drain()
    account = loan_accounts.open_account(lead, "CL1", program)
    assert account.deliveries.get().state == State.QUEUED
    engine.drain()
    assert account.deliveries.get().state == State.DELIVERED


@pytest.fixture
def unanswered(receive, connections, vendor_sandbox, program) -> Delivery:
    """An account that the LOS holds without our knowing so, of a lead that the CRM holds."""
    lead = receive()
    Delivery.objects.exclude(connection__vendor="crego_crm").delete()
    engine.drain()
    vendor_sandbox.fault("crego_los", "500_after", times=1)
    account = loan_accounts.open_account(lead, "CL1", program)
    engine.drain()
    assert len(vendor_sandbox.held("crego_los")) == 1
    return account.deliveries.get()


def look_up() -> Delivery:
    for _ in range(4):
        make_due()
        engine.drain()
    return Delivery.objects.get(kind="loan_account")


def test_an_account_is_found_though_its_lead_has_a_newer_id_elsewhere(
    unanswered, connections, vendor_sandbox
):
    other = Connection.objects.create(vendor="crego_crm", name="Another", base_url="http://127.0.0.1:9")
    Delivery.objects.create(
        connection=other,
        kind="lead",
        lead=unanswered.lead,
        record_id=unanswered.lead_id,
        version=1,
        ref="another",
        state=State.DELIVERED,
        reference="lead-at-another",
        delivered_at=timezone.now(),
    )
    assert look_up().state == State.DELIVERED
    assert len(vendor_sandbox.held("crego_los")) == 1


def test_an_account_is_found_while_its_lead_is_doubted(unanswered, connections, vendor_sandbox):
    outbox.pause(connections["crego_crm"], "It moves house.", "asha")
    assert outbox.doubt([Delivery.objects.get(kind="lead").pk], "The vendor lists it no more.") == 1
    assert look_up().state == State.DELIVERED
    assert len(vendor_sandbox.held("crego_los")) == 1


Word = Callable[[Delivery, Officer], object]


def replayed(account: Delivery, officer: Officer) -> None:
    outbox.cancel([account.pk])
    outbox.replays.start(officer, "It is mended.", "all", Delivery.objects.filter(pk=account.pk))


def sent_again(account: Delivery, officer: Officer) -> None:
    Delivery.objects.filter(pk=account.pk).update(state=State.REVIEW)
    outbox.send_again(account.pk, "they have none", officer)


def tried_again(account: Delivery, officer: Officer) -> None:
    outbox.cancel([account.pk])
    outbox.retry([account.pk])


@pytest.mark.parametrize("say", [tried_again, sent_again, replayed])
def test_an_account_that_is_sent_again_before_its_lead_waits_and_then_goes(
    receive, connections, vendor_sandbox, program, officer, say: Word
):
    outbox.pause(connections["crego_crm"], "It is being mended.", "asha")
    account = loan_accounts.open_account(receive(), "CL1", program)
    say(account.deliveries.get(), officer)
    engine.drain()
    waiting = account.deliveries.get()
    assert (waiting.state, waiting.reason) == (State.WAITING, "Waiting until Crego CRM knows the lead.")
    assert (waiting.attempts, waiting.no_consent) == (0, False)
    outbox.resume(connections["crego_crm"])
    engine.drain()
    assert account.deliveries.get().state == State.DELIVERED


def test_an_account_whose_lead_is_doubted_waits_until_it_is_found_again(
    receive, connections, vendor_sandbox, program
):
    lead = receive()
    engine.drain()
    outbox.pause(connections["crego_los"], "It is being mended.", "asha")
    account = loan_accounts.open_account(lead, "CL1", program)
    outbox.pause(connections["crego_crm"], "It is being mended.", "asha")
    outbox.doubt([lead.deliveries.get(kind="lead", connection__vendor="crego_crm").pk], "It is not listed.")
    outbox.resume(connections["crego_los"])
    engine.drain()
    assert account.deliveries.get().state == State.WAITING
    outbox.resume(connections["crego_crm"])
    engine.drain()
    assert account.deliveries.get().state == State.DELIVERED


@pytest.mark.parametrize("later", [False, True], ids=["at once", "with many"])
def test_the_account_of_a_lead_that_was_reopened_goes_when_that_is_submitted(
    receive, connections, vendor_sandbox, program, officer, later
):
    outbox.pause(connections["crego_crm"], "It is being mended.", "asha")
    lead = receive()
    account = loan_accounts.open_account(lead, "CL1", program)
    lead_status.change([lead.pk], Lead.Status.DROPPED, by=officer)
    lead_status.reopen([lead.pk], by=officer)
    assert account.deliveries.get().state == State.CANCELLED
    leads.submit([Lead.objects.get(pk=lead.pk)], by=officer, later=later)
    outbox.resume(connections["crego_crm"])
    engine.drain()
    assert account.deliveries.get().state == State.DELIVERED


def test_an_account_that_an_officer_cancelled_stays_so_when_its_lead_is_submitted_again(
    receive, connections, program, officer
):
    lead = receive()
    account = loan_accounts.open_account(lead, "CL1", program)
    outbox.cancel([account.deliveries.get().pk])
    leads.revise(lead)
    leads.submit([lead], by=officer)
    assert account.deliveries.get().state == State.CANCELLED
