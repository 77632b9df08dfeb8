"""The site of the admin: unfold's, with one look at what a browser sends before any page reads it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin import sites
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from unfold.sites import UnfoldAdminSite


class Desk(UnfoldAdminSite):  # type: ignore[misc]
    """Answers 400 to a NUL character: nobody types one, and the database takes none, not even to search for."""

    def admin_view(self, view: Callable[..., HttpResponseBase], cacheable: bool = False) -> Any:
        @wraps(view)
        def looked_at(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            for sent in (request.GET, request.POST):
                if any("\0" in text for name, texts in sent.lists() for text in (name, *texts)):
                    raise BadRequest("What was sent holds a NUL character.")
            return view(request, *args, **kwargs)

        return super().admin_view(looked_at, cacheable)


class DeskConfig(AppConfig):
    """In place of unfold's own app config, which would make its own site the admin's."""

    name = "unfold"

    def ready(self) -> None:
        admin.site = sites.site = Desk()
