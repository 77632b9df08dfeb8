"""The leads that an officer chose in their list: those ticked, or all that the list finds."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from leadops import masking
from leadops.admin.form_filters import FormFilter
from leadops.admin.listed import listed
from leadops.admin.markup import counted
from leadops.admin.scoped import seen, seen_where_bounded
from leadops.admin.sealed_search import opened
from leadops.ids import uuid_in
from leadops.models import Lead

MOST_SELECTED = 100


class Choice(NamedTuple):
    """The leads that something is done with, what they are in words, and the fields of the form that say so."""

    leads: QuerySet[Lead]
    what: str
    fields: list[tuple[str, str]]


def url_of(page: str, selected: QuerySet[Lead]) -> str:
    """The address of the page named `page` for the leads that the officer ticked."""
    keys = list(selected.values_list("pk", flat=True)[:MOST_SELECTED])
    return f"{reverse(page)}?{urlencode({'lead': keys}, doseq=True)}"


def chosen(site: admin.AdminSite, request: HttpRequest) -> Choice:
    """What `request` is about, within the officer's reach; raises Http404 where that is nothing.

    A filter is read by the list itself, so that what it showed is what is meant, on all its pages.
    """
    given = request.POST if request.method == "POST" else request.GET
    if "filter" in given:
        found = listed(site, Lead, request, given["filter"])
        return Choice(found.queryset, _in_words(found), [("filter", given["filter"])])
    named = [key for each in given.getlist("lead")[:MOST_SELECTED] if (key := uuid_in(each))]
    leads = seen(Lead.objects.filter(pk__in=named), request)
    if not (keys := list(leads.values_list("pk", flat=True))):
        raise Http404
    what = _("%(leads)s selected in the list") % {"leads": counted(len(keys), Lead)}
    return Choice(leads, what, [("lead", str(key)) for key in keys])


def _in_words(listed: Any) -> str:
    """The filters and the search of a list as people say them; the log keeps no personal number."""
    said = [words for spec in listed.filter_specs if (words := _filter_in_words(spec))]
    if text := opened(listed.query or ""):
        said.append(f"Search: {masking.dotted(text) if any(map(str.isdigit, text)) else text}")
    return " · ".join(said)[:500] or "All leads"


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
