"""The work on one lead, on its page: owner, clock, tasks, notes, dropping and reopening."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from leadops.admin import offers
from leadops.admin.clocks import clock_chip
from leadops.admin.page_urls import page_url
from leadops.audit.acting import acting
from leadops.errors import LeadopsError
from leadops.ids import midnight
from leadops.models import Lead, Officer
from leadops.models.lead import LeadQuerySet
from leadops.services import assignment, lead_status, lead_tasks, notes, sla_clocks
from leadops.services.lead_tasks import MORNING
from leadops.services.status_steps import TRANSITIONS
from leadops.sign_in.sessions import officer_of

MAY_ASSIGN = "leadops.assign_lead"
MOST_NOTES = 20
Deed = Callable[["Worked", HttpRequest, Lead], str]


class Refused(LeadopsError):
    """Something that the page asked for is missing."""


class Worked(ModelAdmin):
    """Mixed into the admin of leads: a part of the lead's page, and what its buttons do."""

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_ASSIGN)

    def work_panel(self, request: HttpRequest, lead: Lead) -> SafeString:
        """The part of the page; another page may show it as it is."""
        may_change = self.has_change_permission(request, lead)
        may_assign = self.has_assign_permission(request)
        offered = offers.of_page(request, lead) if may_change or may_assign else {}
        context = {
            "lead": lead,
            "may_change": may_change,
            "may_assign": may_assign,
            "officers": offered.get(offers.OFFICER, []),
            "doers": offered.get(offers.DOER, []),
            "refused": _refused(request),
            "clock": clock_chip(lead),
            "waits": Lead.WaitingFor.choices,
            "tasks": sorted(
                (task for task in lead.tasks.all() if task.done_at is None), key=lambda task: task.due_at
            ),
            "notes": list(lead.notes.all())[:MOST_NOTES],
            "may_drop": may_change and Lead.Status.DROPPED in TRANSITIONS[lead.status],
            "reasons": offered.get(offers.REASON, []),
            "stopped_by": lead.status_steps.select_related("reason", "by").last()
            if lead.is_stopped
            else None,
        }
        return render_to_string("admin/leadops/lead/work.html", context, request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.work_view)
        own = [path("<uuid:lead_id>/deeds/<slug:deed>/", view, name="leadops_lead_work")]
        return own + super().get_urls()

    def work_view(self, request: HttpRequest, lead_id: UUID, deed: str) -> HttpResponse:
        """Do one thing with a lead that the officer may see, and say how it went.

        What is refused is shown at this address: reloaded, or come back to, it leads to the lead.
        """
        if deed not in DEEDS:
            raise Http404
        if request.method != "POST":
            return HttpResponseRedirect(page_url(Lead, lead_id) + "#work")
        queryset = cast(LeadQuerySet, self.get_queryset(request))
        lead = get_object_or_404(queryset.select_related("program"), pk=lead_id)
        may = (
            self.has_assign_permission if deed == "assign" else partial(self.has_change_permission, obj=lead)
        )
        if not self.has_view_permission(request, lead) or not may(request):
            raise PermissionDenied
        try:
            words = DEEDS[deed](self, request, lead)
        except LeadopsError as refusal:
            self.message_user(request, refusal.shown, messages.ERROR)
            return self.read_view(request, str(lead_id))
        self.message_user(request, words, messages.SUCCESS)
        self.log_change(request, lead, words)
        return HttpResponseRedirect(page_url(Lead, lead.pk) + "#work")


def _refused(request: HttpRequest) -> dict[str, QueryDict]:
    """What a form of the panel sent in vain, by its deed: the form shows it again, to be mended."""
    deed = request.resolver_match.kwargs.get("deed") if request.resolver_match else None
    return {deed: request.POST} if deed else {}


def _officer(request: HttpRequest) -> Officer:
    found = assignment.colleague(officer_of(request), request.POST.get("owner", ""))
    if found is None:
        raise Refused(_("Choose an officer."))
    return found


def _assign(_admin: Worked, request: HttpRequest, lead: Lead) -> str:
    if not request.POST.get("owner"):
        assignment.assign([lead.pk], None)
        return _("Nobody owns this lead now.")
    owner = _officer(request)
    assignment.assign([lead.pk], owner)
    return _("%(officer)s owns this lead now.") % {"officer": owner}


def _note(admin: Worked, request: HttpRequest, lead: Lead) -> str:
    written = notes.write(lead, request.POST.get("text", ""), officer_of(request))
    if written.not_told:
        names = ", ".join(f"@{name}" for name in written.not_told)
        words = _("Not told: %(names)s. Nobody of this name may see this lead.") % {"names": names}
        admin.message_user(request, words, messages.WARNING)
    if not written.told:
        return _("The note is kept.")
    return _("The note is kept; told: %(names)s.") % {"names": ", ".join(map(str, written.told))}


def _task(_admin: Worked, request: HttpRequest, lead: Lead) -> str:
    owner = _officer(request) if request.POST.get("owner") else officer_of(request)
    lead_tasks.add(lead, request.POST.get("title", ""), due_in(request), owner, officer_of(request))
    return _("The task is set for %(officer)s.") % {"officer": owner}


def due_in(request: HttpRequest) -> datetime:
    """The moment that a quick button or the day beside it says; raises Refused."""
    word = request.POST.get("when", "")
    if word in lead_tasks.DAYS:
        return lead_tasks.on_day(word)
    try:
        day = parse_date(request.POST.get("day", ""))
    except ValueError:
        day = None
    if day is None or day > date(2999, 1, 1):
        raise Refused(_("Choose the day on which it is due."))
    if day < timezone.localdate():
        raise Refused(_("This day is over: choose today or a later one."))
    return midnight(day) + MORNING


def _drop(_admin: Worked, request: HttpRequest, lead: Lead) -> str:
    if (reason := lead_status.reason_of(request.POST.get("reason", ""))) is None:
        raise Refused(_("Choose why the lead is dropped."))
    with acting(reason=str(reason)):  # the form sends its id, which says nothing in the history
        lead_status.drop([lead.pk], reason, officer_of(request), _said(request))
    return _("The lead is dropped: %(reason)s. Nothing more of it is sent.") % {"reason": reason}


def _reopen(_admin: Worked, request: HttpRequest, lead: Lead) -> str:
    lead_status.reopen([lead.pk], officer_of(request), _said(request))
    return _("The lead is open again. Submit it to have it sent.")


def _said(request: HttpRequest) -> str:
    text = request.POST.get("note", "").strip()
    return notes.checked(text, 300) if text else ""


def _wait(_admin: Worked, request: HttpRequest, lead: Lead) -> str:
    word = request.POST.get("for", "")
    if word and word not in Lead.WaitingFor:
        raise Refused(_("Say whom the lead waits for."))
    sla_clocks.wait(lead.pk, word)
    return str(Lead.WaitingFor(word).label) if word else _("The lead waits for nobody; its clock goes on.")


DEEDS: dict[str, Deed] = {
    "assign": _assign,
    "note": _note,
    "task": _task,
    "drop": _drop,
    "reopen": _reopen,
    "wait": _wait,
}
