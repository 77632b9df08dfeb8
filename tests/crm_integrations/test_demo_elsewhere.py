"""The demo where there is something else already, and where it does not belong."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from crm_integrations.models import Connection, Delivery, Exchange
from leadops.models import Lead
from tests import people

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:8100"


@pytest.fixture(autouse=True)
def _data_folder(settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path


def test_somebodys_own_deliveries_are_left_alone(lead_on_its_way):
    before = Delivery.objects.filter(pk=lead_on_its_way.pk).values().get()
    call_command("demo")
    assert Delivery.objects.filter(pk=lead_on_its_way.pk).values().get() == before
    assert not Exchange.objects.exists()


@pytest.fixture
def lead_on_its_way(other_partner) -> Delivery:
    """A delivery of a lead that the demo did not make."""
    connection = Connection.objects.create(vendor="ispcrm", name="own", base_url=URL)
    program = people.program("own", "Somebody's own")
    lead = Lead.objects.create(partner=other_partner, program=program, primary_mobile="+919800000001")
    return Delivery.objects.create(
        connection=connection, kind="lead", lead=lead, record_id=lead.pk, version=1
    )


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [("PRODUCTION", True, "refused in production"), ("ALLOW_LOCAL_VENDORS", False, "ALLOW_LOCAL_VENDORS=1")],
)
def test_the_demo_is_refused_where_it_does_not_belong(settings, setting, value, message):
    setattr(settings, setting, value)
    with pytest.raises(CommandError, match=message):
        call_command("demo")
    assert not Lead.objects.exists()
