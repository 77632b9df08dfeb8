"""What is left to do with a lead whose personal data was erased: its pages, and what nobody was sure of yet."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connections as connections_of_thread
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import erasing, following, gaps, outbox, reconciling
from crm_integrations.models import Delivery, Exchange, Gap, Health, State
from leadops.models import Erasure, Lead, LoanAccount, Officer
from leadops.services import erasure, loan_accounts
from tests import patience
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


# What comes back afterwards ---------------------------------------------------------------------------------------


def names_of(lead: Lead) -> list[str]:
    person = lead.applicants.get(is_primary=True)
    return [each for each in (*person.name.split(), person.employer_name) if each]


def answers() -> str:
    return "".join(Exchange.objects.values_list("response_body", flat=True))


@pytest.fixture
def followed(receive, connections) -> Lead:
    """A lead that Brainysoft holds, and is asked about."""
    lead = receive()
    only("brainysoft")
    engine.drain()
    assert Delivery.objects.get().ask_at is not None
    return lead


def test_its_vendor_is_asked_about_it_no_more(followed, officer, desk):
    erase(followed, officer)
    delivery = Delivery.objects.get()
    assert (delivery.ask_at, following.ask_now([delivery.pk]), following.follow()) == (None, 0, 0)
    page = shown(desk, "admin:crm_integrations_delivery_change", delivery.pk)
    assert "Its status is not asked for any more" in page


def test_of_what_is_looked_up_later_no_answer_is_kept_and_nothing_is_asked(
    receive, connections, vendor_sandbox, officer, desk
):
    vendor_sandbox.fault("brainysoft", "500_after", times=1)
    lead = receive()
    only("brainysoft")
    engine.drain()
    erase(lead, officer)
    look_up()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.ask_at) == (State.DELIVERED, None)
    call = delivery.exchanges.get(purpose="find")
    assert (call.status, call.response_body) == (200, "")
    assert ERASED in shown(desk, "admin:crm_integrations_exchange_change", call.pk)


def test_what_an_officer_finds_by_hand_is_not_asked_about(followed, officer):
    Delivery.objects.update(state=State.REVIEW, reference="", delivered_at=None)
    erase(followed, officer)
    delivery = Delivery.objects.get()
    assert outbox.resolve_held(delivery.pk, "4711", "seen in their portal", officer)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.ask_at) == (State.DELIVERED, None)


def test_an_answer_that_was_on_its_way_is_kept_without_its_body(followed, officer, monkeypatch):
    names, real = names_of(followed), following.kept_call
    Delivery.objects.update(ask_at=Now())

    def meanwhile_erased(*given: Any) -> Any:
        erase(followed, officer)
        return real(*given)

    monkeypatch.setattr(following, "kept_call", meanwhile_erased)
    assert following.follow() == 1
    assert Exchange.objects.filter(purpose="status", status=200).exists()
    assert [name for name in names if name in answers()] == []
    assert Delivery.objects.get().ask_at is None


def test_an_answer_that_comes_while_it_is_erased_is_emptied(followed, officer, monkeypatch):
    """It is kept after the calls were emptied, and before the erasure is committed."""
    names, real, erased = names_of(followed), following.kept_call, erasing.erase
    Delivery.objects.update(ask_at=Now())
    emptied, answered = threading.Event(), threading.Event()

    def erase_slowly(leads: Sequence[Lead]) -> dict[str, int]:
        done = erased(leads)
        emptied.set()
        assert answered.wait(patience.SECONDS)
        return done

    def in_between(*given: Any) -> Any:
        other.start()
        assert emptied.wait(patience.SECONDS)
        try:
            return real(*given)
        finally:
            assert [name for name in names if name in answers()], "else it shows nothing"
            answered.set()

    monkeypatch.setattr(erasing, "erase", erase_slowly)
    monkeypatch.setattr(following, "kept_call", in_between)
    other = threading.Thread(target=lambda: (erase(followed, officer), connections_of_thread.close_all()))
    assert following.follow() == 1
    other.join()
    assert [name for name in names if name in answers()] == []


def test_a_comparison_names_nobody(followed, connections, officer):
    names, today = names_of(followed), timezone.localdate()
    made = reconciling.start(connections["brainysoft"], today, today)
    reconciling.run(made.pk)
    made.refresh_from_db()
    assert (made.state, made.matched) == ("done", 1)
    kept = "".join(Exchange.objects.filter(purpose="list").values_list("response_body", flat=True))
    assert "firstName" in kept
    assert [name for name in names if name in kept] == []
