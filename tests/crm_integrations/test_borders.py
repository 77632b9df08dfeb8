"""A lead crosses a border only where its route says so. The sandbox's ledger is the judge."""

from __future__ import annotations

import pytest

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, Exchange, Route, State
from leadops.services import leads
from tests.crm_integrations.in_hand import claimed, only

pytestmark = pytest.mark.django_db(transaction=True)

HELD = "Its data is under the law of IN and would come under that of RU, which its route does not allow."


@pytest.fixture
def abroad(connections) -> Connection:
    """Brainysoft's data is under Russian law; the leads' program is Indian."""
    found = connections["brainysoft"]
    Connection.objects.filter(pk=found.pk).update(jurisdiction="RU")
    return found


def stands() -> tuple[str, str]:
    delivery = Delivery.objects.get(connection__vendor="brainysoft")
    return delivery.state, delivery.reason


def test_a_push_across_the_border_is_refused_and_says_why(abroad, receive, vendor_sandbox):
    receive()
    assert stands() == (State.SKIPPED, HELD)
    engine.drain()
    assert vendor_sandbox.calls("brainysoft") == []
    assert len(vendor_sandbox.held("ispcrm")) == 1
    assert not Exchange.objects.filter(connection=abroad).exists()


def test_the_other_way_round_is_refused_alike(connections, receive, program, vendor_sandbox):
    program.country = "RU"
    program.save()
    Connection.objects.update(jurisdiction="IN")
    receive()
    engine.drain()
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SKIPPED}
    assert vendor_sandbox.calls("brainysoft") == vendor_sandbox.calls("ispcrm") == []


@pytest.mark.parametrize("jurisdiction", ["IN", ""])
def test_no_border_holds_nothing_back(abroad, receive, jurisdiction):
    Connection.objects.filter(pk=abroad.pk).update(jurisdiction=jurisdiction)
    receive()
    assert stands()[0] == State.QUEUED


def test_a_route_that_allows_it_lets_it_through(abroad, receive, vendor_sandbox):
    Route.objects.filter(connection=abroad).update(across_borders=True)
    receive()
    only("brainysoft")
    engine.drain()
    assert len(vendor_sandbox.held("brainysoft")) == 1


def test_a_program_s_own_route_outweighs_the_one_for_all(abroad, receive, program):
    Route.objects.filter(connection=abroad).update(across_borders=True)
    Route.objects.create(program=program, connection=abroad, across_borders=False)
    receive()
    assert stands() == (State.SKIPPED, HELD)


def test_an_officer_who_chooses_the_connection_is_refused_too(abroad, receive):
    Route.objects.filter(connection=abroad).delete()
    lead = receive()
    leads.submit([lead], [abroad.pk])
    assert stands() == (State.SKIPPED, HELD)


def test_a_retry_is_refused_again(abroad, receive, vendor_sandbox):
    receive()
    only("brainysoft")
    assert outbox.retry([Delivery.objects.get().pk]) == 1
    engine.drain()
    assert stands() == (State.SKIPPED, HELD)
    assert {call["kind"] for call in vendor_sandbox.calls("brainysoft")} <= {"token"}


def test_one_in_a_worker_s_hands_stops_before_its_first_byte(connections, receive, vendor_sandbox):
    receive()
    only("brainysoft")
    claim = claimed()
    Connection.objects.update(jurisdiction="RU")
    engine.deliver(claim)
    assert stands() == (State.SKIPPED, HELD)
    assert vendor_sandbox.held("brainysoft") == []


def test_an_allowed_border_still_asks_for_a_consent(abroad, receive, program):
    program.consent_required = True
    program.save()
    Route.objects.filter(connection=abroad).update(across_borders=True)
    receive()
    assert stands() == (State.WAITING, "Waiting: no consent for brainysoft.")
