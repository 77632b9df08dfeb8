"""What officers do about the data of a lead: consents, who has it, legal holds, erasing it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadops.models import Consent, Erasure, Holder, Lead, LegalHold, Officer
from leadops.services import consents, legal_holds
from tests import people
from tests.leadops.admin.page_forms import fields

WHY = {"reason": "The borrower wrote to us"}
PAGES = ("withdraw", "erase", "hold", "holders")


def url(name: str, lead: Lead) -> str:
    return reverse(f"admin:leadops_lead_{name}", args=[lead.pk])


@pytest.fixture
def consent(lead: Lead) -> Consent:
    return Consent.objects.create(
        lead=lead, purpose="loan", granted_at=timezone.now(), connections=["ispcrm"]
    )


def test_the_panel_says_what_stands_and_offers_what_may_be_done(desk, lead, consent):
    page = desk.get(url("change", lead)).content.decode()
    assert "Agreed to: loan (ispcrm)" in page
    for name in PAGES:
        assert url(name, lead) in page


def test_a_consent_is_withdrawn_and_the_list_of_holders_follows(desk, officer, lead, consent):
    assert "loan · ispcrm" in desk.get(url("withdraw", lead)).content.decode()
    answer = desk.post(url("withdraw", lead), WHY | {"consents": [str(consent.pk)]}, follow=True)
    assert answer.redirect_chain[-1][0] == url("holders", lead)
    assert lead.partner.name in answer.content.decode()
    consent.refresh_from_db()
    assert (consent.withdrawn_by, consent.withdrawal_reason) == (officer, WHY["reason"])
    assert "Withdrawn: loan" in desk.get(url("change", lead)).content.decode()


@pytest.mark.parametrize("told", [{}, {"consents": "0198c0de-0000-7000-8000-000000000001"}, {"reason": ""}])
def test_a_withdrawal_names_its_consents_and_its_reason(desk, lead, consent, told):
    assert desk.post(url("withdraw", lead), WHY | told).status_code == 200
    assert not Consent.objects.exclude(withdrawn_at=None).exists()


def test_the_empty_list_of_holders_speaks_of_its_tasks(desk):
    text = desk.get(reverse("admin:leadops_holder_changelist")).content.decode()
    assert "There are no tasks to tell anybody yet." in text
    assert "There are no who has" not in text


def test_a_holder_is_told_once(desk, officer, lead, consent):
    consents.withdraw(lead.pk, [consent.pk], "They called", officer)
    task = Holder.objects.get()
    for note in ("Will be deleted on Monday", "Again"):
        desk.post(url("holders", lead), {"holder": task.pk, "note": note})
    task.refresh_from_db()
    assert (task.told_by, task.note) == (officer, "Will be deleted on Monday")
    listed = reverse("admin:leadops_holder_changelist")
    desk.get(listed)  # takes the messages of the two posts away
    assert task.name not in desk.get(listed).content.decode()
    assert task.name in desk.get(listed + "?state=done").content.decode()


def test_a_holder_of_another_lead_is_not_told_here(desk, officer, lead, consent, partner, program):
    consents.withdraw(lead.pk, [consent.pk], "They called", officer)
    other = Lead.objects.create(partner=partner, program=program, primary_mobile="+919800000099")
    assert desk.post(url("holders", other), {"holder": Holder.objects.get().pk}).status_code == 404
    assert Holder.objects.get().told_at is None


def test_the_data_is_erased_for_a_reason_and_the_page_says_so(desk, officer, lead):
    name = lead.applicants.all()[0].name
    assert "be taken back" in desk.get(url("erase", lead)).content.decode()
    assert desk.post(url("erase", lead), {"reason": ""}).status_code == 200
    assert not Erasure.objects.exists()
    assert desk.post(url("erase", lead), WHY).status_code == 302
    page = desk.get(url("change", lead)).content.decode()
    assert "Personal data erased" in page
    assert name not in page
    assert url("erase", lead) not in page
    assert 'name="_save"' not in page
    assert desk.post(url("change", lead), {"remarks": "x"}).status_code == 403
    erased = desk.get(reverse("admin:leadops_erasure_changelist")).content.decode()
    assert WHY["reason"] in erased
    assert lead.reference in erased


def test_a_hold_is_placed_shown_and_lifted(desk, officer, lead):
    desk.post(url("hold", lead), WHY)
    page = desk.get(url("change", lead)).content.decode()
    assert "Legal hold" in page
    assert WHY["reason"] in page
    assert url("erase", lead) not in page
    assert "A legal hold stands" in desk.post(url("erase", lead), WHY).content.decode()
    assert lead.reference in desk.get(reverse("admin:leadops_legalhold_changelist")).content.decode()
    assert "can be erased again" in desk.get(url("lift_hold", lead)).content.decode()
    desk.post(url("lift_hold", lead), {"reason": ""})
    assert LegalHold.objects.get().lifted_at is None
    desk.post(url("lift_hold", lead), {"reason": "The court has decided"})
    hold = LegalHold.objects.get()
    assert (hold.lifted_by, hold.lifting_reason) == (officer, "The court has decided")
    assert (
        hold.lifting_reason
        in desk.get(reverse("admin:leadops_legalhold_changelist") + "?state=all").content.decode()
    )
    assert "There was no legal hold any more." in desk.post(url("lift_hold", lead), WHY).content.decode()
    assert desk.post(url("erase", lead), WHY).status_code == 302


@pytest.mark.parametrize("name", [*PAGES, "lift_hold"])
def test_who_may_only_read_leads_may_nothing_of_this(lead, name):
    clerk = people.clerk("view_lead", "view_consent")
    assert clerk.post(url(name, lead), WHY).status_code == 403
    assert url(name, lead) not in clerk.get(url("change", lead)).content.decode()


@pytest.mark.parametrize("name", [*PAGES, "lift_hold"])
def test_a_lead_out_of_reach_is_not_found(lead, name):
    rights = ("change_consent", "erase_personal_data", "hold_personal_data", "view_holder", "change_holder")
    clerk = people.clerk("view_lead", *rights)
    Officer.objects.filter(username="clerk").update(reach=Officer.Reach.BRANCHES)
    assert clerk.post(url(name, lead), WHY).status_code == 404
    assert not Erasure.objects.exists()


def test_the_lists_go_as_far_as_the_reach(desk, officer, lead, consent):
    legal_holds.place(lead.pk, "Case 12", officer)
    consents.withdraw(lead.pk, [consent.pk], "They called", officer)
    legal_holds.lift(lead.pk, "It is decided", officer)
    desk.post(url("erase", lead), WHY)
    models = ("holder", "erasure", "legalhold")
    clerk: Client = people.clerk("view_lead", *[f"view_{model}" for model in models])
    lists = [reverse(f"admin:leadops_{model}_changelist") + "?state=all" for model in models]
    lists[1] = lists[1].partition("?")[0]
    for each in lists:
        assert lead.reference in clerk.get(each).content.decode()
    Officer.objects.filter(username="clerk").update(reach=Officer.Reach.OWN)
    for each in lists:
        assert lead.reference not in clerk.get(each).content.decode()


def test_a_withdrawn_consent_is_evidence_that_nobody_alters(desk, officer, lead, consent):
    consents.withdraw(lead.pk, [consent.pk], "They called", officer)
    typed = fields(desk.get(url("change", lead), {"edit": 1}).content.decode())
    assert "consents-0-DELETE" not in typed
    answer = desk.post(url("change", lead), typed | {"consents-0-purpose": "all", "consents-0-DELETE": "on"})
    assert answer.status_code == 302
    consent.refresh_from_db()
    assert (consent.purpose, consent.withdrawn_at is None) == ("loan", False)


def test_a_new_program_asks_for_consents_unless_somebody_says_otherwise(desk):
    page = desk.get(reverse("admin:leadops_program_add")).content.decode()
    [field] = [each for each in page.split("<input") if 'name="consent_required"' in each]
    assert "checked" in field
