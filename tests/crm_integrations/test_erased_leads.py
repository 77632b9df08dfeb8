"""What is left to do with a lead whose personal data was erased: its pages, and what nobody was sure of yet."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from crm_integrations import delivery as engine
from crm_integrations import gaps
from crm_integrations.models import Delivery, Gap, Health, State
from leadops.models import Erasure, Lead, LoanAccount, Officer
from leadops.services import erasure, loan_accounts
from tests.crm_integrations.in_hand import make_due, only
from tests.leadops.api.callers import Caller

pytestmark = pytest.mark.django_db(transaction=True)

ERASED = "Its personal data was erased."


def erase(lead: Lead, officer: Officer) -> None:
    erasure.erase(lead.pk, Erasure.Cause.REQUEST, officer=officer, reason="The borrower asked for it")


def look_up() -> None:
    make_due()
    Health.objects.update(hold_until=Now(), opened_at=None)
    engine.drain()


def shown(desk: Client, name: str, *args: object) -> str:
    answer = desk.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


# Its pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [False, True])
def test_its_page_and_its_panel_open_and_ask_nothing_of_any_vendor(receive, connections, officer, desk, sent):
    lead = receive()
    engine.drain() if sent else Delivery.objects.all().delete()
    erase(lead, officer)
    page = shown(desk, "admin:leadops_lead_change", lead.pk)
    assert "Misses" not in page
    panel = shown(desk, "admin:crm_integrations_delivery_panel", "lead", lead.pk)
    assert ("isp" in panel, "Ready" in panel) == (sent, False)


def test_a_preview_of_it_says_why_there_is_none(receive, connections, officer, desk, program):
    lead = receive()
    account = loan_accounts.open_account(lead, "LA-1", program, officer)
    LoanAccount.objects.update(status="Closed")
    erase(lead, officer)
    assert ERASED in shown(desk, "admin:leadops_lead_preview", lead.pk, connections["ispcrm"].pk)
    assert ERASED in shown(desk, "admin:leadops_loanaccount_preview", account.pk, connections["crego_los"].pk)


def test_nobody_is_told_that_it_misses_something(receive, connections, officer, program, key):
    lead = receive()
    loan_accounts.open_account(lead, "LA-1", program, officer)
    LoanAccount.objects.update(status="Closed")
    erase(lead, officer)
    assert Lead.objects.get().status == "submitted"
    gaps.refresh()
    assert not Gap.objects.exists()
    assert Caller(key).get(f"/v1/crm/leads/{lead.pk}/readiness/").json()["results"] == []


# What nobody was sure of ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", ["brainysoft", "crego_crm"])
def test_what_may_have_arrived_is_looked_up_by_our_reference(
    receive, connections, vendor_sandbox, officer, vendor
):
    vendor_sandbox.fault(vendor, "500_after", times=1)
    lead = receive()
    only(vendor)
    engine.drain()
    erase(lead, officer)
    look_up()
    delivery = Delivery.objects.get()
    assert (delivery.state, bool(delivery.reference)) == (State.DELIVERED, True)


def test_what_never_arrived_is_cancelled_and_says_that_it_was_erased(
    receive, connections, vendor_sandbox, officer
):
    vendor_sandbox.fault("brainysoft", "500_before", times=1)
    lead = receive()
    only("brainysoft")
    engine.drain()
    erase(lead, officer)
    for _ in range(3):
        look_up()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason) == (State.CANCELLED, ERASED)
    assert vendor_sandbox.held("brainysoft") == []
