"""The page "Send to…": which connections chosen leads go to, with what each still needs."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from crm_integrations import readiness
from crm_integrations.admin.standing import in_words
from crm_integrations.connector import Kind
from crm_integrations.models import REPEATABLE, Connection, Delivery, State
from leadops.admin.chosen import ticked_in
from leadops.admin.field_names import spoken
from leadops.admin.scoped import seen
from leadops.models import Lead


@dataclass
class Prospect:
    """How ready the chosen leads are for one connection."""

    connection: Connection
    held: int = 0
    ready: int = 0
    unready: list[tuple[Lead, list[str]]] = field(default_factory=list)
    not_carried: list[str] = field(default_factory=list)


class SendForm(forms.Form):
    connections = forms.MultipleChoiceField(widget=UnfoldAdminCheckboxSelectMultipleWidget)

    def __init__(self, prospects: list[Prospect], data: Any = None) -> None:
        super().__init__(data)
        choices = [(str(each.connection.pk), each.connection.name) for each in prospects]
        field = self.fields["connections"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices

    def chosen(self) -> list[UUID]:
        return [UUID(each) for each in self.cleaned_data["connections"]]


def chosen_leads(request: HttpRequest) -> list[Lead]:
    """The leads that the page's URL names, at most 100; dropped and declined ones are not sent."""
    found = seen(Lead.objects.filter(pk__in=ticked_in(request.GET, "lead")), request)
    return list(found.select_related("partner", "program").exclude(status__in=Lead.STOPPED))


def prospects(leads: list[Lead]) -> list[Prospect]:
    """How ready `leads` are for each enabled connection that takes leads."""
    found: dict[UUID, Prospect] = {}
    ready: dict[UUID, int] = defaultdict(int)
    told = readiness.of_leads(leads)
    for lead in leads:
        for each in told[lead.pk]:
            prospect = found.setdefault(
                each.connection.pk,
                Prospect(each.connection, not_carried=list(map(spoken, each.not_carried))),
            )
            if each.ready:
                ready[each.connection.pk] += 1
            else:
                prospect.unready.append((lead, in_words(each.missing)))
    held = _held(leads)
    for key, prospect in found.items():
        prospect.ready, prospect.held = ready[key], held[key]
    return list(found.values())


def _held(leads: list[Lead]) -> Counter[UUID]:
    """How many of `leads` each connection holds, may hold or is being sent: those are not sent there again."""
    again = (*REPEATABLE, State.SUPERSEDED)
    kept = Delivery.objects.filter(lead__in=leads, kind=Kind.LEAD).exclude(state__in=again)
    return Counter(key for key, _ in kept.order_by().values_list("connection_id", "lead_id").distinct())
