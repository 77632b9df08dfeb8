"""What the five vendors' twins answer to the engine itself, watched."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_integrations import delivery as engine
from crm_integrations import following, watching
from crm_integrations.models import AnswerShape, Delivery, Exchange, Notice, State, Tally
from crm_integrations.watching import looking
from leadops.services import leads
from tests import people
from tests.crm_integrations.in_hand import make_due

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Calls need not be 30 seconds old."""
    monkeypatch.setattr(looking, "SETTLED", timedelta(seconds=-1))


def test_every_call_of_the_engine_is_counted_and_steady_vendors_raise_nothing(connections, partner, program):
    taken_in = people.leads_of(partner, program, 30)
    for part in (taken_in[:15], taken_in[15:]):
        leads.submit(part)
        engine.drain()
        following.ask_now(list(Delivery.objects.values_list("pk", flat=True)))
        following.follow()
        watching.watch()
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED}
    counted = {
        name: sum(Tally.objects.filter(connection=each).values_list("calls", flat=True))
        for name, each in connections.items()
    }
    made = {name: Exchange.objects.filter(connection=each).count() for name, each in connections.items()}
    assert counted == made
    assert sum(Tally.objects.values_list("sent", flat=True)) == 4 * 30
    assert AnswerShape.objects.filter(answers__gte=30).count() >= 5
    assert not Notice.objects.exists()


def test_a_refusal_in_the_vendors_words_has_the_cause_of_its_delivery(
    connections, partner, program, vendor_sandbox
):
    for vendor in ("brainysoft", "ispcrm", "crego_crm"):
        vendor_sandbox.fault(vendor, "error_flag")
    leads.submit(people.leads_of(partner, program, 2))
    engine.drain()
    make_due()
    watching.watch()
    refused = Delivery.objects.filter(state=State.REJECTED)
    assert refused.count() >= 4
    for delivery in refused.select_related("connection"):
        causes = [tally.causes for tally in Tally.objects.filter(connection=delivery.connection)]
        assert delivery.cause in {cause for each in causes for cause in each}
