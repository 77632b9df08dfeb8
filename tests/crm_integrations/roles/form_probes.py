"""Requests that send the forms of one place's pages, each filled in as its own officer would fill it in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.test import Client
from django.urls import resolve, reverse

from leadops.models import BulkAction
from leadops.services import bulk_actions
from tests.crm_integrations.roles.filled import AS_IT_STANDS, EMPTY, FILLED, Field, Form, forms_of, posted
from tests.crm_integrations.roles.probes import SHARED, Probe
from tests.crm_integrations.roles.routes import all_routes
from tests.crm_integrations.roles.world import Place, ids_of

CHOSEN = {
    "crm_integrations_replay_retry": ("lead", "leadops.lead"),
    "crm_integrations_replay_start": ("delivery", "crm_integrations.delivery"),
    "leadops_bulkaction_start": ("lead", "leadops.lead"),
    "leadops_document_add": ("lead", "leadops.lead"),
    "leadops_export_start": ("lead", "leadops.lead"),
    "leadops_lead_send": ("lead", "leadops.lead"),
    "leadops_loanaccount_add": ("lead", "leadops.lead"),
}
"""Pages about records that their query names."""
WITHOUT_FORMS = ("_history", "_progress", "_preview", "_panel")
MORE = " more"


def pages_of(at: Place) -> Iterator[str]:
    """Every page that is about records of a place, and the form of its lead."""
    for route in all_routes():
        if route.name in CHOSEN:
            name, label = CHOSEN[route.name]
            yield f"{route.at(at)}?{urlencode({name: at.records[label].pk})}"
        elif route.parts and route.name not in SHARED and not route.name.endswith(WITHOUT_FORMS):
            yield route.at(at)
    yield f"{reverse('admin:leadops_lead_change', args=[at.lead.pk])}?edit=1"


def of_forms(at: Place, pages: Iterable[str]) -> list[Probe]:
    """Each form of these pages that names a record of theirs, sent by each of its buttons and for each of its deeds."""
    owner, ids = Client(), ids_of(at.of_its_own)
    owner.force_login(at.officer)
    met: dict[tuple[str, ...], Form] = {}
    for url in pages:
        for form in _forms(owner.get(url), url):
            if form.method == "post" and any(key in _told(form) for key in ids):
                met.setdefault(form.known_by, form)
    return [_probe(form.action, body) for form in met.values() for body in _bodies(form)]


def _forms(answer: Any, url: str) -> list[Form]:
    if answer.streaming:
        b"".join(answer)  # its file is closed at the end
        return []
    return forms_of(answer.content.decode(errors="replace"), url)


def _told(form: Form) -> str:
    return " ".join([form.action, *(each.value for each in form.fields)])


def _bodies(form: Form) -> Iterator[dict[str, Any]]:
    """A form in which something stands says one thing more; any other is filled in."""
    ways: dict[str, list[dict[str, Any]]] = {}
    for way, values in posted(form):
        ways.setdefault(way, []).append(values)
    texts = {each.name: each.value for each in form.fields if _is_text(each) and each.value}
    order = (AS_IT_STANDS, FILLED, EMPTY) if texts else (FILLED, AS_IT_STANDS, EMPTY)
    more = {each.name: each.value + MORE for each in form.fields if each.kind == "textarea" and each.value}
    deeds = [each.value for each in form.fields if (each.name, each.kind) == ("deed", "radio")]
    for values in next(ways[way] for way in order if way in ways):
        said = values | more
        yield from [{**said, "deed": deed, "go": "1"} for deed in deeds] or [said]


def _is_text(each: Field) -> bool:
    return each.kind in ("text", "textarea", "number", "tel", "email", "date")


def _probe(url: str, body: dict[str, Any]) -> Probe:
    place = resolve(urlsplit(url).path)
    name = f"POST {place.url_name} {place.kwargs.get('deed') or body.get('deed') or ''}".strip()
    sent = " ".join([url.replace("/", " "), *map(str, body.values())])
    return Probe(name, sending(url, body), sent)


def sending(url: str, body: dict[str, Any]) -> Callable[[Client], Any]:
    """What is ordered for many leads is done at once, so that it shows."""

    def send(client: Client) -> Any:
        for each in body.values():
            if hasattr(each, "seek"):
                each.seek(0)  # it may have been sent before
        answer = client.post(url, body)
        for key in BulkAction.objects.filter(state=BulkAction.State.QUEUED).values_list("pk", flat=True):
            bulk_actions.run(key)
        return answer

    return send
