"""The form of a connection: what is kept, what is refused, and when it is too old."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm_integrations import delivery as engine
from crm_integrations import outbox
from crm_integrations.models import Connection, Health
from leadops.models import Lead
from leadops.services import leads
from tests import people
from tests.leadops.admin.page_forms import fields


@pytest.fixture
def lead(partner, program) -> Lead:
    return people.leads_of(partner, program)[0]


def connection_form(desk, connection: Connection) -> tuple[str, dict[str, str]]:
    url = reverse("admin:crm_integrations_connection_change", args=[connection.pk])
    return url, fields(desk.get(url).content.decode(), "connection_form")


def test_connection_form_has_typed_settings_and_never_shows_a_secret(desk, connections):
    connection = connections["brainysoft"]
    connection.secrets = {**connection.secrets, "token": ""}
    connection.save()
    url, form = connection_form(desk, connection)
    assert {"setting_auth_mode", "setting_country_ids", "secret_client_secret"} <= set(form)
    page = desk.get(url).content.decode()
    assert not [value for value in connection.secrets.values() if value and value in page]
    assert "Set. Leave empty to keep it." in page
    assert "Not set." in page


def test_empty_secret_keeps_the_old_one_and_a_typed_one_replaces_it(desk, connections):
    url, form = connection_form(desk, connections["brainysoft"])
    before = connections["brainysoft"].secrets
    desk.post(url, form | {"secret_client_secret": "new-one", "setting_manager_id": "17"})
    stored = Connection.objects.get(vendor="brainysoft")
    assert stored.secrets == before | {"client_secret": "new-one"}
    assert stored.settings == {"country_ids": {"IN": 101041}, "manager_id": 17}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("setting_manager_id", "many"),
        ("setting_auth_mode", "magic"),
        ("setting_country_ids", "{broken"),
        ("setting_country_ids", "[1]"),
        ("base_url", "https://vendor.example/path"),
    ],
)
def test_wrong_setting_is_refused(desk, connections, field, value):
    url, form = connection_form(desk, connections["brainysoft"])
    answer = desk.post(url, form | {field: value})
    assert answer.status_code == 200
    assert answer.context["errors"]


def test_saving_the_form_keeps_a_pause_made_meanwhile(desk, connections):
    url, form = connection_form(desk, connections["ispcrm"])
    outbox.pause(connections["ispcrm"], "They are moving")
    assert desk.post(url, form | {"parallel": "3"}).status_code == 302
    stored = Connection.objects.get(vendor="ispcrm")
    assert (stored.parallel, stored.paused, stored.pause_reason) == (3, True, "They are moving")


def test_saving_the_form_writes_changed_columns_and_no_others(desk, connections):
    url, form = connection_form(desk, connections["ispcrm"])
    with CaptureQueriesContext(connection) as queries:
        desk.post(url, form | {"parallel": "3"})
    [written] = [q["sql"] for q in queries if 'UPDATE "crm_integrations_connection"' in q["sql"]]
    assert re.findall(r'"(\w+)" = ', written.partition(" WHERE ")[0]) == [
        "updated_at",
        "parallel",
        "version",
    ]


def test_stale_form_is_refused_and_says_who_changed_what(desk, connections):
    url, form = connection_form(desk, connections["ispcrm"])
    other = Client()
    other.force_login(people.officer("meera"))
    other.post(url, form | {"parallel": "3"})
    page = desk.post(url, form | {"name": "isp-2"}).content.decode()
    assert "This connection was changed after you opened it (meera: Changed Parallel.)" in page
    stored = Connection.objects.get(vendor="ispcrm")
    assert (stored.name, stored.parallel) == ("ispcrm", 3)


def test_a_changed_route_makes_other_open_forms_stale(desk, connections):
    url, form = connection_form(desk, connections["ispcrm"])
    desk.post(url, form | {"routes-0-order": "7"})
    assert "after you opened it (asha: Changed Order" in desk.post(url, form).content.decode()


def test_form_open_while_the_command_changed_the_connection_is_stale(desk, connections):
    url, form = connection_form(desk, connections["ispcrm"])
    Connection.objects.get(vendor="ispcrm").save()
    assert "from the command line" in desk.post(url, form).content.decode()


@pytest.mark.parametrize(
    ("vendor", "field", "value"),
    [
        ("brainysoft", "base_url", "http://localhost:8100"),
        ("brainysoft", "base_url", "https://127.0.0.1:8100"),
        ("brainysoft", "base_url", "http://127.0.0.1:9"),
        ("brainysoft", "setting_auth_url", "http://127.0.0.1:9"),
        ("brainysoft", "setting_path_prefix", "@127.0.0.1:9"),
        ("crego_crm", "setting_paths", '{"list_leads": "http://127.0.0.1:9/"}'),
    ],
)
def test_stored_secrets_do_not_follow_to_another_address(desk, connections, vendor, field, value):
    url, form = connection_form(desk, connections[vendor])
    errors = desk.post(url, form | {field: value}).context["adminform"].form.errors
    assert set(errors) >= {f"secret_{name}" for name in connections[vendor].secrets}
    assert connections[vendor].base_url == Connection.objects.get(vendor=vendor).base_url


def test_another_address_is_taken_with_its_secrets_typed_again(desk, connections):
    url, form = connection_form(desk, connections["ispcrm"])
    desk.post(url, form | {"base_url": "http://127.0.0.1:9", "secret_token": "typed"})
    stored = Connection.objects.get(vendor="ispcrm")
    assert (stored.base_url, stored.secrets) == ("http://127.0.0.1:9", {"token": "typed"})


def test_the_same_address_in_another_spelling_asks_for_nothing(desk, connections):
    url, form = connection_form(desk, connections["ispcrm"])
    assert desk.post(url, form | {"base_url": form["base_url"].upper() + "/"}).status_code == 302


def test_private_address_is_refused_where_local_vendors_are_not_allowed(desk, connections, settings):
    settings.ALLOW_LOCAL_VENDORS = False
    url, form = connection_form(desk, connections["ispcrm"])
    answer = desk.post(url, form | {"base_url": "https://127.0.0.1"})
    assert "private or local address" in answer.content.decode()


def test_new_connection_is_saved_and_then_asks_for_what_its_vendor_needs(desk, db):
    new = {
        "vendor": "ispcrm",
        "name": "isp",
        "base_url": "http://127.0.0.1:9",
        "enabled": "on",
        "parallel": "4",
    }
    answer = desk.post(
        reverse("admin:crm_integrations_connection_add"), new | {"jurisdiction": ""}, follow=True
    )
    assert 'name="secret_token"' in answer.content.decode()
    assert Connection.objects.get().name == "isp"


def test_paused_connection_sends_nothing_until_it_is_resumed(desk, lead, connections, vendor_sandbox):
    connection = connections["ispcrm"]
    desk.post(
        reverse("admin:crm_integrations_connection_pause", args=[connection.pk]),
        {"reason": "They are moving"},
    )
    leads.submit([lead])
    engine.drain()
    assert vendor_sandbox.held("ispcrm") == []
    assert (
        "They are moving"
        in desk.get(reverse("admin:crm_integrations_connection_changelist")).content.decode()
    )
    desk.post(reverse("admin:crm_integrations_connection_resume", args=[connection.pk]))
    engine.drain()
    assert len(vendor_sandbox.held("ispcrm")) == 1


def test_a_number_in_the_reason_of_a_pause_is_masked_and_does_not_hold_it_up(desk, connections):
    url = reverse("admin:crm_integrations_connection_pause", args=[connections["ispcrm"].pk])
    page = desk.post(url, {"reason": "Their helpdesk on 98765 43210"}, follow=True).content.decode()
    assert "ispcrm is paused" in page
    paused = Connection.objects.get(vendor="ispcrm")
    assert paused.paused
    assert paused.pause_reason == "Their helpdesk on XXXXXXX3210"


@pytest.mark.parametrize(
    ("health", "word"),
    [
        ({}, "Working"),
        ({"opened_at": timezone.now()}, "Breaker open"),
        ({"hold_until": timezone.now() + timedelta(hours=1)}, "Slowed"),
    ],
)
def test_the_list_and_the_page_tell_how_a_connection_does(desk, connections, health, word):
    connection = connections["ispcrm"]
    Connection.objects.exclude(pk=connection.pk).delete()
    Health.objects.update_or_create(connection=connection, defaults=health)
    for url in (
        reverse("admin:crm_integrations_connection_changelist"),
        reverse("admin:crm_integrations_connection_change", args=[connection.pk]),
    ):
        page = desk.get(url).content.decode()
        assert [each for each in ("Working", "Breaker open", "Slowed") if f"<b>{each}</b>" in page] == [word]
