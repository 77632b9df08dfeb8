"""Clocks: due by the lender's hours, stopped while the ball is elsewhere."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from leadops.models import Holiday, Lead, SlaRule, StatusStep
from leadops.services import lead_status, leads, new_leads, sla_clocks
from leadops.services.business_time import Calendar
from tests import people

IST = ZoneInfo("Asia/Kolkata")
WEEK = Calendar(frozenset({1, 2, 3, 4, 5}), time(10), time(18), frozenset({date(2026, 11, 24)}), IST)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026, which began on a Sunday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=IST)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (at(20, 11), 4, at(20, 15)),
        (at(20, 11), 7, at(20, 18)),
        (at(20, 17), 2, at(23, 11)),  # over the weekend
        (at(20, 20), 1, at(23, 11)),  # after hours
        (at(21, 12), 1, at(23, 11)),  # on a Saturday
        (at(23, 17), 2, at(25, 11)),  # over a holiday
        (at(20, 9), 0, at(20, 9)),
        (at(20, 9), -1, at(20, 8)),
    ],
)
def test_business_hours_skip_nights_weekends_and_holidays(start, hours, end):
    assert WEEK.later(start, hours * 3600) == end
    if hours > 0:
        assert WEEK.between(start, end) == hours * 3600
        assert WEEK.between(end, start) < 0


def rule(program, status=Lead.Status.SUBMITTED, hours=8, business_hours=False) -> SlaRule:
    return SlaRule.objects.create(
        program=program, status=status, hours=hours, business_hours=business_hours, settled=True
    )


@pytest.fixture
def lead(partner, program):
    """Submitted, with eight hours on its clock."""
    rule(program)
    [lead] = people.leads_of(partner, program)
    leads.submit([lead])
    Lead.objects.update(sync_status=Lead.SyncStatus.DELIVERED)
    return Lead.objects.get()


def hours_left(lead: Lead) -> float:
    lead.refresh_from_db()
    assert lead.due_at is not None
    return (lead.due_at - timezone.now()).total_seconds() / 3600


def test_a_new_lead_is_given_its_clock_from_the_moment_it_came(partner, program):
    rule(program, Lead.Status.DRAFT, hours=2)
    [lead] = people.leads_of(partner, program)
    new_leads.take_up()
    lead.refresh_from_db()
    assert lead.due_at == lead.created_at + timedelta(hours=2)


def test_a_new_status_brings_its_own_clock_or_none(lead, program, officer):
    assert 7.9 < hours_left(lead) <= 8
    rule(None, Lead.Status.IN_REVIEW, hours=24)
    lead_status.change([lead.pk], Lead.Status.IN_REVIEW, by=officer)
    assert 23.9 < hours_left(lead) <= 24
    lead_status.change([lead.pk], Lead.Status.APPROVED, by=officer)
    assert Lead.objects.get().due_at is None


def test_a_programs_own_rule_goes_before_the_one_for_all(program):
    rule(None, hours=1)
    rule(program, hours=3)
    now = timezone.now()
    assert sla_clocks.Clocks().due(program.pk, "submitted", now) == now + timedelta(hours=3)


def test_business_hours_and_holidays_of_the_lender_count(program, settings):
    settings.BUSINESS_DAYS, settings.BUSINESS_HOURS = frozenset({1, 2, 3, 4, 5}), (time(10), time(18))
    rule(program, hours=2, business_hours=True)
    Holiday.objects.create(day=date(2026, 11, 23), name="Of the test")
    assert sla_clocks.Clocks().due(program.pk, "submitted", at(20, 17)) == at(24, 11)


def test_a_clock_stands_while_the_lead_waits_for_somebody_and_goes_on_after(lead):
    sla_clocks.wait(lead.pk, Lead.WaitingFor.BORROWER)
    lead.refresh_from_db()
    assert lead.due_at is None
    assert lead.clock_left == pytest.approx(8 * 3600, abs=60)
    Lead.objects.update(clock_left=3600)  # as if seven hours had passed before
    sla_clocks.settle()
    lead.refresh_from_db()
    assert lead.due_at is None
    sla_clocks.wait(lead.pk, "")
    assert 0.9 < hours_left(lead) <= 1
    assert Lead.objects.get().clock_left is None


def test_what_was_overdue_is_as_overdue_when_it_goes_on(lead):
    Lead.objects.update(due_at=timezone.now() - timedelta(hours=2))
    sla_clocks.wait(lead.pk, Lead.WaitingFor.PARTNER)
    sla_clocks.wait(lead.pk, "")
    assert hours_left(lead) == pytest.approx(-2, abs=0.05)


def test_a_delivery_on_its_way_stops_the_clock_until_it_has_arrived(lead):
    Lead.objects.update(sync_status=Lead.SyncStatus.IN_PROGRESS)
    assert sla_clocks.settle() == 1
    lead.refresh_from_db()
    assert (lead.due_at, lead.clock_left is not None) == (None, True)
    assert sla_clocks.settle() == 0
    sla_clocks.wait(lead.pk, Lead.WaitingFor.BORROWER)
    sla_clocks.wait(lead.pk, "")  # it is still on its way
    assert Lead.objects.get().due_at is None
    Lead.objects.update(sync_status=Lead.SyncStatus.DELIVERED)
    assert sla_clocks.settle() == 1
    assert 7.9 < hours_left(lead) <= 8


def test_a_status_ends_the_waiting_of_the_one_before(lead, officer):
    sla_clocks.wait(lead.pk, Lead.WaitingFor.BORROWER)
    lead_status.change([lead.pk], Lead.Status.APPROVED, by=officer)
    kept = Lead.objects.get()
    assert (kept.waiting_for, kept.clock_left, kept.due_at) == ("", None, None)


def test_a_new_rule_reaches_the_leads_that_are_here_part_by_part(partner, program, monkeypatch):
    monkeypatch.setattr(sla_clocks, "CHUNK", 2)
    made = people.leads_of(partner, program, 5)
    leads.submit(made)
    Lead.objects.update(sync_status=Lead.SyncStatus.DELIVERED)
    entered = timezone.now() - timedelta(hours=3)
    StatusStep.objects.update(at=entered)
    new = rule(program, hours=4)
    sla_clocks.changed(new)
    new.save()
    sla_clocks.settle()
    assert set(Lead.objects.values_list("due_at", flat=True)) == {entered + timedelta(hours=4)}
    assert SlaRule.objects.get().settled
    sla_clocks.withdrawn(new)
    assert set(Lead.objects.values_list("due_at", flat=True)) == {None}


def has_changed(of: SlaRule, hours: int) -> None:
    """As its form does it."""
    of.hours = hours
    sla_clocks.changed(of)
    of.save()
    sla_clocks.settle()


@pytest.mark.parametrize("on_its_way", [False, True])
def test_a_lead_that_waits_when_a_rule_is_made_has_its_clock_once_it_waits_no_more(
    partner, program, on_its_way
):
    [lead] = people.leads_of(partner, program)
    leads.submit([lead])
    sent = Lead.SyncStatus.IN_PROGRESS if on_its_way else Lead.SyncStatus.DELIVERED
    Lead.objects.update(sync_status=sent)
    sla_clocks.wait(lead.pk, Lead.WaitingFor.BORROWER)
    has_changed(rule(program), hours=4)
    assert Lead.objects.get().due_at is None
    sla_clocks.wait(lead.pk, "")
    if on_its_way:
        assert sla_clocks.settle() == 1
        assert Lead.objects.get().due_at is None
        Lead.objects.update(sync_status=Lead.SyncStatus.DELIVERED)
        sla_clocks.settle()
    assert 3.9 < hours_left(lead) <= 4


@pytest.mark.parametrize("of_the_program", [False, True])
def test_a_changed_rule_leaves_a_stopped_clock_what_it_had_used(lead, program, of_the_program):
    sla_clocks.wait(lead.pk, Lead.WaitingFor.BORROWER)
    Lead.objects.update(clock_left=3600)  # as if seven of its eight hours had passed
    general = rule(None, hours=2)
    has_changed(SlaRule.objects.get(program=program) if of_the_program else general, hours=12)
    sla_clocks.wait(lead.pk, "")
    left = 5 if of_the_program else 1
    assert left - 0.1 < hours_left(lead) <= left
