"""The page that searches all events of the audit, and its CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from leadops.admin.making import ReadOnly
from leadops.admin.reasons import for_a_reason
from leadops.audit.scope import NOTED, WATCHED, audited
from leadops.models import AuditEvent
from leadops.services import audit, audit_search
from leadops.services.audit_search import Cursor, Wanted
from leadops.services.audit_words import Change, Told, what
from leadops.sign_in.fresh import fresh_factor
from leadops.sign_in.sessions import officer_of

A_PAGE = 50
MOST_IN_CSV = 100_000
COLUMNS = (
    *("when", "who", "on behalf of", "reason", "request id", "by", "what", "kind", "record"),
    *("field", "before", "after"),
)
AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class SearchForm(forms.Form):
    """What events are searched for."""

    who = forms.CharField(
        label=_("Who"),
        required=False,
        max_length=150,
        help_text=_("An officer, a partner's code, a task, a command; its beginning is enough."),
    )
    model = forms.ChoiceField(label=_("Kind of record"), required=False)
    record = forms.CharField(label=_("Record's id"), required=False, max_length=64)
    action = forms.ChoiceField(label=_("What was done"), required=False)
    request_id = forms.CharField(label=_("Request id"), required=False, max_length=64)
    first = forms.DateField(
        label=_("From day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(label=_("To day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        anything = [("", _("Anything"))]
        labels = sorted({each.label for each in audited()} | NOTED | WATCHED.keys(), key=what)
        fields = cast("dict[str, forms.ChoiceField]", self.fields)
        fields["model"].choices = [*anything, *((label, what(label).capitalize()) for label in labels)]
        fields["action"].choices = [*anything, *((each.value, each.label) for each in AuditEvent.Action)]


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, ModelAdmin):
    """Events are read, never changed: there is no page of one, a search finds it."""

    when_empty = _("Nothing was done yet of which the audit knows.")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who has the right and is bounded by no branch: the events are of all leads."""
        officer = officer_of(request)
        return super().has_view_permission(request, obj) and officer.sees_all

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "leadops_auditevent_"
        return [
            path("", view(self.changelist_view), name=name + "changelist"),
            path("csv/", view(fresh_factor(self.csv_view)), name=name + "csv"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        wanted, form = self._asked(request)
        found = audit_search.search(wanted, cursor_in(request), A_PAGE + 1) if wanted else []
        context = {**self.admin_site.each_context(request), "title": _("Audit"), "content_title": _("Audit")}
        context |= {"form": form, "events": found[:A_PAGE], "with_records": True}
        context |= page_links(request, found, A_PAGE)
        context["csv_url"] = f"{reverse('admin:leadops_auditevent_csv')}?{_without_cursor(request)}"
        return TemplateResponse(request, "admin/leadops/auditevent/search.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """What was found, all pages of it; that somebody took it out is an event too."""
        wanted, _form = self._asked(request)
        if wanted is None:
            raise PermissionDenied
        back = f"{reverse('admin:leadops_auditevent_changelist')}?{request.GET.urlencode()}"
        return for_a_reason(request, gettext("Audit"), back, partial(_taken, wanted))

    def _asked(self, request: HttpRequest) -> tuple[Wanted | None, SearchForm]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = SearchForm(request.GET or None)
        if form.is_bound and not form.is_valid():
            return None, form
        given = getattr(form, "cleaned_data", {})
        return Wanted(**{name: value for name, value in given.items() if value}), form


def _taken(wanted: Wanted, reason: str) -> StreamingHttpResponse:
    given: dict[str, Any] = {name: str(value) for name, value in wanted._asdict().items() if value}
    audit.note(AuditEvent.Action.EXPORTED, AuditEvent, reason, **given)
    answer = StreamingHttpResponse(_csv(audit_search.every(wanted, MOST_IN_CSV)), "text/csv")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def cursor_in(request: HttpRequest) -> Cursor | None:
    """Where the page before ended, as its link says; None on the first page, and for rubbish."""
    act, _dash, event = request.GET.get("before", "").partition("-")
    return (
        Cursor(int(act), int(event))
        if act.isdecimal() and event.isdecimal() and len(act + event) < 36
        else None
    )


def page_links(request: HttpRequest, found: list[Told], page: int) -> dict[str, str]:
    """The addresses of the newest and the next older page, where there are any."""
    kept = _without_cursor(request)
    links = {"newest_url": f"?{kept}" if "before" in request.GET else "", "older_url": ""}
    if len(found) > page:
        last = found[page - 1]
        links["older_url"] = f"?{kept}&before={last.act}-{last.id}".replace("?&", "?")
    return links


def _without_cursor(request: HttpRequest) -> str:
    return urlencode([(name, value) for name, value in request.GET.items() if value and name != "before"])


class _Echo:
    """What a csv.writer writes into: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def _csv(events: Iterator[Told]) -> Iterator[str]:
    write = csv.writer(_Echo()).writerow
    yield write(COLUMNS)
    for event in events:
        about = [event.at.isoformat(), event.who, event.on_behalf_of, event.reason, event.request_id]
        about += [event.origin, event.deed, event.what, event.record]
        for change in event.changes or (Change("", "", ""),):
            yield write([_harmless(text) for text in (*about, change.field, change.before, change.after)])


def _harmless(text: str) -> str:
    """So that no spreadsheet takes a value for a formula."""
    return f"'{text}" if text.startswith(AS_FORMULA) else text
