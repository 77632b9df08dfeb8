"""Signing in is within a try: what a token costs takes no try from a delivery."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import tokens, why
from crm_integrations.models import Connection, Delivery, Exchange, Health, State
from leadops.models import Lead
from tests.crm_integrations.in_hand import make_due, only

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(receive, connections) -> None:
    """A lead that is due at Brainysoft, which hands out tokens."""
    receive()
    only("brainysoft")


def try_once() -> Delivery:
    make_due()
    Health.objects.update(hold_until=Now(), opened_at=None, failures=0)
    engine.drain()
    return Delivery.objects.select_related("connection__health").get()


def test_a_token_that_has_expired_costs_no_try(waiting, vendor_sandbox, settings):
    settings.DELIVERY_RETRIES = (60,) * 3
    states = []
    for _ in range(4):
        vendor_sandbox.fault("brainysoft", "401", times=1)
        vendor_sandbox.fault("brainysoft", "503", times=1)
        states.append(try_once().state)
    assert states == [State.RETRYING] * 3 + [State.DEAD]
    ended = Delivery.objects.get()
    assert (ended.attempts, ended.reason.endswith("Tried 4 times.")) == (4, True)
    sent = Exchange.objects.filter(purpose=Exchange.Purpose.CREATE)
    assert sorted(sent.values_list("status", flat=True)) == [401] * 4 + [503] * 4


def test_what_the_lender_ended_meanwhile_is_not_sent_with_the_new_token(waiting, vendor_sandbox, monkeypatch):
    vendor_sandbox.fault("brainysoft", "401", times=1)
    forget = tokens.forget

    def drop_and_forget(*given: object) -> None:
        Lead.objects.update(status=Lead.Status.DROPPED)
        forget(*given)

    monkeypatch.setattr(tokens, "forget", drop_and_forget)
    assert try_once().state == State.CANCELLED
    assert not vendor_sandbox.held("brainysoft")


def test_no_try_is_counted_out_while_nothing_was_sent(waiting, connections, vendor_sandbox):
    Connection.objects.filter(vendor="brainysoft").update(base_url=f"{vendor_sandbox.url}/")  # no kept token
    vendor_sandbox.fault("brainysoft", "503", kinds=["token"])
    for _ in range(3):
        left = try_once()
    assert (left.state, left.attempts) == (State.RETRYING, 0)
    Health.objects.all().delete()
    left = Delivery.objects.select_related("connection__health").get()
    assert "It will be tried again" in why.of_delivery(left, timezone.now())
    assert "try " not in why.of_delivery(left, timezone.now())
