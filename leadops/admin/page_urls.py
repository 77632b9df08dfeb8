"""The addresses of pages and lists of the back office."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

LEADS = "admin:leadops_lead_changelist"
IMPORTS = "admin:leadops_importbatch_changelist"


def page_url(model: type[Model], key: object) -> str:
    """The page of the record of `model` with this key."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key])


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
