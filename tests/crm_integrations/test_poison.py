"""A record that kills workers is taken out after three of them, and no other record is blamed for it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Delivery, Exchange, Notice, State
from leadops.models import Lead
from tests.crm_integrations import holding

pytestmark = pytest.mark.django_db(transaction=True)


def die(claim: outbox.Claim | None) -> None:
    """The worker that has `claim` in hand dies, and the reaper finds it."""
    assert claim is not None
    Delivery.objects.filter(lease=claim.lease).update(leased_until=Now() - timedelta(seconds=1))
    outbox.reap()


def test_after_three_workers_it_is_dead_and_the_rest_flow(queue):
    with holding.vendor() as vendor:
        holding.connect("isp", vendor.url)
        queue(6)
        poison = Delivery.objects.order_by("due_at", "id").first()
        assert poison is not None
        workers = 0
        while (claim := outbox.claim()) is not None:
            if poison.pk in {each.pk for each in claim.deliveries}:
                workers += 1
                die(claim)
            else:
                engine.deliver(claim)
        poison.refresh_from_db()
        assert workers == 3
        assert (poison.state, poison.attempts, poison.lease) == (State.DEAD, 0, None)
        assert "workers died" in poison.reason
        assert len(vendor.seen) == 5
    assert Delivery.objects.filter(state=State.DELIVERED, leases_lost=0).count() == 5
    assert poison.lead.sync_status != Lead.SyncStatus.DELIVERED
    notice = Notice.objects.get()
    assert (notice.kind, notice.subject) == (Notice.Kind.POISON, str(poison.pk))


def test_a_worker_that_died_by_chance_leaves_no_mark_once_it_went(queue):
    with holding.vendor() as vendor:
        holding.connect("isp", vendor.url)
        queue(4)
        for _ in range(2):
            die(outbox.claim())
            engine.drain()
            Delivery.objects.update(state=State.QUEUED)
        die(outbox.claim())
        engine.drain()
    assert set(Delivery.objects.values_list("state", "leases_lost")) == {(State.DELIVERED, 0)}
    assert not Notice.objects.exists()


def test_its_notice_ends_once_a_person_has_it_sent_again(queue):
    with holding.vendor() as vendor:
        holding.connect("isp", vendor.url)
        queue(1)
        for _ in range(3):
            die(outbox.claim())
        outbox.sweep()
        assert Notice.objects.get().closed_at is None
        assert outbox.retry([Delivery.objects.get().pk]) == 1
        outbox.sweep()
    assert Notice.objects.get().closed_at is not None


@pytest.mark.parametrize("purpose", ["create", "find"])
def test_what_may_be_at_the_vendor_is_for_a_person_to_decide(queue, purpose):
    holding.connect("crego", vendor="crego_crm")
    queue(1)
    Delivery.objects.update(leases_lost=2, state="unknown" if purpose == "find" else "queued")
    claim = outbox.claim()
    assert claim is not None
    outbox.open_exchange(claim, claim.deliveries[0], Exchange(delivery=claim.deliveries[0], purpose=purpose))
    die(claim)
    left = Delivery.objects.get()
    assert (left.state, left.once_unknown) == (State.REVIEW, True)


def test_what_was_unknown_once_is_remembered(queue):
    with holding.vendor() as vendor:
        holding.connect("isp", vendor.url)
        queue(1)
        vendor.status = 500
        engine.drain()
    left = Delivery.objects.get()
    assert (left.state, left.once_unknown) == (State.REVIEW, True)
    Delivery.objects.update(state=State.QUEUED, due_at=Now())
    claim = outbox.claim()
    assert claim is not None
    outbox.settle(claim, claim.deliveries[0], outbox.Settlement(State.REJECTED, "No."))
    assert Delivery.objects.get().once_unknown
