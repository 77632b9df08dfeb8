"""My tasks: what an officer has to do about leads, the overdue first, each done by one click."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from leadops.admin.lead_work import due_in
from leadops.admin.making import ReadOnly
from leadops.admin.page_urls import page_url
from leadops.admin.scoped import seen
from leadops.errors import LeadopsError
from leadops.models import Lead, Task
from leadops.services import lead_tasks
from leadops.sign_in.sessions import officer_of

MOST = 200
MAY_SEE, MAY_DO = "leadops.view_lead", "leadops.change_lead"


def due_ones(request: HttpRequest) -> QuerySet[Task]:
    """The officer's tasks up to the end of today: how many stands beside the menu's entry."""
    return lead_tasks.due_of(officer_of(request))


@admin.register(Task)
class TaskAdmin(ReadOnly, ModelAdmin):
    """Tasks are set on the page of their lead."""

    when_empty = gettext_lazy("Nothing is to be done. Tasks are set on the page of their lead.")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(MAY_SEE) and (obj is None or self._is_seen(request, obj))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def _is_seen(self, request: HttpRequest, task: Task) -> bool:
        return seen(Task.objects.all(), request).filter(pk=task.pk).exists()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<uuid:task_id>/done/", view(require_POST(self.done_view)), name="leadops_task_done"),
            path("<uuid:task_id>/later/", view(require_POST(self.later_view)), name="leadops_task_later"),
        ]
        return own + super().get_urls()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """What is overdue, due today, and later; `?due=` shows one of these alone."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        officer, due = officer_of(request), request.GET.get("due", "")
        parts_of = lead_tasks.parts_of(officer)
        if request.GET and (due not in parts_of or len(request.GET) > 1):  # none of its own addresses
            return HttpResponseRedirect(reverse("admin:leadops_task_changelist"))
        tasks = parts_of[due] if due else lead_tasks.open_of(officer)
        tasks = tasks.select_related("lead__partner", "by", "note__by")
        found = list(tasks.order_by("due_at", "pk")[:MOST])
        now, end = timezone.now(), lead_tasks.end_of_today()
        parts = [
            (_("Overdue"), "bad", [task for task in found if task.due_at <= now]),
            (_("Today"), "warn", [task for task in found if now < task.due_at < end]),
            (_("Later"), "calm", [task for task in found if task.due_at >= end]),
        ]
        context = {**self.admin_site.each_context(request), "title": _("My tasks"), "parts": parts}
        context |= {"any": bool(found), "due": due, "most": MOST if len(found) == MOST else 0}
        context |= {"may_do": request.user.has_perm(MAY_DO)}
        return TemplateResponse(request, "admin/leadops/task/mine.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """A task stands on the page of its lead."""
        task = self.get_object(request, object_id)
        if task is None or not self.has_view_permission(request, task):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self._to_lead(task)

    def done_view(self, request: HttpRequest, task_id: UUID) -> HttpResponse:
        task = self._task(request, task_id)
        try:
            lead_tasks.done(task, officer_of(request))
            self.message_user(request, _("Done: %(title)s") % {"title": task.title}, messages.SUCCESS)
        except LeadopsError as refusal:
            self.message_user(request, refusal.shown, messages.WARNING)
        return self._back(request, task)

    def later_view(self, request: HttpRequest, task_id: UUID) -> HttpResponse:
        task = self._task(request, task_id)
        try:
            lead_tasks.put_off(task.pk, due_at := due_in(request))
            when = date_format(timezone.localtime(due_at), "DATETIME_FORMAT")
            words = _("Due %(when)s: %(title)s") % {"when": when, "title": task.title}
            self.message_user(request, words, messages.SUCCESS)
        except LeadopsError as refusal:
            self.message_user(request, refusal.shown, messages.ERROR)
        return self._back(request, task)

    def _task(self, request: HttpRequest, task_id: UUID) -> Task:
        if not request.user.has_perm(MAY_DO):
            raise PermissionDenied
        return get_object_or_404(seen(Task.objects.all(), request), pk=task_id)

    def _back(self, request: HttpRequest, task: Task) -> HttpResponse:
        if request.POST.get("back") == "lead":
            return self._to_lead(task)
        return HttpResponseRedirect(reverse("admin:leadops_task_changelist"))

    def _to_lead(self, task: Task) -> HttpResponse:
        return HttpResponseRedirect(page_url(Lead, task.lead_id) + "#work")
