"""Saved views of the list of leads: chips above it, one's own and those that colleagues share."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from leadops.admin import offers
from leadops.admin.page_urls import LEADS
from leadops.admin.sealed_search import MARK, sealed
from leadops.models import Officer, SavedView
from leadops.sign_in.sessions import officer_of

MOST = 50
"""Views of one officer."""


class Shown(NamedTuple):
    """A view as a chip; `here` is whether the list shows just that."""

    key: str
    name: str
    url: str
    own: bool
    here: bool


class WithViews(ModelAdmin):
    """Mixed into the admin of leads."""

    list_before_template = "admin/leadops/lead/above_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(
            request, {**(extra_context or {}), "views": lambda: shown(request), "query": kept(request.GET)}
        )

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, "leadops_savedview_"
        own = [
            path("views/save/", view(require_POST(self.save_view_view)), name=name + "save"),
            path("views/<uuid:key>/delete/", view(require_POST(self.delete_view_view)), name=name + "delete"),
        ]
        return own + super().get_urls()

    def save_view_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the list's filters under a name; a name that the officer has already gets these filters now."""
        me = self._who_sees_leads(request)
        shared = "shared" in request.POST
        given = kept(QueryDict(request.POST.get("query", "")))
        query = without_search(given) if shared else given
        name = " ".join(request.POST.get("name", "").split())
        mine = SavedView.objects.filter(owner=me)
        view = mine.filter(name=name).first() or SavedView(owner=me, name=name)
        view.query, view.shared = query, shared
        try:
            view.full_clean()
            if view._state.adding and mine.count() >= MOST:
                raise ValidationError(_("You have %(most)s views: delete one first.") % {"most": MOST})
            view.save()
            self.message_user(request, _("The view “%(name)s” is kept.") % {"name": name}, messages.SUCCESS)
            if query != given:
                self.message_user(
                    request, _("What you searched for is not shared with it."), messages.WARNING
                )
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
        return HttpResponseRedirect(f"{reverse(LEADS)}?{query}")

    def delete_view_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        view = get_object_or_404(SavedView, pk=key, owner=self._who_sees_leads(request))
        view.delete()
        self.message_user(
            request, _("The view “%(name)s” is deleted.") % {"name": view.name}, messages.SUCCESS
        )
        return HttpResponseRedirect(reverse(LEADS))

    def _who_sees_leads(self, request: HttpRequest) -> Officer:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return officer_of(request)


def kept(given: QueryDict) -> str:
    """The filters of a list's address as they are kept: without the page, and no searched text in clear."""
    filters = [
        (name, text) for name in sorted(given) for text in given.getlist(name) if name not in ("p", "e")
    ]
    return urlencode([(name, _sealed(text) if name == "q" else text) for name, text in filters])


def without_search(query: str) -> str:
    """The filters alone: who opens a view reads its search, and would a number that pages mask for them."""
    return urlencode([(name, text) for name, text in parse_qsl(query, keep_blank_values=True) if name != "q"])


def _sealed(text: str) -> str:
    return text if not text or text.startswith(MARK) else sealed(text)


def shown(request: HttpRequest) -> list[Shown]:
    """The chips above the list."""
    here = kept(request.GET)
    views = offers.of_list(request)[offers.VIEW]
    return [Shown(each.key, each.name, f"?{each.query}", each.own, each.query == here) for each in views]
