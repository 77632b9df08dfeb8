"""A delivery that needs a person has its cause, and loses it when it goes on."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Delivery, State
from crm_integrations.outbox.sweeping import DEATHS
from leadops.services import leads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def refused(receive, connections, vendor_sandbox) -> Delivery:
    vendor_sandbox.fault("ispcrm", "error_flag")
    receive()
    engine.drain()
    vendor_sandbox.clear_faults()
    return Delivery.objects.get(state=State.REJECTED)


def cause_of(delivery: Delivery) -> str:
    return Delivery.objects.values_list("cause", flat=True).get(pk=delivery.pk)


def test_refused_one_has_its_cause_and_a_delivered_one_has_none(refused):
    assert refused.cause
    others = Delivery.objects.exclude(pk=refused.pk)
    assert set(others.values_list("state", "cause")) == {(State.DELIVERED, "")}


def test_cause_goes_with_a_retry(refused):
    outbox.retry([refused.pk])
    assert cause_of(refused) == ""
    engine.drain()
    assert (Delivery.objects.get(pk=refused.pk).state, cause_of(refused)) == (State.DELIVERED, "")


def test_cause_goes_when_a_newer_version_takes_its_place(refused):
    leads.revise(refused.lead)
    leads.submit([refused.lead])
    refused.refresh_from_db()
    assert (refused.state, refused.cause) == (State.SUPERSEDED, "")


def test_doubted_one_that_nobody_can_be_asked_about_has_a_cause_until_it_is_decided(
    receive, connections, officer
):
    receive()
    engine.drain()
    delivery = Delivery.objects.get(connection__vendor="ispcrm")
    outbox.doubt([delivery.pk], "Their list of 12 March 2026 has no 9800000001.")
    assert cause_of(delivery) == "Their list of … has no …."
    outbox.resolve_held(delivery.pk, "4711", "seen", officer)
    assert cause_of(delivery) == ""


def test_what_workers_died_over_has_a_cause(receive, connections):
    receive()
    delivery = Delivery.objects.filter(connection__vendor="ispcrm").get()
    Delivery.objects.exclude(pk=delivery.pk).delete()
    assert outbox.claim() is not None
    Delivery.objects.update(leases_lost=DEATHS - 1, leased_until=Now())
    outbox.reap()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.cause) == (
        State.DEAD,
        "… workers died with it in hand, one after the other.",
    )


def test_cause_is_written_by_the_statement_that_settles(receive, connections):
    receive()
    Delivery.objects.exclude(connection__vendor="ispcrm").delete()
    claim = outbox.claim()
    assert claim is not None
    with CaptureQueriesContext(database) as asked:
        outbox.settle(claim, claim.deliveries[0], outbox.Settlement(State.SKIPPED, "Not for 3 of them."))
    said = [each["sql"] for each in asked.captured_queries if not each["sql"].startswith("PREPARE")]
    assert ["EXECUTE settle" in sql for sql in said].count(True) == 1
    assert not [sql for sql in said if "UPDATE" in sql and "crm_integrations_delivery" in sql]
    assert Delivery.objects.filter(cause="Not for … of them.").count() == 1
