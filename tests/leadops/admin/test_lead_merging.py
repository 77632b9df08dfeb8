"""Merging two leads at the desk."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from leadops.models import Duplicate, Erasure, Lead, LeadMerge, LoanAccount, Officer
from leadops.services import erasure, lead_merging, lead_unmerging, leads
from tests import people


@pytest.fixture
def pair(partner, program):
    first, second = people.drafts(2)
    second.applicants[0].pan_no = first.applicants[0].pan_no
    second.applicants[0].name = first.applicants[0].name
    first.loan_amount, second.loan_amount, first.loan_purpose, second.loan_purpose = (
        Decimal(100_000),
        Decimal(750_000),
        "",
        "Machinery",
    )
    made = leads.create([first, second], partner=partner, program=program, intake=Lead.Intake.API)
    common = [{"key": "pan", "field": "applicants[0].pan_no", "shown": "JUXXXXX79B"}]
    Duplicate.objects.create(lead=made[1], earlier=made[0], common=common)
    return made


def url(pair) -> str:
    return reverse("admin:leadops_lead_merge", args=[each.pk for each in pair])


def test_the_two_stand_side_by_side_masked_and_empty_fields_are_filled(desk, pair):
    first = desk.get(reverse("admin:leadops_lead_change", args=[pair[0].pk])).content.decode()
    assert url(pair) in first
    text = desk.get(url(pair)).content.decode()
    assert "Loan amount" in text
    assert pair[1].primary_mobile not in text
    assert f"••••{pair[1].primary_mobile[-4:]}" in text
    purpose = text.partition('name="pick:lead.loan_purpose" value="other"')[2][:10]
    assert "checked" in purpose
    assert "checked" not in text.partition('name="pick:lead.loan_amount" value="other"')[2][:10]


def test_they_are_made_one_and_two_again(desk, pair, officer):
    sent = {"pick:lead.loan_amount": "other", "pick:lead.loan_purpose": "kept"}
    answer = desk.post(url(pair), sent, follow=True)
    assert f"Lead {pair[1].reference} was merged into this one." in answer.content.decode()
    assert "Merged into this lead" in answer.content.decode()
    kept = Lead.objects.get()
    assert (kept.loan_amount, kept.loan_purpose) == (750_000, "")
    undo = reverse("admin:leadops_lead_unmerge", args=[LeadMerge.objects.get().pk])
    assert "They are two leads again." in desk.post(undo, follow=True).content.decode()
    assert Lead.objects.count() == 2
    assert Duplicate.objects.count() == 1
    assert "can&#x27;t be undone" in desk.post(undo, follow=True).content.decode()


def test_what_can_not_be_merged_says_why(desk, pair, program, officer):
    LoanAccount.objects.create(lead=pair[1], program=program, ref_id="A1", created_by=officer)
    text = desk.post(url(pair)).content.decode()
    assert "has a loan account: keep that one" in text
    assert Lead.objects.count() == 2


@pytest.mark.parametrize("status", ["submitted", "in_review", "approved"])
def test_a_draft_does_not_take_the_place_of_a_lead_that_vendors_may_have(desk, pair, status):
    Lead.objects.filter(pk=pair[1].pk).update(status=status)
    text = desk.get(url(pair)).content.decode()
    assert "keep that one, or vendors would be sent the borrower twice" in text
    assert ">Merge</button>" not in text
    assert f"Keep {pair[1].reference} instead" in text
    desk.post(url(pair))
    assert Lead.objects.count() == 2
    assert ">Merge</button>" in desk.get(url(pair[::-1])).content.decode()


def test_reader_and_stranger_merge_nothing(reading_desk, pair):
    assert reading_desk.get(url(pair)).status_code == 403
    assert reading_desk.post(url(pair)).status_code == 403
    clerk = people.clerk("view_lead", "change_lead")
    Lead.objects.filter(pk=pair[0].pk).update(branch=people.branch("pune"))
    Officer.objects.filter(username="clerk").update(reach=Officer.Reach.BRANCHES)
    Officer.objects.get(username="clerk").branches.add(people.branch("pune"))
    assert clerk.post(url(pair)).status_code == 404
    assert Lead.objects.count() == 2


@pytest.mark.parametrize("status", ["declined", "dropped", "submitted"])
def test_who_fills_in_drafts_alone_merges_and_brings_back_nothing_else(desk, pair, status):
    clerk = people.clerk("view_lead", "change_lead")
    page = reverse("admin:leadops_lead_change", args=[pair[0].pk])
    assert url(pair) in clerk.get(page).content.decode()
    Lead.objects.filter(pk=pair[1].pk).update(status=status)
    assert url(pair) not in clerk.get(page).content.decode()
    assert [clerk.get(url(pair)).status_code, clerk.post(url(pair)).status_code] == [403, 403]
    assert not LeadMerge.objects.exists()
    submitted_by_now = status == "submitted"
    desk.post(url(pair[::-1] if submitted_by_now else pair))
    undo = reverse("admin:leadops_lead_unmerge", args=[LeadMerge.objects.get().pk])
    assert clerk.post(undo).status_code == 403
    assert undo not in clerk.get(page, follow=True).content.decode()
    assert Lead.objects.count() == 1
    desk.post(undo)
    assert Lead.objects.filter(status=status).count() == 1


def test_who_fills_in_drafts_merges_two_of_them_and_makes_them_two_again(pair):
    clerk = people.clerk("view_lead", "change_lead")
    undo_on = clerk.post(url(pair), follow=True).content.decode()
    undo = reverse("admin:leadops_lead_unmerge", args=[LeadMerge.objects.get().pk])
    assert undo in undo_on
    clerk.post(undo)
    assert Lead.objects.filter(status="draft").count() == 2


def test_a_lead_whose_data_was_erased_is_neither_merged_nor_brought_back(desk, pair, officer):
    merged = lead_merging.merge(pair[0].pk, pair[1].pk, [], officer)
    undo = reverse("admin:leadops_lead_unmerge", args=[merged.pk])
    erasure.erase(pair[1].pk, Erasure.Cause.REQUEST)
    assert undo not in desk.get(reverse("admin:leadops_lead_change", args=[pair[0].pk])).content.decode()
    assert desk.post(undo).status_code == 403
    with pytest.raises(lead_unmerging.CantUndo):
        lead_unmerging.undo(merged.pk, officer)
    assert Lead.objects.count() == 1
