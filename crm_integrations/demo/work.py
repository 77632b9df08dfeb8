"""What is at work when the demo begins: who takes new leads, how long they may stand, and what is to be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from leadops.models import Absence, AssignmentRule, Branch, Lead, Officer, SlaRule, Task
from leadops.services import lead_tasks, notes

CAP = 60
HOURS = ((Lead.Status.DRAFT, 24), (Lead.Status.SUBMITTED, 16), (Lead.Status.IN_REVIEW, 40))
TO_DO = (
    ("Call about the missing bank statement", -1),
    ("Ask for the GST certificate", 0),
    ("Visit the shop", 1),
    ("Offer the longer tenure", 4),
)
"""What an officer has to do, and in how many days."""
NOTE = "Prefers to be called after six. @{colleague} knows the family."


def load(officers: Sequence[Officer]) -> None:
    """Have `officers`, who work in one branch, take its leads by turns, and have them work on a few; once."""
    if AssignmentRule.objects.exists():
        return
    for branch in Branch.objects.filter(officers__in=officers).distinct():
        AssignmentRule.objects.create(branch=branch, cap=CAP).officers.set(officers)
    SlaRule.objects.bulk_create(SlaRule(status=status, hours=hours) for status, hours in HOURS)
    today = timezone.localdate()
    away = Absence(
        officer=officers[-1], away_from=today + timedelta(days=3), away_until=today + timedelta(days=7)
    )
    away.save()
    for officer in officers:
        _busy(officer, colleague=officers[0] if officer != officers[0] else officers[-1])


def _busy(officer: Officer, colleague: Officer) -> None:
    """Give `officer` something to do on each of the newest own leads, and a note on the first of them."""
    mine = Lead.objects.visible_to(officer).filter(owner=officer, status__in=Lead.OPEN).order_by("-id")
    leads = list(mine[: len(TO_DO)])
    for lead, (title, days) in zip(leads, TO_DO, strict=False):
        due = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
        lead_tasks.add(lead, title, due, officer, officer)
    Task.objects.filter(owner=officer).update(reminded_at=timezone.now())
    if leads:
        notes.write(leads[0], NOTE.format(colleague=colleague.username), officer)
