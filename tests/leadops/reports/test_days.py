"""The lines that reports are read from say what the records say, also of what came late."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from crm_integrations.models import Connection, Delivery, State, StatusChange
from leadops import ids
from leadops.models import Lead, LoanAccount, Officer, Partner, Program, ReportClock, ReportDay
from leadops.reports import days
from leadops.reports.asked import Asked
from leadops.reports.moments import Stage
from leadops.services import lead_deletion, leads, report_days
from tests import people

COUNTS = ("leads", *Stage.values)


@pytest.fixture
def then() -> datetime:
    """Ten days ago at noon."""
    return timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=10)


@pytest.fixture
def vendor(db) -> Connection:
    return Connection.objects.create(vendor="ispcrm", name="ISPCRM", base_url="http://127.0.0.1:9")


def came(whose: Partner, program: Program, moment: datetime, count: int = 1) -> list[Lead]:
    drafts = people.drafts(count)
    for draft in drafts:
        draft.partner_ref_id = ""
    with ids.made_at(moment):
        found = leads.create(drafts, partner=whose, program=program, intake=Lead.Intake.API)
    Lead.objects.filter(pk__in=[each.pk for each in found]).update(created_at=moment)
    return found


def sent(lead: Lead, vendor: Connection, moment: datetime, state: str, after: timedelta) -> Delivery:
    delivery = Delivery.objects.create(
        connection=vendor, kind="lead", lead=lead, record_id=lead.pk, version=1, ref="r", state=state,
        delivered_at=moment + after if state == State.DELIVERED else None,
    )  # fmt: skip
    Delivery.objects.filter(pk=delivery.pk).update(created_at=moment, updated_at=moment + after)
    return delivery


def counted(**filters: Any) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in ReportDay.objects.filter(**filters):
        found.update({name: getattr(line, name) for name in COUNTS})
    return +found


def anew(day_of: datetime) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What a walk over the records in Python finds of the day, by partner and branch."""
    first = timezone.localtime(day_of).date()
    found: dict[tuple[Any, ...], Counter[str]] = {}
    for lead in Lead.objects.all():
        made = datetime.fromtimestamp((lead.pk.int >> 80) / 1000, tz=timezone.get_default_timezone())
        if made.date() != first or lead.partner.is_test_space:
            continue
        reached = found.setdefault((lead.partner_id, lead.branch_id), Counter())
        reached["leads"] += 1
        reached["submitted"] += lead.status not in ("draft", "dropped") or lead.deliveries.exists()
        reached["delivered"] += lead.deliveries.filter(state="delivered").exists()
        reached["answered"] += lead.deliveries.filter(state__in=["delivered", "rejected"]).exists()
        reached["accepted"] += (
            lead.status == "approved"
            or lead.deliveries.filter(status_changes__meaning__in=["approved", "active"]).exists()
        )
        reached["decided"] += (
            lead.status in ("approved", "declined")
            or lead.deliveries.filter(
                status_changes__meaning__in=["approved", "active", "refused", "stopped"]
            ).exists()
        )
        reached["account"] += lead.loan_accounts.exists()
    return {key: tuple(reached[name] for name in COUNTS) for key, reached in found.items()}


def lines_of(day_of: datetime) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    lines = ReportDay.objects.filter(day=timezone.localtime(day_of).date())
    return {(each.partner_id, each.branch_id): tuple(getattr(each, n) for n in COUNTS) for each in lines}


def test_lines_say_what_a_walk_over_the_records_finds(partner, other_partner, program, vendor, then):
    partner.branch = people.branch("pune")
    mine, theirs = came(partner, program, then, 4), came(other_partner, program, then, 2)
    came(partner, program, then - timedelta(days=1))
    sent(mine[0], vendor, then, State.DELIVERED, timedelta(hours=1))
    sent(mine[1], vendor, then, State.REJECTED, timedelta(hours=1))
    Lead.objects.filter(pk=mine[2].pk).update(status=Lead.Status.APPROVED)
    LoanAccount.objects.create(program=program, lead=theirs[0], ref_id="A1")
    report_days.refresh()
    assert lines_of(then) == anew(then)
    assert lines_of(then - timedelta(days=1)) == anew(then - timedelta(days=1))
    assert sum(each.leads for each in ReportDay.objects.all()) == 7


def test_what_comes_late_is_counted_on_the_lead_s_own_day(partner, program, vendor, then):
    first, second = came(partner, program, then, 2)
    delivery = sent(first, vendor, then, State.QUEUED, timedelta())
    report_days.refresh()
    assert counted() == {"leads": 2, "submitted": 1}
    Delivery.objects.filter(pk=delivery.pk).update(
        state=State.DELIVERED, delivered_at=timezone.now(), updated_at=timezone.now()
    )
    StatusChange.objects.create(delivery=delivery, source="poll", after="Sanctioned", meaning="approved")
    LoanAccount.objects.create(program=program, lead=first, ref_id="A1")
    lead_deletion.delete(second.pk)
    assert report_days.refresh() == 1
    assert lines_of(then) == anew(then) == {(partner.pk, None): (1, 1, 1, 1, 1, 1, 1)}


def test_only_days_on_which_something_changed_are_counted(partner, program, then):
    [old] = came(partner, program, then)
    came(partner, program, then - timedelta(days=3))
    Lead.objects.update(updated_at=then)
    report_days.refresh()
    ReportClock.objects.update(changes_until=timezone.now())
    assert report_days.refresh() == 0
    Lead.objects.filter(pk=old.pk).update(status=Lead.Status.APPROVED, updated_at=timezone.now())
    assert report_days.refresh() == 1
    assert counted(day=then.date())["accepted"] == 1


def test_a_lead_that_moves_to_another_branch_leaves_the_line_it_stood_in(partner, program, then):
    [lead] = came(partner, program, then)
    report_days.refresh()
    lead.branch = people.branch("kochi")
    lead.save()
    report_days.refresh()
    assert [line.branch for line in ReportDay.objects.all()] == [people.branch("kochi")]


def test_the_night_catches_up_with_who_wrote_past_the_clock(partner, program, then):
    came(partner, program, then)
    report_days.refresh()
    Lead.objects.update(status=Lead.Status.DECLINED, updated_at=then)
    ReportClock.objects.update(changes_until=timezone.now())
    report_days.refresh()
    assert counted()["decided"] == 0
    tomorrow = timezone.localtime().replace(hour=report_days.NIGHT) + timedelta(days=1)
    report_days.refresh(tomorrow)
    assert counted()["decided"] == 1


def test_test_leads_of_partners_are_in_no_line(partner, program, then):
    came(partner.make_test_space(), program, then)
    report_days.refresh()
    assert not ReportDay.objects.exists()


def test_times_between_stages_are_kept_to_the_second(partner, program, vendor, then):
    [lead] = came(partner, program, then)
    sent(lead, vendor, then + timedelta(minutes=5), State.DELIVERED, timedelta(minutes=2))
    report_days.refresh()
    line = ReportDay.objects.get()
    assert (line.to_submitted, line.to_answered, line.to_decided, line.whole) == ([300], [120], [], [])


@pytest.mark.parametrize("rights", [[], ["own_leads_only"]])
@pytest.mark.parametrize("reach", Officer.Reach.values)
def test_lines_hold_what_is_within_an_officer_s_reach(reach, rights, partner, other_partner, program, then):
    kavya = people.officer("kavya", superuser=False)
    kavya.reach = reach
    people.give(kavya, *rights)
    kavya.branches.set([people.branch("pune")])
    partner.branch = people.branch("pune")
    came(partner, program, then, 3)
    [hers, _] = came(other_partner, program, then, 2)
    Lead.objects.filter(pk=hers.pk).update(owner=kavya)
    report_days.refresh()
    asked = Asked(kavya, then.date(), then.date())
    source, said = days.lines(asked)
    with database.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(sum(leads), 0) FROM {source}", said)
        [count] = cursor.fetchone()
    assert count == Lead.objects.visible_to(kavya).count()
    assert count == (1 if rights else {"own": 1, "branches": 3, "all": 5}[reach])


def test_the_day_of_a_lead_is_that_of_the_lender_s_time_zone(partner, program, then):
    late = then.replace(hour=0, minute=30)  # the day before, in UTC
    came(partner, program, late)
    report_days.refresh()
    assert ReportDay.objects.get().day == late.date()
