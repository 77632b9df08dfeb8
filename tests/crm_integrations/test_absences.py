"""What the vendor says again and again that it has not: sent again on the schedule, and not for ever."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Delivery, Health, State
from leadops.models import Lead
from tests.crm_integrations.in_hand import make_due

pytestmark = pytest.mark.django_db(transaction=True)


def crego(lead: Lead) -> Delivery:
    return lead.deliveries.get(connection__vendor="crego_crm")


def test_what_is_lost_again_and_again_and_never_there_is_tried_no_oftener_than_anything(
    receive, connections, vendor_sandbox, settings
):
    settings.DELIVERY_RETRIES = (60, 60)
    vendor_sandbox.fault("crego_crm", "cut_before")
    lead = receive()
    for _ in range(9):
        engine.drain()
        make_due()
        Health.objects.update(hold_until=Now(), opened_at=None)
    ended = crego(lead)
    assert (ended.state, ended.attempts) == (State.DEAD, 3)
    assert ended.reason == "Looked up twice, not found. Tried 3 times."
    vendor_sandbox.clear_faults()
    assert outbox.retry([ended.pk]) == 1
    for _ in range(3):
        engine.drain()
        make_due()
    assert crego(lead).state == State.DELIVERED
    assert len(vendor_sandbox.held("crego_crm")) == 1


def test_what_is_absent_again_waits_as_long_as_the_schedule_of_tries_says(
    receive, connections, vendor_sandbox, settings
):
    settings.DELIVERY_RETRIES, settings.DELIVERY_LOOKUPS = (100, 1000, 1000), (30, 60)
    vendor_sandbox.fault("crego_crm", "cut_before")
    lead, waits = receive(), []
    for _ in range(6):
        Health.objects.update(hold_until=Now(), opened_at=None)
        engine.drain()
        if (now := crego(lead)).state == State.QUEUED:
            waits.append((now.due_at - now.updated_at).total_seconds())
            Delivery.objects.filter(pk=now.pk).update(due_at=Now())
        make_due()
    first, second = waits
    assert 100 - 90 <= first <= 125 - 90
    assert 1000 - 90 <= second <= 1250 - 90


def test_what_the_lender_ended_meanwhile_is_cancelled_also_after_the_last_try(
    receive, connections, vendor_sandbox, settings
):
    settings.DELIVERY_RETRIES = ()
    vendor_sandbox.fault("crego_crm", "cut_before")
    lead = receive()
    engine.drain()
    Lead.objects.filter(pk=lead.pk).update(status=Lead.Status.DROPPED)
    for _ in range(3):
        make_due()
        engine.drain()
    assert crego(lead).state == State.CANCELLED
    assert not vendor_sandbox.held("crego_crm")
