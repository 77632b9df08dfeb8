"""The harmless call to a vendor that did not answer, where nothing waits to be sent there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from crm_integrations import checkups
from crm_integrations import delivery as engine
from crm_integrations.models import Connection, Delivery, Health, Notice, State
from tests.crm_integrations import holding
from tests.crm_integrations.holding import Vendor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with holding.vendor() as made:
        yield made


@pytest.fixture
def crego(vendor, queue) -> Connection:
    """Its breaker has opened over five calls, and its hold is over."""
    connection = holding.connect("crego", vendor.url, "crego_crm")
    queue(5)
    vendor.status = 503
    engine.drain()
    vendor.status = 200
    Health.objects.update(hold_until=timezone.now() - timedelta(seconds=1))
    return connection


def stands() -> tuple[bool, bool]:
    """Whether the breaker is open, and whether operations are told so."""
    is_open = Health.objects.get().opened_at is not None
    return is_open, Notice.objects.filter(kind=Notice.Kind.BREAKER, closed_at=None).exists()


def test_where_no_record_waits_a_good_answer_closes_the_breaker(crego):
    assert stands() == (True, True)
    Delivery.objects.update(state=State.CANCELLED)
    assert checkups.check_held() == 1
    assert stands() == (False, False)


@pytest.mark.parametrize("state", [State.QUEUED, State.RETRYING, State.UNKNOWN])
def test_where_one_waits_it_is_the_trial(crego, state):
    Delivery.objects.update(state=state, due_at=timezone.now() + timedelta(hours=1))
    assert checkups.check_held() == 1
    assert stands() == (True, True)


def test_no_answer_closes_nothing(crego, vendor):
    Delivery.objects.update(state=State.CANCELLED)
    vendor.status = 503
    assert checkups.check_held() == 1
    assert stands() == (True, True)
