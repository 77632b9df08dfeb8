"""Whose turn it is at a connection: leases are counted by claims, and looked for from where the last look ended."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, Lease
from crm_integrations.outbox import low_water
from tests.crm_integrations import holding
from tests.crm_integrations.in_hand import claimed, end_leases

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def isp() -> Connection:
    return holding.connect("isp", parallel=1)


@pytest.fixture
def later(monkeypatch):
    """Moves on the clock by which a look is trusted."""
    real, skipped = time.monotonic, []

    def skip(seconds: float) -> None:
        skipped.append(seconds)

    monkeypatch.setattr(low_water.time, "monotonic", lambda: real() + sum(skipped))
    return skip


def test_a_claim_has_one_place_however_much_it_took(isp, queue):
    queue(4)
    claim = outbox.claim(3)
    held = Lease.objects.get()
    assert (held.pk, held.connection_id, len(claim.deliveries)) == (claim.lease, isp.pk, 3)
    assert outbox.claim() is None  # the one place is taken
    outbox.finish(claim)
    assert not Lease.objects.exists()
    assert len(claimed().deliveries) == 1


def test_who_drained_leaves_no_place_taken(queue):
    with holding.vendor() as vendor:
        holding.connect("isp", vendor.url)
        queue(2)
        assert engine.drain() == 2
    assert not Lease.objects.exists()


def test_a_place_given_back_is_free_at_once(isp, queue):
    queue(2)
    outbox.release(claimed())
    assert not Lease.objects.exists()
    assert len(claimed().deliveries) == 2


def test_a_dead_workers_place_is_free_when_its_lease_ends(isp, queue):
    queue(1)
    claimed()
    end_leases()
    outbox.reap()
    assert not Lease.objects.exists()
    assert len(claimed().deliveries) == 1


def test_who_renews_its_lease_keeps_its_place(isp, queue):
    queue(1)
    claim = claimed()
    before = Lease.objects.get().until
    claim.safe_until = 0
    outbox.ensure_time(claim, claim.deliveries[0])
    assert Lease.objects.get().until > before
    assert outbox.claim() is None


def test_a_look_begins_where_the_last_one_found_something(isp, queue, later):
    queue(2)
    first = claimed()
    outbox.finish(first)
    assert low_water.marks()[isp.pk].since == min(each.due_at for each in first.deliveries) - low_water.MARGIN
    older = first.deliveries[0].pk
    freed = {"state": "queued", "lease": None, "leased_until": None}
    Delivery.objects.filter(pk=older).update(due_at=F("due_at") - timedelta(hours=1), **freed)
    assert outbox.claim() is None  # another process gave it back, with an older moment
    later(low_water.TRUSTED_SECONDS)
    assert [each.pk for each in claimed().deliveries] == [older]


def test_a_look_is_trusted_no_longer_because_others_follow(isp, queue, later):
    queue(2)
    outbox.finish(outbox.claim(1))
    later(low_water.TRUSTED_SECONDS - 5)
    outbox.finish(outbox.claim(1))
    assert isp.pk in low_water.marks()
    later(5)
    assert isp.pk not in low_water.marks()


def test_a_look_that_outlasts_the_trust_gives_no_new_one(isp, queue, later, monkeypatch):
    queue(2)
    outbox.finish(outbox.claim(1))
    real = low_water.learn

    def slow(*args: Any) -> None:
        later(low_water.TRUSTED_SECONDS)
        real(*args)

    monkeypatch.setattr(low_water, "learn", slow)
    outbox.finish(outbox.claim(1))
    assert isp.pk not in low_water.marks()


def test_the_sweep_looks_from_the_very_beginning(isp, queue):
    queue(1)
    outbox.finish(claimed())
    assert isp.pk in low_water.marks()
    outbox.sweep()
    assert low_water.marks() == {}


def test_what_a_slow_transaction_wrote_is_found_at_once(isp, queue):
    queue(2)
    outbox.finish(outbox.claim(1))
    committed = Now() - low_water.MARGIN + timedelta(seconds=5)
    Delivery.objects.filter(lease=None).update(due_at=committed)
    assert len(claimed().deliveries) == 1
