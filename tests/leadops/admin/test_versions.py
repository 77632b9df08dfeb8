"""Two officers on one page: the older page does not undo what the newer one stored."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from crm_integrations.models import Connection
from leadops.models import Officer, Partner, Program
from tests import people
from tests.leadops.admin.page_forms import fields

STALE = "Somebody changed this after you opened it"


def opened(desk, record) -> tuple[str, dict[str, str]]:
    """A record's page, with its form as the officer who looks at it has it."""
    name = record._meta.model_name
    url = reverse(f"admin:{record._meta.app_label}_{name}_change", args=[record.pk])
    form = fields(desk.get(url).content.decode(), f"{name}_form")
    several = ("groups", "user_permissions", "branches", "permissions")
    none = [name for name in several if not form.get(name, "none")]
    return url, {name: value for name, value in form.items() if name not in none}


@pytest.mark.parametrize("model", [Partner, Program])
def test_an_older_page_does_not_make_active_again_what_was_deactivated(desk, partner, program, model):
    url, form = opened(desk, model.objects.get())
    off = {name: value for name, value in form.items() if name != "active"}
    assert desk.post(url, off).status_code == 302
    answer = desk.post(url, form | {"name": "Renamed"})
    assert STALE in answer.content.decode()
    stored = model.objects.get()
    assert (stored.active, stored.name == "Renamed") == (False, False)

    url, form = opened(desk, stored)
    assert desk.post(url, form | {"name": "Renamed"}).status_code == 302
    assert model.objects.values_list("active", "name").get() == (False, "Renamed")


@pytest.mark.parametrize("model", [Partner, Program])
def test_a_page_without_what_was_seen_is_refused(desk, partner, program, model):
    url, form = opened(desk, model.objects.get())
    answer = desk.post(url, {k: v for k, v in form.items() if k != "seen"} | {"name": "Renamed"})
    assert STALE in answer.content.decode()
    assert not model.objects.filter(name="Renamed").exists()


def test_an_older_page_does_not_give_an_officer_back_what_was_taken(desk):
    clerk = people.officer("clerk")
    clerk.groups.add(Group.objects.create(name="desk"))
    url, form = opened(desk, clerk)
    clerk.groups.clear()
    answer = desk.post(url, form | {"first_name": "Meera"})
    assert STALE in answer.content.decode()
    assert not clerk.groups.exists()
    assert clerk.password not in answer.content.decode()

    url, form = opened(desk, clerk)
    Officer.objects.filter(pk=clerk.pk).update(is_active=False)
    assert STALE in desk.post(url, form | {"first_name": "Meera"}).content.decode()
    assert not Officer.objects.get(pk=clerk.pk).is_active


def test_an_older_page_does_not_take_from_a_group_what_it_was_given(desk, db):
    group, more = Group.objects.create(name="desk"), Permission.objects.get(codename="view_lead")
    url, form = opened(desk, group)
    group.permissions.add(more)
    answer = desk.post(url, form | {"name": "Renamed"})
    assert answer.status_code == 409
    assert STALE in answer.content.decode()
    assert Group.objects.get(name="desk").permissions.get() == more


def test_an_officer_who_signed_in_meanwhile_is_changed_all_the_same(desk, client):
    clerk = people.officer("clerk")
    url, form = opened(desk, clerk)
    client.force_login(clerk)
    client.force_login(people.officer("asha"))
    assert desk.post(url, form | {"first_name": "Meera"}).status_code == 302
    clerk.refresh_from_db()
    assert (clerk.first_name, clerk.last_login is not None) == ("Meera", True)


def test_records_are_added_without_having_been_seen(desk, db):
    assert desk.post(reverse("admin:leadops_partner_add"), {"name": "New", "code": "new"}).status_code == 302
    assert Partner.objects.get().name == "New"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["partner", "program", "officer", "connection"])
def test_history_answers_a_post_that_has_no_business_there(desk, partner, program, officer, kind):
    connection = Connection.objects.create(vendor="ispcrm", name="isp", base_url="https://vendor.example")
    record = {"partner": partner, "program": program, "officer": officer, "connection": connection}[kind]
    url = reverse(f"admin:{record._meta.app_label}_{kind}_history", args=[record.pk])
    assert desk.post(url).status_code == 200


def test_an_officer_is_not_deleted_and_the_history_stays(desk, lead):
    clerk = people.officer("clerk")
    LogEntry.objects.create(user=clerk, object_id=str(lead.pk), object_repr="lead", action_flag=2)
    delete = reverse("admin:leadops_officer_delete", args=[clerk.pk])
    assert desk.post(delete, {"post": "yes"}).status_code == 403
    several = {"action": "delete_selected", "_selected_action": [str(clerk.pk)], "post": "yes"}
    desk.post(reverse("admin:leadops_officer_changelist"), several)
    assert Officer.objects.filter(pk=clerk.pk).exists()
    assert LogEntry.objects.filter(user=clerk).count() == 1
