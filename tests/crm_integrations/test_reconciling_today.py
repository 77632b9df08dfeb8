"""A day that is not over beside the vendor's list: what comes meanwhile is no difference, and the night looks again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import reconciling
from crm_integrations.calls import kept_call
from crm_integrations.connector import Response
from crm_integrations.models import Connection, Notice, Reconciliation
from crm_integrations.reconciling import listing

pytestmark = pytest.mark.django_db(transaction=True)


def compared(connection: Connection) -> Reconciliation:
    """Today's comparison."""
    asked = reconciling.start(connection, timezone.localdate(), timezone.localdate())
    reconciling.run(asked.pk)
    asked.refresh_from_db()
    return asked


@pytest.fixture
def crego(connections) -> Connection:
    return connections["crego_crm"]


def test_what_is_delivered_after_its_page_was_read_is_not_missing(crego, receive, monkeypatch):
    receive(0)
    engine.drain()
    numbers = iter(range(1, 9))

    def deliver_behind(*asked: Any) -> Response:
        page = kept_call(*asked)
        receive(next(numbers))
        engine.drain()
        return page

    monkeypatch.setattr(listing, "kept_call", deliver_behind)
    asked = compared(crego)
    assert next(numbers) == 2, "the list was read, once, and another was delivered after it"
    assert (asked.state, asked.ours, asked.theirs, asked.matched) == ("done", 1, 1, 1)
    assert not asked.differences.exists()
    assert not Notice.objects.exists()


def test_the_night_compares_a_day_that_was_compared_before_it_was_over(crego, settings, monkeypatch):
    settings.RECONCILE_HOUR = 0
    Connection.objects.exclude(pk=crego.pk).update(enabled=False)
    assert compared(crego).state == "done"
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    assert [reconciling.start_nightly(), reconciling.start_nightly()] == [1, 0]


@pytest.mark.parametrize(("nights_missed", "days"), [(1, 2), (4, 5), (60, 31)])
def test_night_makes_up_for_the_nights_on_which_nobody_compared(crego, settings, nights_missed, days):
    settings.RECONCILE_HOUR = 0
    yesterday = reconciling.yesterday()
    last = yesterday - timedelta(days=nights_missed + 1)
    whole = reconciling.start(crego, last, last)
    Reconciliation.objects.filter(pk=whole.pk).update(state="done")
    failed = reconciling.start(crego, yesterday - timedelta(days=1), yesterday - timedelta(days=1))
    Reconciliation.objects.filter(pk=failed.pk).update(state="failed")
    assert reconciling.start_nightly() == 3  # the others have their yesterday
    made_up = crego.reconciliations.latest("id")
    assert (made_up.first_on, made_up.last_on) == (yesterday - timedelta(days=days - 1), yesterday)
    assert reconciling.start_nightly() == 0
