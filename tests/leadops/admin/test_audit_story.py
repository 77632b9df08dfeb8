"""What was done past the desk's own log stands on a lead's timeline all the same."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm_integrations.roles import MATRIX
from leadops.admin.audit_sight import TOLD_WITH_THEIR_RECORD
from leadops.audit.scope import audited, watched
from leadops.models import ApiKey, Consent, Lead
from leadops.services import assignment, bulk_actions, legal_holds
from leadops.services.bulk_deeds import Assign
from tests import people
from tests.leadops.api.callers import Caller

pytestmark = pytest.mark.django_db
OF_THE_ENGINE = {"crm_integrations.partnerevent", "crm_integrations.replayitem"}
"""They leave events of what is done past our programs alone: who has every right is told."""


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


@pytest.mark.parametrize(
    ("rights", "seen"),
    [
        ([], set()),
        (["view_legalhold"], {"Added: legal hold"}),
        (["view_reveal"], {"Personal data shown: lead"}),
        (["view_legalhold", "view_reveal"], {"Added: legal hold", "Personal data shown: lead"}),
    ],
)
def test_reveals_and_holds_are_told_to_who_may_see_them(desk, lead, officer, rights, seen):
    ask = reverse("admin:leadops_reveal_ask", args=["lead", lead.pk, "primary_mobile"])
    desk.post(ask, {"reason": "call", "words": "Calls about it"})
    legal_holds.place(lead.pk, "The court asks", officer)
    clerk = people.clerk("view_lead", *rights)
    assert {words.partition(" (")[0] for _, words in told(clerk, lead)} == seen
    history = clerk.get(reverse("admin:leadops_lead_history", args=[lead.pk])).content.decode()
    page = clerk.get(reverse("admin:leadops_lead_change", args=[lead.pk])).content.decode()
    for text in (history, page):
        assert ("The court asks" in text) == ("view_legalhold" in rights)
        assert ("Personal data shown" in text) == ("view_reveal" in rights)


def test_whatever_leaves_events_is_somebodys_to_see_or_told_with_its_record():
    own = {apps.get_model(each.label) for each in (*audited(), *watched())}
    of_roles = {model for model in own if model._meta.label_lower in MATRIX["rights"]}
    without = own - of_roles - admin.site._registry.keys()
    unlinked = {model._meta.label_lower for model in without if not model._meta.auto_created}
    assert unlinked == TOLD_WITH_THEIR_RECORD | OF_THE_ENGINE
