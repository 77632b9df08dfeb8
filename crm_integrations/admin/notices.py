"""Notices: what operations should know of, and putting away what somebody has seen to."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from crm_integrations import watching
from crm_integrations.admin.steering import connection_url
from crm_integrations.models import Delivery, Notice
from leadops.admin.condition_filters import OpenFilter
from leadops.admin.making import ReadOnly
from leadops.admin.markup import chip, counted, link
from leadops.admin.page_urls import page_url
from leadops.admin.pages import CappedList
from leadops.admin.scoped import Scoped, SeenDropdownFilter, seen
from leadops.languages.said import said
from leadops.sign_in.sessions import officer_of

MAY_PUT_AWAY = "crm_integrations.change_notice"
LIST = "admin:crm_integrations_notice_changelist"
BAD = (Notice.Kind.REVEALS, Notice.Kind.BREAKER, Notice.Kind.PAUSED, Notice.Kind.POISON)


def open_ones(request: HttpRequest) -> QuerySet[Notice]:
    """Those that are open and that the officer sees: how many stands beside the menu's entry."""
    return seen(Notice.objects.filter(closed_at=None), request)


class ClosedFilter(OpenFilter):
    field = "closed_at"
    ended = ("closed", gettext_lazy("Closed"))
    both = gettext_lazy("Open and closed")


@admin.register(Notice)
class NoticeAdmin(Scoped, ReadOnly, CappedList, ModelAdmin):
    when_empty = (
        "No trouble: a notice is written when a vendor stops answering or answers otherwise than usual."
    )
    none_yet = gettext_lazy("No notice is open.")
    ordering = ["-last_seen_at", "-id"]
    list_display = ["what", "connection_link", "said", "since", "last_seen_at", "seen", "ended"]
    list_display_links = ["what"]
    list_filter = [
        ClosedFilter,
        ("connection", SeenDropdownFilter),
        ("kind", ChoicesDropdownFilter),
    ]
    list_select_related = ["connection__subscription", "closed_by"]
    actions = ["put_away_selected"]
    fields = [
        ("what", "connection_link"),
        "said",
        "about",
        ("since", "last_seen_at", "seen"),
        ("told_at", "ended"),
    ]
    readonly_fields = ["what", "connection_link", "said", "about", "since", "ended"]
    change_form_template = "admin/crm_integrations/notice.html"

    def has_put_away_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_PUT_AWAY)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description="Notice")
    def what(self, notice: Notice) -> SafeString:
        tone = "calm" if notice.closed_at else "bad" if notice.kind in BAD else "warn"
        return chip(tone, notice.get_kind_display())

    @admin.display(description="Connection")
    def connection_link(self, notice: Notice) -> SafeString | str:
        if notice.connection is None:
            return "–"
        return link(connection_url(notice.connection), notice.connection)

    @admin.display(description="What was seen")
    def said(self, notice: Notice) -> SafeString | str:
        about = notice.subject if notice.kind != Notice.Kind.POISON else ""
        words = said(notice.text)
        return format_html('{}<p class="lo-why">{}</p>', words, about) if about else words

    @admin.display(description="About")
    def about(self, notice: Notice) -> SafeString | str:
        if notice.kind == Notice.Kind.POISON and notice.subject:
            return link(page_url(Delivery, notice.subject), _("Its delivery"))
        return notice.subject or "—"

    @admin.display(description="Since")
    def since(self, notice: Notice) -> str:
        return _moment(notice.created_at)

    @admin.display(description="Closed")
    def ended(self, notice: Notice) -> str:
        if notice.closed_at is None:
            return _("Open")
        by = _("put away by %(who)s") % {"who": notice.closed_by} if notice.closed_by else _("by itself")
        return f"{_moment(notice.closed_at)}, {by}"

    @admin.action(description="Put away", permissions=["put_away"])
    def put_away_selected(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        chosen = list(queryset.select_related("connection")[:1000])
        done = sum(watching.put_away(each, officer_of(request)) for each in chosen)
        words = _("%(notices)s put away.") % {"notices": counted(done, Notice)}
        self.message_user(request, words, messages.SUCCESS if done else messages.WARNING)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        shown = {"may_put_away": self.has_put_away_permission(request), "subtitle": None}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def get_urls(self) -> list[URLPattern]:
        own = self.admin_site.admin_view(require_POST(self.put_away_view))
        name = "crm_integrations_notice_put_away"
        return [path("<uuid:notice_id>/put-away/", own, name=name), *super().get_urls()]

    def put_away_view(self, request: HttpRequest, notice_id: UUID) -> HttpResponse:
        if not self.has_put_away_permission(request):
            raise PermissionDenied
        notice = get_object_or_404(self.get_queryset(request), pk=notice_id)
        done = watching.put_away(notice, officer_of(request))
        words = _("“%(notice)s” is put away.") if done else _("“%(notice)s” was closed already.")
        told = words % {"notice": notice}
        self.message_user(request, told, messages.SUCCESS if done else messages.WARNING)
        return HttpResponseRedirect(reverse(LIST))


def _moment(when: datetime) -> str:
    """In words of ours: the page of a notice prints what a method returns as it is."""
    return str(localize(timezone.localtime(when)))
