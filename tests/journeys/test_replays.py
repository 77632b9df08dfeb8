"""A vendor refuses many leads, is mended, and gets them by one press: each once, with new leads in between."""

from __future__ import annotations

from collections import Counter

import pytest

from crm_integrations.models import Delivery, Replay, State
from crm_integrations.outbox import replays
from leadops.models import Lead, Officer
from leadops.services import leads
from tests import people, vendors
from tests.journeys.processes import Product
from tests.patience import wait_until
from tests.vendors import Sandbox

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
LEADS = 300
VENDOR = "brainysoft"


@pytest.fixture
def refused(product: Product, sandbox: Sandbox, partner, program) -> list[Lead]:
    """The leads that the vendor refused, all of one cause; it is mended by now."""
    vendors.connect(sandbox.url, VENDOR)
    sandbox.fault(VENDOR, "error_flag")
    made = people.leads_of(partner, program, LEADS)
    leads.submit(made)
    assert product.command("deliver_due", "--until-idle")["rejected"] == LEADS
    sandbox.clear_faults()
    assert Delivery.objects.values("cause").distinct().count() == 1
    return made


def replayed(officer: Officer) -> Replay:
    """The order that the page of failures gives."""
    cause = Delivery.objects.filter(state=State.REJECTED).values_list("cause", flat=True)[0]
    assert cause
    chosen = Delivery.objects.filter(connection__name=VENDOR, cause=cause)
    return replays.start(officer, "They mended it.", VENDOR, chosen)


def held_once(sandbox: Sandbox, count: int) -> None:
    """The ledger is the judge: so many records, and none of them twice."""
    references = Counter(each["reference"] for each in sandbox.held(VENDOR))
    assert len(references) == count
    assert set(references.values()) == {1}


def test_all_that_was_refused_arrives_once_and_a_new_lead_before_the_last_of_them(
    product, sandbox, refused, officer, partner, program
):
    sandbox.fault(VENDOR, "slow", value=0.1)
    replay = replayed(officer)
    worker = product.start_worker()
    wait_until(lambda: Delivery.objects.filter(state=State.DELIVERED).count() > 20, "the replay goes on")
    product.kill(worker)
    product.start_worker()
    (new,) = leads.create(people.drafts(LEADS + 1)[LEADS:], partner=partner, program=program, intake="api")
    leads.submit([new])
    wait_until(lambda: new.deliveries.get().state == State.DELIVERED, "the new lead arrives")
    assert replays.progress(replay).waiting > 0
    assert Replay.objects.get().state == Replay.State.RUNNING
    sandbox.clear_faults()
    wait_until(lambda: all_settled(replay), "the replay is done")
    assert replays.progress(replay) == replays.Progress(delivered=LEADS)
    held_once(sandbox, LEADS + 1)


def all_settled(replay: Replay) -> bool:
    now = Replay.objects.get(pk=replay.pk)
    return now.state == Replay.State.DONE and not replays.progress(now).on_the_way


def test_all_that_was_refused_arrives_once(product, sandbox, refused, officer):
    replay = replayed(officer)
    assert product.command("deliver_due", "--until-idle")["delivered"] == LEADS
    held_once(sandbox, LEADS)
    assert replays.progress(replay) == replays.Progress(delivered=LEADS)
    assert Replay.objects.get().state == Replay.State.DONE


def test_cancelled_half_way_the_rest_stays_as_it_was(product, sandbox, refused, officer):
    sandbox.fault(VENDOR, "slow", value=0.1)
    replay = replayed(officer)
    product.start_worker()
    wait_until(lambda: Delivery.objects.filter(state=State.DELIVERED).count() > 20, "the replay goes on")
    assert replays.cancel(replay)
    wait_until(lambda: not replays.progress(replay).on_the_way, "what was queued is sent")
    now = replays.progress(replay)
    assert now == replays.Progress(waiting=LEADS - now.delivered, delivered=now.delivered)
    assert 20 < now.delivered < LEADS
    assert Delivery.objects.filter(state=State.REJECTED).exclude(cause="").count() == now.waiting
    held_once(sandbox, now.delivered)
