"""From status to status: what may follow which, with a step of each, dropping and reopening."""

from __future__ import annotations

import pytest

from leadops import signals
from leadops.admin import work_timeline
from leadops.admin.lead_rows import page_lead
from leadops.errors import NotInThisState
from leadops.models import DropReason, Lead, StatusStep
from leadops.services import lead_deletion, lead_status, leads, status_steps
from leadops.services.status_steps import TRANSITIONS
from tests import people


@pytest.fixture
def reason(db):
    return DropReason.objects.create(name="Moved abroad")


@pytest.fixture
def lead(partner, program):
    return people.leads_of(partner, program)[0]


def steps() -> list[tuple[str, str, str | None, str | None]]:
    told = StatusStep.objects.values_list("from_status", "to_status", "by__username", "reason__name")
    return list(told.order_by("pk"))


def test_every_status_has_its_line_and_none_follows_itself():
    assert set(TRANSITIONS) == set(Lead.Status.values)
    assert not [status for status, after in TRANSITIONS.items() if status in after]


def test_a_new_lead_has_no_step_and_submitting_it_is_its_first(lead, officer):
    assert steps() == []
    leads.submit([lead], by=officer)
    leads.submit([lead], by=officer)  # it is submitted already
    assert steps() == [("draft", "submitted", "asha", None)]
    assert Lead.objects.get().status == "submitted"


def test_a_lead_that_comes_in_submitted_costs_no_step(partner, program):
    [draft] = people.drafts(1)
    leads.receive(draft, partner=partner, program=program, intake=Lead.Intake.API)
    assert Lead.objects.get().status == "submitted"
    assert steps() == []


def test_dropping_keeps_the_reason_stops_what_is_unsent_and_counts_a_version(lead, officer, reason):
    leads.submit([lead])
    stopped = []

    def listen(sender, leads, **_):
        stopped.extend(each.pk for each in leads)

    signals.leads_stopped.connect(listen)
    try:
        assert lead_status.drop([lead.pk], reason, officer, "Told us so.") == 1
    finally:
        signals.leads_stopped.disconnect(listen)
    kept = Lead.objects.get()
    assert (kept.status, kept.version, stopped) == ("dropped", 2, [lead.pk])
    assert lead_status.drop([lead.pk], reason, officer) == 0  # it is dropped already
    assert steps()[1:] == [("submitted", "dropped", "asha", "Moved abroad")]
    shown = page_lead(lead.pk, within=None)
    assert next(work_timeline.steps(shown, 1)).words == "Submitted → Dropped: Moved abroad. Told us so."


def test_reopening_leads_back_to_where_it_was_and_the_reason_stays(lead, officer, reason):
    leads.submit([lead])
    lead_status.change([lead.pk], Lead.Status.IN_REVIEW, by=officer)
    lead_status.change([lead.pk], Lead.Status.DECLINED, by=officer)
    lead_status.drop([lead.pk], reason, officer)
    lead_status.reopen([lead.pk], officer, "He called again.")
    assert Lead.objects.get().status == "in_review"
    assert StatusStep.objects.filter(reason=reason).count() == 1
    with pytest.raises(lead_status.NotStopped):
        lead_status.reopen([lead.pk], officer)


def test_a_draft_that_was_dropped_is_a_draft_again(lead, officer, reason):
    lead_status.drop([lead.pk], reason, officer)
    lead_status.reopen([lead.pk], officer)
    assert Lead.objects.get().status == "draft"


def test_what_may_not_follow_is_refused_and_leaves_nothing_behind(lead, officer):
    with pytest.raises(NotInThisState, match=r"is draft and can't become approved"):
        lead_status.change([lead.pk], Lead.Status.APPROVED, by=officer)
    assert steps() == []
    assert Lead.objects.get().version == 1


def test_who_was_moved_meanwhile_takes_no_step(lead, officer):
    older = Lead.objects.get()
    leads.submit([lead])
    assert status_steps.take([older], Lead.Status.DROPPED) == []
    assert [to for _, to, *_ in steps()] == ["submitted"]


def test_a_deleted_lead_took_a_step_too(lead):
    lead_deletion.delete(lead.pk)
    assert steps() == [("draft", "dropped", None, None)]
    assert Lead.with_deleted.get().status == "dropped"
