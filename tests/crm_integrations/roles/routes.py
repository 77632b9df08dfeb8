"""Every address of the admin, from its URL patterns, and the ids of one place put in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import URLPattern, URLResolver, reverse
from django.urls.resolvers import RegexPattern

from tests.crm_integrations.roles.world import Place

OF_RECORDS = ("changelist", "add", "history", "delete", "change")
"""What each registered model has; all other addresses are pages of our own, or of the site."""
OF_MODELS = {
    "change_id": "leadops.pendingchange",
    "task_id": "leadops.task",
    "connection_id": "crm_integrations.connection",
    "lead_id": "leadops.lead",
    "document_id": "leadops.document",
    "batch_id": "leadops.importbatch",
    "row_id": "leadops.importrow",
    "partner_id": "leadops.partner",
    "key_id": "leadops.apikey",
    "delivery_id": "crm_integrations.delivery",
    "notice_id": "crm_integrations.notice",
    "subscription_id": "crm_integrations.subscription",
}
"""What an address calls its ids; `key`, `record_id` and `object_id` are of the model that its name begins with."""


NAMED_OTHERWISE = {
    "leadops_lead_unmerge": "leadops.leadmerge",
    "leadops_savedview_delete": "leadops.savedview",
    "report_mail_end": "leadops.reportsubscription",
}
"""Of what model the ids of these are."""
FIXED = {
    "app_label": "leadops",
    "name": "officer.md",
    "kind": "lead",
    "record": "lead",
    "field": "primary_mobile",
    "deed": "note",
    "slug": "turnaround",
}


class Route(NamedTuple):
    """An address by its name, and what stands in it."""

    name: str
    parts: tuple[str, ...]

    @property
    def model(self) -> str:
        """The label of the model whose admin it belongs to; empty for the site's own."""
        if self.name.startswith("auth_user_"):
            return "leadops.officer"
        for model in admin.site._registry:
            if self.name.startswith(f"{model._meta.app_label}_{model._meta.model_name}_"):
                return model._meta.label_lower
        return ""

    @property
    def is_of_records(self) -> bool:
        return self.name in {f"{self.model.replace('.', '_')}_{verb}" for verb in OF_RECORDS}

    @property
    def is_of_one(self) -> bool:
        """Whether an id stands in it."""
        return self.parts != ("slug",) and bool(self.parts)

    def at(self, place: Place) -> str:
        """The address with the ids of `place`."""
        given = {part: self._value(part, place) for part in self.parts}
        return reverse(f"admin:{self.name}", kwargs=given)

    def _value(self, part: str, place: Place) -> Any:
        if part == "content_type_id":
            return ContentType.objects.get_for_model(type(place.lead)).pk
        if self.name == "leadops_loanaccount_preview" and part == "connection_id":
            return place.takes_accounts.pk
        if part in FIXED:
            return FIXED[part]
        if self.name in NAMED_OTHERWISE:
            return place.records[NAMED_OTHERWISE[self.name]].pk
        if part == "other":
            return place.other_lead.pk
        if {"kind", "record"} & set(self.parts) or not self.model:
            return place.lead.pk
        return place.records[OF_MODELS.get(part, self.model)].pk


def all_routes() -> list[Route]:
    """Every named address of the admin."""
    urls, _, _ = admin.site.urls
    return sorted({Route(name, parts) for name, parts in _walk(urls) if name})


def _walk(patterns: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    for each in patterns:
        parts = (*before, *_parts(each))
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, parts)
        elif isinstance(each, URLPattern):
            yield each.name, parts


def _parts(pattern: Any) -> tuple[str, ...]:
    if isinstance(pattern.pattern, RegexPattern):
        return tuple(pattern.pattern.regex.groupindex)
    return tuple(re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern)))
