"""An officer of one branch tries every address of the admin with the records of another: none shows a word of them.

Both have every right there is, so that nothing but the branch keeps them apart; and what the other branch's own officer
is shown by the same addresses proves that there was something to find.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from math import ceil
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.db import connection as database
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from leadops.admin.sealed_search import sealed
from leadops.models import AssignmentRule, BulkAction, Duplicate, Lead, PendingChange
from leadops.reports import catalogue
from leadops.services import approvals, report_days
from leadops.services.approvals.partners_and_keys import partner_of
from tests.crm_integrations.roles.routes import Route, all_routes
from tests.crm_integrations.roles.world import Place, place

pytestmark = pytest.mark.django_db
SHARED = ("help", "index", "jsi18n", "login", "logout", "password_change", "password_change_done", "search")
SHARED += (
    "app_list",
    "autocomplete",
    "language",
    "sign_in_code",
    "sign_in_codes",
    "sign_in_enrol",
    "sign_in_stay",
)
"""Pages of the site that are about no record; `autocomplete` is probed by itself."""
MOST_LOOKUPS = 8
"""Of one list: they go the same road, and each page takes its time."""


@pytest.fixture
def mine(isp, program) -> Place:
    return place("xq7vkw94", 0, isp, program)


@pytest.fixture
def theirs(mine, isp, program) -> Place:
    """Another branch; a lead of it has something in common with one of ours."""
    found = place("zq7vkw94", 1, isp, program)
    Duplicate.objects.create(lead=found.lead, earlier=mine.lead)
    report_days.refresh()
    return found


class Probe(NamedTuple):
    """One request about the records of a place, and what it is called."""

    name: str
    send: Callable[[Client], Any]
    sent: str = ""
    """What of the request may stand in its answer."""


def signed_in(at: Place) -> Client:
    client = Client()
    client.force_login(at.officer)
    return client


def told(client: Client, probe: Probe) -> str:
    """All that the browser gets, redirects with their messages followed; what was changed is as before."""
    with transaction.atomic():
        answer = probe.send(client)
        body = b"".join(answer) if answer.streaming else answer.content
        place_of_it = answer.get("Location", "")
        if place_of_it == reverse("admin:index"):  # which `start` asks for: here it tells of the refusal
            body += " ".join(map(str, get_messages(answer.wsgi_request))).encode()
        elif answer.status_code == 302 and "/login/" not in place_of_it:
            body += client.get(place_of_it).content
        transaction.set_rollback(True)
    text = f"{body.decode(errors='replace')} {place_of_it} {answer.headers.get('Content-Disposition', '')}"
    for word in filter(None, probe.sent.split()):
        text = text.replace(word, "")
    return text


def found_in(text: str, at: Place) -> set[str]:
    """Which words and ids of `at` stand in `text`."""
    return {each for each in (at.word, at.word.title(), *at.ids) if each in text}


def getting(url: str, **query: Any) -> Callable[[Client], Any]:
    return lambda client: client.get(url, query)


def posting(url: str, body: dict[str, Any] | None = None) -> Callable[[Client], Any]:
    return lambda client: client.post(url, body or {})


# The probes ----------------------------------------------------------------------------------------------------------


def of_routes(at: Place) -> list[Probe]:
    """Every address that takes an id, with theirs, read and written to."""
    probes = []
    for route in all_routes():
        if route.name in SHARED or not route.parts or route.model == "auth.group":
            continue
        url = route.at(at)
        given = " ".join(part for part in url.split("/") if part)
        probes += [
            Probe(f"GET {route.name}", getting(url), given),
            Probe(f"POST {route.name}", posting(url), given),
        ]
    return probes


def of_chosen(at: Place) -> list[Probe]:
    """Pages that take ids in their query: what is filled in, sent, exported, replayed; and with POST."""
    lead, delivery = at.lead.pk, at.records["crm_integrations.delivery"].pk
    account, partner = at.records["leadops.loanaccount"], at.records["leadops.partner"].pk
    given: list[tuple[str, dict[str, Any]]] = [
        ("leadops_document_add", {"lead": lead}),
        ("leadops_loanaccount_add", {"lead": lead, "program": account.program_id}),
        ("leadops_lead_add", {"partner": partner, "branch": at.branch.pk}),
        ("leadops_importbatch_add", {"partner": partner}),
        ("crm_integrations_subscription_add", {"partner": partner}),
        ("leadops_lead_send", {"lead": lead}),
        ("leadops_export_start", {"lead": lead}),
        ("leadops_bulkaction_start", {"lead": lead}),
        ("leadops_bulkaction_start", {"filter": f"?partner__id__exact={partner}"}),
        ("leadops_bulkaction_start", {"filter": f"?partner__id__exact={partner}", "deed": "reopen"}),
        ("leadops_auditevent_changelist", {"record": lead}),
        ("leadops_auditevent_csv", {"record": lead}),
        ("leadops_export_start", {"filter": f"?partner__id__exact={partner}"}),
        ("crm_integrations_replay_start", {"delivery": delivery}),
        ("crm_integrations_replay_start", {"filter": f"?lead__partner__id__exact={partner}"}),
    ]
    form = reverse("admin:leadops_lead_change", args=[lead])
    probes = [Probe("GET the form of a lead", getting(form, edit=1), str(lead))]
    for name, query in given:
        url, sent = reverse(f"admin:{name}"), " ".join(map(str, [*query.values(), partner]))
        probes.append(Probe(f"GET {name} {sorted(query)}", getting(url, **query), sent))
        asked = f"{url}?{urlencode(query)}"
        probes.append(Probe(f"POST {name} {sorted(query)}", posting(asked, query | {"reason": "why"}), sent))
    return probes


def of_lists(at: Place) -> list[Probe]:
    """Each list: as it is, in a popup, searched, filtered by each relation, and by the beginning of each text."""
    probes = []
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        name = model._meta.label_lower
        probes += [
            Probe(f"list {name}", getting(url)),
            Probe(f"popup {name}", getting(url, _popup=1, _to_field="id")),
        ]
        for text in (f"{at.word}-ref", at.lead.primary_mobile):
            probes.append(Probe(f"search {name}", getting(url, q=text), text))
        for lookup, value in _lookups(model, at):
            probes.append(Probe(f"{name}?{lookup}", getting(url, **{lookup: value}), str(value)))
    leads, name = reverse("admin:leadops_lead_changelist"), f"{at.word.title()} Borrower"
    probes.append(Probe("sealed search", getting(leads, q=sealed(name)), name))
    return probes


def _lookups(model: type[models.Model], at: Place) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for each in model._meta.get_fields():
        related = at.records.get(each.related_model._meta.label_lower) if each.related_model else None
        if related is not None:
            found.append((f"{each.name}__id__exact", related.pk))
            texts = [field.name for field in related._meta.fields if type(field) is models.CharField]
            found += [(f"{each.name}__{name}__startswith", at.word[:2]) for name in texts[:1]]
        elif type(each) is models.CharField and not each.choices:
            found.append((f"{each.name}__startswith", at.word[:2]))
    return found[:MOST_LOOKUPS]


def of_autocompletes(at: Place) -> list[Probe]:
    """What a field offers to be chosen, for every relation of every model of the admin."""
    url = reverse("admin:autocomplete")
    probes = []
    for model in admin.site._registry:
        for each in model._meta.get_fields():
            if each.is_relation and each.concrete and each.related_model in admin.site._registry:
                query = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
                for term in ("", at.word[:2]):
                    asked = query | {"field_name": each.name, "term": term}
                    probes.append(
                        Probe(f"autocomplete {model._meta.label}.{each.name}", getting(url, **asked))
                    )
    return probes


def of_actions(at: Place) -> list[Probe]:
    """Every action of every list, with their record selected by hand."""
    probes = []
    for model, model_admin in admin.site._registry.items():
        record = at.records.get(model._meta.label_lower)
        for action in model_admin.actions or ():
            assert record is not None
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            body = {"action": action, ACTION_CHECKBOX_NAME: str(record.pk)}
            probes.append(Probe(f"action {action}", posting(url, body), str(record.pk)))
    return probes


def of_site(at: Place) -> list[Probe]:
    """The start, and what the site itself can look for."""
    start, search = reverse("admin:index"), reverse("admin:search")
    return [
        Probe("start", getting(start)),
        Probe("site search", getting(search, s=at.word[:2])),
        *(
            Probe(f"search box: {what}", send, text)
            for what, text in _searched(at)
            for send in (posting(search, {"q": text}), getting(search, q=sealed(text)))
        ),
        *_reported(at),
        Probe(
            "approvals asked of me", getting(reverse("admin:leadops_pendingchange_changelist"), whose="me")
        ),
        Probe(
            "approvals of all states", getting(reverse("admin:leadops_pendingchange_changelist"), state="all")
        ),
        Probe("failures", getting(reverse("admin:crm_integrations_delivery_failures"))),
        Probe("decisions", getting(reverse("admin:crm_integrations_delivery_decisions"))),
        *(
            Probe(f"panel {kind}", getting(url), str(record.pk))
            for kind, label in (
                ("lead", "leadops.lead"),
                ("account", "leadops.loanaccount"),
                ("delivery", "crm_integrations.delivery"),
            )
            for record in [at.records[label]]
            for url in [reverse("admin:crm_integrations_delivery_panel", args=[kind, record.pk])]
        ),
    ]


def _searched(at: Place) -> list[tuple[str, str]]:
    """What the box in the header is asked: names, numbers and references of theirs."""
    return [
        ("name", f"{at.word.title()} Borrower"),
        ("mobile", at.lead.primary_mobile),
        ("reference", f"{at.word}-ref"),
        ("number", at.lead.reference),
        ("account", f"{at.word}-account"),
        ("import", f"{at.word}.xlsx"),
        ("partner", f"{at.word}-partner"),
        ("delivery", f"{at.word}-1"),
    ]


def _reported(at: Place) -> list[Probe]:
    """Every report, as it is and narrowed to their branch or partner; grouped by what names them."""
    probes = []
    for slug, report in catalogue.REPORTS.items():
        for name in ("report", "report_workbook"):
            url, partner = reverse(f"admin:{name}", args=[slug]), at.records["leadops.partner"].pk
            for query in (
                {},
                {"branch": at.branch.pk},
                {"partner": partner},
                *({"by": by} for by in report.groups),
            ):
                sent = " ".join(map(str, query.values()))
                probes.append(Probe(f"{name} {slug} {sorted(query)}", getting(url, **query), sent))
    return probes


PROBES = {
    "addresses": of_routes,
    "what is chosen": of_chosen,
    "lists": of_lists,
    "autocompletes": of_autocompletes,
    "actions": of_actions,
    "the site": of_site,
}
SHOWN_AT_LEAST = {
    "addresses": 0.5,
    "what is chosen": 0.5,
    "lists": 0.2,
    "autocompletes": 0.05,
    "actions": 0.3,
    "the site": 0.6,
}
"""Of the probes so many find something when the other branch's own officer sends them; the rest is refused to all."""


def rows_of(at: Place) -> dict[str, list[tuple[Any, ...]]]:
    """All that the tables hold of the records of `at`."""
    held = {}
    for label, record in at.records.items():
        with database.cursor() as cursor:
            key = record._meta.pk.column
            cursor.execute(f"SELECT * FROM {record._meta.db_table} WHERE {key} = %s", [record.pk])
            held[label] = cursor.fetchall()
    return held


@pytest.mark.parametrize("kind", PROBES)
def test_nothing_of_another_branch_is_shown_or_changed(kind, mine, theirs):
    stranger, before = signed_in(mine), rows_of(theirs)
    probes = PROBES[kind](theirs)
    leaks = {probe.name: found for probe in probes if (found := found_in(told(stranger, probe), theirs))}
    assert leaks == {}
    assert rows_of(theirs) == before
    enough = ceil(SHOWN_AT_LEAST[kind] * len(probes))
    owner = signed_in(theirs)
    known = (probe for probe in probes if found_in(told(owner, probe), theirs))
    assert len(list(islice(known, enough))) == enough


def test_every_address_that_takes_an_id_is_tried(theirs):
    tried = {probe.name.partition(" ")[2] for probe in of_routes(theirs)}
    with_ids = {route.name for route in all_routes() if route.parts and route.model != "auth.group"}
    assert with_ids - tried == {"app_list", "help"}


def test_nothing_is_given_to_an_officer_of_another_branch(mine, theirs):
    client, owner = signed_in(mine), theirs.officer.pk
    work = reverse("admin:leadops_lead_work", args=[mine.lead.pk, "assign"])
    told_of_it = client.post(work, {"owner": owner}, follow=True).content.decode()
    asked = {"lead": mine.lead.pk, "deed": "assign", "owner": owner, "go": "1"}
    told_of_it += client.post(reverse("admin:leadops_bulkaction_start"), asked).content.decode()
    rule = reverse("admin:leadops_assignmentrule_add")
    told_of_it += client.post(rule, {"branch": mine.branch.pk, "officers": [owner]}).content.decode()
    away = {"officer": owner, "away_from": "2026-12-01", "away_until": "2026-12-02"}
    told_of_it += client.post(reverse("admin:leadops_absence_add"), away).content.decode()
    assert found_in(told_of_it, theirs) == set()
    assert Lead.objects.get(pk=mine.lead.pk).owner is None
    assert not BulkAction.objects.filter(deed="assign").exists()
    assert not AssignmentRule.objects.filter(branch=mine.branch, officers=owner).exists()
    assert theirs.officer.absences.count() == 1


def test_what_another_branch_asks_to_have_approved_is_seen_there_alone(mine, theirs):
    partner, key = theirs.records["leadops.partner"], theirs.records["leadops.apikey"]
    taken_on = partner_of(type(partner)(name=f"{theirs.word} new", code="new", branch=theirs.branch))
    asked: list[tuple[str, dict[str, Any], models.Model | None]] = [
        ("partner", taken_on, None),
        ("key_scopes", {"scopes": []}, key),
        ("grant", {"is_superuser": True}, theirs.officer),
        ("import", {}, theirs.records["leadops.importbatch"]),
        ("connection", {}, theirs.records["crm_integrations.subscription"].connection),
    ]
    changes = [approvals.ask(kind, theirs.officer, data, subject, "why") for kind, data, subject in asked]
    assert not approvals.inbox.visible_to(mine.officer).filter(pk__in=[each.pk for each in changes]).exists()
    PendingChange.objects.update(made_by=mine.officer)
    seen = approvals.inbox.visible_to(theirs.officer).filter(pk__in=[each.pk for each in changes])
    assert seen.count() == len(changes)


def test_the_page_of_a_lead_names_no_lead_of_another_branch_with_the_same_borrower(mine, theirs):
    url = Route("leadops_lead_change", ("object_id",)).at(mine)
    page = signed_in(mine).get(url).content.decode()
    assert "Another branch has a lead" in page
    assert found_in(page, theirs) == set()
    Duplicate.objects.all().delete()
    assert "Another branch has a lead" not in signed_in(mine).get(url).content.decode()
