"""Parallel calls, rate and plans of a claim: what holds however many workers ask at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db.models.functions import Now

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, Exchange, Health, State
from crm_integrations.outbox import taking
from leadops.prepared import IN_ORDER
from tests.crm_integrations import holding
from tests.crm_integrations.in_hand import kept_plan

pytestmark = pytest.mark.django_db(transaction=True)


def fill(connection: Connection, tokens: float) -> None:
    """Give `connection` so many calls it may make at once."""
    Health.objects.update_or_create(connection=connection, defaults={"tokens": tokens, "filled_at": Now()})


def test_twelve_workers_never_share_more_calls_than_are_allowed(queue):
    holding.connect("isp", parallel=3)
    queue(60)
    for _ in range(5):
        claims = [claim for claim in holding.at_once(12, lambda: outbox.claim(limit=2)) if claim]
        assert len(claims) == 3
        for claim in claims:
            outbox.release(claim)


def test_a_halved_pace_halves_the_parallel_calls_but_leaves_one(queue):
    isp = holding.connect("isp", parallel=4)
    queue(40)
    Health.objects.create(connection=isp, pace=0.5)
    claims = [claim for claim in holding.at_once(8, lambda: outbox.claim(limit=1)) if claim]
    assert len(claims) == 2
    for claim in claims:
        outbox.release(claim)
    Health.objects.update(pace=0.05)
    assert sum(claim is not None for claim in holding.at_once(8, lambda: outbox.claim(limit=1))) == 1


def test_eight_workers_spend_a_token_only_once(queue):
    holding.connect("isp", rate=0.01)
    queue(40)
    claims = [claim for claim in holding.at_once(8, lambda: outbox.claim(limit=5)) if claim]
    assert [len(claim.deliveries) for claim in claims] == [1]
    assert Health.objects.get().tokens == 0


def test_a_rate_is_kept_over_time_and_the_drain_waits_for_it(queue):
    with holding.vendor() as vendor:
        holding.connect("isp", vendor.url, rate=10, parallel=4)
        queue(25)
        began = time.monotonic()
        sent = sum(holding.at_once(4, engine.drain))
        took = time.monotonic() - began
    assert sent == len(vendor.seen) == 25
    assert took >= 1.4  # ten at once, fifteen more at ten a second


def test_a_call_that_is_allowed_again_by_now_is_waited_for_no_longer_but_not_forgotten(queue):
    """Or a drain ends that found none a moment ago, and what is due waits for the next sweep."""
    isp = holding.connect("isp", rate=10)
    queue(1)
    fill(isp, 5)
    assert outbox.tokens_in() == 0
    Delivery.objects.update(due_at=Now() + timedelta(hours=1))
    assert outbox.tokens_in() is None


def test_a_second_call_of_a_delivery_is_owed(queue, monkeypatch):
    isp = holding.connect("isp", rate=2)
    queue(1)
    claim = outbox.claim()
    assert claim is not None
    before = Health.objects.get(connection=isp).tokens
    for purpose in ("create", "find"):
        outbox.open_exchange(
            claim, claim.deliveries[0], Exchange(delivery=claim.deliveries[0], purpose=purpose)
        )
    assert Health.objects.get(connection=isp).tokens == before - 1


def test_what_is_given_back_gives_its_tokens_back(queue):
    isp = holding.connect("isp", rate=5)
    queue(4)
    claim = outbox.claim(4)
    assert claim is not None
    before = Health.objects.get(connection=isp).tokens
    outbox.open_exchange(claim, claim.deliveries[0], Exchange(delivery=claim.deliveries[0], purpose="create"))
    outbox.release(claim)
    assert Health.objects.get(connection=isp).tokens == before + 3  # one call was begun


def test_what_was_called_and_is_given_back_keeps_its_token(queue):
    isp = holding.connect("isp", rate=5)
    queue(2)
    claim = outbox.claim(2)
    called = Exchange(delivery=claim.deliveries[0], connection=isp, purpose=Exchange.Purpose.CREATE)
    outbox.open_exchange(claim, claim.deliveries[0], called)
    outbox.complete_exchange(called)  # as after a 401, which says surely that nothing was taken
    before = Health.objects.get(connection=isp).tokens
    outbox.release(claim)
    assert set(Delivery.objects.values_list("state", "lease")) == {(State.QUEUED, None)}
    assert Health.objects.get(connection=isp).tokens == before + 1


def test_a_drain_ends_when_nothing_waits_for_a_rate(queue):
    holding.connect("isp", rate=0.5)
    queue(1)
    Delivery.objects.update(due_at=Now() + timedelta(hours=1))
    assert outbox.tokens_in() is None
    assert engine.drain() == 0


def test_who_waits_for_a_rate_stops_when_told_to(queue):
    isp = holding.connect("isp", rate=0.001)
    queue(1)
    fill(isp, 0)
    assert 900 < (outbox.tokens_in() or 0) <= 1000
    until = time.monotonic() + 0.5
    began = time.monotonic()
    assert engine.drain(lambda: time.monotonic() > until) == 0
    assert time.monotonic() - began < 300
    assert not outbox.can_claim()


def test_what_a_worker_died_over_is_taken_alone(queue):
    holding.connect("isp")
    queue(5)
    first = Delivery.objects.order_by("due_at", "id").first()
    assert first is not None
    Delivery.objects.filter(pk=first.pk).update(leases_lost=1)
    alone, others = outbox.claim(), outbox.claim()
    assert alone is not None
    assert others is not None
    assert [each.pk for each in alone.deliveries] == [first.pk]
    assert first.pk not in [each.pk for each in others.deliveries]
    assert len(others.deliveries) == 2


def test_at_the_end_no_worker_takes_more_than_its_share(queue):
    holding.connect("isp")
    queue(12)
    taken = [outbox.claim(6), outbox.claim(6), outbox.claim(6), outbox.claim(6)]
    assert [len(each.deliveries) if each else 0 for each in taken] == [6, 3, 1, 1]


OTHERS = {"crm_integrations_health_pkey", "crm_integrations_connection_pkey", "lease_by_connection"}
FINISHED = """
INSERT INTO crm_integrations_delivery (id, created_at, updated_at, connection_id, kind, lead_id, record_id, version,
    ref, state, accepted, attempts, lookups, absences, due_at, depends_on, reference, vendor_status, reason)
SELECT gen_random_uuid(), now(), now(), d.connection_id, d.kind, d.lead_id, gen_random_uuid(), 1, d.ref, 'queued',
    false, 1, 0, 0, now() - interval '1 day', '', '', '', ''
FROM crm_integrations_delivery d, generate_series(1, 20000);
UPDATE crm_integrations_delivery SET state = 'delivered' WHERE due_at < now() - interval '1 hour'
"""


def test_claiming_reads_no_finished_delivery(queue):
    """Not even where the index of what is due is large, as all of that was in it and nothing has cleaned up since."""
    isp = holding.connect("isp")
    queue(3)
    with database.cursor() as cursor:
        cursor.execute(f"{FINISHED}; ANALYZE crm_integrations_delivery")
    named = {"limit": 20, "lease": isp.pk, "seconds": 60, "checkable": ["crego_crm"]}
    named |= {"served": None, "marked": [], "since": []}
    for statement in (taking.LOCK, taking.TAKE, taking.CHOOSE, taking.WITH_WORK, taking.SOONEST):
        used = set(scans(json.loads(kept_plan(IN_ORDER, statement, named, "FORMAT JSON"))))
        assert "delivery_due" in used
        assert used <= {*OTHERS, "delivery_due", "crm_integrations_delivery_pkey"}, statement.name
    assert Delivery.objects.filter(state=State.DELIVERED).count() == 60_000


def scans(node: object) -> Iterator[str]:
    for each in node if isinstance(node, list) else []:
        yield from scans(each)
    if isinstance(node, dict):
        if "Index Name" in node:
            yield node["Index Name"]
        elif node.get("Relation Name") == "crm_integrations_delivery" and node["Node Type"] == "Seq Scan":
            yield node["Node Type"]
        for each in node.values():
            yield from scans(each)


def test_a_look_up_that_a_limit_refuses_is_not_counted(queue):
    with holding.vendor() as vendor:
        holding.connect("crego", vendor.url, "crego_crm")
        queue(1)
        Delivery.objects.update(state=State.UNKNOWN, once_unknown=True)
        for status, lookups in ((429, 0), (429, 0), (500, 1), (429, 1)):
            vendor.status = status
            Delivery.objects.update(due_at=Now())
            Health.objects.update(hold_until=Now())
            assert engine.drain() == 1
            left = Delivery.objects.get()
            assert (left.state, left.lookups) == (State.UNKNOWN, lookups)
        assert len(vendor.seen) == 4
