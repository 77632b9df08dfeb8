"""Two officers send the forms of leads out of their sight, filled in rightly: nothing of these is changed.

What the same forms do for the branch's own officer proves that they were filled in rightly.
"""

from __future__ import annotations

import pytest
from django.urls import reverse

from leadops.models import BulkAction, DropReason, Lead, LeadMerge, Officer
from leadops.services.bulk_deeds import DEEDS
from tests import people
from tests.crm_integrations.roles.form_probes import of_forms, pages_of, sending
from tests.crm_integrations.roles.probes import Probe
from tests.crm_integrations.roles.test_isolation import Sought, colleague, mine, signed_in, theirs

__all__ = ["colleague", "mine", "theirs"]
pytestmark = pytest.mark.django_db
WORKED = {f"POST leadops_lead_work {deed}" for deed in ("assign", "note", "task", "drop", "wait")}
BY_MANY = {f"POST leadops_bulkaction_start {deed}" for deed in DEEDS if deed != BulkAction.Deed.REOPEN}
OF_ONE = {f"POST leadops_lead_{deed}" for deed in ("change", "merge", "submit", "withdraw")}


def changing(sought: Sought, probes: list[Probe], officer: Officer) -> set[str]:
    client = signed_in(officer)
    return {probe.name for probe in probes if any("changed: " in each for each in sought.by(probe, client))}


def test_no_form_out_of_ones_sight_does_anything(mine, theirs, colleague):
    probes = of_forms(theirs, pages_of(theirs))
    of_all, of_leads = Sought.in_branch(theirs), Sought.of_leads(theirs)
    for sought, officer in ((of_all, mine.officer), (of_leads, colleague)):
        client = signed_in(officer)
        assert {probe.name: found for probe in probes if (found := sought.by(probe, client))} == {}
    wanted = WORKED | BY_MANY | OF_ONE
    rightly = [each for each in probes if each.name in wanted]
    assert changing(of_all, rightly, theirs.officer) == wanted


def test_a_dropped_lead_is_reopened_by_nobody_out_of_whose_sight_it_is(mine, theirs, colleague):
    Lead.objects.filter(pk=theirs.lead.pk).update(status=Lead.Status.DROPPED)
    page = reverse("admin:leadops_lead_change", args=[theirs.lead.pk])
    many = f"{reverse('admin:leadops_bulkaction_start')}?lead={theirs.lead.pk}"
    probes = [each for each in of_forms(theirs, [page, many]) if each.name.endswith("reopen")]
    of_leads = Sought.of_leads(theirs)
    assert changing(of_leads, probes, mine.officer) | changing(of_leads, probes, colleague) == set()
    assert len(changing(of_leads, probes, theirs.officer)) == 2


@pytest.mark.parametrize("deed", DEEDS)
def test_what_is_done_to_ones_own_leads_is_not_done_to_others_named_among_them(mine, theirs, deed):
    status = Lead.Status.DROPPED if deed == BulkAction.Deed.REOPEN else Lead.Status.DRAFT
    Lead.objects.update(status=status)
    asked = {"lead": [mine.lead.pk, theirs.lead.pk], "deed": deed, "go": "1", "tag": "urgent"}
    asked |= {"owner": mine.officer.pk, "reason": DropReason.objects.values_list("pk", flat=True)[0]}
    probes = [Probe(f"POST {deed}", sending(reverse("admin:leadops_bulkaction_start"), asked))]
    assert changing(Sought.of_leads(mine), probes, mine.officer)
    assert changing(Sought.of_leads(theirs), probes, mine.officer) == set()


def test_no_lead_is_merged_with_one_out_of_ones_sight(mine, theirs):
    known, stranger = LeadMerge.objects.count(), signed_in(mine.officer)
    for kept, other in ((mine.lead, theirs.other_lead), (theirs.lead, mine.other_lead)):
        url = reverse("admin:leadops_lead_merge", args=[kept.pk, other.pk])
        assert [stranger.get(url).status_code, stranger.post(url).status_code] == [404, 404]
    assert LeadMerge.objects.count() == known
    signed_in(people.officer("asha")).post(url)
    assert LeadMerge.objects.count() == known + 1
