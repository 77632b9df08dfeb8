"""A connection outlives the file of its connector: leads go on coming in, and the engine goes on for all others."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now
from django.urls import reverse

from crm_integrations import delivery as engine
from crm_integrations import following, outbox, why
from crm_integrations.models import Connection, Delivery, Exchange, State
from leadops.models import Lead
from leadops.services import leads
from tests.crm_integrations import in_hand

SAID = "connectors/ holds no gone any more."
OPEN_CALL = {"purpose": Exchange.Purpose.CREATE, "method": "POST", "url": "https://isp.example/lead"}


@pytest.fixture
def gone(connections):
    """Has the file of the connector of one connection vanish."""

    def vanish() -> Connection:
        Connection.objects.filter(pk=connections["ispcrm"].pk).update(vendor="gone")
        return Connection.objects.get(pk=connections["ispcrm"].pk)

    return vanish


def of(connection: Connection) -> Delivery:
    return Delivery.objects.select_related("connection").get(connection=connection)


@pytest.mark.django_db
def test_a_lead_is_kept_and_goes_to_all_other_connections(receive, gone, caplog):
    connection = gone()
    lead = receive()
    assert Lead.objects.filter(pk=lead.pk, status=Lead.Status.SUBMITTED).exists()
    told = set(Delivery.objects.filter(lead=lead).values_list("connection__vendor", flat=True))
    assert told == {"crego_crm", "brainysoft", "broctagon"}
    assert f"Nothing goes to connection {connection.pk}: {SAID}" in caplog.text


@pytest.mark.django_db
def test_an_officer_who_chooses_it_sends_nothing_there(receive, gone):
    lead = receive()
    Delivery.objects.all().delete()
    assert leads.submit([lead], connections=[gone().pk]) == 0
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_queued_waits_behind_a_pause_and_goes_on_with_the_file(receive, gone):
    receive()
    connection = gone()
    engine.drain()
    others = Delivery.objects.exclude(connection=connection)
    assert set(others.values_list("state", flat=True)) == {State.DELIVERED}
    stuck = of(connection)
    assert (stuck.state, stuck.attempts, stuck.reason) == (State.QUEUED, 0, SAID)
    assert stuck.connection.paused
    assert stuck.connection.pause_reason == SAID
    Connection.objects.filter(pk=connection.pk).update(vendor="ispcrm", paused_until=None)
    engine.drain()
    assert of(connection).state == State.DELIVERED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("called", [True, False])
def test_the_sweep_frees_what_a_dead_worker_had_in_hand_there_and_everywhere(receive, gone, called):
    receive()
    connection = gone()
    for _ in range(4):
        in_hand.claimed()
    if called:
        Exchange.objects.create(connection=connection, delivery=of(connection), **OPEN_CALL)
    in_hand.end_leases()
    outbox.sweep()
    assert not Delivery.objects.filter(state=State.SENDING).exists()
    assert of(connection).state == (State.UNKNOWN if called else State.QUEUED)


@pytest.mark.django_db(transaction=True)
def test_what_may_be_there_is_asked_for_once_the_file_is_back(receive, gone):
    receive()
    connection = gone()
    Delivery.objects.filter(connection=connection).update(state=State.UNKNOWN, once_unknown=True)
    engine.drain()
    stuck = of(connection)
    assert (stuck.state, stuck.lookups, stuck.connection.paused) == (State.UNKNOWN, 0, True)
    assert SAID in stuck.reason


@pytest.mark.django_db(transaction=True)
def test_what_is_followed_there_is_followed_again_once_the_file_is_back(receive, connections):
    lead, vendor = receive(), Connection.objects.filter(pk=connections["brainysoft"].pk)
    engine.drain()
    followed = lead.deliveries.filter(connection=connections["brainysoft"])
    followed.update(ask_at=Now())
    vendor.update(vendor="gone")
    assert following.follow() == 1
    assert followed.get().ask_at is not None
    vendor.update(vendor="brainysoft")
    followed.update(ask_at=Now())
    following.follow()
    assert followed.get().exchanges.filter(purpose=Exchange.Purpose.STATUS).exists()


@pytest.mark.django_db(transaction=True)
def test_doubting_one_there_has_it_wait_for_the_file(receive, gone):
    receive()
    connection = gone()
    Delivery.objects.filter(connection=connection).update(state=State.DELIVERED, reference="1")
    assert outbox.doubt([of(connection).pk], "It is not listed.") == 1
    assert of(connection).state == State.UNKNOWN


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sent_before", [True, False])
def test_pages_tell_of_it(client, officer, receive, gone, caplog, sent_before):
    lead = receive()
    if sent_before:
        engine.drain()
    connection = gone()
    Delivery.objects.filter(connection=connection).update(state=State.QUEUED)
    engine.drain()
    caplog.clear()
    client.force_login(officer)
    pages = {
        reverse("admin:index"),
        reverse("admin:leadops_lead_change", args=[lead.pk]),
        reverse("admin:crm_integrations_delivery_changelist"),
        reverse("admin:crm_integrations_delivery_change", args=[of(connection).pk]),
        reverse("admin:crm_integrations_connection_changelist"),
        reverse("admin:crm_integrations_connection_change", args=[connection.pk]),
    }
    assert {client.get(page).status_code for page in pages} == {200}
    assert "ERROR" not in {record.levelname for record in caplog.records}
    assert SAID in why.of_delivery(of(connection), of(connection).updated_at)
