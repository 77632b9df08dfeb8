"""All that the page of one lead reads of it, in as few queries as its parts allow.

What is shown and not edited comes with the lead itself, as JSON: a query for each of them would cost more than all of
them together.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Prefetch, QuerySet, Value
from django.db.models.functions import Coalesce, JSONObject

from leadops.models import DocumentEvent, ImportRow, Lead, LoanAccount, Merge, Note, StatusStep, Task
from leadops.models.lead import LeadQuerySet

MOST = 200
"""Of each, the newest; a lead has none or one of most."""


def for_page(leads: LeadQuerySet) -> LeadQuerySet:
    """The leads with their parties, notes and tasks.

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
    notes = Note.objects.select_related("by").order_by("-pk")
    tasks = Task.objects.select_related("owner", "by", "done_by", "note")
    tasks = tasks.order_by("-pk")
    return (
        leads.select_related("partner", "program", "owner", "branch")
        .prefetch_related("applicants__addresses", "applicants__banks")
        .prefetch_related(Prefetch("notes", notes), Prefetch("tasks", tasks))
        .annotate(
            steps=_listed(steps, "from_status to_status at who why note"),
            from_rows=_listed(rows, "id number sheet outcome batch_id file"),
            accounts=_listed(accounts, "id ref_id status created_at"),
            merged=_listed(merges, "created_at intake partner_ref_id common filled"),
            handled=_listed(events, "created_at document deed by partner_name key_prefix document_id"),
        )
    )


def _listed(rows: QuerySet[Any], names: str) -> ArraySubquery:
    own = rows.filter(lead=OuterRef("pk")).values(row=JSONObject(**{name: name for name in names.split()}))
    return ArraySubquery(own[:MOST])


def page_lead(leads: LeadQuerySet, pk: str) -> Lead | None:
    """The lead of a page, None where it is not among `leads`."""
    return for_page(leads).filter(pk=pk).first()
