"""What changes a connection asks for a fresh code: found by sending all that the admin takes, not from memory."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection as database
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm_integrations import outbox
from crm_integrations.models import Connection, Delivery, Health, Subscription
from crm_integrations.models import Route as LeadsTo
from leadops.models import Officer
from leadops.sign_in import sessions
from tests.crm_integrations.roles.routes import all_routes
from tests.crm_integrations.roles.world import Place
from tests.leadops.admin.page_forms import fields
from tests.leadops.phones import code, enrolled

pytestmark = pytest.mark.django_db
KEPT_IN = (Connection, Health, LeadsTo, Subscription)
OF_CONNECTIONS, OF_SUBSCRIPTIONS = "crm_integrations_connection", "crm_integrations_subscription"
CHANGING = {
    *(f"{OF_CONNECTIONS}_{verb}" for verb in ("add", "change", "close", "pause", "resume")),
    *(f"{OF_SUBSCRIPTIONS}_{verb}" for verb in ("add", "change", "rotate", "enable", "disable", "end")),
}
REPLAYS = (
    f"{OF_SUBSCRIPTIONS}_replay",
    "crm_integrations_replay_retry",
    "crm_integrations_replay_start",
    "crm_integrations_delivery_decide",
)
ANSWER = dict[str, Any]


@pytest.fixture
def held(here: Place, settings: Any) -> Place:
    """A connection that is paused, and whose breaker is open: there is something to change by every button."""
    settings.APPROVALS = False  # what a second person approves is changed at that one's word
    connection = here.records["crm_integrations.connection"]
    outbox.pause(connection, "strike")
    Health.objects.update_or_create(connection=connection, defaults={"opened_at": timezone.now()})
    return here


def signed_in(officer: Officer, seconds_ago: int) -> Client:
    """Somebody who showed the second factor so long ago."""
    client = Client()
    client.force_login(officer)
    session = client.session
    session[sessions.FACTOR] = time.time() - seconds_ago
    session.save()
    return client


@pytest.fixture
def secret(officer: Officer) -> str:
    return enrolled(officer)[0]


@pytest.fixture
def fresh(officer: Officer, secret: str) -> Client:
    return signed_in(Officer.objects.get(pk=officer.pk), 1)


@pytest.fixture
def stale(officer: Officer, secret: str) -> Client:
    return signed_in(Officer.objects.get(pk=officer.pk), 301)


def kept() -> set[tuple[str, str]]:
    """All that is kept of connections, row by row."""
    asked = " UNION ALL ".join(
        f"SELECT '{each._meta.db_table}', t::text FROM {each._meta.db_table} t" for each in KEPT_IN
    )
    with database.cursor() as cursor:
        cursor.execute(asked)
        return set(cursor.fetchall())


def sent(client: Client, url: str, body: ANSWER) -> tuple[str, bool]:
    """The page that comes back, and whether anything of a connection changed; it is as before, after it."""
    with transaction.atomic():
        before = kept()
        page = client.post(url, body)
        changed = kept() != before
        transaction.set_rollback(True)
    return b"".join(page).decode(errors="replace") if page.streaming else page.content.decode(), changed


def bodies(at: Place, client: Client) -> dict[str, Callable[[str], ANSWER]]:
    """What the forms are filled in with; a button takes what each may want."""
    there = {"url": "https://partner.example/other", "events": ["lead.created"]}
    new = {"vendor": "ispcrm", "name": "another", "base_url": "http://127.0.0.1:9", "parallel": 1}

    def form(url: str) -> ANSWER:
        return fields(client.get(url).content.decode(), "connection_form") | {"name": "other"}

    return {
        f"{OF_CONNECTIONS}_add": lambda url: (
            fields(client.get(url).content.decode(), "connection_form") | new
        ),
        f"{OF_CONNECTIONS}_change": form,
        f"{OF_SUBSCRIPTIONS}_add": lambda url: there | {"partner": at.records["leadops.partner"].pk},
        f"{OF_SUBSCRIPTIONS}_change": lambda url: there,
    }


def everything(at: Place, client: Client) -> dict[str, tuple[str, ANSWER]]:
    """Each address that takes a form, and each action of each list: where it is sent to, and what."""
    filled = bodies(at, client)
    found: dict[str, tuple[str, ANSWER]] = {}
    for route in all_routes():
        if route.name not in ("logout", "login"):
            url = route.at(at)
            plain = {"reason": "why", "since": "2026-11-01T00:00"}
            found[route.name] = (url, filled[route.name](url) if route.name in filled else plain)
    for model, desk in admin.site._registry.items():
        label = model._meta.label_lower
        url = reverse(f"admin:{label.replace('.', '_')}_changelist")
        for action in desk.actions or ():
            record = at.records[label].pk
            found[f"{label} {action}"] = (url, {"action": action, ACTION_CHECKBOX_NAME: str(record)})
    return found


def test_whatever_changes_a_connection_asks_for_a_fresh_code(held, fresh, stale):
    takes = everything(held, fresh)
    changing = {name for name, (url, body) in takes.items() if sent(fresh, url, body)[1]}
    assert changing >= CHANGING
    for name in sorted(changing):
        page, changed = sent(stale, *takes[name])
        assert ("Confirm that it is you" in page, changed) == (True, False), name


def test_sending_again_asks_for_a_fresh_code(held, fresh, stale):
    delivery: Delivery = held.records["crm_integrations.delivery"]
    for name in REPLAYS:
        url = next(route for route in all_routes() if route.name == name).at(held)
        asked = {"since": "2026-11-01T00:00", "reason": "why", "delivery": str(delivery.pk)}
        assert "Confirm that it is you" in stale.post(url, asked).content.decode(), name
        assert "Confirm that it is you" not in fresh.post(url, asked).content.decode(), name


def test_why_it_is_paused_is_carried_through_the_asking(held, stale, secret):
    connection = Connection.objects.get(name="los")
    url = reverse("admin:crm_integrations_connection_pause", args=[connection.pk])
    page = stale.post(url, {"reason": "strike"}).content.decode()
    found = re.search(r'name="factor_carried" value="([^"]+)"', page)
    assert found is not None
    sent_with = {"factor_carried": found[1], "factor_code": code(secret)}
    assert stale.post(url, sent_with).status_code == 302
    connection.refresh_from_db()
    assert (connection.paused, connection.pause_reason) == (True, "strike")


def test_nothing_of_a_connection_is_a_row_in_anothers_form():
    for desk in admin.site._registry.values():
        for inline in desk.inlines:
            assert inline.model not in KEPT_IN
