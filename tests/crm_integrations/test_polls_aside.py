"""Asking how records stand goes on beside sending: neither a bad answer nor a failing status page stops anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db.models.functions import Now

from crm_integrations import following, health
from crm_integrations.models import Connection, Delivery, Exchange, Health, State
from leadops.models import Lead
from tests.crm_integrations import holding
from tests.crm_integrations.holding import Vendor

pytestmark = pytest.mark.django_db(transaction=True)
RECORDS = 6


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with holding.vendor() as made:
        yield made


@pytest.fixture
def los(vendor: Vendor, receive: Callable[..., Lead]) -> Connection:
    """An LOS that took several accounts, about each of which it is due to be asked."""
    connection, lead = holding.connect("los", vendor.url, "crego_los"), receive()
    taken = {"connection": connection, "lead": lead, "record_id": lead.pk, "kind": "loan_account"}
    for number in range(RECORDS):
        known = {"ref": f"CL{number}", "reference": f"acc-{number}", "state": State.DELIVERED}
        Delivery.objects.create(
            **taken, **known, version=number + 1, delivered_at=lead.created_at, ask_at=lead.created_at
        )
    return connection


def test_an_answer_without_a_status_keeps_no_other_record_waiting(los, vendor):
    assert following.follow() == RECORDS
    assert len(vendor.seen) == RECORDS
    assert not Delivery.objects.filter(ask_at__lte=Now()).exists()


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_what_every_question_would_meet_is_met_once_a_turn(los, vendor, status):
    vendor.status = status
    assert following.follow() == 1
    assert Delivery.objects.filter(ask_at__lte=Now()).count() == RECORDS - 1


def test_questions_that_fail_open_no_breaker(los, vendor):
    vendor.status = 500
    for _ in range(RECORDS):
        following.follow()
    assert len(vendor.seen) == RECORDS > health.FAILURES_IN_A_ROW
    assert not Health.objects.filter(failures__gt=0).exists()


@pytest.mark.parametrize("purpose", health.ASIDE)
def test_nor_do_they_count_among_the_calls_of_the_last_minute(los, purpose):
    many = [
        Exchange(connection=los, purpose=purpose, status=500, finished_at=los.created_at) for _ in range(20)
    ]
    Exchange.objects.bulk_create(many)
    health.learn_from(los, Exchange(connection=los, purpose=Exchange.Purpose.CREATE, status=500))
    row = Health.objects.get()
    assert (row.failures, row.opened_at) == (1, None)
