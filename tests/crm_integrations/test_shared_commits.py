"""The outcome of one call is written with the opening of the next: neither may suffer from the other."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DataError, OperationalError

from crm_integrations import delivery as engine
from crm_integrations import outbox, transport
from crm_integrations.models import Delivery, Exchange, State
from crm_integrations.outbox import opening
from leadops.models import Lead
from tests.crm_integrations.in_hand import claimed, end_leases, only

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(receive, connections, vendor_sandbox) -> outbox.Claim:
    """Two deliveries to ISPCRM, in hand."""
    for number in range(2):
        receive(number)
    only("ispcrm")
    claim = claimed()
    assert len(claim.deliveries) == 2
    return claim


def states(claim: outbox.Claim) -> list[str]:
    found = dict(Delivery.objects.values_list("pk", "state"))
    return [found[each.pk] for each in claim.deliveries]


def before_call(monkeypatch: pytest.MonkeyPatch, number: int, act: Any) -> None:
    """Do `act` in the moment before the first byte of the call with this number."""
    real, made = transport.send, []

    def send(*args: Any) -> Any:
        made.append(args)
        if len(made) == number:
            act()
        return real(*args)

    monkeypatch.setattr(transport, "send", send)


def test_an_outcome_is_written_before_the_next_call_begins(two, monkeypatch):
    seen: list[Any] = []

    def look() -> None:
        first = two.deliveries[0]
        lead = Lead.objects.get(pk=first.lead_id)
        call = Exchange.objects.get(delivery=first)
        seen.append((states(two), lead.sync_status, call.status, call.finished_at is not None))

    before_call(monkeypatch, 2, look)
    engine.deliver(two)
    assert seen == [([State.DELIVERED, State.SENDING], Lead.SyncStatus.DELIVERED, 200, True)]
    assert states(two) == [State.DELIVERED, State.DELIVERED]


def test_the_outcome_is_written_when_the_worker_is_told_to_stop(two):
    calls: list[None] = []

    def stop() -> bool:
        calls.append(None)
        return len(calls) > 1

    assert engine.deliver(two, stop) == 1
    assert states(two) == [State.DELIVERED, State.QUEUED]


def test_the_outcome_is_written_when_the_next_call_breaks_off(two, monkeypatch):
    def interrupt() -> None:
        raise KeyboardInterrupt

    before_call(monkeypatch, 2, interrupt)
    with pytest.raises(KeyboardInterrupt):
        engine.deliver(two)
    assert states(two) == [State.DELIVERED, State.SENDING]


def test_the_outcome_is_written_when_no_next_call_can_be_opened(two, vendor_sandbox):
    def pause() -> None:
        outbox.pause(two.deliveries[0].connection, "by hand")

    real = outbox.settle_with_next
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "settle_with_next", lambda *args: (real(*args), pause())[0])
        engine.deliver(two)
    assert states(two) == [State.DELIVERED, State.QUEUED]
    assert len(vendor_sandbox.calls("ispcrm")) == 1


def test_a_next_call_is_made_though_the_outcome_before_it_came_too_late(two, monkeypatch, caplog):
    def taken_over() -> None:
        Delivery.objects.filter(pk=two.deliveries[0].pk).update(state=State.UNKNOWN, lease=None)

    before_call(monkeypatch, 1, taken_over)
    engine.deliver(two)
    assert states(two) == [State.UNKNOWN, State.DELIVERED]
    assert "was taken over by another worker" in caplog.text
    assert Exchange.objects.get(delivery=two.deliveries[0]).status == 200  # evidence all the same


def refuse_shared(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    """The database takes no string with an outcome and an opening in it."""
    real = opening.run

    def run(cursor: Any, named: Any, *statements: Any) -> None:
        if len(statements) > 1:
            raise error("as told")
        real(cursor, named, *statements)

    monkeypatch.setattr(opening, "run", run)


@pytest.mark.parametrize("error", [OperationalError, DataError])
def test_an_opening_that_the_database_refuses_costs_the_outcome_nothing(
    two, monkeypatch, vendor_sandbox, error
):
    refuse_shared(monkeypatch, error)
    engine.deliver(two)
    assert states(two) == [State.DELIVERED, State.SENDING]  # the second waits for the end of its lease
    assert len(vendor_sandbox.calls("ispcrm")) == 1


def test_an_outcome_that_can_not_be_written_at_all_is_doubted_by_the_sweep(two, monkeypatch, vendor_sandbox):
    def lost(claim: outbox.Claim) -> None:
        raise DataError("as told")

    refuse_shared(monkeypatch, DataError)
    monkeypatch.setattr(outbox, "finish", lost)
    engine.deliver(two)
    assert states(two) == [State.SENDING, State.SENDING]
    end_leases()
    outbox.reap()
    assert states(two) == [State.REVIEW, State.QUEUED]
    assert len(vendor_sandbox.calls("ispcrm")) == 1
