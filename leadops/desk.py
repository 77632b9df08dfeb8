"""The site of the admin: unfold's, with one look at what a browser sends before any page reads it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin import sites
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class Desk(UnfoldAdminSite):
    """Answers 400 to what no list can be narrowed by, and to a NUL character: the database takes none anywhere."""

    def admin_view(self, view: Callable[..., HttpResponseBase], cacheable: bool = False) -> Any:
        @wraps(view)
        def looked_at(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            for sent in (request.GET, request.POST):
                if any("\0" in text for name, texts in sent.lists() for text in (name, *texts)):
                    raise BadRequest("What was sent holds a NUL character.")
            try:
                return view(request, *args, **kwargs)
            except DataError:
                if request.method == "GET":  # as a time zone of 23 hours in a list's filter
                    raise BadRequest("The address holds a value that can't be looked for.") from None
                raise

        return super().admin_view(looked_at, cacheable)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Made where a page shows it: every page asks for the list of all models, and hardly any has it."""
        return SimpleLazyObject(lambda: super(Desk, self).get_app_list(request, app_label))

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """As it is: the theme would copy it and look each of its texts up as the path of a function."""
        from leadops.admin.navigation import sidebar

        return sidebar(request)

    def get_urls(self) -> list[Any]:
        # The admins they stand beside can't be loaded before the apps are.
        from leadops.admin import help, language, reports, search_page, sign_in_pages

        # The search stands in place of the theme's, which wants what is looked for in the address.
        pages = (help, language, reports, search_page, sign_in_pages)
        return [*(each for page in pages for each in page.urls(self)), *super().get_urls()]


class DeskConfig(AppConfig):
    """In place of unfold's own app config, which would make its own site the admin's."""

    name = "unfold"

    def ready(self) -> None:
        from leadops import quick_theme  # it needs the apps

        quick_theme.apply()
        admin.site = sites.site = Desk()
