"""What a second person approves though nothing is added by name: a partner that may do more, sight that widens."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from leadops.models import ApiKey, Branch, Officer, Partner, PendingChange
from leadops.services.approvals import grants
from tests import people
from tests.approving import approved, asked, page_of, press, second_person
from tests.leadops.admin.page_forms import fields

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_approvals")]


class TestPartners:
    def save(self, desk: Client, partner: Partner, **changes: object):
        url = reverse("admin:leadops_partner_change", args=[partner.pk])
        return desk.post(url, fields(desk.get(url).content.decode(), "partner_form") | changes)

    def test_an_ended_one_comes_back_once_approved(self, desk, partner):
        Partner.objects.update(active=False)
        change = asked(self.save(desk, partner, active="on", name="Sunrise"))
        partner.refresh_from_db()
        assert (partner.active, partner.name) == (False, "Sunrise")
        approved(desk, change)
        partner.refresh_from_db()
        assert partner.active

    def test_it_is_ended_and_slowed_down_at_once(self, desk, partner):
        form = self.save(desk, partner, calls_per_minute="10", active="")
        partner.refresh_from_db()
        assert (form.status_code, partner.calls_per_minute, partner.active) == (302, 10, False)
        assert not PendingChange.objects.exists()

    @pytest.mark.parametrize(("typed", "then"), [("900", 900), ("", None)])
    def test_more_calls_wait(self, desk, partner, typed, then):
        Partner.objects.update(calls_per_minute=600)
        change = asked(self.save(desk, partner, calls_per_minute=typed))
        partner.refresh_from_db()
        assert partner.calls_per_minute == 600
        approved(desk, change)
        partner.refresh_from_db()
        assert partner.calls_per_minute == then

    def test_another_branch_waits(self, desk, partner):
        pune = Branch.objects.create(name="Pune", code="pune")
        change = asked(self.save(desk, partner, branch=pune.pk))
        page = desk.get(page_of(change)).content.decode()
        assert "head office" in page
        assert "Pune" in page
        partner.refresh_from_db()
        assert partner.branch is None
        approved(desk, change)
        partner.refresh_from_db()
        assert partner.branch == pune

    def test_what_moved_meanwhile_is_not_done(self, desk, partner):
        change = asked(self.save(desk, partner, calls_per_minute="9000"))
        Partner.objects.update(active=False)
        press(desk, "explain", change)
        assert "has changed since" in press(second_person(), "approve", change)
        partner.refresh_from_db()
        assert partner.calls_per_minute is None

    def test_what_moved_before_anybody_was_asked_is_taken_back_alone(self, desk, partner):
        change = asked(self.save(desk, partner, calls_per_minute="9000"))
        assert "Ask for approval" in desk.get(page_of(change)).content.decode()
        Partner.objects.update(active=False)
        page = desk.get(page_of(change)).content.decode()
        assert "has changed since" in page
        assert "Withdraw" in page
        assert "Ask for approval" not in page
        assert "can be approved" not in page

    def test_the_form_names_how_many_calls_none_are(self, desk, partner, settings):
        settings.API_CALLS_PER_MINUTE = 4321
        page = desk.get(reverse("admin:leadops_partner_change", args=[partner.pk])).content.decode()
        assert "empty: 4,321." in page

    def test_more_calls_of_a_key_wait_and_fewer_do_not(self, desk, partner):
        key, _ = ApiKey.issue(partner, scopes=["lead:read"], calls_per_minute=60)
        url = reverse("admin:leadops_partner_change_key", args=[partner.pk, key.pk])
        desk.post(url, {"scopes": ["lead:read"], "calls_per_minute": "30"})
        assert not PendingChange.objects.exists()
        change = asked(desk.post(url, {"scopes": ["lead:read"], "calls_per_minute": ""}))
        key.refresh_from_db()
        assert key.calls_per_minute == 30
        approved(desk, change)
        key.refresh_from_db()
        assert key.calls_per_minute is None


class TestSight:
    """A right that narrows is a bound: without it an officer of wide reach sees all leads."""

    @pytest.fixture
    def narrow(self, db) -> Permission:
        return Permission.objects.get(codename="own_leads_only")

    @pytest.fixture
    def callers(self, narrow) -> Group:
        group = Group.objects.create(name="Callers")
        group.permissions.set([narrow, Permission.objects.get(codename="change_lead")])
        return group

    @pytest.fixture
    def caller(self, callers) -> Officer:
        caller = people.officer("caller", superuser=False)
        people.give(caller, "view_lead")
        caller.groups.set([callers])
        Officer.objects.filter(pk=caller.pk).update(reach="all")
        return caller

    def save(self, desk: Client, officer: Officer, **changes: object):
        url = reverse("admin:leadops_officer_change", args=[officer.pk])
        form = fields(desk.get(url).content.decode(), "officer_form")
        held = {"user_permissions": list(officer.user_permissions.values_list("pk", flat=True))}
        chosen = {name: value for name, value in form.items() if name not in grants.LISTS}
        return desk.post(url, chosen | held | changes)

    def sees_all(self, officer: Officer) -> bool:
        return Officer.objects.get(pk=officer.pk).sees_all

    def test_who_leaves_the_group_that_narrows_and_keeps_other_rights_sees_more_once_approved(
        self, desk, caller
    ):
        change = asked(self.save(desk, caller, groups=[]))
        assert caller.groups.count() == 1
        assert "own leads only" in desk.get(page_of(change)).content.decode()
        assert not self.sees_all(caller)
        approved(desk, change)
        assert self.sees_all(caller)
        assert caller.groups.count() == 0

    def test_the_right_itself_is_taken_away_once_approved(self, desk, caller, narrow):
        caller.groups.clear()
        caller.user_permissions.add(narrow)
        view = Permission.objects.get(codename="view_lead")
        change = asked(self.save(desk, caller, user_permissions=[view.pk]))
        assert not self.sees_all(caller)
        approved(desk, change)
        assert self.sees_all(caller)

    def test_who_approves_reads_that_a_group_narrows(self, desk, callers):
        clerk = people.officer("clerk", superuser=False)
        change = asked(self.save(desk, clerk, groups=[callers.pk]))
        assert {"field": "Sees own leads only", "old": "No", "new": "Yes"} in change.diff
        approved(desk, change)
        assert Officer.objects.get(pk=clerk.pk).sees_own_only

    def test_who_keeps_nothing_leaves_at_once(self, desk, caller):
        caller.user_permissions.clear()
        self.save(desk, caller, groups=[])
        assert not caller.groups.exists()
        assert not PendingChange.objects.exists()

    def test_who_is_narrowed_by_another_group_leaves_at_once(self, desk, caller, narrow):
        other = Group.objects.create(name="Trainees")
        other.permissions.add(narrow)
        caller.groups.add(other)
        self.save(desk, caller, groups=[other.pk])
        assert caller.groups.get() == other
        assert not PendingChange.objects.exists()

    def keep_in(self, desk: Client, group: Group, *codenames: str):
        rights = Permission.objects.filter(codename__in=codenames).values_list("pk", flat=True)
        url = reverse("admin:auth_group_change", args=[group.pk])
        form = fields(desk.get(url).content.decode(), "group_form")
        return desk.post(url, form | {"permissions": list(rights)})

    def test_a_group_ceases_to_narrow_once_approved(self, desk, callers, caller):
        change = asked(self.keep_in(desk, callers, "change_lead"))
        assert "own leads only" in desk.get(page_of(change)).content.decode()
        assert not self.sees_all(caller)
        approved(desk, change)
        assert self.sees_all(caller)
        assert callers.permissions.get().codename == "change_lead"

    @pytest.mark.parametrize("instead", [(), ("delete_lead",)])
    def test_so_does_a_group_that_keeps_nothing_of_what_it_had(self, desk, callers, caller, narrow, instead):
        callers.permissions.set([narrow])
        change = asked(self.keep_in(desk, callers, *instead))
        assert not self.sees_all(caller)
        approved(desk, change)
        assert self.sees_all(caller)
        assert {*callers.permissions.values_list("codename", flat=True)} == {*instead}

    def test_so_does_a_group_that_nobody_is_in_yet(self, desk, callers):
        asked(self.keep_in(desk, callers, "change_lead"))
        assert callers.permissions.count() == 2

    @pytest.mark.parametrize("then", [("change_lead",), ("own_leads_only", "change_lead", "delete_lead")])
    def test_a_group_that_is_another_one_by_then_is_not_given(self, desk, callers, then):
        """However its rights came to be others: a second person approved that too, or it was done past the desk."""
        dev = people.officer("dev", superuser=False)
        change = asked(self.save(desk, dev, groups=[callers.pk]))
        callers.permissions.set(Permission.objects.filter(codename__in=then))
        press(desk, "explain", change)
        assert "has changed since" in press(second_person(), "approve", change)
        assert not dev.groups.exists()

    def test_a_group_that_is_deleted_by_then_is_not_given(self, desk):
        empty, dev = Group.objects.create(name="Empty"), people.officer("dev", superuser=False)
        change = asked(self.save(desk, dev, groups=[empty.pk]))
        empty.delete()
        press(desk, "explain", change)
        assert "has changed since" in press(second_person(), "approve", change)

    def test_a_group_with_officers_is_not_deleted(self, desk, callers, caller):
        url = reverse("admin:auth_group_delete", args=[callers.pk])
        assert desk.post(url, {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": [callers.pk], "post": "yes"}
        desk.post(reverse("admin:auth_group_changelist"), chosen)
        assert Group.objects.filter(pk=callers.pk).exists()
        caller.groups.clear()
        assert desk.post(url, {"post": "yes"}).status_code == 302
        assert not Group.objects.filter(pk=callers.pk).exists()
