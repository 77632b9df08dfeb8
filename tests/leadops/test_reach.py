"""What an officer sees of the leads: their own, those of their branches, or all."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from leadops.models import Lead, Officer
from leadops.services import leads
from tests import people


@pytest.fixture
def kavya(db) -> Officer:
    """A loan officer of the branch in Pune."""
    officer = people.officer("kavya", superuser=False)
    officer.reach = Officer.Reach.BRANCHES
    officer.save()
    officer.branches.set([people.branch("pune")])
    return officer


@pytest.fixture
def in_three_places(partner, other_partner, program) -> dict[str, Lead]:
    """A lead of Pune, one of Kochi and one of no branch."""
    partner.branch = people.branch("pune")
    other_partner.branch = people.branch("kochi")
    third = people.partner("Nobody's", "nobodys")
    return {
        name: leads.create([draft], partner=whose, program=program, intake=Lead.Intake.API)[0]
        for name, whose, draft in zip(
            ("pune", "kochi", "none"), (partner, other_partner, third), people.drafts(3), strict=True
        )
    }


def seen_by(officer: Officer) -> set[Lead]:
    return set(Lead.objects.visible_to(Officer.objects.get(pk=officer.pk)))


def test_a_lead_belongs_to_the_branch_of_its_partner(in_three_places):
    assert Lead.objects.get(pk=in_three_places["pune"].pk).branch == people.branch("pune")
    assert Lead.objects.get(pk=in_three_places["none"].pk).branch is None


def test_an_officer_sees_the_leads_of_their_branches(kavya, in_three_places):
    assert seen_by(kavya) == {in_three_places["pune"]}
    kavya.branches.add(people.branch("kochi"))
    assert seen_by(kavya) == {in_three_places["pune"], in_three_places["kochi"]}


def test_an_officer_without_a_branch_sees_none(kavya, in_three_places):
    kavya.branches.clear()
    assert seen_by(kavya) == set()


def test_own_leads_are_those_they_own_or_made(kavya, in_three_places):
    kavya.reach = Officer.Reach.OWN
    kavya.save()
    assert seen_by(kavya) == set()
    Lead.objects.filter(pk=in_three_places["kochi"].pk).update(owner=kavya)
    Lead.objects.filter(pk=in_three_places["none"].pk).update(created_by=kavya)
    assert seen_by(kavya) == {in_three_places["kochi"], in_three_places["none"]}


def test_reach_over_all_sees_all(kavya, in_three_places):
    kavya.reach = Officer.Reach.ALL
    kavya.save()
    assert seen_by(kavya) == set(in_three_places.values())


def test_the_page_of_another_branchs_lead_is_not_found(in_three_places, kavya):
    people.give(kavya, "view_lead", "change_lead")
    client = Client()
    client.force_login(kavya)
    mine, theirs = in_three_places["pune"], in_three_places["kochi"]
    page = "admin:leadops_lead_change"
    assert client.get(reverse(page, args=[mine.pk])).status_code == 200
    assert client.get(reverse(page, args=[theirs.pk]), follow=True).redirect_chain == [
        (reverse("admin:index"), 302)
    ]
    assert client.post(reverse("admin:leadops_lead_submit", args=[theirs.pk])).status_code == 404
    text = client.get(reverse("admin:leadops_lead_changelist")).content.decode()
    assert str(mine.pk) in text
    assert str(theirs.pk) not in text
