"""A connection outlives the file of its connector, and leads go on coming in."""

from __future__ import annotations

import pytest

from crm_integrations.models import Connection, Delivery
from leadops.models import Lead
from leadops.services import leads

pytestmark = pytest.mark.django_db


def test_a_lead_is_kept_and_goes_to_all_other_connections(receive, connections, caplog):
    gone = connections["ispcrm"]
    Connection.objects.filter(pk=gone.pk).update(vendor="gone")
    lead = receive()
    assert Lead.objects.filter(pk=lead.pk, status=Lead.Status.SUBMITTED).exists()
    told = set(Delivery.objects.filter(lead=lead).values_list("connection__vendor", flat=True))
    assert told == {"crego_crm", "brainysoft", "broctagon"}
    assert f"Nothing goes to connection {gone.pk}: connectors/ holds no gone any more." in caplog.text


def test_an_officer_who_chooses_it_sends_nothing_there(receive, connections):
    lead = receive()
    Delivery.objects.all().delete()
    gone = connections["ispcrm"]
    Connection.objects.filter(pk=gone.pk).update(vendor="gone")
    assert leads.submit([lead], connections=[gone.pk]) == 0
    assert not Delivery.objects.exists()
