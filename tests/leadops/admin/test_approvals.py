"""Each kind of change over real HTTP: nothing before, once after the approval, nothing after a refusal."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadops.admin import bulk_actions as admin_bulk_actions
from leadops.models import ApiKey, Bank, BulkAction, ImportBatch, Lead, Officer, Partner, PendingChange
from leadops.services import bulk_actions, import_batches
from leadops.services.approvals import grants, pushes
from tests import people
from tests.approving import approved, asked, press, refused, second_person, signed_in
from tests.leadops.admin.page_forms import fields
from tests.leadops.excel import workbooks
from tests.leadops.excel.workbooks import HEADER, good_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_approvals")]
LEADS = reverse("admin:leadops_lead_changelist")
INBOX = reverse("admin:leadops_pendingchange_changelist")


def page_of(change: PendingChange) -> str:
    return reverse("admin:leadops_pendingchange_change", args=[change.pk])


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

    def test_nobody_else_may_approve_it_yet(self, push, desk):
        page = desk.get(page_of(asked(push(3)))).content.decode()
        assert "Nobody can approve it yet" in page


class TestImports:
    @pytest.fixture
    def upload(self, desk, partner, program, tmp_path, settings):
        """Uploads a workbook of so many rows and has it judged."""
        settings.MEDIA_ROOT = tmp_path / "media"

        def uploaded(rows: int) -> ImportBatch:
            path = workbooks.ours(tmp_path / "a.xlsx", [HEADER, *good_rows(rows)])
            given = {"partner": partner.pk, "program": program.pk}
            file = SimpleUploadedFile("agent.xlsx", path.read_bytes())
            desk.post(reverse("admin:leadops_importbatch_add"), {**given, "file": file})
            return run(ImportBatch.objects.get())

        return uploaded

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


def run(batch: ImportBatch) -> ImportBatch:
    import_batches.run(batch.pk)
    batch.refresh_from_db()
    return batch


class TestBankAccounts:
    NUMBER = "998877665544"

    @pytest.fixture
    def bank(self, partner, program) -> Bank:
        """A verified account of a lead."""
        people.leads_of(partner, program)
        bank = Bank.objects.earliest("pk")
        bank.is_verified = True
        bank.save()
        return bank

    @pytest.fixture
    def save(self, desk, bank):
        """Saves the lead's page with some fields of the account changed."""

        def saved(lead_fields=None, **changes: str):
            lead = Lead.objects.get()
            url = reverse("admin:leadops_lead_change", args=[lead.pk])
            form = fields(desk.get(url, {"edit": 1}).content.decode())
            [prefix] = [name[: -len("id")] for name, value in form.items() if value == str(bank.pk)]
            changed = {prefix + name: value for name, value in changes.items()}
            form = {name: value for name, value in form.items() if changed.get(name) != "(off)"}
            sent = {name: value for name, value in changed.items() if value != "(off)"}
            return desk.post(url, form | sent | (lead_fields or {}))

        return saved

    def test_another_number_goes_in_once_approved_and_is_verified_anew(self, save, desk, bank):
        before = bank.account_no
        change = asked(save(account_no=self.NUMBER))
        assert Bank.objects.get(pk=bank.pk).account_no == before
        page = desk.get(page_of(change)).content.decode()
        assert self.NUMBER not in page
        assert before not in page
        assert f"••••{self.NUMBER[-4:]}" in page
        approved(desk, change)
        bank.refresh_from_db()
        assert (bank.account_no, bank.is_verified) == (self.NUMBER, False)

    def test_the_lead_s_page_says_what_waits(self, save, desk, bank):
        change = asked(save(account_no=self.NUMBER))
        url = reverse("admin:leadops_lead_change", args=[Lead.objects.get().pk])
        desk.get(url)
        assert change.what in unescape(desk.get(url).content.decode())
        with CaptureQueriesContext(connection) as queries:
            desk.get(url)
        assert (
            sum("leadops_pendingchange" in each["sql"] for each in queries) == 2
        )  # the menu's number, and this

    def test_what_else_was_changed_is_saved_at_once(self, save, bank):
        asked(save({"source": "campaign"}, account_no=self.NUMBER))
        assert Lead.objects.get().source == "campaign"
        assert Bank.objects.get(pk=bank.pk).account_no == bank.account_no

    @pytest.mark.parametrize(
        "changes", [{"ifsc": "HDFC0000240"}, {"account_holder_name": "Somebody"}, {"is_verified": "(off)"}]
    )
    def test_ifsc_holder_and_the_tick_are_held_up_too(self, save, bank, changes):
        asked(save(**changes))
        stored = Bank.objects.get(pk=bank.pk)
        assert (stored.ifsc, stored.account_holder_name) == (bank.ifsc, bank.account_holder_name)
        assert stored.is_verified

    def test_a_refused_change_leaves_the_account(self, save, desk, bank):
        refused(desk, asked(save(account_no=self.NUMBER)))
        assert Bank.objects.get(pk=bank.pk).account_no == bank.account_no

    def test_deleting_it_is_held_up(self, save, desk, bank):
        change = asked(save(DELETE="on"))
        assert Bank.objects.filter(pk=bank.pk).exists()
        approved(desk, change)
        assert not Bank.objects.filter(pk=bank.pk).exists()

    def test_its_tags_and_an_account_that_is_not_verified_ask_nobody(self, save, bank):
        save(tags="salary")
        assert Bank.objects.get(pk=bank.pk).tags == ["salary"]
        Bank.objects.update(is_verified=False)
        save(account_no=self.NUMBER)
        assert Bank.objects.get(pk=bank.pk).account_no == self.NUMBER
        assert not PendingChange.objects.exists()

    def test_an_invalid_number_is_refused_before_anybody_is_asked(self, save):
        assert save(account_no="1.2E+11").status_code == 200
        assert not PendingChange.objects.exists()

    def test_an_applicant_with_a_verified_account_is_not_deleted_past_the_gate(self, desk, bank):
        lead = Lead.objects.get()
        url = reverse("admin:leadops_lead_change", args=[lead.pk])
        form = fields(desk.get(url, {"edit": 1}).content.decode())
        owner = str(bank.applicant_id)
        [prefix] = [name[:-2] for name, value in form.items() if value == owner and name.endswith("-id")]
        answer = desk.post(url, form | {f"{prefix}DELETE": "on"})
        assert "verified bank account" in answer.content.decode()
        assert Bank.objects.filter(pk=bank.pk).exists()


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


class TestKeys:
    def make(self, desk: Client, partner: Partner, **changes: object) -> str:
        url = reverse("admin:leadops_partner_make_key", args=[partner.pk])
        form = {"mode": "live", "label": "main", "scopes": ["lead:read"], **changes}
        page = desk.post(url, form).content.decode()
        found = re.search(r"lo_\w{4}_[\w-]+", page)
        return found.group() if found else page

    def test_a_key_opens_nothing_until_it_is_approved(self, desk, client, partner):
        text = self.make(desk, partner)
        change = PendingChange.objects.get()
        calls = {"headers": {"Authorization": f"Bearer {text}"}}
        assert client.get("/v1/crm/leads/", **calls).status_code == 401
        approved(desk, change)
        assert client.get("/v1/crm/leads/", **calls).status_code == 200
        assert ApiKey.objects.get().scopes == ["lead:read"]
        assert text not in desk.get(page_of(change)).content.decode()

    def test_a_refused_key_is_never_made(self, desk, partner):
        self.make(desk, partner)
        refused(desk, PendingChange.objects.get())
        assert not ApiKey.objects.exists()

    def test_a_test_key_asks_nobody(self, desk, partner):
        self.make(desk, partner, mode="test")
        assert ApiKey.objects.get().mode == "test"
        assert not PendingChange.objects.exists()

    def test_more_scopes_wait_and_fewer_do_not(self, desk, partner):
        key, _ = ApiKey.issue(partner, scopes=["lead:read", "lead:write"])
        url = reverse("admin:leadops_partner_change_key", args=[partner.pk, key.pk])
        answer = desk.post(url, {"label": "new", "scopes": ["lead:read", "pii:read"]})
        change = asked(answer)
        key.refresh_from_db()
        assert (key.scopes, key.label) == (["lead:read"], "new")
        approved(desk, change)
        key.refresh_from_db()
        assert key.scopes == ["lead:read", "pii:read"]


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

    def test_a_group_gets_rights_once_approved(self, desk, group):
        new = Permission.objects.get(codename="export_unmasked")
        url = reverse("admin:auth_group_change", args=[group.pk])
        change = asked(desk.post(url, {"name": "Heads", "permissions": [new.pk]}))
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
        TestKeys().make(clerk, partner)
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
