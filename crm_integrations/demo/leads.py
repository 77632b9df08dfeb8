"""Three hundred leads in every state, a few of which the vendors will not take."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle

from django.utils import timezone

from leadops import synthetic
from leadops.drafts import LeadDraft
from leadops.models import Lead, Officer, Partner, Program
from leadops.services import leads as lead_service
from leadops.services import loan_accounts
from leadops.validation import check_lead

COUNT = 300
SEED = 77
DAYS = 30
DRAFT_EVERY = 8
ACCOUNTS = 25
STATUSES = (
    (Lead.Status.IN_REVIEW, 80),
    (Lead.Status.APPROVED, 60),
    (Lead.Status.DECLINED, 30),
    (Lead.Status.DROPPED, 20),
)
INTAKES = (Lead.Intake.EXCEL, Lead.Intake.API, Lead.Intake.EXCEL, Lead.Intake.ADMIN, Lead.Intake.API)

# What goes wrong goes wrong at the sandbox, which reads `fault:` in the data that it is sent. Each vendor carries
# other fields: an employer troubles Brainysoft alone, a tag Crego, remarks Broctagon and ISPCRM.
SPOILT: tuple[tuple[str, object, int], ...] = (
    ("primary_email", "", 6),
    ("employer_name", "fault:error_flag", 4),
    ("employer_name", "fault:503=30", 3),
    ("employer_name", "fault:cut_after", 2),
    ("tags", ["fault:503=60"], 3),
    ("tags", ["fault:500_after"], 2),
    ("remarks", "fault:500_after", 4),
    ("remarks", "fault:error_flag", 3),
)


def load(partners: Sequence[Partner], programs: Sequence[Program], officers: Sequence[Officer]) -> None:
    """Take the leads in as partners and officers would, submit most of them, open loan accounts on some."""
    made = _create(_drafts(), partners, programs, officers)
    _spread(made, officers)
    sent = [lead for place, lead in enumerate(made) if place % DRAFT_EVERY]
    lead_service.submit(sent)
    approved = _decide(sent)
    for number, lead in enumerate(approved[:ACCOUNTS], start=1):
        loan_accounts.open_account(lead, f"LA-{number:04d}", lead.program, created_by=lead.owner)


def _drafts() -> list[LeadDraft]:
    drafts = synthetic.drafts(COUNT, seed=SEED)
    to_spoil = iter(drafts[::-DRAFT_EVERY])  # beginning with the latest; none of them stays a draft
    for field, value, times in SPOILT:
        for draft in itertools.islice(to_spoil, times):
            setattr(draft if field == "remarks" else draft.applicants[0], field, value)
    return drafts


def _create(
    drafts: Sequence[LeadDraft],
    partners: Sequence[Partner],
    programs: Sequence[Program],
    officers: Sequence[Officer],
) -> list[Lead]:
    """Store the drafts in their order, by turns from every partner, for every program and by every way in."""
    leads: list[Lead] = []
    for draft, partner, program, intake in zip(
        drafts, cycle(partners), cycle(programs), cycle(INTAKES), strict=False
    ):
        check_lead(draft, country=program.country)
        by = None if intake == Lead.Intake.API else officers[-1]
        leads += lead_service.create([draft], partner=partner, program=program, intake=intake, created_by=by)
    return leads


def _spread(leads: Sequence[Lead], officers: Sequence[Officer]) -> None:
    """Give the leads owners, and ages of up to a month, the latest first in line."""
    now, owners = timezone.now(), cycle([None, *officers[1:]])
    for place, (lead, owner) in enumerate(zip(leads, owners, strict=False), start=1):
        lead.created_at = now - timedelta(days=DAYS) * (1 - place / len(leads))
        lead.owner = owner
    Lead.objects.bulk_update(leads, ["created_at", "owner"])


def _decide(leads: Sequence[Lead]) -> list[Lead]:
    """Move the first of the submitted leads on; returns the approved ones."""
    rest = list(leads)
    approved: list[Lead] = []
    for status, count in STATUSES:
        chosen, rest = rest[:count], rest[count:]
        Lead.objects.filter(pk__in=[lead.pk for lead in chosen]).update(status=status)
        if status == Lead.Status.APPROVED:
            approved = chosen
    return approved
