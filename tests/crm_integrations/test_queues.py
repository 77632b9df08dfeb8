"""A queue for each connection, so that one whose vendor answers nobody keeps no worker from the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command

from crm_integrations import doorbell, outbox, tasks
from crm_integrations.models import Connection, Delivery, Health, State
from leadops.celery import app
from leadops.models import Lead

Rings = list[tuple[list[int] | None, str | None]]


@pytest.fixture
def rings(monkeypatch) -> Rings:
    """What was rung: for which queue's connections, and in which queue."""
    rung: Rings = []

    def ring(task: str, args: list[int] | None = None, queue: str | None = None, **_: Any) -> None:
        rung.append((args, queue))

    monkeypatch.setattr(current_app, "send_task", ring)
    return rung


@pytest.fixture
def queues(settings) -> list[str]:
    """Two queues for five connections."""
    settings.DELIVERY_QUEUE_NAMES = ["deliver-1", "deliver-2"]
    return settings.DELIVERY_QUEUE_NAMES


@pytest.fixture
def lead(connections, receive: Callable[..., Lead]) -> Lead:
    """One that is due at four connections."""
    return receive()


def left() -> set[str]:
    """The connections with something in the queue."""
    return set(Delivery.objects.filter(state=State.QUEUED).values_list("connection__name", flat=True))


def names_of(number: int) -> set[str]:
    numbers = doorbell.queue_of()
    return {each.name for each in Connection.objects.all() if numbers[each.pk] == number}


def test_every_connection_has_a_queue_and_they_share_alike(connections, queues):
    assert sorted(doorbell.queue_of().values()) == [0, 0, 0, 1, 1]


def test_a_new_connection_takes_none_of_the_others_queues(connections, queues):
    before = doorbell.queue_of()
    made = Connection(vendor="ispcrm", name="another", base_url="http://127.0.0.1:9")
    made.save()
    assert doorbell.queue_of() == before | {made.pk: 1}


def test_the_bell_for_all_passes_the_ring_on_to_the_queues_with_work(lead, queues, rings):
    (only,) = Connection.objects.filter(vendor="ispcrm")
    Delivery.objects.exclude(connection=only).delete()
    rings.clear()
    tasks.work()
    number = doorbell.queue_of()[only.pk]
    assert rings == [([number], queues[number])]
    assert left() == {only.name}


def test_a_queue_whose_connections_hold_back_is_not_rung(lead, queues, rings):
    for connection_id in Connection.objects.values_list("pk", flat=True):
        Health.objects.create(connection_id=connection_id, hold_until="2099-01-01T00:00Z")
    rings.clear()
    tasks.work()
    assert rings == []


@pytest.mark.parametrize("number", [0, 1])
def test_a_queues_bell_delivers_what_is_its_own_and_nothing_else(lead, queues, rings, number):
    before = left()
    tasks.work(number)
    assert left() == before - names_of(number) != before


def test_a_worker_that_is_called_for_help_is_called_in_the_same_queue(lead, queues, rings):
    rings.clear()
    tasks.work(1)
    assert rings
    assert set(map(str, rings)) == {str(([1], "deliver-2"))}


def test_without_queues_one_bell_delivers_all(lead, rings):
    rings.clear()
    tasks.work()
    assert left() == set()
    assert {queue for _, queue in rings} <= {None}


def test_what_is_served_ends_with_its_block(lead):
    with outbox.serving([]):
        assert outbox.claim() is None
        assert not outbox.can_claim()
        assert outbox.with_work() == []
    assert outbox.can_claim()


def test_a_worker_that_is_told_nothing_serves_every_queue(queues):
    served = app.amqp.Queues({name: {} for name in ("celery", *queues)})
    assert set(served.consume_from) == {"celery", "deliver-1", "deliver-2"}
    assert {queue.routing_key for queue in served.values()} == set(served)


def test_operations_are_told_which_connection_has_which_queue(connections, queues, capsys):
    call_command("delivery_queues", "--json")
    told = json.loads(capsys.readouterr().out)["queues"]
    assert set(told.values()) == {*queues}
    assert told.keys() == {each.name for each in connections.values()}


def test_without_queues_all_are_told_to_have_one(connections, capsys):
    call_command("delivery_queues")
    assert "celery\n" in capsys.readouterr().out
