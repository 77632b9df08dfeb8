"""Sending many leads to vendors at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from leadops.models import Lead, PendingChange
from leadops.models.lead import LeadQuerySet
from leadops.models.pending_change import Line
from leadops.services import bulk_actions, leads
from leadops.services.approvals.kind import Data, Kind, Reach, line, version_of
from leadops.services.bulk_deeds import Submit

AT_ONCE = 1000
"""More leads than these are sent by a bulk action of who asked for it, once that is approved."""
AS_ROUTED = _("wherever the routes of their programs lead")


def push_of(chosen: Sequence[Lead], to: Sequence[tuple[UUID, str]] | None = None) -> Data:
    """What carries out sending `chosen`; `to` are the ids and names of connections, None: where the routes lead."""
    return {
        "leads": [str(lead.pk) for lead in chosen],
        "connections": None if to is None else [str(key) for key, _name in to],
        "to": None if to is None else [name for _key, name in to],
    }


class Push(Kind):
    """Its base is the versions of all its leads: what is sent is what was looked at."""

    name = "push"
    label = _("Sending leads")
    rights = ("leadops.submit_lead",)
    seen_with = "leadops.view_lead"

    def find(self, subject_id: str, data: Data, *, lock: bool = False) -> None:
        if lock:
            locked = self.leads(data).select_for_update(no_key=True, of=("self",)).order_by("pk")
            list(locked.values_list("pk", flat=True))

    def what(self, subject: None, data: Data) -> str:
        to = f" to {', '.join(data['to'])}" if data["to"] else ""
        return f"Send {len(data['leads'])} leads{to}"

    def describe(self, subject: None, data: Data) -> list[Line]:
        found = list(self.leads(data).select_related("program", "partner"))
        drafts = sum(lead.status == Lead.Status.DRAFT for lead in found)
        amount = sum(lead.loan_amount or 0 for lead in found)
        return [
            line(_("Leads"), "", len(found)),
            line(_("Still drafts"), drafts, 0),
            line(_("Sent to"), "", ", ".join(data["to"]) if data["to"] else AS_ROUTED),
            line(_("Programs"), "", _counted(str(lead.program) for lead in found)),
            line(_("Partners"), "", _counted(str(lead.partner) for lead in found)),
            line(_("Loan amounts together"), "", f"{amount:,.2f}"),
        ]

    def base(self, subject: None, data: Data) -> str:
        return version_of(sorted(self.leads(data).values_list("pk", "version", "status")))

    def apply(self, subject: None, data: Data, change: PendingChange) -> Model | None:
        to = data["connections"]
        if (
            to is None and len(data["leads"]) > AT_ONCE
        ):  # part by part, in the background, with a page of its progress
            return bulk_actions.order(self.leads(data), Submit(), change.made_by, change.what)
        chosen = list(self.leads(data).select_related("program", "partner").order_by("pk"))
        leads.submit(chosen, None if to is None else [UUID(each) for each in to], by=change.made_by)
        return None

    def reach(self, subject: None, data: Data) -> Reach:
        return Reach.of(set(self.leads(data).order_by().values_list("branch_id", flat=True).distinct()))

    @staticmethod
    def leads(data: Data) -> LeadQuerySet:
        """The leads it is about."""
        return Lead.objects.filter(pk__in=data["leads"])


def _counted(names: Iterable[str]) -> str:
    counts = Counter(names)
    return ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
