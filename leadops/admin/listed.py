"""What a list of the back office finds, for acting on all of it and not only on the page that is shown."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, QueryDict


def listed(site: AdminSite, model: type[Model], request: HttpRequest, query: str) -> ChangeList:
    """The list of `model` under the filter in `query`, read by the list itself, so that what it showed is meant.

    Raises BadRequest and Http404 for a filter that can't be one.
    """
    asked = copy.copy(request)
    filters = QueryDict(query.removeprefix("?"), mutable=True)
    filters.pop("p", None)  # the list may be shorter by now, and a page of it is not what is meant
    if "\0" in "".join(text for name, texts in filters.lists() for text in (name, *texts)):
        raise BadRequest("The filter holds a NUL character.")
    asked.GET = QueryDict(filters.urlencode())
    try:
        return site.get_model_admin(model).get_changelist_instance(asked)
    except IncorrectLookupParameters:
        raise Http404 from None


def rows_of(request: HttpRequest, model: type[Model]) -> QuerySet[Any]:
    """The rows of `model` that its own list shows this officer: nothing counts what they may not see."""
    return admin.site.get_model_admin(model).get_queryset(request)
