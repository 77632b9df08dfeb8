"""The leads that an officer chose in their list, and the filters of that list as people say them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _

from leadops import masking
from leadops.admin.chosen import Choice, chosen
from leadops.admin.form_filters import FormFilter
from leadops.admin.scoped import seen_where_bounded
from leadops.admin.sealed_search import opened
from leadops.ids import uuid_in
from leadops.models import Lead


def chosen_leads(site: admin.AdminSite, request: HttpRequest) -> Choice:
    """The leads that `request` is about; raises Http404 where there are none."""
    return chosen(site, request, Lead, "lead", _in_words)


def _in_words(listed: Any) -> str:
    """The filters and the search of a list as people say them; the log keeps no personal number."""
    said = [words for spec in listed.filter_specs if (words := _filter_in_words(spec))]
    if text := opened(listed.query or ""):
        said.append(f"{_('Search')}: {masking.dotted(text) if any(map(str.isdigit, text)) else text}")
    return " · ".join(said)[:500] or _("All leads")


def _filter_in_words(spec: Any) -> str:
    if isinstance(spec, FormFilter):
        given = [f"{name.replace('_', ' ')} {value}" for name, value in spec.used_parameters.items()]
        return ", ".join(given).capitalize()
    value = spec.value()
    if not value:
        return ""
    return f"{str(spec.title).capitalize()}: {_value_in_words(spec, value)}"


def _value_in_words(spec: Any, value: str) -> object:
    if isinstance(spec, admin.SimpleListFilter):
        return dict(spec.lookup_choices).get(value, value)
    related = spec.field.related_model
    if related is None:
        return dict(spec.field.flatchoices).get(value, value)
    return (
        seen_where_bounded(related._default_manager.all(), spec.request).filter(pk=uuid_in(value)).first()
        or value
    )
