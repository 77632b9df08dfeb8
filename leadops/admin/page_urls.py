"""The addresses of pages, lists and buttons of the back office."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, get_script_prefix, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

LEADS = "admin:leadops_lead_changelist"
IMPORTS = "admin:leadops_importbatch_changelist"
ANY = "any-record"
"""Stands for an id in an address that is made once for all."""


def page_url(model: type[Model], key: object) -> str:
    """The page of the record of `model` with this key, an id."""
    return _page(model, get_script_prefix()).replace(ANY, str(key))


@cache
def _page(model: type[Model], prefix: str) -> str:
    """Looked up once: a timeline leads to a hundred pages."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[ANY])


def button_paths(
    admin: ModelAdmin, key: str, views: Mapping[str, Callable[..., HttpResponse]]
) -> list[URLPattern]:
    """Where the buttons of a record's page post to, each with its view; `key` is the record's id to the views."""
    of, guarded = f"{admin.opts.app_label}_{admin.opts.model_name}", admin.admin_site.admin_view
    return [
        path(f"<uuid:{key}>/{name}/", guarded(require_POST(view)), name=f"{of}_{name}")
        for name, view in views.items()
    ]


def list_url(name: str, **filters: Any) -> str:
    """A list's address with filters set."""
    return f"{_list(name, get_script_prefix())}?{urlencode(filters)}"


@cache
def _list(name: str, prefix: str) -> str:
    """Looked up once: the first page leads to a list two hundred times."""
    return reverse(name)


def within(request: HttpRequest, address: str) -> str:
    """`address`, where it leads to a page of ours; the first page for any other: a link may have brought it."""
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if ours and address.startswith("/") else reverse("admin:index")
