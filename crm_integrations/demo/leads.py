"""Three hundred leads in every state, a few of which the vendors will not take."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle

from django.utils import timezone

from crm_integrations.demo import calendar, history
from leadops import synthetic
from leadops.drafts import LeadDraft
from leadops.ids import made_at
from leadops.models import Lead, LoanAccount, Officer, Partner, Program
from leadops.services import leads as lead_service
from leadops.services import loan_accounts
from leadops.validation import check_lead

COUNT = 300
SEED = 77
UNSENT_EVERY = 4
DECLINED, DROPPED = 25, 15
"""Of those that were never sent: the oldest ones. What is left of them are drafts."""
APPROVED, IN_REVIEW = 55, 70
"""Of those that were sent: the oldest ones."""
ACCOUNTS = 25
INTAKES = (Lead.Intake.EXCEL, Lead.Intake.API, Lead.Intake.EXCEL, Lead.Intake.ADMIN, Lead.Intake.API)

# What goes wrong goes wrong at the sandbox, which reads `fault:` in the data that it is sent. Each vendor carries
# other fields: an employer troubles Brainysoft alone, a tag Crego, remarks Broctagon and ISPCRM.
SPOILT: tuple[tuple[str, object, int], ...] = (
    ("primary_email", "", 6),
    ("employer_name", "fault:error_flag", 4),
    ("employer_name", "fault:503=30", 1),
    ("employer_name", "fault:cut_after", 2),
    ("tags", ["fault:503=60"], 1),
    ("tags", ["fault:500_after"], 2),
    ("remarks", "fault:500_after", 4),
    ("remarks", "fault:error_flag", 3),
)


def load(
    partners: Sequence[Partner], programs: Sequence[Program], officers: Sequence[Officer], sandbox_url: str
) -> None:
    """Take the leads in as partners and officers would, submit most of them, open loan accounts on some."""
    made = _create(_drafts(), partners, programs, officers)
    history.tell(made, sandbox_url)
    sent = [lead for place, lead in enumerate(made) if place % UNSENT_EVERY]
    lead_service.submit(sent)
    _decide(sent, Lead.Status.APPROVED, Lead.Status.IN_REVIEW, APPROVED, IN_REVIEW)
    _decide(made[::UNSENT_EVERY], Lead.Status.DECLINED, Lead.Status.DROPPED, DECLINED, DROPPED)
    for number, lead in enumerate(sent[:ACCOUNTS], start=1):
        _open_account(lead, f"LA-{number:04d}")


def _drafts() -> list[LeadDraft]:
    drafts = synthetic.drafts(COUNT, seed=SEED)
    to_spoil = iter(drafts[:: -2 * UNSENT_EVERY])  # beginning with the latest, and only such as are sent
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
    for draft, moment, partner, program, intake, owner in zip(
        drafts,
        calendar.moments(len(drafts), timezone.now()),
        cycle(partners),
        cycle(programs),
        cycle(INTAKES),
        cycle([None, *officers]),
        strict=False,
    ):
        check_lead(draft, country=program.country)
        by = None if intake == Lead.Intake.API else officers[-1]
        with made_at(moment):
            [lead] = lead_service.create(
                [draft], partner=partner, program=program, intake=intake, created_by=by
            )
        lead.created_at = moment
        lead.owner = owner if owner and lead.branch_id in owner.branch_ids else None
        leads.append(lead)
    Lead.objects.bulk_update(leads, ["created_at", "owner"])
    return leads


def _decide(leads: Sequence[Lead], first: str, second: str, firsts: int, seconds: int) -> None:
    """Move the oldest of `leads` on to the status `first`, and the next ones to `second`."""
    for status, chosen in ((first, leads[:firsts]), (second, leads[firsts : firsts + seconds])):
        Lead.objects.filter(pk__in=[lead.pk for lead in chosen]).update(status=status)


def _open_account(lead: Lead, ref_id: str) -> None:
    """Open a loan account a day or two after the lead came in."""
    moment = min(lead.created_at + timedelta(days=1, hours=5), timezone.now())
    with made_at(moment):
        account = loan_accounts.open_account(lead, ref_id, lead.program, created_by=lead.owner)
    LoanAccount.objects.filter(pk=account.pk).update(created_at=moment)
