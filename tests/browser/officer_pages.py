"""Every page of the back office: what the addresses of the admin show of a full world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm_integrations.models import Connection, Delivery, Exchange, State
from leadops.admin.sealed_search import sealed
from leadops.models import ImportBatch, Lead, Officer, Program, Task
from leadops.reports import catalogue
from leadops.services import leads, report_days
from tests import people
from tests.crm_integrations.roles import world
from tests.crm_integrations.roles.routes import Route, all_routes
from tests.crm_integrations.roles.world import Place

WORD = "xq7vkw94"
NO_PAGES = {
    "autocomplete": "what a field offers, as JSON",
    "crm_integrations_delivery_panel": "a part of the pages of a lead and of an account, seen there",
    "leadops_document_changelist": "leads to the leads: documents are found on theirs",
    "leadops_export_download": "a file",
    "leadops_lead_work": "leads back to the lead, whose forms post to it",
    "leadops_task_change": "leads to the lead that the task is about",
    "view_on_site": "no record has a page outside the admin",
}
"""Addresses with nothing to look at, and why; those that take POST alone or answer with a file tell it themselves."""
ALIKE = ("history", "delete")
"""Pages of each kind of record that one template makes of data: one of each template is seen."""
CHOSEN = {
    "crm_integrations_replay_retry": ("delivery", "crm_integrations.delivery"),
    "crm_integrations_replay_start": ("delivery", "crm_integrations.delivery"),
    "crm_integrations_reconciliation_doubt": ("difference", "crm_integrations.difference"),
    "leadops_bulkaction_start": ("lead", "leadops.lead"),
    "leadops_export_start": ("lead", "leadops.lead"),
    "leadops_lead_send": ("lead", "leadops.lead"),
}
"""Pages about what was chosen in a list, which stands in their query."""


@dataclass
class Pages:
    """What there is to look at, and the names of the addresses that must have been seen in the end."""

    urls: list[str] = field(default_factory=list)
    must_be_seen: set[str] = field(default_factory=set)


def full_world(lead: Lead, program: Program, officer: Officer, connections: dict[str, Connection]) -> Place:
    """A record of every kind; of those that vendors answered, and of the lead, the ones with most to show."""
    at = world.place(WORD, 0, world.connected(), program)
    review = Delivery.objects.get(state=State.REVIEW, lead=lead)
    at.keep(lead, review, Exchange.objects.exclude(status=None).filter(delivery__lead=lead)[0])
    at.keep(connections["brainysoft"])
    at.other_lead = _same_borrower(lead)
    Task.objects.create(lead=lead, owner=officer, title="Call her back", due_at=timezone.now())
    locked = at.records["leadops.document"]
    locked.password = "open sesame"
    locked.save()
    missing = at.records["crm_integrations.difference"]
    missing.delivery = Delivery.objects.filter(state=State.DELIVERED)[0]
    missing.save()
    report_days.refresh()
    return at


def _same_borrower(lead: Lead) -> Lead:
    """Another lead of the same person, who said some of it otherwise."""
    person = lead.applicants.get()
    drafts = people.drafts(1)
    drafts[0].partner_ref_id, drafts[0].loan_purpose = "", "Another shop"
    drafts[0].applicants[0].pan_no, drafts[0].applicants[0].name = person.pan_no, f"{person.name} Rao"
    [other] = leads.create(drafts, partner=lead.partner, program=lead.program, intake=Lead.Intake.API)
    return other


def of_routes(client: Client, at: Place) -> Pages:
    """Each address of the admin with the records of `at`."""
    pages, templates = Pages(), set()
    for route in all_routes():
        url = _address(route, at)
        answer: Any = client.get(url)
        if answer.streaming:
            b"".join(answer)  # its file is closed at the end
        if _takes_post_alone_or_is_a_file(answer) or _is_not_offered(route, answer) or route.name in NO_PAGES:
            continue
        if route.is_of_records and route.name.endswith(ALIKE):
            made_of = tuple(sorted({each.name for each in answer.templates}))
            if made_of in templates:
                continue
            templates.add(made_of)
        pages.must_be_seen.add(route.name)
        if answer.status_code == 200:
            pages.urls.append(url)
    return pages


def _address(route: Route, at: Place) -> str:
    name, label = CHOSEN.get(route.name, ("", ""))
    return route.at(at) + (f"?{name}={at.records[label].pk}" if name else "")


def _takes_post_alone_or_is_a_file(answer: HttpResponse) -> bool:
    return answer.status_code == 405 or not answer["Content-Type"].startswith("text/html")


def _is_not_offered(route: Route, answer: HttpResponse) -> bool:
    """Whether nobody adds such records by hand, or deletes them: the officer who asks may do all there is."""
    return answer.status_code == 403 and route.is_of_records and route.name.endswith(("add", "delete"))


def otherwise(at: Place) -> Iterator[str]:
    """What other records, and what is asked for, make of the same addresses."""
    yield from (reverse("admin:report", args=[slug]) for slug in catalogue.REPORTS)
    yield f"{reverse('admin:search')}?q={sealed(WORD.title())}"
    leads_list = reverse("admin:leadops_lead_changelist")
    yield f"{leads_list}?q=nobody"
    yield f"{leads_list}{at.lead.pk}/change/?edit=1"
    yield reverse("admin:leadops_lead_withdraw", args=[at.lead.pk])
    for state in (State.REJECTED, State.DELIVERED):
        yield reverse(
            "admin:crm_integrations_delivery_change", args=[Delivery.objects.filter(state=state)[0].pk]
        )
    for batch in ImportBatch.objects.exclude(state=ImportBatch.State.DONE):
        for step in ("change", "columns", "mend", "undo"):
            yield reverse(f"admin:leadops_importbatch_{step}", args=[batch.pk])
