"""Two of our records can't be one of the vendor's, whoever writes its id, and however many write it at once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connections as databases
from django.db import transaction

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Delivery, Exchange, State
from crm_integrations.outbox import Settlement, opening, settling
from leadops.models import Lead, Officer
from leadops.prepared import BY_ONE_PLAN
from tests import patience
from tests.crm_integrations import holding
from tests.crm_integrations.in_hand import claimed, kept_plan, only

pytestmark = pytest.mark.django_db(transaction=True)

ANOTHERS = "The id 101 that the vendor gave belongs to another record."


@pytest.fixture
def one_id_for_all(transactional_db) -> Iterator[holding.Vendor]:
    with holding.vendor() as vendor:
        vendor.ids = itertools.repeat(101)
        holding.connect("isp", vendor.url)
        yield vendor


def test_of_leads_that_are_given_one_id_one_is_delivered_and_the_others_a_person_decides(
    queue, one_id_for_all
):
    queue(3)  # the second's outcome is written as the third is called, the third's at the end
    engine.drain()
    told = Delivery.objects.order_by("id").values_list("state", "reference", "reason", "accepted")
    assert list(told) == [
        (State.DELIVERED, "101", "ok", False),
        (State.REVIEW, "", ANOTHERS, True),
        (State.REVIEW, "", ANOTHERS, True),
    ]
    words = Lead.objects.order_by("id").values_list("sync_status", flat=True)
    assert list(words) == [Lead.SyncStatus.DELIVERED, *[Lead.SyncStatus.NEEDS_PERSON] * 2]
    assert Exchange.objects.filter(status=200).exclude(finished_at=None).count() == len(one_id_for_all.seen)


def test_of_outcomes_that_are_written_together_one_alone_has_an_id(queue, transactional_db):
    holding.connect("isp", parallel=2)
    queue(9)
    errands = [errand(outbox.claim(2)) for _ in range(2)]
    assert sorted(each.written for each in opening._write(errands)) == [False, True]
    assert Delivery.objects.filter(state=State.DELIVERED).count() == 1


def errand(claim: outbox.Claim | None) -> opening.Errand:
    """The first of two was given the id 101; the second is about to be sent."""
    assert claim is not None
    first, second = claim.deliveries
    call = Exchange(delivery=first, purpose=Exchange.Purpose.CREATE, version=1)
    outbox.open_exchange(claim, first, call)
    call.status, call.duration_ms = 200, 1
    settled = settling.Ending(first, Settlement(State.DELIVERED, "", reference="101"), call)
    coming = Exchange(delivery=second, purpose=Exchange.Purpose.CREATE, version=1)
    return opening.Errand(opening._call(claim, second, coming, 1), settling.columns_of(claim, settled))


def an_officer(delivery: Delivery, officer: Officer) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=State.REVIEW)
    with pytest.raises(outbox.HeldByAnother):
        outbox.resolve_held(delivery.pk, "101", "seen", officer)


def a_worker(delivery: Delivery, officer: Officer) -> None:
    claim = claimed()
    outbox.settle(claim, claim.deliveries[0], Settlement(State.DELIVERED, "", reference="101"))


@pytest.mark.parametrize("second", [an_officer, a_worker])
def test_who_writes_an_id_waits_for_who_is_writing_it(
    receive, connections, officer, second: Callable[[Delivery, Officer], None]
):
    receive(0)
    receive(1)
    only("ispcrm")
    first, other = Delivery.objects.order_by("id")
    Delivery.objects.filter(pk=first.pk).update(state=State.REVIEW)
    done: list[str] = []

    def later() -> None:
        try:
            second(other, officer)
            done.append("later")
        finally:
            databases.close_all()

    waiting = threading.Thread(target=later)
    with transaction.atomic():
        assert outbox.resolve_held(first.pk, "101", "seen", officer)
        waiting.start()
        waiting.join(0.5)
        assert done == []
    waiting.join(patience.SECONDS)
    assert done == ["later"]
    assert dict(Delivery.objects.values_list("pk", "state")) == {
        first.pk: State.DELIVERED,
        other.pk: State.REVIEW,
    }


def test_an_id_is_looked_for_by_itself_alone(connections):
    """Not among all that a connection was ever sent."""
    plan = kept_plan(BY_ONE_PLAN, settling.WRITE, {"endings": "[]", "first_call": None, "last_call": None})
    assert (
        "(reference)::text = e.reference" in plan.partition("delivery_by_reference")[2].partition("Filter")[0]
    )
    assert "Seq Scan" not in plan
