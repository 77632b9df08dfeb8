"""Requests about the records of one place, by every road that the admin has to a record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.test import Client
from django.urls import reverse

from leadops.admin.sealed_search import sealed
from leadops.reports import catalogue
from tests import people
from tests.crm_integrations.roles.routes import all_routes
from tests.crm_integrations.roles.world import OF_THE_BRANCH, Place

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
LEAD = "leadops.lead"
OF_A_LEAD = ("lead__id__exact", "partner_ref_id__startswith", "applicants__name__startswith")
"""Lookups that tell a lead from others."""
MOST_LOOKUPS = 8
"""Of one list: they go the same road, and each page takes its time."""


class Probe(NamedTuple):
    """One request about the records of a place, and what it is called."""

    name: str
    send: Callable[[Client], Any]
    sent: str = ""
    """What of the request may stand in its answer."""
    again: bool = False
    """Whether it goes the same road as one before it: then it is asked once, by who is of another branch."""

    @property
    def writes(self) -> bool:
        return self.name.startswith(("POST ", "action "))


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
            Probe(f"POST {route.name}", posting(url, {"reason": people.REASON}), given),
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
        ("crm_integrations_replay_retry", {"delivery": delivery}),
        ("crm_integrations_replay_retry", {"lead": lead}),
        ("crm_integrations_replay_start", {"filter": f"?lead__partner__id__exact={partner}"}),
    ]
    form = reverse("admin:leadops_lead_change", args=[lead])
    probes = [Probe("GET the form of a lead", getting(form, edit=1), str(lead))]
    for name, query in given:
        url, sent = reverse(f"admin:{name}"), " ".join(map(str, [*query.values(), partner]))
        probes.append(Probe(f"GET {name} {sorted(query)}", getting(url, **query), sent))
        asked = f"{url}?{urlencode(query)}"
        probes.append(
            Probe(f"POST {name} {sorted(query)}", posting(asked, query | {"reason": "why not"}), sent)
        )
    return probes


def of_lists(at: Place) -> list[Probe]:
    """Each list: as it is, in a popup, searched, filtered by each relation, and by the beginning of each text."""
    probes = []
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        name, mobile = model._meta.label_lower, at.lead.primary_mobile
        probes += [
            Probe(f"list {name}", getting(url)),
            Probe(f"popup {name}", getting(url, _popup=1, _to_field="id"), again=True),
            Probe(f"search {name}", getting(url, q=f"{at.word}-ref"), f"{at.word}-ref", again=name != LEAD),
            Probe(f"search {name}", getting(url, q=mobile), mobile, again=name != LEAD),
        ]
        for lookup, value in _lookups(model, at):
            asked = getting(url, **{lookup: value})
            probes.append(Probe(f"{name}?{lookup}", asked, str(value), again=lookup not in OF_A_LEAD))
    leads, name = reverse("admin:leadops_lead_changelist"), f"{at.word.title()} Borrower"
    probes.append(Probe("sealed search", getting(leads, q=sealed(name)), name))
    return probes


def _lookups(model: type[models.Model], at: Place) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    begins = (at.branch_word if model._meta.label_lower in OF_THE_BRANCH else at.word)[:2]
    for each in model._meta.get_fields():
        related = at.records.get(each.related_model._meta.label_lower) if each.related_model else None
        if related is not None:
            found.append((f"{each.name}__id__exact", related.pk))
            texts = [field.name for field in related._meta.fields if type(field) is models.CharField]
            found += [(f"{each.name}__{name}__startswith", _begins(related, at)) for name in texts[:1]]
        elif type(each) is models.CharField and not each.choices:
            found.append((f"{each.name}__startswith", begins))
    return found[:MOST_LOOKUPS]


def _begins(record: models.Model, at: Place) -> str:
    """How the texts of this record begin."""
    shared = record._meta.label_lower in OF_THE_BRANCH
    return (at.branch_word if shared else at.word)[:2]


def of_autocompletes(at: Place) -> list[Probe]:
    """What a field offers to be chosen, for every relation of every model of the admin."""
    url = reverse("admin:autocomplete")
    probes = []
    for model in admin.site._registry:
        for each in model._meta.get_fields():
            if each.is_relation and each.concrete and each.related_model in admin.site._registry:
                query = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
                for term in ("", at.word[:2], at.branch_word[:2]):
                    asked = getting(url, **query, field_name=each.name, term=term)
                    probes.append(
                        Probe(f"autocomplete {model._meta.label}.{each.name}", asked, again=bool(term))
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
        ("partner", f"{at.branch_word}-partner"),
        ("delivery", f"{at.word}-1"),
    ]


def _reported(at: Place) -> list[Probe]:
    """Every report, as it is and narrowed to their branch or partner; grouped by what names them."""
    probes = []
    for slug, report in catalogue.REPORTS.items():
        url, book = (reverse(f"admin:{name}", args=[slug]) for name in ("report", "report_workbook"))
        partner = at.records["leadops.partner"].pk
        for query in (
            {},
            {"branch": at.branch.pk},
            {"partner": partner},
            *({"by": by} for by in report.groups),
        ):
            sent, told = " ".join(map(str, query.values())), f"{slug} {sorted(query)}"
            taken = posting(f"{book}?{urlencode(query)}", {"reason": people.REASON})
            probes += [
                Probe(f"report {told}", getting(url, **query), sent, again=bool(query)),
                Probe(f"workbook {told}", taken, sent, again=True),
            ]
    return probes
