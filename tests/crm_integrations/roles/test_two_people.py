"""One officer alone widens no right, sight, limit, key, address or verified account: every form of the admin is sent.

What widens one where nobody has to approve it is sent again where a second person has to: then it waits.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from crm_integrations.models import Connection
from leadops.models import ApiKey, Bank, Officer, Partner, PendingChange
from leadops.services.approvals.grants import NARROWING, WIDER
from tests import people
from tests.crm_integrations.roles.filled import FILLED, Field, Form, forms_of, otherwise, posted
from tests.crm_integrations.roles.routes import all_routes
from tests.crm_integrations.roles.test_hindi_pages import NOT_WALKED, _page, addresses
from tests.crm_integrations.roles.world import Place
from tests.leadops.admin import page_forms

pytestmark = pytest.mark.django_db
TYPED = {
    "base_url": "http://127.0.0.1:10",
    "url": "https://partner.example/other",
    "password1": "four words nobody will guess",
    "password2": "four words nobody will guess",
    "networks": "",
    "expires_at": "",
    "account_no": "998877665544",
    "calls_per_minute": "8",
}
"""What some fields are said otherwise by; another one is filled in."""
FASTEST = 9
"""Stands for as many calls a minute as the settings say."""
NO_LONGER = ("DELETE", "unset-password")
WIDENS = {
    *(
        "is_active",
        "is_staff",
        "is_superuser",
        "reach",
        "role",
        "groups",
        "branches",
        "user_permissions",
    ),
    *("permissions", "scopes", "networks", "expires_at", "calls_per_minute", "is_verified", "all"),
    "branch",
}
"""What the walk has to find, or it is blind: by the ends of the fields' names."""
PAGES = {
    *("auth_user_password_change", "leadops_partner_make_key", "leadops_partner_rotate_key"),
    *("crm_integrations_connection_add", "crm_integrations_connection_change"),
    *("crm_integrations_subscription_add", "crm_integrations_subscription_change"),
    *("crm_integrations_subscription_rotate", "leadops_lead_change", "leadops_officer_change"),
    *("leadops_partner_change", "auth_group_change"),
}
"""And what is sent to these addresses."""


class Sent(NamedTuple):
    """One form as it is posted."""

    to: str
    way: str
    url: str
    body: dict[str, Any]


@pytest.fixture
def narrow(here: Place) -> Place:
    """An officer, a group and a key that can all be given more."""
    clerk = people.officer("clerk", superuser=False)
    people.give(clerk, "view_lead")
    Officer.objects.filter(pk=clerk.pk).update(reach=Officer.Reach.OWN, is_active=False, is_staff=False)
    here.keep(Officer.objects.get(pk=clerk.pk))
    Officer.objects.create_user("new", "new@lender.example", people.PASSWORD)
    _narrowed_by(Group.objects.get(name="Somebody's own"))
    ends = timezone.now() + timedelta(days=30)
    bounds = {"scopes": ["lead:read"], "networks": ["203.0.113.0/24"], "expires_at": ends}
    ApiKey.objects.update(**bounds, calls_per_minute=5)
    Partner.objects.update(calls_per_minute=5)
    return here


def _narrowed_by(group: Group) -> None:
    """Somebody whose other rights are of their own: without that one right of the group they see all leads."""
    group.permissions.set(Permission.objects.filter(codename=NARROWING))
    caller = people.officer("caller", superuser=False)
    people.give(caller, "view_lead")
    caller.groups.add(group)


@pytest.fixture
def alone(officer: Officer) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(officer)
    return client


def given() -> set[tuple[object, ...]]:
    """All that is given: rights of officers, limits of partners, what keys open, where data goes, verified accounts."""
    return {*_of_officers(), *_of_partners(), *_of_keys(), *_of_addresses()}


def _of_officers() -> Iterator[tuple[object, ...]]:
    own: dict[str, list[tuple[str, object]]] = {}
    for name in ("groups", "user_permissions", "branches"):  # a walk has this asked hundreds of times
        own[name] = list(Officer.objects.exclude(**{name: None}).values_list("username", name))
        yield from ((username, name, key) for username, key in own[name])
    with_rights = {username for username, _key in own["user_permissions"]}
    for each in Officer.objects.all():
        yield from ((each.username, name) for name in ("is_staff", "is_superuser") if getattr(each, name))
        if each.is_staff or each.is_superuser or each.username in with_rights:  # nobody else does anything
            reach = Officer.Reach.OWN if each.sees_own_only else Officer.Reach(each.reach)
            reaches = WIDER[: WIDER.index(reach) + 1]
            yield from ((each.username, "sees", reach) for reach in reaches)
            yield from [(each.username, "is_active")] if each.is_active else []
            yield (each.username, each.password)
    peopled = Group.permissions.through.objects.filter(group__user__isnull=False)
    yield from (("group", *row) for row in peopled.values_list("group", "permission"))


def _of_partners() -> Iterator[tuple[object, ...]]:
    """A partner that is not there yet, and what is ended, has none of it."""
    for each in Partner.objects.filter(test_of=None):
        yield from [(each.pk, "is active")] if each.active else []
        yield (each.pk, "brings leads to", each.branch_id)
        yield from ((each.pk, "calls", limit) for limit in range(each.calls_per_minute or FASTEST))


def _of_keys() -> Iterator[tuple[object, ...]]:
    for key in ApiKey.objects.live().filter(mode=ApiKey.Mode.LIVE):
        yield from ((key.pk, "scope", each) for each in key.scopes)
        yield from ((key.pk, "from", each) for each in key.networks or ["anywhere"])
        yield (key.pk, "ends", bool(key.expires_at))
        yield from ((key.pk, "calls", limit) for limit in range(key.calls_per_minute or FASTEST))


def _of_addresses() -> Iterator[tuple[object, ...]]:
    for each in Connection.objects.all():
        yield (each.pk, each.base_url, str(sorted(each.secrets.items())))
    for bank in Bank.objects.filter(is_verified=True):
        yield (bank.pk, bank.account_no, bank.ifsc, bank.account_holder_name)


def everything(at: Place, client: Client) -> Iterator[Sent]:
    """Each form of each page: by each of its buttons and deeds, and with each field said otherwise."""
    met: set[tuple[str, ...]] = set()
    for route in all_routes():
        if route.name in NOT_WALKED:
            continue
        for url in addresses(route, at):
            for form in forms_of(_page(client.get(url)), url):
                if form.method == "post" and form.known_by not in met:
                    met.add(form.known_by)
                    yield from _sent(form, at)
    page = reverse("admin:crm_integrations_connection_add")
    new = {"vendor": "ispcrm", "name": "another", "base_url": TYPED["base_url"], "parallel": 1}
    stands = page_forms.fields(client.get(page).content.decode(), "connection_form")
    yield Sent("crm_integrations_connection_add", "typed", page, stands | new)


def _sent(form: Form, at: Place) -> Iterator[Sent]:
    to = resolve(form.action.partition("?")[0]).url_name or ""

    def other(asked: Field) -> list[str]:
        name = asked.name.rpartition("-")[2]
        if asked.name in TYPED or name in TYPED:
            return [TYPED.get(asked.name, TYPED.get(name, ""))]
        if asked.looked_up:
            app, model, field = asked.looked_up.split(".")
            related: Any = apps.get_model(app, model)._meta.get_field(field).related_model
            record = at.records.get(related._meta.label_lower)
            return [str(record.pk)] if record else []
        return []

    fields = [each for each in form.fields if each.kind != "hidden"]
    pressed = [(way, body) for way, body in posted(form) if way == FILLED or not fields]
    for way, body in (*pressed, *otherwise(form, other)):
        kept = {name: value for name, value in body.items() if not name.endswith(NO_LONGER)}
        yield Sent(to, way, form.action, kept)


def outcome(client: Client, sent: Sent, before: set[tuple[object, ...]]) -> tuple[bool, bool]:
    """Whether more is given than before, and whether something waits that did not; it is as before, after it."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        waiting = PendingChange.objects.waiting().count()
        _page(client.post(sent.url, sent.body))
        more, waits = bool(given() - before), PendingChange.objects.waiting().count() > waiting
        transaction.set_rollback(True)
    client.cookies = cookies
    return more, waits


def test_nothing_is_widened_by_one_officer(narrow, alone, settings):
    settings.APPROVALS = False
    before = given()
    widening = [each for each in everything(narrow, alone) if outcome(alone, each, before)[0]]
    assert {each.way.partition("=")[0].rpartition("-")[2] for each in widening} >= WIDENS
    assert {each.to for each in widening} >= PAGES
    settings.APPROVALS = True
    told = {(each.to, each.way): outcome(alone, each, before) for each in widening}
    assert {name: found for name, found in told.items() if found != (False, True)} == {}
