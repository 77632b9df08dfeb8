"""What a second person approves of bank accounts: another one in a verified one's place, and the word itself."""

from __future__ import annotations

from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadops.models import Bank, Lead, PendingChange
from tests import people
from tests.approving import approved, asked, page_of, press, refused, second_person
from tests.leadops.admin.page_forms import fields

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_approvals")]


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

    def test_the_word_that_one_is_verified_waits_and_what_else_is_new_does_not(self, save, desk, bank):
        Bank.objects.update(is_verified=False)
        change = asked(save(is_verified="on", account_no=self.NUMBER))
        stored = Bank.objects.get(pk=bank.pk)
        assert (stored.is_verified, stored.account_no) == (False, self.NUMBER)
        assert change.what.startswith("Verify the bank account")
        approved(desk, change)
        stored.refresh_from_db()
        assert (stored.is_verified, stored.account_no) == (True, self.NUMBER)

    def test_a_number_that_came_after_the_word_is_not_verified_by_it(self, save, desk, bank):
        Bank.objects.update(is_verified=False)
        change = asked(save(is_verified="on"))
        save(account_no=self.NUMBER)
        press(desk, "explain", change)
        assert "has changed since" in press(second_person(), "approve", change)
        assert not Bank.objects.get(pk=bank.pk).is_verified

    def test_a_new_account_is_stored_and_its_word_waits(self, save, desk, bank):
        [(prefix, at)] = self.new_accounts(desk, bank)
        new = {"account_no": self.NUMBER, "ifsc": "HDFC0000240", "is_verified": "on"}
        typed = {f"{prefix}-{at}-{name}": value for name, value in new.items()}
        change = asked(save({**typed, f"{prefix}-TOTAL_FORMS": str(at + 1)}))
        made = Bank.objects.exclude(pk=bank.pk).get(applicant=bank.applicant_id)
        assert (made.account_no, made.is_verified, change.subject_id) == (self.NUMBER, False, str(made.pk))
        approved(desk, change)
        assert Bank.objects.get(pk=made.pk).is_verified

    def test_so_does_that_of_a_new_lead(self, desk, partner, program):
        url = reverse("admin:leadops_lead_add")
        form = fields(desk.get(url).content.decode())
        [name] = [each for each in form if each.endswith("banks-TOTAL_FORMS") and "__prefix__" not in each]
        prefix = name.removesuffix("TOTAL_FORMS") + "0-"
        typed = {f"{prefix}account_no": self.NUMBER, f"{prefix}ifsc": "HDFC0000240", name: "1"}
        who = {"applicants-0-name": "Meera Kulkarni", "primary_mobile": "9812345670"}
        given = {"partner": str(partner.pk), "program": str(program.pk), **who, **typed}
        change = asked(desk.post(url, form | given | {f"{prefix}is_verified": "on"}))
        assert not Bank.objects.get().is_verified
        approved(desk, change)
        assert Bank.objects.get().is_verified

    def new_accounts(self, desk: Client, bank: Bank) -> list[tuple[str, int]]:
        """How the forms of the accounts of its applicant are named, and how many there are."""
        url = reverse("admin:leadops_lead_change", args=[Lead.objects.get().pk])
        form = fields(desk.get(url, {"edit": 1}).content.decode())
        [prefix] = [name[: -len("-0-id")] for name, value in form.items() if value == str(bank.pk)]
        return [(prefix, int(form[f"{prefix}-TOTAL_FORMS"]))]

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
