"""What an officer chose in a list: the records that they ticked, or all that the list finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.admin import AdminSite
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from leadops.admin.listed import listed
from leadops.admin.markup import counted
from leadops.admin.scoped import seen_where_bounded
from leadops.ids import uuid_in

MOST_TICKED = 100


class Choice(NamedTuple):
    """The records that something is done with, what they are in words, and the fields of the form that say so."""

    records: QuerySet[Any]
    what: str
    fields: list[tuple[str, str]]


def url_of(page: str, name: str, ticked: QuerySet[Any]) -> str:
    """The address of the page named `page` for the records that the officer ticked, each as a `name`."""
    keys = list(ticked.values_list("pk", flat=True)[:MOST_TICKED])
    return f"{reverse(page)}?{urlencode({name: keys}, doseq=True)}"


def ticked_in(given: QueryDict, name: str) -> list[UUID]:
    """The ids that such an address, or a form made of it, holds."""
    return [key for each in given.getlist(name)[:MOST_TICKED] if (key := uuid_in(each))]


def chosen(
    site: AdminSite,
    request: HttpRequest,
    model: type[Model],
    name: str,
    in_words: Callable[[ChangeList], str],
) -> Choice:
    """What `request` is about, within the officer's reach; raises Http404 where that is nothing.

    A filter is read by the list itself, so that what it showed is what is meant, on all its pages; `in_words` says it.
    """
    given = request.POST if request.method == "POST" else request.GET
    if "filter" in given:
        found = listed(site, model, request, given["filter"])
        return Choice(found.queryset, in_words(found), [("filter", given["filter"])])
    named = model._default_manager.filter(pk__in=ticked_in(given, name))
    records: QuerySet[Any] = seen_where_bounded(named, request)
    if not (keys := list(records.values_list("pk", flat=True))):
        raise Http404
    what = _("%(records)s selected in the list") % {"records": counted(len(keys), model)}
    return Choice(records, what, [(name, str(key)) for key in keys])
