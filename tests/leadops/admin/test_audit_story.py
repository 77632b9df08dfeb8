"""What was done past the desk's own log stands on a lead's timeline all the same."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadops.models import ApiKey, Consent, Lead
from leadops.services import assignment, bulk_actions, legal_holds
from leadops.services.bulk_deeds import Assign
from tests import people
from tests.leadops.api.callers import Caller

pytestmark = pytest.mark.django_db


def told(desk: Client, lead: Lead) -> list[tuple[str, str]]:
    """Who did what, the newest first."""
    page = desk.get(reverse("admin:leadops_lead_change", args=[lead.pk]))
    return [(each.who, each.words) for each, _ in page.context["timeline"]["entries"] if each.kind == "past"]


def test_a_lead_that_nobody_touched_has_none(desk, lead):
    assert told(desk, lead) == []


def test_what_a_partner_changes_of_an_applicant_is_told(desk, lead, partner):
    key = ApiKey.issue(partner)[1]
    applicant = lead.applicants.first()
    answer = Caller(key).patch(f"/v1/crm/applicants/{applicant.pk}/", {"employer_name": "Harbour Mills"})
    assert answer.status_code == 200, answer.content
    [(who, words)] = told(desk, lead)
    assert who.startswith(f"partner {partner.code}")
    assert words == "Changed: applicant (Employer name)"


def test_an_owner_given_to_many_at_once_is_told(desk, lead, officer):
    ravi = people.officer("ravi")
    action = bulk_actions.order(Lead.objects.all(), Assign(ravi), officer, "all")
    bulk_actions.run(action.pk)
    assert [words for _, words in told(desk, lead)] == ["Changed: lead (Owner: — → ravi)"]


def test_an_owner_by_turns_is_told(desk, lead):
    assignment.assign([lead.pk], people.officer("ravi"))
    assert [words for _, words in told(desk, lead)] == ["Changed: lead (Owner: — → ravi)"]


def test_a_withdrawn_consent_is_told(desk, lead):
    consent = Consent.objects.create(lead=lead, purpose="credit check", granted_at=timezone.now())
    Consent.objects.filter(pk=consent.pk).update(withdrawn_at=timezone.now())
    [(_, words)] = told(desk, lead)
    assert words.startswith("Changed: consent (Withdrawn at")


def test_what_was_revealed_and_what_is_held_is_told(desk, lead, officer):
    ask = reverse("admin:leadops_reveal_ask", args=["lead", lead.pk, "primary_mobile"])
    assert desk.post(ask, {"reason": "call", "words": "Calls about it"}).status_code == 200
    legal_holds.place(lead.pk, "The court asks", officer)
    held, shown = told(desk, lead)
    assert held[1].startswith("Added: legal hold")
    assert (shown[0], shown[1].partition(" (")[0]) == ("officer asha", "Personal data shown: lead")
