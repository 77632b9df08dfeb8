"""Two people for what matters: the maker never approves, one checker wins, and nothing is done on an older version."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from leadops.errors import LeadopsError
from leadops.models import Bank, Erasure, Lead, Officer, Partner, PendingChange
from leadops.services import approvals, erasure
from leadops.services.approvals import pushes
from tests import people
from tests.crm_integrations.holding import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_approvals")]
NEW = {"name": "Hilltop", "code": "hilltop", "branch": "", "active": True, "calls_per_minute": None}
NUMBER = "998877665544"


@pytest.fixture
def checker(db) -> Officer:
    return people.officer("chandra")


@pytest.fixture
def change(officer: Officer) -> PendingChange:
    return approvals.ask("partner", officer, NEW, reason="They bring leads.")


@pytest.fixture
def leads(partner, program) -> list[Lead]:
    return people.leads_of(partner, program, 3)


def officer_of(branch: str, *rights: str, reach: str = Officer.Reach.BRANCHES) -> Officer:
    """An officer with these rights and the reach of one branch, or another one."""
    person = people.officer(f"of-{branch}", superuser=False)
    person.user_permissions.set(Permission.objects.filter(codename__in=rights))
    person.branches.set([people.branch(branch)])
    person.reach = reach
    person.save()
    return Officer.objects.get(pk=person.pk)


def test_nothing_is_done_before_and_once_after(change, checker):
    assert not Partner.objects.exists()
    approvals.approve(change.pk, checker)
    assert Partner.objects.get().name == "Hilltop"
    with pytest.raises(approvals.AlreadyDecided, match="approved already by chandra"):
        approvals.approve(change.pk, checker)
    assert Partner.objects.count() == 1


def test_the_maker_is_refused_by_the_service(change, officer):
    for decide in (approvals.approve, approvals.refuse):
        with pytest.raises(approvals.MakerCannotApprove):
            decide(change.pk, officer, "It is fine.")
    assert PendingChange.objects.get().waits
    assert not Partner.objects.exists()


@pytest.mark.parametrize("state", ["approved", "refused"])
def test_the_maker_is_refused_by_the_database(change, officer, state):
    decided = {"state": state, "decided_by": officer, "decided_at": timezone.now()}
    with pytest.raises(IntegrityError, match="the_maker_never_approves"), transaction.atomic():
        PendingChange.objects.filter(pk=change.pk).update(**decided)
    with pytest.raises(IntegrityError, match="the_maker_never_approves"), transaction.atomic():
        PendingChange.objects.filter(pk=change.pk).update(**{**decided, "decided_by": None})


def test_a_change_that_waits_has_no_decision_in_the_database(change, checker):
    with pytest.raises(IntegrityError, match="decided_once"), transaction.atomic():
        PendingChange.objects.filter(pk=change.pk).update(decided_by=checker)


def test_nobody_approves_what_was_not_explained(officer, checker):
    change = approvals.ask("partner", officer, NEW)
    assert not approvals.inbox.waiting_for(checker).exists()
    with pytest.raises(approvals.NotExplained):
        approvals.approve(change.pk, checker)
    approvals.explain(change.pk, officer, "They bring leads.")
    assert approvals.inbox.waiting_for(checker).get() == change
    approvals.approve(change.pk, checker)


def test_only_the_maker_explains_and_withdraws(change, officer, checker):
    for do in (approvals.explain, approvals.withdraw):
        with pytest.raises(approvals.NotYours):
            do(change.pk, checker, "So.")
    approvals.withdraw(change.pk, officer, "Not needed.")
    with pytest.raises(approvals.AlreadyDecided, match="withdrawn"):
        approvals.approve(change.pk, checker)
    assert not Partner.objects.exists()


def test_a_refusal_needs_words(change, checker):
    with pytest.raises(LeadopsError, match="Say why"):
        approvals.refuse(change.pk, checker, "  ")
    assert PendingChange.objects.get().waits


def test_what_was_decided_keeps_no_data_to_carry_out(change, checker):
    assert bytes(raw("sealed_data", change)) != b""
    approvals.refuse(change.pk, checker, "No.")
    assert bytes(raw("sealed_data", change)) == b""


def test_a_lead_changed_meanwhile_puts_the_push_out_of_date(officer, checker, leads):
    change = approvals.ask("push", officer, pushes.push_of(leads), reason="The branch is ready.")
    Lead.objects.filter(pk=leads[1].pk).update(version=2)
    with pytest.raises(approvals.OutOfDate):
        approvals.approve(change.pk, checker)
    change.refresh_from_db()
    assert (change.state, change.decided_by) == ("stale", checker)
    assert not Lead.objects.filter(status="submitted").exists()


def test_what_can_t_be_done_now_still_waits(change, checker):
    Partner.objects.create(name="Hilltop", code="other")
    with pytest.raises(LeadopsError, match="already exists"):
        approvals.approve(change.pk, checker)
    change.refresh_from_db()
    assert change.waits
    assert Partner.objects.count() == 1


def test_a_subject_that_is_gone_is_out_of_date(officer, checker, leads):
    bank = Bank.objects.filter(account_no_index__isnull=False).earliest("pk")
    change = approvals.ask("bank", officer, {"delete": True}, bank, "It is closed.")
    Bank.objects.filter(pk=bank.pk).delete()
    with pytest.raises(approvals.OutOfDate):
        approvals.approve(change.pk, checker)


def test_one_change_of_a_subject_waits_at_a_time(officer, checker, leads):
    bank = Bank.objects.earliest("pk")
    first = approvals.ask("bank", officer, {"delete": True}, bank, "It is closed.")
    with pytest.raises(approvals.AlreadyWaits) as refusal:
        approvals.ask("bank", checker, {"delete": True}, bank)
    assert refusal.value.change == first
    approvals.withdraw(first.pk, officer)
    assert approvals.ask("bank", checker, {"delete": True}, bank).waits


def test_a_change_whose_maker_left_without_a_word_is_refused_and_asked_for_anew(officer, checker, leads):
    bank = Bank.objects.earliest("pk")
    left = approvals.ask("bank", officer, {"delete": True}, bank)
    Officer.objects.filter(pk=officer.pk).update(is_active=False)
    with pytest.raises(approvals.AlreadyWaits):
        approvals.ask("bank", checker, {"delete": True}, bank)
    approvals.refuse(left.pk, checker, "Nobody says why.")
    assert approvals.ask("bank", checker, {"delete": True}, bank).waits


@pytest.mark.parametrize("reason", ["", "It is closed."])
def test_what_can_t_be_approved_any_more_stands_in_nobodys_way(officer, checker, leads, reason):
    bank = Bank.objects.earliest("pk")
    old = approvals.ask("bank", officer, {"delete": True}, bank, reason)
    Bank.objects.filter(pk=bank.pk).update(ifsc="HDFC0000001")
    new = approvals.ask("bank", checker, {"delete": True}, bank)
    old.refresh_from_db()
    assert (old.state, old.decided_by, old.sealed_data) == ("stale", checker, "")
    assert "has changed since" in old.words
    assert new.waits


def test_personal_data_stands_nowhere_in_clear(officer, checker, leads):
    bank = Bank.objects.earliest("pk")
    new = {"account_no": NUMBER, "ifsc": bank.ifsc, "account_holder_name": bank.account_holder_name}
    change = approvals.ask("bank", officer, {"fields": new}, bank, "They moved.")
    for told in (bank.account_no, NUMBER):
        assert told not in whole_row(change)
    assert {
        "field": "Account number",
        "old": bank.account_no[-4:].rjust(8, "•"),
        "new": "••••5544",
        "lead": str(leads[0].pk),
    } in change.diff
    approvals.approve(change.pk, checker)
    assert Bank.objects.get(pk=bank.pk).account_no == NUMBER
    for told in (bank.account_no, NUMBER):
        assert told not in whole_row(change)
        assert not LogEntry.objects.filter(change_message__contains=told).exists()


def test_an_erased_lead_leaves_no_holder_in_what_was_asked_about_its_accounts(officer, checker, leads):
    """Whether it waits, was approved, was refused, or its account is gone."""

    def asked(lead: Lead, **data: object) -> PendingChange:
        bank = Bank.objects.create(
            applicant=lead.applicants.all()[0], ifsc="HDFC0000001", account_holder_name="Zuleikha Qanaryova"
        )
        return approvals.ask("bank", officer, data or {"delete": True}, bank, "It is closed.")

    lead, other = leads[:2]
    new = {"account_no": NUMBER, "ifsc": "HDFC0000001", "account_holder_name": "Zuleikha Qanaryova-Rao"}
    waiting, approved, gone, of_another = asked(lead), asked(lead, fields=new), asked(lead), asked(other)
    approvals.approve(approved.pk, checker)
    approvals.refuse(gone.pk, checker, "No.")
    Bank.objects.filter(pk=gone.subject_id).delete()
    as_before = [{name: said for name, said in line.items() if name != "lead"} for line in gone.diff]
    PendingChange.objects.filter(pk=gone.pk).update(diff=as_before)  # its words alone say of which lead
    erasure.erase(lead.pk, Erasure.Cause.REQUEST, officer=officer)
    for change in (waiting, approved, gone):
        assert "Qanaryova" not in whole_row(change)
        assert bytes(raw("sealed_data", change)) == b""
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by) == ("stale", None)
    with pytest.raises(approvals.AlreadyDecided):
        approvals.approve(waiting.pk, checker)
    of_another.refresh_from_db()
    assert of_another.waits
    assert "Qanaryova" in whole_row(of_another)


def test_an_erased_lead_takes_nothing_from_another_partners_of_the_same_reference(officer, checker, leads):
    mine, theirs = leads[:2]
    Lead.objects.filter(pk=mine.pk).update(partner_ref_id="A1")
    other = Partner.objects.create(name="Hilltop", code="hilltop")
    Lead.objects.filter(pk=theirs.pk).update(partner_ref_id="A1", partner=other)
    refused = []
    for lead in Lead.objects.filter(pk__in=[mine.pk, theirs.pk]).order_by("pk"):
        bank = Bank.objects.filter(applicant__lead=lead).earliest("pk")
        refused.append(approvals.ask("bank", officer, {"delete": True}, bank, "It is closed."))
        approvals.refuse(refused[-1].pk, checker, "No.")
        Bank.objects.filter(pk=bank.pk).delete()
    assert refused[0].what.endswith(" of lead A1")
    assert refused[1].what.endswith(" of lead A1")
    erasure.erase(mine.pk, Erasure.Cause.REQUEST, officer=officer)
    found = dict(PendingChange.objects.values_list("pk", "diff"))
    assert (found[refused[0].pk], bool(found[refused[1].pk])) == ([], True)


def test_all_is_logged(change, officer, checker):
    approvals.approve(change.pk, checker, "Checked.")
    told = LogEntry.objects.order_by("pk").values_list("user__username", "change_message")
    assert list(told) == [
        ("asha", "Asked for approval."),
        ("chandra", "Approved. Checked."),
        ("asha", "Take on the partner Hilltop. Approved by chandra."),
    ]


def test_a_checker_needs_the_right_to_approve_and_the_right_to_do_it(change):
    everywhere = {"reach": Officer.Reach.ALL}
    for rights in ((), ("approve_pendingchange",), ("add_partner", "view_partner")):
        with pytest.raises(approvals.NotForYou):
            approvals.approve(change.pk, officer_of("pune", *rights, **everywhere))
    able = ("approve_pendingchange", "add_partner", "view_partner")
    with pytest.raises(approvals.NotForYou):
        approvals.approve(change.pk, officer_of("pune", *able))  # it is the head office's
    approvals.approve(change.pk, officer_of("pune", *able, **everywhere))


def test_a_checker_is_bounded_by_their_reach(officer, leads):
    pune = people.branch("pune")
    Lead.objects.filter(pk__in=[lead.pk for lead in leads[:2]]).update(branch=pune)
    rights = ("approve_pendingchange", "submit_lead", "view_lead")
    here, there = officer_of("pune", *rights), officer_of("delhi", *rights)
    own, mixed = (
        approvals.ask("push", officer, pushes.push_of(chosen), reason="Ready.")
        for chosen in (leads[:2], leads)
    )
    assert {*approvals.inbox.visible_to(here)} == {own}
    assert {*approvals.inbox.waiting_for(here)} == {own}
    assert not approvals.inbox.visible_to(there).exists()
    for checker, change in ((here, mixed), (there, own), (there, mixed)):
        with pytest.raises(approvals.NotForYou):
            approvals.approve(change.pk, checker)
    approvals.approve(own.pk, here)
    assert Lead.objects.filter(status="submitted").count() == 2


def test_a_lead_that_left_the_checkers_branch_is_out_of_their_hands(officer, leads):
    Lead.objects.update(branch=people.branch("pune"))
    change = approvals.ask("push", officer, pushes.push_of(leads), reason="Ready.")
    Lead.objects.filter(pk=leads[0].pk).update(branch=people.branch("delhi"))
    with pytest.raises(approvals.NotForYou):
        approvals.approve(change.pk, officer_of("pune", "approve_pendingchange", "change_lead"))


def test_nobody_approves_rights_for_themselves(officer):
    rights = ("approve_pendingchange", "change_officer", "view_officer")
    clerk = officer_of("pune", *rights)
    change = approvals.ask("grant", officer, {"reach": "all"}, clerk, "She covers for all.")
    assert not approvals.inbox.waiting_for(clerk).exists()
    with pytest.raises(approvals.NotForYou):
        approvals.approve(change.pk, clerk)


def test_only_a_superuser_makes_superusers(officer, checker):
    clerk = officer_of("pune", "approve_pendingchange", "change_officer")
    change = approvals.ask("grant", officer, {"is_superuser": True}, people.officer("dev", False), "So.")
    with pytest.raises(approvals.NotForYou):
        approvals.approve(change.pk, clerk)
    approvals.approve(change.pk, checker)
    assert Officer.objects.get(username="dev").is_superuser


def test_the_page_names_who_may_approve(change, checker):
    rights = ("approve_pendingchange", "add_partner", "view_partner")
    able = officer_of("pune", *rights, reach=Officer.Reach.ALL)
    officer_of("delhi", "approve_pendingchange")
    assert approvals.those_who_may(approvals.Held.of(change), 3) == [checker, able]


@pytest.mark.django_db(transaction=True)
def test_of_two_checkers_at_once_one_wins(change, checker):
    people.officer("dev")

    def approve() -> str:
        who = Officer.objects.exclude(pk=change.made_by_id).order_by("?")[0]
        try:
            approvals.approve(change.pk, who)
        except approvals.AlreadyDecided:
            return "late"
        return "won"

    assert sorted(at_once(4, approve)) == ["late", "late", "late", "won"]
    assert Partner.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_asks_for_what_is_being_decided_on_is_not_kept_waiting(officer, partner):
    bounded = {"calls_per_minute": 9000}
    open_one = approvals.ask("partner_change", officer, bounded, partner, "They are many.")
    Partner.objects.filter(pk=partner.pk).update(calls_per_minute=1)

    def ask() -> type[LeadopsError] | None:
        try:
            approvals.ask("partner_change", officer, bounded, partner)
        except LeadopsError as refusal:
            return type(refusal)
        return None

    with transaction.atomic():
        PendingChange.objects.select_for_update().get(pk=open_one.pk)
        assert at_once(1, ask) == [approvals.AlreadyWaits]
    assert at_once(1, ask) == [None]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_once_one_is_led_to_the_other(officer, partner, program):
    people.leads_of(partner, program)
    bank = Bank.objects.earliest("pk")

    def ask() -> str:
        try:
            approvals.ask("bank", officer, {"delete": True}, bank, "It is closed.")
        except approvals.AlreadyWaits as refusal:
            return refusal.change.what[:6]
        return "asked"

    assert sorted(at_once(4, ask)) == ["Delete", "Delete", "Delete", "asked"]
    assert PendingChange.objects.count() == 1


def raw(column: str, change: PendingChange) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM leadops_pendingchange WHERE id = %s", [change.pk])
        return cursor.fetchone()[0]


def whole_row(change: PendingChange) -> str:
    """The row as the database has it, what is sealed in hexadecimal and as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_to_json(c)::text || encode(sealed_data, 'escape') FROM leadops_pendingchange c WHERE id = %s",
            [change.pk],
        )
        return str(cursor.fetchone()[0])
