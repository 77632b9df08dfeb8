"""A lead that the lender dropped or declined goes to no vendor, by whatever road its delivery came to be due.

The sandbox's ledger is the judge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, Exchange, State
from leadops.models import Lead, LoanAccount, Officer, Program
from leadops.services import lead_deletion, leads, loan_accounts
from tests.crm_integrations.in_hand import claimed, make_due, only

pytestmark = pytest.mark.django_db(transaction=True)

DROPPED, DECLINED = "The lead was dropped.", "The lead was declined."


@pytest.fixture(autouse=True)
def at_once(settings) -> None:
    settings.DELIVERY_RETRIES = (0,) * 3
    settings.DELIVERY_LOOKUPS = (0,) * 5


def end(lead: Lead, status: str = Lead.Status.DROPPED) -> None:
    Lead.objects.filter(pk=lead.pk).update(status=status)
    lead.refresh_from_db()
    leads.revise(lead)


def left() -> tuple[str, str]:
    """Where the only delivery stands, and why."""
    delivery = Delivery.objects.get()
    return delivery.state, delivery.reason


@pytest.mark.parametrize(("status", "said"), [("dropped", DROPPED), ("declined", DECLINED)])
def test_what_was_queued_is_cancelled_and_says_what_became_of_the_lead(receive, connections, status, said):
    lead = receive()
    only("ispcrm")
    end(lead, status)
    assert left() == (State.CANCELLED, said)


def test_what_was_queued_of_a_deleted_lead_is_cancelled_and_stays_so(receive, connections, vendor_sandbox):
    lead, wanted = receive(0), receive(1)
    only("ispcrm")
    lead_deletion.delete(lead.pk)
    deleted = Delivery.objects.get(lead=lead)
    assert (deleted.state, deleted.reason) == (State.CANCELLED, "The lead was deleted.")
    assert outbox.retry([deleted.pk]) == 0
    engine.drain()
    assert dict(Delivery.objects.values_list("lead", "state")) == {
        lead.pk: State.CANCELLED,
        wanted.pk: State.DELIVERED,
    }
    assert len(vendor_sandbox.held("ispcrm")) == 1


def test_a_lead_that_was_deleted_while_it_was_in_a_batch_is_not_sent(receive, connections, vendor_sandbox):
    lead = receive()
    only("ispcrm")
    claim = claimed()
    lead_deletion.delete(lead.pk)
    engine.deliver(claim)
    assert left()[0] == State.CANCELLED
    assert vendor_sandbox.held("ispcrm") == []


def test_what_a_vendor_holds_of_a_deleted_lead_stays_as_it_is(receive, connections, vendor_sandbox):
    lead = receive()
    only("ispcrm")
    engine.drain()
    lead_deletion.delete(lead.pk)
    assert left()[0] == State.DELIVERED
    assert Delivery.objects.get().lead == lead


def test_what_an_officer_cancels_says_so(receive, connections):
    receive()
    only("ispcrm")
    outbox.cancel(Delivery.objects.values_list("pk", flat=True))
    assert left() == (State.CANCELLED, "An officer cancelled it.")


def test_a_retry_leaves_it_cancelled(receive, connections, vendor_sandbox):
    lead, wanted = receive(0), receive(1)
    only("ispcrm")
    end(lead)
    Delivery.objects.filter(lead=wanted).update(state=State.REJECTED)
    assert outbox.retry(Delivery.objects.values_list("pk", flat=True)) == 1
    engine.drain()
    assert dict(Delivery.objects.values_list("lead", "state")) == {
        lead.pk: State.CANCELLED,
        wanted.pk: State.DELIVERED,
    }
    assert len(vendor_sandbox.held("ispcrm")) == 1


def test_it_goes_out_once_the_lender_wants_it_again(receive, connections, vendor_sandbox):
    lead = receive()
    only("ispcrm")
    end(lead)
    end(lead, Lead.Status.IN_REVIEW)
    assert outbox.retry([Delivery.objects.get().pk]) == 1
    engine.drain()
    assert left()[0] == State.DELIVERED


@pytest.mark.parametrize(("status", "said"), [("dropped", DROPPED), ("declined", DECLINED)])
def test_one_that_ended_while_it_was_in_a_batch_is_not_sent(
    receive, connections, vendor_sandbox, status, said
):
    wanted, ended = receive(0), receive(1)
    only("ispcrm")
    claim = claimed()
    end(ended, status)
    engine.deliver(claim)
    assert Delivery.objects.get(lead=wanted).state == State.DELIVERED
    delivery = Delivery.objects.get(lead=ended)
    assert (delivery.state, delivery.reason, delivery.lease) == (State.CANCELLED, said, None)
    assert (delivery.attempts, delivery.exchanges.count()) == (0, 0)
    assert len(vendor_sandbox.held("ispcrm")) == 1
    ended.refresh_from_db()
    assert ended.sync_status == Lead.SyncStatus.NOT_SENT


def test_one_that_ended_while_its_call_was_under_way_is_not_tried_again(
    receive, connections, vendor_sandbox, monkeypatch
):
    lead = receive()
    only("ispcrm")
    vendor_sandbox.fault("ispcrm", "503", times=1)
    opened = outbox.open_exchange

    def ended_meanwhile(*args: Any) -> None:
        opened(*args)
        end(lead)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(outbox, "open_exchange", ended_meanwhile)
        engine.deliver(claimed())
    assert left()[0] == State.RETRYING
    make_due()
    engine.drain()
    assert left() == (State.CANCELLED, DROPPED)
    assert vendor_sandbox.held("ispcrm") == []


def test_one_that_ended_while_unknown_is_looked_up_and_not_sent_again(receive, connections, vendor_sandbox):
    lead = receive()
    only("crego_crm")
    vendor_sandbox.fault("crego_crm", "500_before", times=1)
    engine.deliver(claimed())
    end(lead)
    assert left()[0] == State.UNKNOWN
    for _ in range(4):
        make_due()
        engine.drain()
    assert left() == (State.CANCELLED, DROPPED)
    assert [call["kind"] for call in vendor_sandbox.calls("crego_crm")] == ["lead", "find", "find"]


def test_one_that_ended_while_unknown_and_is_there_is_delivered(receive, connections, vendor_sandbox):
    lead = receive()
    only("crego_crm")
    vendor_sandbox.fault("crego_crm", "500_after", times=1)
    engine.deliver(claimed())
    end(lead)
    make_due()
    engine.drain()
    assert left()[0] == State.DELIVERED


def test_one_that_ended_is_not_renewed_after_a_token_that_was_refused(
    receive, connections, vendor_sandbox, monkeypatch
):
    lead = receive()
    only("brainysoft")
    vendor_sandbox.fault("brainysoft", "401", times=1)
    completed = outbox.complete_exchange

    def ended_meanwhile(exchange: Exchange) -> None:
        completed(exchange)
        if exchange.purpose == Exchange.Purpose.CREATE:
            end(lead)

    monkeypatch.setattr(outbox, "complete_exchange", ended_meanwhile)
    engine.drain()
    assert left() == (State.CANCELLED, DROPPED)
    assert vendor_sandbox.held("brainysoft") == []


@pytest.fixture
def account(receive, connections: dict[str, Connection], vendor_sandbox, program: Program) -> LoanAccount:
    """The account of a lead that Crego holds, before it is sent."""
    lead = receive()
    engine.drain()
    return loan_accounts.open_account(lead, "CL1", program)


def test_an_account_of_a_lead_that_ended_is_cancelled(account, vendor_sandbox):
    end(account.lead)
    delivery = account.deliveries.get()
    assert (delivery.state, delivery.reason) == (State.CANCELLED, DROPPED)
    assert outbox.retry([delivery.pk]) == 0


def test_an_account_whose_lead_ended_while_it_was_in_hand_is_not_sent(account, vendor_sandbox):
    claim = claimed()
    end(account.lead)
    engine.deliver(claim)
    delivery = account.deliveries.get()
    assert (delivery.state, delivery.reason) == (State.CANCELLED, DROPPED)
    assert vendor_sandbox.calls("crego_los") == []


def test_an_account_that_waits_for_its_lead_is_cancelled_with_it(receive, connections, program):
    lead = receive()
    account = loan_accounts.open_account(lead, "CL1", program)
    assert account.deliveries.get().state == State.WAITING
    end(lead)
    assert list(account.deliveries.values_list("state", "reason")) == [(State.CANCELLED, DROPPED)]


def test_a_decision_to_send_again_ends_it_unsent(receive, connections, vendor_sandbox, officer: Officer):
    lead = receive()
    only("ispcrm")
    Delivery.objects.update(state=State.REVIEW, accepted=True)
    end(lead)
    delivery = Delivery.objects.get()
    assert delivery.state == State.REVIEW
    assert outbox.send_again(delivery.pk, "they have none", officer)
    assert left() == (State.CANCELLED, DROPPED)
    assert not Delivery.objects.get().accepted
    assert not outbox.send_again(delivery.pk, "they have none", officer)
    engine.drain()
    assert vendor_sandbox.calls("ispcrm") == []


def test_the_look_at_the_lead_costs_no_query(receive, connections, vendor_sandbox):
    receive(0)
    only("ispcrm")
    claim = claimed()
    for _ in range(2):  # the first one may have to prepare the statement
        with CaptureQueriesContext(database) as said:
            exchange = Exchange(delivery=claim.deliveries[0], purpose=Exchange.Purpose.CREATE)
            outbox.open_exchange(claim, claim.deliveries[0], exchange)
    assert len(said) == 1


# The desk ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cancelled(receive, connections) -> Delivery:
    lead = receive()
    only("ispcrm")
    end(lead)
    return Delivery.objects.get()


def test_the_button_says_why_it_is_not_sent(desk: Client, cancelled):
    answer = desk.post(
        reverse("admin:crm_integrations_delivery_retry", args=[cancelled.pk]), {"back": "lead"}, follow=True
    )
    assert f"is not sent again. {DROPPED}" in answer.content.decode()
    assert left() == (State.CANCELLED, DROPPED)


Chosen = Callable[[Delivery], tuple[str, object]]
LISTS: dict[str, Chosen] = {
    "deliveries": lambda each: (reverse("admin:crm_integrations_delivery_changelist"), each.pk),
    "leads": lambda each: (reverse("admin:leadops_lead_changelist"), each.lead_id),
}


@pytest.mark.parametrize("chosen", LISTS.values(), ids=LISTS)
def test_the_action_of_a_list_says_what_it_left(desk: Client, cancelled, chosen):
    url, key = chosen(cancelled)
    asked = desk.post(url, {"action": "retry_selected", "_selected_action": [str(key)]})["Location"]
    [(name, _)] = desk.get(asked).context["choice"].fields
    replay = desk.post(asked, {name: key, "reason": "They mended it"})["Location"]
    assert outbox.replays.feed() == 0
    assert outbox.replays.STOPPED in desk.get(replay).content.decode()
    assert left()[0] == State.CANCELLED


def test_the_decision_says_that_it_is_over(desk: Client, cancelled):
    Delivery.objects.update(state=State.REVIEW)
    decided = {"decision": "again", "reason": "They have none", "reference": "", "back": "lead"}
    url = reverse("admin:crm_integrations_delivery_decide", args=[cancelled.pk])
    page = desk.post(url, decided, follow=True).content.decode()
    assert f"is kept. It is not sent again: {DROPPED}" in page
    assert left() == (State.CANCELLED, DROPPED)
