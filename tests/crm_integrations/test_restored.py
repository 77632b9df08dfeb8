"""After a database was restored: whom a lead's holders are, and how long what is sent is in doubt."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import holders, outbox
from crm_integrations.models import Delivery, Exchange, Route, State
from leadops.services import leads
from tests.crm_integrations.in_hand import make_due
from tests.vendors import LEAD_VENDORS

pytestmark = pytest.mark.django_db(transaction=True)
AS_IN_BACKUP = {"reference": "", "attempts": 0, "delivered_at": None}


@pytest.fixture
def ispcrm(connections, vendor_sandbox):
    """The only vendor that leads are sent to, which can't be asked."""
    Route.objects.exclude(connection__vendor="ispcrm").delete()
    return connections["ispcrm"]


@pytest.mark.parametrize("state", [State.QUEUED, State.DEAD, State.REJECTED])
def test_whoever_may_have_a_lead_is_among_its_holders(ispcrm, receive, state):
    lead = receive()
    engine.drain()
    lead.deliveries.update(state=state, **AS_IN_BACKUP)
    assert list(holders.of([lead])) == []
    outbox.doubt_unsent("Restored from a backup.")
    for _ in range(2):
        engine.drain()
        assert [(each.name, each.certain) for each in holders.of([lead])] == [("ispcrm (lead)", False)]


def test_what_an_officer_made_sure_of_needs_no_decision_with_the_next_version(
    ispcrm, receive, officer, vendor_sandbox
):
    vendor_sandbox.fault("ispcrm", "error_flag")
    lead = receive()
    engine.drain()
    assert lead.deliveries.get().state == State.REJECTED
    outbox.doubt_unsent("Restored from a backup.")
    states = []
    for _ in range(3):
        leads.revise(lead)
        leads.submit([lead])
        engine.drain()
        newest = lead.deliveries.latest("version")
        states.append(newest.state)
        outbox.send_again(newest.pk, "They have none.", officer)
        engine.drain()
    assert states == [State.REVIEW, State.REJECTED, State.REJECTED]


def test_a_call_that_was_open_in_the_backup_is_over(ispcrm, receive):
    lead = receive()
    sent = lead.deliveries.get()
    call = {"purpose": Exchange.Purpose.CREATE, "method": "POST", "url": "https://isp.example/lead"}
    open_call = Exchange.objects.create(connection=ispcrm, delivery=sent, **call)
    Delivery.objects.update(state=State.SENDING)
    outbox.doubt_unsent("Restored from a backup.")
    open_call.refresh_from_db()
    assert open_call.finished_at is not None
    make_due()
    engine.drain()
    assert lead.deliveries.get().reason == "Restored from a backup. This vendor can't be asked."


def test_it_refuses_while_workers_have_deliveries_in_hand(receive, connections):
    receive()
    taken = Delivery.objects.filter(connection=connections["ispcrm"])
    taken.update(state=State.SENDING, lease=uuid.uuid4(), leased_until=timezone.now() + timedelta(minutes=1))
    with pytest.raises(CommandError, match="Workers have 1 deliveries in hand"):
        call_command("doubt_deliveries")
    assert not Delivery.objects.filter(once_unknown=True).exists()
    out = StringIO()
    call_command("doubt_deliveries", "--force", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told == {"doubted": 4, "connections": dict.fromkeys(sorted(LEAD_VENDORS), 1)}
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.UNKNOWN}
