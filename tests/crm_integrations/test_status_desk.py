"""What an officer sees of statuses that came back and of webhooks, and the one thing to be done about them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import following, webhooks
from crm_integrations.models import Connection, Delivery, Exchange, Inbound
from leadops.models import Officer
from leadops.services import loan_accounts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def los(receive, connections, program) -> Delivery:
    opened = loan_accounts.open_account(receive(), "CL00044A", program)
    engine.drain()
    return opened.deliveries.get()


def page(desk, delivery: Delivery) -> str:
    return desk.get(reverse("admin:crm_integrations_delivery_change", args=[delivery.pk])).content.decode()


def ask_url(delivery: Delivery) -> str:
    return reverse("admin:crm_integrations_delivery_ask", args=[delivery.pk])


def test_the_page_of_a_delivery_tells_what_the_vendor_said_since(desk, los, vendor_sandbox):
    assert "Asked for its status again" in page(desk, los)
    vendor_sandbox.move("crego_los", los.reference, status="<b>dropped</b>")
    following.ask_now([los.pk])
    following.follow()
    html = page(desk, los)
    assert "&lt;b&gt;dropped&lt;/b&gt;" in html
    assert "not a word we know" in html
    assert "before: activation" in html


def test_a_final_word_is_shown_with_its_meaning(desk, los, vendor_sandbox):
    vendor_sandbox.move("crego_los", los.reference, status="dropped")
    following.ask_now([los.pk])
    following.follow()
    html = page(desk, los)
    assert "ended without a loan" in html
    assert "not asked for any more" in html


def test_many_polls_leave_the_call_that_created_it_in_sight(desk, los):
    first = los.exchanges.get()
    polls = [
        Exchange(
            connection=los.connection, delivery=los, purpose=Exchange.Purpose.STATUS, operation="get_account",
            method="GET", url="https://los.example/v1/los/accounts/1/",
        )
        for _ in range(120)
    ]  # fmt: skip
    Exchange.objects.bulk_create(polls)
    assert f"call-{first.pk}" in page(desk, los)


def test_ask_now_has_the_vendor_asked(desk, los, vendor_sandbox):
    vendor_sandbox.move("crego_los", los.reference, status="active")
    answer = desk.post(ask_url(los), follow=True)
    assert "the vendor is asked" in answer.content.decode()
    following.follow()
    los.refresh_from_db()
    assert los.vendor_status == "active"


def test_ask_now_needs_a_post_and_the_right_to_steer(desk, client, los):
    assert desk.get(ask_url(los)).status_code == 405
    Officer.objects.create_user("viewer", "viewer@lender.example", "x", is_staff=True)
    client.force_login(Officer.objects.get(username="viewer"))
    assert client.post(ask_url(los)).status_code == 403


def test_what_can_not_be_asked_for_has_no_button(desk, los):
    lead_at_crm = los.lead.deliveries.get(connection__vendor="crego_crm")
    assert ask_url(lead_at_crm) not in page(desk, lead_at_crm)
    assert ask_url(los) in page(desk, los)
    answer = desk.post(ask_url(lead_at_crm), follow=True)
    assert "asked for" in answer.content.decode()


def test_the_panel_of_a_lead_costs_the_same_with_many_changes(desk, los, django_assert_max_num_queries):
    url = reverse("admin:crm_integrations_delivery_panel", args=["lead", los.lead_id])
    desk.get(url)
    for word in range(30):
        los.status_changes.create(source="poll", before=str(word), after=str(word + 1))
    with django_assert_max_num_queries(16):
        assert desk.get(url).content.decode().count("not a word we know") == 30


def test_webhooks_are_listed_and_shown_and_can_not_be_altered(
    desk, connections, django_assert_max_num_queries
):
    for number in range(20):
        webhooks.keep(connections["broctagon"], b'{"source": {"event": "crm.e%d"}}' % number)
    webhooks.read_new()
    url = reverse("admin:crm_integrations_inbound_changelist")
    with django_assert_max_num_queries(12):
        html = desk.get(url).content.decode()
    assert "crm.e19" in html
    assert webhooks.ABOUT_NOTHING_OF_OURS in html
    inbound = Inbound.objects.get(event="crm.e7")
    one = desk.get(reverse("admin:crm_integrations_inbound_change", args=[inbound.pk]))
    assert "crm.e7" in one.content.decode()
    changed = desk.post(reverse("admin:crm_integrations_inbound_change", args=[inbound.pk]), {"event": "x"})
    assert changed.status_code == 403
    assert desk.get(reverse("admin:crm_integrations_inbound_add")).status_code == 403
    assert desk.get(reverse("admin:crm_integrations_inbound_delete", args=[inbound.pk])).status_code == 403


def test_a_connections_webhook_secret_is_never_shown(desk, connections):
    connection = Connection.objects.get(pk=connections["broctagon"].pk)
    connection.secrets = {**connection.secrets, "webhook_secret": "canary-webhook-secret"}
    connection.save()
    html = desk.get(
        reverse("admin:crm_integrations_connection_change", args=[connection.pk])
    ).content.decode()
    assert "canary-webhook-secret" not in html
    assert "Webhook secret" in html


def test_a_page_that_waits_for_the_vendors_word_refreshes_itself(desk, los, vendor_sandbox):
    Delivery.objects.update(ask_at=timezone.now() + timedelta(hours=1))
    assert "data-refresh" not in page(desk, los)
    desk.post(ask_url(los))
    assert "data-refresh" in page(desk, los)
    following.follow()
    assert "data-refresh" not in page(desk, los)
