"""All that the page of one lead reads of it, in as few queries as its parts allow.

What is shown and not edited comes with the lead itself, as JSON: a query for each of them would cost more than all of
them together.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce, JSONObject

from leadops.admin import privacy
from leadops.kept_queries import Kept, attach, read_together
from leadops.models import (
    Address,
    Applicant,
    Bank,
    DocumentEvent,
    ImportRow,
    Lead,
    LoanAccount,
    Merge,
    Note,
    StatusStep,
    Task,
)
from leadops.models.lead import LeadQuerySet

MOST = 200
"""Of each, the newest; a lead has none or one of most."""


def _told(leads: LeadQuerySet) -> LeadQuerySet:
    """The leads with their `standing`.

    Further as lists of dicts `from_rows`, `accounts`, `merged`, `handled` and `steps`.
    """
    rows = ImportRow.objects.order_by("-id").annotate(file=F("batch__file_name"))
    accounts = LoanAccount.objects.order_by("-id")
    events = DocumentEvent.objects.annotate(
        by=F("officer__username"), partner_name=Coalesce("partner__name", Value(""))
    )
    merges = Merge.objects.order_by("id")
    steps = StatusStep.objects.order_by("-id").annotate(
        who=Coalesce("by__username", Value("")), why=Coalesce("reason__name", Value(""))
    )
    return leads.select_related("partner", "program", "owner", "branch").annotate(
        standing=privacy.STANDING,
        steps=_listed(steps, "from_status to_status at who why note"),
        from_rows=_listed(rows, "id number sheet outcome batch_id file"),
        accounts=_listed(accounts, "id ref_id status created_at"),
        merged=_listed(merges, "created_at intake partner_ref_id common filled"),
        handled=_listed(events, "created_at document deed by partner_name key_prefix document_id"),
    )


def _listed(rows: QuerySet[Any], names: str) -> ArraySubquery:
    own = rows.filter(lead=OuterRef("pk")).values(row=JSONObject(**{name: name for name in names.split()}))
    return ArraySubquery(own[:MOST])


LEAD = Kept(lambda lead: _told(Lead.objects.filter(pk=lead)), UUID)
APPLICANTS = Kept(lambda lead: Applicant.objects.filter(lead=lead), UUID)
ADDRESSES = Kept(lambda lead: Address.objects.filter(applicant__lead=lead), UUID)
BANKS = Kept(lambda lead: Bank.objects.filter(applicant__lead=lead), UUID)
NOTES = Kept(lambda lead: Note.objects.filter(lead=lead).select_related("by").order_by("-pk"), UUID)
TASKS = Kept(
    lambda lead: (
        Task.objects.filter(lead=lead).select_related("owner", "by", "done_by", "note").order_by("-pk")
    ),
    UUID,
)


def page_lead(pk: UUID, within: LeadQuerySet | None) -> Lead | None:
    """The lead of a page with its parties, notes and tasks; None where it is not `within` what somebody sees.

    Who sees all is asked for by None: nothing has to be looked up for that.
    """
    if within is not None and not within.filter(pk=pk).exists():
        return None
    parts = (LEAD, APPLICANTS, ADDRESSES, BANKS, NOTES, TASKS)
    found, applicants, addresses, banks, notes, tasks = read_together(*(part(pk) for part in parts))
    if not found:  # deleted, while its applicants stay
        return None
    attach(found, "applicants", applicants)
    attach(applicants, "addresses", addresses)
    attach(applicants, "banks", banks)
    attach(found, "notes", notes)
    attach(found, "tasks", tasks)
    return found[0]
