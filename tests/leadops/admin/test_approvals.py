"""Each kind of change over real HTTP: nothing before, once after the approval, nothing after a refusal."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadops.admin import bulk_actions as admin_bulk_actions
from leadops.admin.import_steps import ImportSteps
from leadops.models import AuditEvent, BulkAction, ImportBatch, Lead, Officer, Partner, PendingChange
from leadops.services import bulk_actions
from leadops.services.approvals import grants, pushes
from tests import people
from tests.approving import approved, asked, page_of, press, refused, second_person, signed_in
from tests.leadops.admin.page_forms import fields
from tests.leadops.excel import workbooks
from tests.leadops.excel.workbooks import HEADER, good_rows
from tests.leadops.services.imported import run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_approvals")]
LEADS = reverse("admin:leadops_lead_changelist")
INBOX = reverse("admin:leadops_pendingchange_changelist")


def submitted() -> int:
    return Lead.objects.filter(status="submitted").count()


class TestPushes:
    @pytest.fixture
    def push(self, desk, partner, program):
        """Submits so many drafts from the list."""

        def pressed(count: int):
            chosen = [str(lead.pk) for lead in people.leads_of(partner, program, count)]
            return desk.post(LEADS, {"action": "submit_selected", "_selected_action": chosen})

        return pressed

    def test_few_go_at_once(self, push):
        push(2)
        assert submitted() == 2
        assert not PendingChange.objects.exists()

    def test_many_go_once_they_are_approved(self, push, desk):
        change = asked(push(3))
        assert submitted() == 0
        approved(desk, change)
        assert submitted() == 3

    def test_more_than_are_sent_at_once_go_in_the_background_once_approved(self, push, desk, monkeypatch):
        monkeypatch.setattr(pushes, "AT_ONCE", 2)
        approved(desk, asked(push(3)))
        action = BulkAction.objects.get()
        assert (submitted(), action.total, action.officer.username) == (0, 3, "asha")
        bulk_actions.run(action.pk)
        assert submitted() == 3

    def test_all_that_a_filter_finds_are_approved_together_or_refused_before_the_preview(
        self, desk, partner, program, monkeypatch
    ):
        people.leads_of(partner, program, 4)
        sent = {"filter": "?status__exact=draft", "deed": "submit"}
        start = reverse("admin:leadops_bulkaction_start")
        monkeypatch.setattr(admin_bulk_actions, "MOST_HELD", 3)
        for pressed in ({}, {"go": "1"}):
            assert "at most 3 leads at a time" in desk.post(start, sent | pressed).content.decode()
        assert not PendingChange.objects.exists()
        monkeypatch.setattr(admin_bulk_actions, "MOST_HELD", 4)
        assert "Do it to 4 leads" in desk.post(start, sent).content.decode()
        approved(desk, asked(desk.post(start, sent | {"go": "1"})))
        assert submitted() == 4

    def test_of_few_that_go_at_once_beside_stopped_ones_none_but_those_are_sent(self, desk, partner, program):
        stopped = people.leads_of(partner, program, 6)[2:]
        Lead.objects.filter(pk__in=[lead.pk for lead in stopped]).update(status="declined")
        start = reverse("admin:leadops_bulkaction_start")
        desk.post(start, {"filter": "?", "deed": "submit", "go": "1"})
        Lead.objects.filter(status="declined").update(status="draft")  # reopened before its turn comes
        bulk_actions.run(BulkAction.objects.get().pk)
        assert (submitted(), Lead.objects.filter(status="draft").count()) == (2, 4)

    def test_nothing_begins_where_all_are_stopped(self, desk, partner, program):
        people.leads_of(partner, program, 2)
        Lead.objects.update(status="declined")
        sent = {"filter": "?", "deed": "submit", "go": "1"}
        desk.post(reverse("admin:leadops_bulkaction_start"), sent)
        assert not BulkAction.objects.exists()

    def test_a_limit_above_what_can_be_approved_together_holds_as_well(
        self, desk, partner, program, monkeypatch, settings
    ):
        people.leads_of(partner, program, 4)
        sent = {"filter": "?", "deed": "submit", "go": "1"}
        start = reverse("admin:leadops_bulkaction_start")
        monkeypatch.setattr(admin_bulk_actions, "MOST_HELD", 1)
        settings.APPROVE_OVER = {**settings.APPROVE_OVER, "push": 3}
        assert "at most 1 leads at a time" in desk.post(start, sent).content.decode()
        settings.APPROVE_OVER = {**settings.APPROVE_OVER, "push": 4}
        desk.post(start, sent)
        assert BulkAction.objects.get().total == 4

    def test_many_stay_drafts_when_refused(self, push, desk):
        refused(desk, asked(push(3)))
        assert submitted() == 0

    def test_all_go_at_once_where_approvals_are_off(self, push, settings):
        settings.APPROVALS = False
        push(3)
        assert submitted() == 3

    def test_the_page_lists_the_leads_and_who_may_approve(self, push, desk):
        change = asked(push(3))
        second_person()
        page = desk.get(page_of(change)).content.decode()
        assert all(lead.reference in page for lead in Lead.objects.all())
        assert "Nothing was done yet." in page
        assert "It can be approved by chandra." in " ".join(page.split())

    def test_its_page_asks_as_little_of_many_checkers_and_leads_as_of_few(self, push, desk):
        change = asked(push(3))
        Lead.objects.update(branch=people.branch("pune"))
        PendingChange.objects.update(branch_ids=[people.branch("pune").pk], head_office=False)

        def asked_for(officers: int) -> int:
            for at in range(officers):
                for place, reach in (("pune", "branches"), ("delhi", "branches"), ("pune", "own")):
                    checker = people.officer(f"{place}-{reach}-{at}", superuser=False)
                    people.give(checker, "approve_pendingchange", "submit_lead", "view_lead")
                    checker.branches.set([people.branch(place)])
                    Officer.objects.filter(pk=checker.pk).update(reach=reach)
            with CaptureQueriesContext(connection) as queries:
                page = " ".join(desk.get(page_of(change)).content.decode().split())
            assert "pune-branches-0" in page
            assert "delhi-branches-0" not in page
            assert ("and others" in page) is (officers > 5)
            assert sum('"leadops_lead"."id" IN' in each["sql"] for each in queries) <= 5
            return len(queries)

        asked_for(1)
        assert asked_for(20) <= asked_for(12) <= 45

    def test_nobody_else_may_approve_it_yet(self, push, desk):
        page = desk.get(page_of(asked(push(3)))).content.decode()
        assert "Nobody can approve it yet" in page


class TestImports:
    @pytest.fixture
    def sent(self, desk, partner, program, tmp_path, settings):
        """Uploads a workbook of so many rows."""
        settings.MEDIA_ROOT = tmp_path / "media"

        def uploaded(rows: int) -> ImportBatch:
            path = workbooks.ours(tmp_path / "a.xlsx", [HEADER, *good_rows(rows)])
            given = {"partner": partner.pk, "program": program.pk}
            file = SimpleUploadedFile("agent.xlsx", path.read_bytes())
            desk.post(reverse("admin:leadops_importbatch_add"), {**given, "file": file})
            return ImportBatch.objects.get()

        return uploaded

    @pytest.fixture
    def upload(self, sent):
        """Uploads one and has it judged."""
        return lambda rows: run(sent(rows))

    def go_on(self, desk: Client, batch: ImportBatch):
        return desk.post(reverse("admin:leadops_importbatch_go_on", args=[batch.pk]))

    def test_a_large_one_is_previewed_freely_and_commits_once_approved(self, upload, desk):
        batch = upload(4)
        assert batch.state == "ready"
        change = asked(self.go_on(desk, batch))
        assert (run(batch).state, Lead.objects.count()) == ("ready", 0)
        lines = {each["field"]: each["new"] for each in change.diff}
        assert (lines["Rows of new leads"], lines["Rows of changed leads"]) == ("4", "0")
        approved(desk, change)
        assert run(batch).state == "done"
        assert Lead.objects.count() == 4

    def test_a_number_in_the_name_of_a_workbook_stands_in_no_log(self, upload, desk):
        batch = upload(4)
        ImportBatch.objects.update(file_name="Ravi 9876543210.xlsx")
        change = asked(self.go_on(desk, batch))
        assert "9876543210" not in change.what
        told = AuditEvent.objects.filter(model="leadops.importbatch").values_list("action", "changes")
        assert {"insert", "update"} <= {action for action, _ in told}
        assert not any(name in str([*told]) for name in ("agent", "Ravi"))

    def test_a_refused_one_stays_where_it_is(self, upload, desk):
        batch = upload(4)
        refused(desk, asked(self.go_on(desk, batch)))
        assert (run(batch).state, Lead.objects.count()) == ("ready", 0)

    def test_a_small_one_asks_nobody(self, upload, desk):
        batch = upload(3)
        self.go_on(desk, batch)
        assert run(batch).state == "done"
        assert not PendingChange.objects.exists()

    def test_another_preview_is_another_import(self, upload, desk):
        batch = upload(4)
        change = asked(self.go_on(desk, batch))
        desk.post(reverse("admin:leadops_importbatch_back", args=[batch.pk]))
        chosen = {f"column-{at}": name for at, name in enumerate(HEADER)}
        desk.post(reverse("admin:leadops_importbatch_columns", args=[batch.pk]), chosen)
        assert run(batch).state == "ready"
        press(desk, "explain", change)
        page = press(second_person(), "approve", change)
        assert "has changed since" in page
        change.refresh_from_db()
        assert (change.state, run(batch).state) == ("stale", "ready")

    def test_one_that_becomes_ready_while_it_is_looked_at_is_not_begun(self, sent, desk, monkeypatch):
        batch, look = sent(4), ImportSteps.to_steer

        def looked_at(*given: object) -> ImportBatch:
            found = look(*given)
            run(ImportBatch.objects.get())
            return found

        monkeypatch.setattr(ImportSteps, "to_steer", looked_at)
        answer = self.go_on(desk, batch)
        assert "has gone on since you looked at it" in desk.get(answer["Location"]).content.decode()
        assert (run(batch).state, Lead.objects.count()) == ("ready", 0)

    def test_asking_twice_leads_to_the_one_that_waits(self, upload, desk):
        batch = upload(4)
        change = asked(self.go_on(desk, batch))
        assert self.go_on(desk, batch)["Location"] == page_of(change)
        page = desk.get(reverse("admin:leadops_importbatch_change", args=[batch.pk])).content.decode()
        assert "Waits for approval, asked for by asha:" in page

    def test_a_partner_s_own_call_asks_nobody(self, client, key, program, tmp_path, settings):
        settings.MEDIA_ROOT = tmp_path / "media"
        path = workbooks.ours(tmp_path / "a.xlsx", [HEADER, *good_rows(4)])
        sent = {"program_id": str(program.pk), "file": SimpleUploadedFile("a.xlsx", path.read_bytes())}
        answer = client.post("/v1/crm/leads/import/", sent, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code in (201, 202), answer.content
        assert run(ImportBatch.objects.get()).state == "done"
        assert not PendingChange.objects.exists()


class TestPartners:
    FORM = {"name": "Hilltop", "code": "hilltop", "active": "on"}

    def add(self, desk: Client):
        return desk.post(reverse("admin:leadops_partner_add"), self.FORM)

    def test_one_is_taken_on_once_approved(self, desk):
        change = asked(self.add(desk))
        assert not Partner.objects.exists()
        change = approved(desk, change)
        partner = Partner.objects.get()
        assert (partner.code, change.subject_id) == ("hilltop", str(partner.pk))
        assert (
            reverse("admin:leadops_partner_change", args=[partner.pk])
            in desk.get(page_of(change)).content.decode()
        )

    def test_a_refused_one_is_not_there(self, desk):
        refused(desk, asked(self.add(desk)))
        assert not Partner.objects.exists()

    def test_what_is_wrong_is_said_before_anybody_is_asked(self, desk, partner):
        answer = desk.post(reverse("admin:leadops_partner_add"), {**self.FORM, "code": partner.code})
        assert answer.status_code == 200
        assert not PendingChange.objects.exists()


class TestRights:
    @pytest.fixture
    def clerk(self, db) -> Officer:
        clerk = people.officer("clerk", superuser=False)
        clerk.reach = "own"
        clerk.save()
        return clerk

    @pytest.fixture
    def group(self, db) -> Group:
        return Group.objects.create(name="Managers")

    def save(self, desk: Client, clerk: Officer, **changes: object):
        url = reverse("admin:leadops_officer_change", args=[clerk.pk])
        form = fields(desk.get(url).content.decode(), "officer_form")
        chosen = {name: value for name, value in form.items() if value or name not in grants.LISTS}
        return desk.post(url, chosen | changes)

    def test_a_group_and_a_wider_reach_are_given_once_approved(self, desk, clerk, group):
        change = asked(self.save(desk, clerk, groups=[group.pk], reach="all", first_name="Kiran"))
        clerk.refresh_from_db()
        assert (clerk.groups.count(), clerk.reach, clerk.first_name) == (0, "own", "Kiran")
        approved(desk, change)
        clerk.refresh_from_db()
        assert (clerk.groups.get(), clerk.reach) == (group, "all")

    def test_who_left_comes_back_with_their_rights_once_approved(self, desk, clerk):
        Officer.objects.filter(pk=clerk.pk).update(is_active=False)
        change = asked(self.save(desk, clerk, is_active="on"))
        assert not Officer.objects.get(pk=clerk.pk).is_active
        approved(desk, change)
        assert Officer.objects.get(pk=clerk.pk).is_active

    def test_a_superuser_is_made_once_approved(self, desk, clerk):
        change = asked(self.save(desk, clerk, is_superuser="on"))
        assert not Officer.objects.get(pk=clerk.pk).is_superuser
        approved(desk, change)
        assert Officer.objects.get(pk=clerk.pk).is_superuser

    def test_refused_rights_are_not_given(self, desk, clerk, group):
        refused(desk, asked(self.save(desk, clerk, groups=[group.pk])))
        assert not clerk.groups.exists()

    def test_rights_are_taken_away_at_once(self, desk, clerk, group):
        clerk.groups.add(group)
        self.save(desk, clerk, groups=[])
        assert not clerk.groups.exists()
        assert not PendingChange.objects.exists()

    def test_rights_that_moved_meanwhile_are_not_given(self, desk, clerk, group):
        change = asked(self.save(desk, clerk, is_superuser="on"))
        clerk.groups.add(group)
        press(desk, "explain", change)
        press(second_person(), "approve", change)
        change.refresh_from_db()
        assert change.state == "stale"
        assert not Officer.objects.get(pk=clerk.pk).is_superuser

    def test_the_checker_reads_how_many_leads_the_rights_are_for(self, desk, clerk, group):
        change = asked(self.save(desk, clerk, groups=[group.pk]))
        assert {"field": "Sees", "old": "Own leads", "new": "Own leads"} in change.diff

    def test_a_group_gets_rights_once_approved(self, desk, group):
        new = Permission.objects.get(codename="export_unmasked")
        url = reverse("admin:auth_group_change", args=[group.pk])
        form = fields(desk.get(url).content.decode(), "group_form")
        change = asked(desk.post(url, form | {"name": "Heads", "permissions": [new.pk]}))
        group.refresh_from_db()
        assert (group.name, group.permissions.count()) == ("Heads", 0)
        approved(desk, change)
        assert group.permissions.get() == new


class TestPasswords:
    """Who sets another's password, and may reset the second factor, could act as that one and approve."""

    NEW = "four words nobody will guess"

    @pytest.fixture
    def manager(self, db) -> Officer:
        person = people.officer("manager", superuser=False)
        people.give(person, "approve_pendingchange", "view_lead")
        return person

    def save(self, desk: Client, whose: Officer, **typed: str):
        given = {"password1": self.NEW, "password2": self.NEW, "usable_password": "true"} | typed
        return desk.post(reverse("admin:auth_user_password_change", args=[whose.pk]), given)

    def test_anothers_is_set_once_approved(self, desk, manager):
        change = asked(self.save(desk, manager))
        manager.refresh_from_db()
        assert manager.check_password(people.PASSWORD)
        assert self.NEW not in desk.get(page_of(change)).content.decode()
        assert manager.password not in str(change.diff)
        approved(desk, change)
        manager.refresh_from_db()
        assert manager.check_password(self.NEW)

    def test_a_refused_one_is_not_set(self, desk, manager):
        refused(desk, asked(self.save(desk, manager)))
        manager.refresh_from_db()
        assert manager.check_password(people.PASSWORD)

    def test_one_that_its_owner_changed_meanwhile_stays(self, desk, manager):
        change = asked(self.save(desk, manager))
        press(desk, "explain", change)
        manager.set_password("another horse battery staple")
        manager.save()
        press(second_person(), "approve", change)
        change.refresh_from_db()
        assert change.state == "stale"

    def test_nobody_approves_their_own(self, desk, manager):
        change = asked(self.save(desk, manager))
        press(desk, "explain", change)
        people.give(manager, "approve_pendingchange", "change_officer", "view_officer")
        press(signed_in(Officer.objects.get(pk=manager.pk)), "approve", change)
        change.refresh_from_db()
        assert change.waits

    def test_it_is_taken_away_at_once(self, desk, manager):
        self.save(desk, manager, usable_password="false", **{"unset-password": "on"})
        assert not Officer.objects.get(pk=manager.pk).has_usable_password()
        assert not PendingChange.objects.exists()

    def test_ones_own_is_changed_where_the_present_one_is_asked_for(self, desk, officer):
        answer = self.save(desk, officer)
        assert answer["Location"] == reverse("admin:password_change")
        assert not PendingChange.objects.exists()
        officer.refresh_from_db()
        assert officer.check_password(people.PASSWORD)


class TestInbox:
    @pytest.fixture
    def change(self, desk) -> PendingChange:
        return asked(TestPartners().add(desk))

    def test_the_maker_cannot_approve_by_any_button(self, desk, change):
        press(desk, "explain", change)
        for button in ("approve", "refuse"):
            assert "somebody else has to decide" in press(desk, button, change)
        assert PendingChange.objects.get().waits
        page = desk.get(page_of(change)).content.decode()
        assert reverse("admin:leadops_pendingchange_approve", args=[change.pk]) not in page

    def test_the_maker_withdraws(self, desk, change):
        press(desk, "withdraw", change, "Not needed.")
        change.refresh_from_db()
        assert (change.state, change.words) == ("withdrawn", "Not needed.")
        press(second_person(), "approve", change)
        assert not Partner.objects.exists()

    def test_what_its_maker_has_not_explained_can_be_refused_but_not_approved(self, desk, change):
        checker = second_person()
        page = checker.get(page_of(change)).content.decode()
        assert reverse("admin:leadops_pendingchange_approve", args=[change.pk]) not in page
        assert reverse("admin:leadops_pendingchange_refuse", args=[change.pk]) in page
        assert "has not said why yet" in press(checker, "approve", change)
        press(checker, "refuse", change, "Nobody says why.")
        change.refresh_from_db()
        assert (change.state, change.words) == ("refused", "Nobody says why.")

    def test_buttons_take_no_get(self, desk, change):
        for button in ("explain", "approve", "refuse", "withdraw"):
            url = reverse(f"admin:leadops_pendingchange_{button}", args=[change.pk])
            assert second_person().get(url).status_code == 405

    def test_it_counts_what_waits_for_me(self, desk, change):
        badge = re.compile(r"<span>Approvals</span>\s*<span[^>]*>\s*1\s*<")
        checker = second_person()
        assert not badge.search(checker.get(INBOX).content.decode())
        press(desk, "explain", change)
        assert badge.search(checker.get(INBOX).content.decode())
        assert not badge.search(desk.get(INBOX).content.decode())

    def test_it_is_filtered_by_turn_kind_and_state(self, desk, change):
        press(desk, "explain", change)
        checker = second_person()
        for query, found in {
            "": True,
            "?whose=me": True,
            "?whose=mine": False,
            "?kind=partner": True,
            "?kind=push": False,
            "?state=approved": False,
            "?state=all": True,
        }.items():
            assert (change.what in checker.get(INBOX + query).content.decode()) is found, query
        press(checker, "approve", change)
        assert change.what not in checker.get(INBOX).content.decode()
        assert change.what in checker.get(f"{INBOX}?state=approved").content.decode()

    def test_a_stranger_to_its_records_sees_nothing_of_it(self, change):
        clerk = people.clerk("view_lead", "view_pendingchange", "approve_pendingchange")
        assert change.what not in clerk.get(INBOX).content.decode()
        assert clerk.get(page_of(change)).status_code == 302
        url = reverse("admin:leadops_pendingchange_approve", args=[change.pk])
        assert clerk.post(url).status_code == 404

    def test_a_maker_without_the_right_to_the_inbox_sees_their_own(self, partner):
        clerk = people.clerk("add_apikey", "view_partner")
        url = reverse("admin:leadops_partner_make_key", args=[partner.pk])
        clerk.post(url, {"mode": "live", "label": "main", "scopes": ["lead:read"]})
        change = PendingChange.objects.get()
        assert clerk.get(page_of(change)).status_code == 200
        assert clerk.get(INBOX).status_code == 403

    def test_nobody_adds_alters_or_deletes_one_by_hand(self, desk, change):
        assert desk.get(reverse("admin:leadops_pendingchange_add")).status_code == 403
        assert desk.post(page_of(change), {"what": "Nothing"}).status_code == 403
        assert desk.post(reverse("admin:leadops_pendingchange_delete", args=[change.pk])).status_code == 403

    def test_a_page_of_many_asks_as_much_as_a_page_of_few(self, desk, change, django_assert_max_num_queries):
        copies = [
            PendingChange(kind="partner", what=f"Take on {at}", made_by=change.made_by) for at in range(60)
        ]
        PendingChange.objects.bulk_create(copies)
        with django_assert_max_num_queries(12):
            desk.get(INBOX)

    def test_the_history_tells_who_did_what(self, desk, change):
        approved(desk, change)
        url = reverse("admin:leadops_pendingchange_history", args=[change.pk])
        page = desk.get(url).content.decode()
        assert "Asked for approval." in page
        assert "Approved. It is right so." in page


def test_an_officer_of_another_branch_does_not_see_the_change(desk, partner, program):
    leads = people.leads_of(partner, program, 3)
    Lead.objects.update(branch=people.branch("pune"))
    chosen = [str(lead.pk) for lead in leads]
    change = asked(desk.post(LEADS, {"action": "submit_selected", "_selected_action": chosen}))
    press(desk, "explain", change)
    head = people.officer("head", superuser=False)
    people.give(head, "approve_pendingchange", "change_lead", "view_lead")
    head.branches.set([people.branch("delhi")])
    Officer.objects.filter(pk=head.pk).update(reach="branches")
    client = signed_in(Officer.objects.get(pk=head.pk))
    assert change.what not in client.get(INBOX).content.decode()
    assert client.get(page_of(change)).status_code == 302
    url = reverse("admin:leadops_pendingchange_approve", args=[change.pk])
    assert client.post(url).status_code == 404
    assert submitted() == 0
